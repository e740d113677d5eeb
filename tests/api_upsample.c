/* hg_upsample_conv2d is no operator of its own below the public face, so that its descriptor is
 * spoiled, starved of memory and questioned here. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/plan.h"
#include "tests/api_fields.h"

#define big31 ((int64_t)1 << 31)

static const hg_filter_desc filter_desc = {
    .order = HG_OIHW, .out_channels = 5, .in_channels = 8, .height = 3, .width = 3};

static hg_upsample_conv2d sample_op(void)
{
    return (hg_upsample_conv2d){.input = hg_tensor_nhwc(HG_F32, 1, 6, 7, 8),
                                .factor = {2, 2},
                                .padding = {HG_PADDING_EXPLICIT, 1, 1, 1, 1}};
}

/* ---- Misuse ---- */

static const struct {
    const char *field;
    unsigned mask;
    size_t at;
    bool choice; /* an enumeration, else int64_t */
    int64_t value;
} wrong[] = {
    {"input.h", INVALID, offsetof(hg_upsample_conv2d, input.h), false, 0},
    {"input.w", RANGE, offsetof(hg_upsample_conv2d, input.w), false, big31},
    {"input.c", INVALID, offsetof(hg_upsample_conv2d, input.c), false, 9},
    {"input.dtype", UNSUPPORTED, offsetof(hg_upsample_conv2d, input.dtype), true, HG_F16},
    {"input.strides.w", INVALID, offsetof(hg_upsample_conv2d, input.strides.w), false, 7},
    {"output_strides.w", INVALID, offsetof(hg_upsample_conv2d, output_strides.w), false, 1},
    {"factor.h", INVALID, offsetof(hg_upsample_conv2d, factor.h), false, -2},
    {"factor.w", INVALID, offsetof(hg_upsample_conv2d, factor.w), false, INT64_MIN},
    {"factor.h", RANGE, offsetof(hg_upsample_conv2d, factor.h), false, big31},
    {"factor.w", RANGE, offsetof(hg_upsample_conv2d, factor.w), false, INT64_MAX},
    {"input.h * factor.h", RANGE, offsetof(hg_upsample_conv2d, factor.h), false, big31 / 6 + 1},
    {"summed filter", RANGE, offsetof(hg_upsample_conv2d, factor.w), false, big31 / 7},
    {"padding.top", INVALID, offsetof(hg_upsample_conv2d, padding.top), false, -1},
    {"padding.right", RANGE, offsetof(hg_upsample_conv2d, padding.right), false, big31},
    {"output's height and width", RANGE, offsetof(hg_upsample_conv2d, padding.left), false,
     big31 - 1},
    {"padding.mode", INVALID, offsetof(hg_upsample_conv2d, padding.mode), true,
     HG_PADDING_KERAS_SAME},
    {"epilogue.activation", INVALID, offsetof(hg_upsample_conv2d, epilogue.activation), true, 99},
    {"accuracy", INVALID, offsetof(hg_upsample_conv2d, accuracy), true, -1},
    {"mode", INVALID, offsetof(hg_upsample_conv2d, mode), true, 99},
    {"mode", UNSUPPORTED, offsetof(hg_upsample_conv2d, mode), true, HG_RESIZE_BICUBIC},
    {"op.reserved", UNSUPPORTED, offsetof(hg_upsample_conv2d, reserved), false, 1},
};

static void check_refused(hg_context *context, hg_filter *filter, const hg_filter_desc *desc,
                          const hg_upsample_conv2d *op, unsigned mask, const char *named)
{
    char what[100];
    hg_plan *plan = (hg_plan *)(uintptr_t)op; /* must be overwritten */
    hg_tensor out, before;
    memset(&out, 0x5a, sizeof out);
    memcpy(&before, &out, sizeof out);
    snprintf(what, sizeof what, "upsample_conv2d with a wrong %s", named);
    last = (heard){0};
    const hg_status status = hg_plan_upsample_conv2d(context, op, filter, NULL, &plan);
    expect_refused(status, mask, plan, named, what);
    const hg_status size = hg_upsample_conv2d_output(op, desc, &out);
    expect(mask & KNOWN_LATER || (size == status && !memcmp(&out, &before, sizeof out)),
           "%s: the output is \"%s\"", what, hg_status_string(size));
}

static void refuse_all(hg_context *context, hg_filter *filter)
{
    for (size_t i = 0; i < HG_COUNT(wrong); i++) {
        hg_upsample_conv2d op = sample_op();
        char *field = (char *)&op + wrong[i].at;
        if (wrong[i].choice)
            *(int *)(void *)field = (int)wrong[i].value;
        else
            *(int64_t *)(void *)field = wrong[i].value;
        check_refused(context, filter, &filter_desc, &op, wrong[i].mask, wrong[i].field);
    }
    hg_upsample_conv2d op = sample_op();
    op.kernel = "conv2d.f32.any.scalar.ref";
    check_refused(context, filter, &filter_desc, &op, INVALID | KNOWN_LATER, "kernel");
    op = sample_op();
    op.mode = HG_RESIZE_BILINEAR, op.coordinates = HG_TF_CROP_AND_RESIZE;
    check_refused(context, filter, &filter_desc, &op, UNSUPPORTED, "coordinates");
    op.coordinates = HG_PYTORCH_NEAREST;
    check_refused(context, filter, &filter_desc, &op, INVALID, "coordinates");
    op = sample_op();
    op.input.h = op.input.w = 1, op.factor = (hg_size2){0, 0}, op.padding = (hg_padding){0};
    check_refused(context, filter, &filter_desc, &op, INVALID, "window");
    hg_filter_desc transposed = filter_desc;
    hg_filter *other = NULL;
    transposed.order = HG_IOHW;
    op = sample_op();
    if (expect(!hg_filter_create(context, &transposed, sample_weights(), &other), "a filter"))
        check_refused(context, other, &transposed, &op, INVALID, "filter.order");
    hg_filter_free(other);
}

