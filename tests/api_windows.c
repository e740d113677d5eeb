/* Sizes of outputs and the padding before them, over every small axis: convolution, pooling and
 * transposed convolution, against the formulas of the public headers, written here once more. */
#include <stdio.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api.h"

enum { MOST_IN = 12, MOST_KERNEL = 6, MOST_STRIDE = 4, MOST_DILATION = 3, MOST_PAD = 5 };

typedef struct axis {
    int64_t in, kernel, stride, dilation, begin, end;
    int64_t extra, size; /* transposed: output_padding, output_size */
} axis;

/* out below 1: the descriptor is refused. */
typedef struct geometry {
    int64_t out, begin;
} geometry;

/* How the axes of a sweep are to be read. */
typedef struct rule {
    const char *name;
    unsigned ops; /* 1 << op */
    hg_padding_mode mode;
    bool flag; /* ceil_mode, keras_output_padding */
    geometry (*wanted)(const axis *a, const struct rule *r);
} rule;

/* ---- The formulas ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((b - 1 - a) / b);
}

static int64_t extent(const axis *a)
{
    return (a->kernel - 1) * a->dilation + 1;
}

static geometry floor_rule(const axis *a, const rule *r)
{
    (void)r;
    return (geometry){floor_div(a->in + a->begin + a->end - extent(a), a->stride) + 1, a->begin};
}

static geometry ceil_rule(const axis *a, const rule *r)
{
    (void)r;
    const int64_t room = a->in + a->begin + a->end - extent(a);
    int64_t out = floor_div(room + a->stride - 1, a->stride) + 1;
    if ((out - 1) * a->stride >= a->in + a->begin) out--;
    return (geometry){out, a->begin};
}

static geometry valid_floor(const axis *a, const rule *r)
{
    const axis bare = {a->in, a->kernel, a->stride, a->dilation, 0, 0, 0, 0};
    return floor_rule(&bare, r);
}

static geometry valid_ceil(const axis *a, const rule *r)
{
    const axis bare = {a->in, a->kernel, a->stride, a->dilation, 0, 0, 0, 0};
    return ceil_rule(&bare, r);
}

static geometry same(const axis *a, const rule *r)
{
    const int64_t out = floor_div(a->in + a->stride - 1, a->stride);
    const int64_t total = HG_MAX((out - 1) * a->stride + extent(a) - a->in, 0);
    const bool upper = r->mode == HG_PADDING_SAME_UPPER;
    return (geometry){out, upper ? total / 2 : total - total / 2};
}

static geometry crop(const axis *a, const rule *r)
{
    const int64_t full = (a->in - 1) * a->stride + extent(a);
    const int64_t out = full + a->extra - a->begin - a->end;
    (void)r;
    return (geometry){a->size ? a->size : out, a->begin};
}

static geometry crop_nothing(const axis *a, const rule *r)
{
    const int64_t full = (a->in - 1) * a->stride + extent(a) + a->extra;
    (void)r;
    return (geometry){a->size ? a->size : full, 0};
}

static geometry crop_same(const axis *a, const rule *r)
{
    const int64_t out = a->size ? a->size : a->in * a->stride;
    const int64_t surplus = (a->in - 1) * a->stride + extent(a) + a->extra - out;
    const int64_t half = floor_div(surplus, 2);
    return (geometry){out, r->mode == HG_PADDING_SAME_UPPER ? half : surplus - half};
}

/* keras.layers.Conv2DTranspose; its output_padding is None without the flag. */
static geometry keras_same(const axis *a, const rule *r)
{
    const int64_t e = extent(a);
    if (!r->flag) return (geometry){a->in * a->stride, HG_MAX(e - a->stride, 0) / 2};
    return (geometry){(a->in - 1) * a->stride + e % 2 + a->extra,
                      HG_MAX(floor_div(e - e % 2 - a->extra, 2), 0)};
}

static geometry keras_valid(const axis *a, const rule *r)
{
    const int64_t e = extent(a), steps = (a->in - 1) * a->stride;
    return (geometry){steps + (r->flag ? e + a->extra : HG_MAX(e, a->stride)), 0};
}

/* ---- Descriptors of one axis; the other has one pixel and one tap ---- */

