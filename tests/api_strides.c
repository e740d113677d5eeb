/* Strides left 0: rows, images and planes follow each other in the strides that are given. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api.h"

/* ---- The rule ---- */

static hg_strides follow(const hg_tensor *t, hg_strides s)
{
    if (t->layout == HG_NHWC) {
        s.c = 1;
        if (!s.w) s.w = t->c;
        if (!s.h) s.h = t->w * s.w;
        if (!s.n) s.n = t->h * s.h;
    } else {
        s.w = 1;
        if (!s.h) s.h = t->w;
        if (!s.c) s.c = t->h * s.h;
        if (!s.n) s.n = t->c * s.c;
    }
    return s;
}

static bool same(const hg_strides *a, const hg_strides *b)
{
    return a->n == b->n && a->h == b->h && a->w == b->w && a->c == b->c;
}

static hg_strides *output_strides(descriptor *d)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return &d->u.conv2d.output_strides;
    case HG_OP_CONV_TRANSPOSE2D:
        return &d->u.conv_transpose2d.output_strides;
    case HG_OP_MAX_POOL2D:
        return &d->u.max_pool2d.output_strides;
    case HG_OP_AVG_POOL2D:
        return &d->u.avg_pool2d.output_strides;
    case HG_OP_LP_POOL2D:
        return &d->u.lp_pool2d.output_strides;
    case HG_OP_MAX_UNPOOL2D:
        return &d->u.max_unpool2d.output_strides;
    case HG_OP_BINARY:
        return &d->u.binary.output_strides;
    case HG_OP_SOFTMAX2D:
        return &d->u.softmax2d.output_strides;
    case HG_OP_ACTIVATION2D:
        return &d->u.activation2d.output_strides;
    case HG_OP_PAD2D:
        return &d->u.pad2d.output_strides;
    default:
        return &d->u.resize2d.output_strides;
    }
}

static hg_epilogue *epilogue(descriptor *d)
{
    return d->op == HG_OP_CONV2D             ? &d->u.conv2d.epilogue
           : d->op == HG_OP_CONV_TRANSPOSE2D ? &d->u.conv_transpose2d.epilogue
                                             : NULL;
}

/* Every choice of the strides that are given, each with room to spare: `given` has a bit for each
 * of n, h, w, c. The innermost may only be 1. */
static hg_strides some_strides(const hg_tensor *t, unsigned given)
{
    hg_strides all =
        t->layout == HG_NHWC ? (hg_strides){.w = t->c + 3} : (hg_strides){.h = t->w + 3};
    all = follow(t, all);
    if (t->layout == HG_NHWC)
        all.h += 5, all.n = t->h * all.h + 7;
    else
        all.c = t->h * all.h + 5, all.n = t->c * all.c + 7;
    return (hg_strides){given & 1 ? all.n : 0, given & 2 ? all.h : 0, given & 4 ? all.w : 0,
                        given & 8 ? all.c : 0};
}

static void check_resolved(hg_op op, hg_layout layout, unsigned given)
{
    descriptor d = sample(op);
    hg_tensor *in = descriptor_input(&d), out;
    in->layout = layout, in->n = 3;
    descriptor_follow_input(&d);
    if (!expect(descriptor_output(&d, &out) == HG_OK, "an output of %s", hg_op_name(op))) return;
    in->strides = some_strides(in, given);
    *output_strides(&d) = some_strides(&out, given);
    if (epilogue(&d)) {
        epilogue(&d)->residual = true;
        epilogue(&d)->residual_strides = some_strides(&out, given);
    }
    const hg_strides want_in = follow(in, in->strides);
    const hg_strides want_out = follow(&out, *output_strides(&d));
    hg_problem p;
    hg_reason why = {""};
    const hg_status status = descriptor_problem(&d, &p, &why);
    const bool ok = status == HG_OK && same(&p.in.strides, &want_in) &&
                    same(&p.out.strides, &want_out) &&
                    (!epilogue(&d) || same(&p.residual_strides, &want_out));
    expect(ok, "%s %s, strides given %x: input %d,%d,%d,%d, not %d,%d,%d,%d %s", hg_op_name(op),
           hg_layout_name(layout), given, (int)p.in.strides.n, (int)p.in.strides.h,
           (int)p.in.strides.w, (int)p.in.strides.c, (int)want_in.n, (int)want_in.h, (int)want_in.w,
           (int)want_in.c, why.text);
}

/* The distance along a dimension of one element means nothing, and leads into no overlap. */
static void check_literals(void)
{
    static const struct {
        const char *what;
        hg_tensor t;
        hg_strides want;
    } cases[] = {
        {"pixels 4 apart", {HG_F32, HG_NHWC, 1, 2, 3, 2, {.w = 4}, {0}}, {24, 12, 4, 1}},
        {"rows 4 apart", {HG_F32, HG_NCHW, 1, 2, 3, 2, {.h = 4}, {0}}, {16, 4, 1, 8}},
        {"rows 14 apart", {HG_F32, HG_NHWC, 2, 2, 3, 2, {.h = 14}, {0}}, {28, 14, 2, 1}},
        {"planes 9 apart", {HG_F32, HG_NCHW, 2, 2, 3, 2, {.c = 9}, {0}}, {18, 3, 1, 9}},
        {"one column 1 apart", {HG_F32, HG_NHWC, 1, 2, 1, 8, {.w = 1}, {0}}, {16, 8, 1, 1}},
        {"one column 20 apart", {HG_F32, HG_NHWC, 1, 2, 1, 8, {.w = 20}, {0}}, {40, 20, 20, 1}},
        {"an image of 2^58 elements",
         {HG_F32, HG_NHWC, 1, 2, 2, 2, {.h = (int64_t)1 << 58}, {0}},
         {INT64_MAX / 16, (int64_t)1 << 58, 2, 1}},
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        const hg_avg_pool2d op = {.input = cases[i].t, .pool = {.window = {1, 1}}};
        hg_problem p;
        const hg_status status = hg_problem_avg_pool2d(&op, &p, NULL);
        expect(status == HG_OK && same(&p.in.strides, &cases[i].want), "strides of %s: %lld,%lld",
               cases[i].what, (long long)p.in.strides.n, (long long)p.in.strides.h);
    }
}