static void refuse_nulls(hg_context *context, hg_filter *filter)
{
    const hg_upsample_conv2d op = sample_op();
    hg_tensor out;
    hg_plan *plan = (hg_plan *)(uintptr_t)&op;
    expect(hg_plan_upsample_conv2d(NULL, &op, filter, NULL, &plan) == HG_INVALID && !plan,
           "no context");
    last = (heard){0};
    hg_status s = hg_plan_upsample_conv2d(context, NULL, filter, NULL, &plan);
    expect_refused(s, INVALID, plan, "descriptor", "no descriptor");
    s = hg_plan_upsample_conv2d(context, &op, NULL, NULL, &plan);
    expect_refused(s, INVALID, plan, "filter is NULL", "no filter");
    s = hg_plan_upsample_conv2d(context, &op, filter, NULL, NULL);
    expect_refused(s, INVALID, NULL, "plan is NULL", "no plan");
    expect(hg_upsample_conv2d_output(NULL, &filter_desc, &out) == HG_INVALID &&
               hg_upsample_conv2d_output(&op, NULL, &out) == HG_INVALID &&
               hg_upsample_conv2d_output(&op, &filter_desc, NULL) == HG_INVALID,
           "output of nothing, or into nothing");
}

/* ---- Memory ---- */

/* Allocation number `fail` returns NULL. */
typedef struct counter {
    long calls, live, fail;
} counter;

static void *allocate(void *self, size_t alignment, size_t size)
{
    counter *c = self;
    (void)alignment;
    if (++c->calls == c->fail) return NULL;
    void *block = aligned_alloc(64, HG_ROUND_UP(size, (size_t)64));
    c->live += block != NULL;
    return block;
}

static void release(void *self, void *memory)
{
    ((counter *)self)->live -= memory != NULL;
    free(memory);
}

/* Everything but the plan is freed before the run. */
static hg_status attempt(counter *c, float y[SAMPLE_OUTPUT])
{
    hg_context_options o = quiet_options();
    o.allocator = (hg_allocator){allocate, release, c};
    const hg_upsample_conv2d op = sample_op();
    const descriptor like = {.op = HG_OP_CONV_TRANSPOSE2D};
    hg_context *context = NULL;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_status s = hg_context_create(&o, &context);
    if (!s) s = hg_filter_create(context, &filter_desc, sample_weights(), &filter);
    if (!s) s = hg_plan_upsample_conv2d(context, &op, filter, sample_weights(), &plan);
    hg_context_free(context);
    hg_filter_free(filter);
    if (!s) s = run_sample(plan, &like, y);
    hg_plan_free(plan);
    return s;
}

static void starve(void)
{
    static float want[SAMPLE_OUTPUT], got[SAMPLE_OUTPUT];
    counter c = {0};
    if (!expect(attempt(&c, want) == HG_OK && c.live == 0, "enough memory: %ld left", c.live))
        return;
    const long calls = c.calls;
    for (long n = 1; n <= calls; n++) {
        c = (counter){.fail = n};
        last = (heard){0};
        const hg_status s = attempt(&c, got);
        expect(s == HG_NO_MEMORY && c.live == 0 && last.count == 1,
               "allocation %ld of %ld failed: \"%s\", %ld left", n, calls, hg_status_string(s),
               c.live);
    }
    c = (counter){0};
    expect(attempt(&c, got) == HG_OK && !memcmp(want, got, sizeof want), "the same bits again");
}

/* Plans of one factor, of any size, share the summed and packed weights. */
static void share(hg_context *context, hg_filter *filter)
{
    hg_upsample_conv2d op = sample_op();
    hg_plan *plans[4] = {NULL};
    op.kernel = "conv_transpose2d.f32.any.scalar.ref";
    for (int i = 0; i < 4; i++) {
        op.input.h = i == 1 ? 9 : 6;
        op.factor.w = i == 2 ? 3 : 2;
        if (!expect(!hg_plan_upsample_conv2d(context, &op, filter, NULL, &plans[i]), "a plan"))
            plans[i] = NULL;
    }
    if (plans[0] && plans[1] && plans[2] && plans[3])
        expect(plans[0]->weights == plans[1]->weights && plans[0]->weights != plans[2]->weights &&
                   plans[0]->weights == plans[3]->weights,
               "weights are shared by factor");
    for (int i = 0; i < 4; i++) hg_plan_free(plans[i]);
}

void test_upsample(void)
{
    hg_context_options o = quiet_options();
    hg_context *context = NULL;
    hg_filter *filter = NULL;
    if (!expect(!hg_context_create(&o, &context) &&
                    !hg_filter_create(context, &filter_desc, sample_weights(), &filter),
                "a context and a filter"))
        return;
    refuse_all(context, filter);
    refuse_nulls(context, filter);
    share(context, filter);
    hg_filter_free(filter);
    hg_context_free(context);
    starve();
}