static hg_size2 pair(bool vertical, int64_t v, int64_t other)
{
    return vertical ? (hg_size2){v, other} : (hg_size2){other, v};
}

static descriptor describe(hg_op op, const rule *r, const axis *a, bool vertical)
{
    descriptor d = {.op = op};
    const hg_size2 in = pair(vertical, a->in, 1), kernel = pair(vertical, a->kernel, 1);
    const hg_size2 stride = pair(vertical, a->stride, 1), dilation = pair(vertical, a->dilation, 1);
    const hg_padding padding = vertical ? (hg_padding){r->mode, a->begin, 0, a->end, 0}
                                        : (hg_padding){r->mode, 0, a->begin, 0, a->end};
    const hg_pool_geometry pool = {.window = kernel,
                                   .stride = stride,
                                   .dilation = dilation,
                                   .padding = padding,
                                   .ceil_mode = r->flag};
    *descriptor_input(&d) = hg_tensor_nhwc(HG_F32, 1, in.h, in.w, 1);
    d.filter = (hg_filter_desc){.order = op == HG_OP_CONV2D ? HG_OIHW : HG_IOHW,
                                .out_channels = 1,
                                .in_channels = 1,
                                .height = kernel.h,
                                .width = kernel.w};
    if (op == HG_OP_MAX_POOL2D) d.u.max_pool2d.pool = pool;
    if (op == HG_OP_AVG_POOL2D) d.u.avg_pool2d.pool = pool;
    if (op == HG_OP_LP_POOL2D) d.u.lp_pool2d.pool = pool;
    if (op == HG_OP_CONV2D) {
        d.u.conv2d.stride = stride, d.u.conv2d.dilation = dilation;
        d.u.conv2d.padding = padding;
    }
    if (op == HG_OP_CONV_TRANSPOSE2D) {
        hg_conv_transpose2d *t = &d.u.conv_transpose2d;
        t->stride = stride, t->dilation = dilation, t->padding = padding;
        t->output_padding = pair(vertical, a->extra, 0);
        t->output_size = pair(vertical, a->size, a->size ? 1 : 0);
        t->keras_output_padding = r->flag;
    }
    return d;
}

static bool named_by_its_key(const hg_problem *p)
{
    hg_problem again;
    char key[HG_KEY_SIZE], twice[HG_KEY_SIZE];
    hg_problem_key(p, key);
    if (hg_problem_parse(key, &again, NULL)) return false;
    hg_problem_key(&again, twice);
    return strcmp(key, twice) == 0;
}

/* The size and the padding before it. */
static bool right(const descriptor *d, const geometry *want, bool vertical, hg_problem *p)
{
    hg_tensor out;
    const hg_status size = descriptor_output(d, &out), status = descriptor_problem(d, p, NULL);
    if (size != status) return false;
    if (status || want->out < 1) return status == HG_INVALID && want->out < 1;
    const hg_size2 wanted = pair(vertical, want->out, 1);
    return p->out.h == wanted.h && p->out.w == wanted.w && out.h == wanted.h && out.w == wanted.w &&
           (vertical ? p->pad.top : p->pad.left) == want->begin;
}

/* ---- Sweeps ---- */

typedef struct tally {
    long axes, wrong;
    char first[160];
} tally;

static void check(hg_op op, const rule *r, const axis *a, tally *t)
{
    enum { KEYS = 17 }; /* one key of so many: they take longer than all the rest */
    const geometry want = r->wanted(a, r);
    for (int vertical = 0; vertical < 2; vertical++, t->axes++) {
        hg_problem p = {0};
        const descriptor d = describe(op, r, a, vertical);
        const bool ok = right(&d, &want, vertical, &p);
        if (ok && (want.out < 1 || t->axes % KEYS || named_by_its_key(&p))) continue;
        if (t->wrong++) continue;
        snprintf(t->first, sizeof t->first,
                 "in %d kernel %d stride %d dilation %d padding %d,%d extra %d size %d: not %d",
                 (int)a->in, (int)a->kernel, (int)a->stride, (int)a->dilation, (int)a->begin,
                 (int)a->end, (int)a->extra, (int)a->size, (int)want.out);
    }
}