/* ---- Runs ---- */

enum { ROOM = 16384 };
static const float untouched = -12345;

typedef struct outcome {
    hg_status status;
    bool gaps; /* nothing was written between the elements or behind them */
    float y[ROOM];
    int64_t indices[ROOM];
} outcome;

/* Exact sums: integers, and weights in parts of 64. All [n][c][h][w]. */
static void fill(float *x, int64_t *indices)
{
    for (int i = 0; i < ROOM; i++) {
        x[i] = (float)(i * 29 % 17 - 8);
        indices[i] = i * 5 % 168; /* of 12 x 14 pixels */
    }
}

/* Element by element where the rule says that they are. */
static void run(hg_context *context, descriptor *d, outcome *o)
{
    static float x[ROOM], in_x[ROOM], res[ROOM], y[ROOM];
    static int64_t at[ROOM], in_at[ROOM], out_at[ROOM];
    hg_tensor *in = descriptor_input(d), out;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    fill(x, at);
    if (d->filter.height) hg_filter_create(context, &d->filter, sample_weights(), &filter);
    o->status = descriptor_plan(context, d, filter, NULL, &plan);
    hg_filter_free(filter);
    if (o->status) return;
    hg_plan_output(plan, &out);
    const hg_strides si = follow(in, in->strides), so = follow(&out, *output_strides(d));
    tensor_scatter(in, &si, sizeof *x, x, in_x);
    tensor_scatter(in, &si, sizeof *at, at, in_at);
    if (epilogue(d)) {
        const hg_strides sr = follow(&out, epilogue(d)->residual_strides);
        tensor_scatter(&out, &sr, sizeof *x, x, res);
    }
    for (int i = 0; i < ROOM; i++) y[i] = untouched, out_at[i] = (int64_t)untouched;
    const size_t size = hg_plan_workspace_size(plan);
    void *workspace = size ? aligned_alloc(64, (size + 63) / 64 * 64) : NULL;
    const hg_io io = {.input = in_x,
                      .output = y,
                      .residual = epilogue(d) ? res : NULL,
                      .indices = out_at,
                      .input_indices = in_at,
                      .other = x};
    o->status = hg_run(plan, &io, workspace);
    free(workspace);
    hg_plan_free(plan);
    tensor_gather(&out, &so, sizeof *y, y, o->y);
    tensor_gather(&out, &so, sizeof *at, out_at, o->indices);
    static float nothing[ROOM];
    for (int i = 0; i < ROOM; i++) nothing[i] = untouched;
    tensor_scatter(&out, &so, sizeof *y, nothing, y);
    o->gaps = true;
    for (int i = 0; i < ROOM; i++) o->gaps = o->gaps && y[i] == untouched;
}

/* Only the distance of pixels (NHWC) or rows (NCHW) is given, or that of all larger dimensions. */
static void check_values(hg_context *context, hg_op op, hg_layout layout, unsigned given)
{
    static outcome dense, loose;
    descriptor d = sample(op);
    hg_tensor *in = descriptor_input(&d), out;
    in->layout = layout, in->n = 2;
    descriptor_follow_input(&d);
    if (op == HG_OP_CONV2D) d.u.conv2d.accuracy = HG_STRICT;
    if (epilogue(&d)) epilogue(&d)->residual = true;
    descriptor_output(&d, &out);
    run(context, &d, &dense);
    in->strides = some_strides(in, given);
    *output_strides(&d) = some_strides(&out, given);
    if (epilogue(&d)) epilogue(&d)->residual_strides = some_strides(&out, given);
    run(context, &d, &loose);
    const char *name = hg_op_name(op);
    if (!expect(!dense.status && !loose.status, "%s %s, strides given %x: a run", name,
                hg_layout_name(layout), given))
        return;
    int64_t wrong = 0;
    for (int64_t i = 0; i < tensor_count(&out); i++)
        wrong += !(fabsf(dense.y[i] - loose.y[i]) <= 1e-5f * fabsf(dense.y[i])) ||
                 dense.indices[i] != loose.indices[i];
    expect(wrong == 0, "%s %s, strides given %x: %d values differ", name, hg_layout_name(layout),
           given, (int)wrong);
    expect(loose.gaps, "%s %s, strides given %x: written between elements", name,
           hg_layout_name(layout), given);
}

void test_strides(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    check_literals();
    for (hg_op op = 0; op < HG_OP_COUNT; op++)
        for (int layout = HG_NHWC; layout <= HG_NCHW; layout++)
            for (unsigned given = 0; given < 16; given++) {
                check_resolved(op, (hg_layout)layout, given);
                check_values(context, op, (hg_layout)layout, given);
            }
    hg_context_free(context);
}