/* Sides that the mode does not read are left 0. */
static void sweep_sides(hg_op op, const rule *r, axis *a, tally *t)
{
    const int64_t most = r->mode == HG_PADDING_EXPLICIT ? MOST_PAD : 0;
    for (a->begin = 0; a->begin <= most; a->begin++)
        for (a->end = 0; a->end <= most; a->end++) check(op, r, a, t);
}

static void sweep_transposed(const rule *r, axis *a, tally *t)
{
    const bool keras = r->mode == HG_PADDING_KERAS_SAME || r->mode == HG_PADDING_KERAS_VALID;
    const int64_t most = keras && !r->flag ? 0 : MOST_STRIDE;
    for (a->extra = 0; a->extra <= most; a->extra++) sweep_sides(HG_OP_CONV_TRANSPOSE2D, r, a, t);
    for (a->extra = 0, a->size = 1; !keras && a->size <= 2 * MOST_IN; a->size += 3)
        sweep_sides(HG_OP_CONV_TRANSPOSE2D, r, a, t);
    a->size = 0;
}

static void sweep(hg_op op, const rule *r)
{
    tally t = {0};
    axis a = {0};
    for (a.in = 1; a.in <= MOST_IN; a.in++)
        for (a.kernel = 1; a.kernel <= MOST_KERNEL; a.kernel++)
            for (a.stride = 1; a.stride <= MOST_STRIDE; a.stride++)
                for (a.dilation = 1; a.dilation <= MOST_DILATION; a.dilation++) {
                    if (op == HG_OP_CONV_TRANSPOSE2D)
                        sweep_transposed(r, &a, &t);
                    else
                        sweep_sides(op, r, &a, &t);
                }
    expect(t.axes > 0 && t.wrong == 0, "%s, %s: %ld of %ld axes wrong; first %s", hg_op_name(op),
           r->name, t.wrong, t.axes, t.first);
}

void test_windows(void)
{
    enum {
        CONV = 1 << HG_OP_CONV2D,
        TRANSPOSE = 1 << HG_OP_CONV_TRANSPOSE2D,
        POOLS = 1 << HG_OP_MAX_POOL2D | 1 << HG_OP_AVG_POOL2D | 1 << HG_OP_LP_POOL2D
    };
    static const rule rules[] = {
        {"explicit", CONV | POOLS, HG_PADDING_EXPLICIT, false, floor_rule},
        {"explicit, ceil_mode", POOLS, HG_PADDING_EXPLICIT, true, ceil_rule},
        {"valid", CONV | POOLS, HG_PADDING_VALID, false, valid_floor},
        {"valid, ceil_mode", POOLS, HG_PADDING_VALID, true, valid_ceil},
        {"same upper", CONV | POOLS, HG_PADDING_SAME_UPPER, false, same},
        {"same lower", CONV | POOLS, HG_PADDING_SAME_LOWER, false, same},
        {"same upper, ceil_mode", POOLS, HG_PADDING_SAME_UPPER, true, same},
        {"same lower, ceil_mode", POOLS, HG_PADDING_SAME_LOWER, true, same},
        {"explicit", TRANSPOSE, HG_PADDING_EXPLICIT, false, crop},
        {"valid", TRANSPOSE, HG_PADDING_VALID, false, crop_nothing},
        {"same upper", TRANSPOSE, HG_PADDING_SAME_UPPER, false, crop_same},
        {"same lower", TRANSPOSE, HG_PADDING_SAME_LOWER, false, crop_same},
        {"Keras same", TRANSPOSE, HG_PADDING_KERAS_SAME, false, keras_same},
        {"Keras same, output_padding", TRANSPOSE, HG_PADDING_KERAS_SAME, true, keras_same},
        {"Keras valid", TRANSPOSE, HG_PADDING_KERAS_VALID, false, keras_valid},
        {"Keras valid, output_padding", TRANSPOSE, HG_PADDING_KERAS_VALID, true, keras_valid}};
    for (size_t i = 0; i < HG_COUNT(rules); i++)
        for (hg_op op = 0; op < HG_OP_COUNT; op++)
            if (rules[i].ops >> op & 1) sweep(op, &rules[i]);
}
