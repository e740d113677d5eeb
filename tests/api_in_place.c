/* Operators of pointwise.h in place: what the header allows gives the bits of a run elsewhere, and
 * what it refuses writes nothing. */
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api.h"
#include "tests/api_members.h"

enum { FLOATS = 1 << 14, MIDDLE = FLOATS / 2, STEP = 24 /* channels of the buffer */ };

static float area[FLOATS], before[FLOATS];

static void fill(void)
{
    for (int i = 0; i < FLOATS; i++) area[i] = (float)(i * 37 % 211) / 64.0f - 1.5f;
    memcpy(before, area, sizeof area);
}

/* 2 x 5 x 6 of 8 channels, a slice of a buffer that has 24. */
static hg_binary slice(hg_layout layout, hg_binary_op op)
{
    hg_binary d = {.op = op, .epilogue = {.activation = HG_SILU}};
    hg_tensor *t = &d.input;
    *t = (hg_tensor){.layout = layout, .n = 2, .h = 5, .w = 6, .c = 8};
    t->strides = layout == HG_NHWC ? (hg_strides){5 * 6 * STEP, 6 * STEP, STEP, 1}
                                   : (hg_strides){5 * 6 * STEP, 6, 1, 30};
    d.output_strides = t->strides;
    d.other = *t;
    return d;
}

static hg_status run(const hg_plan *plan, int input, int other, int output)
{
    const hg_io io = {.input = area + MIDDLE + input,
                      .output = area + MIDDLE + output,
                      .other = area + MIDDLE + other};
    const size_t size = hg_plan_workspace_size(plan);
    void *workspace = size ? aligned_alloc(64, size) : NULL;
    const hg_status status = hg_run(plan, &io, workspace);
    free(workspace);
    return status;
}

/* The outputs of both runs are the same, and nothing else was written. */
static void allowed(const hg_plan *plan, const hg_tensor *t, int output, int other,
                    const char *what)
{
    enum { ELSEWHERE = 4000 };
    static float want[FLOATS], got[FLOATS];
    fill();
    run(plan, 0, other, ELSEWHERE);
    tensor_gather(t, &t->strides, sizeof *area, area + MIDDLE + ELSEWHERE, want);
    fill();
    const hg_status status = run(plan, 0, other, output);
    tensor_gather(t, &t->strides, sizeof *area, area + MIDDLE + output, got);
    const size_t bytes = (size_t)tensor_count(t) * sizeof *got;
    expect(status == HG_OK && memcmp(want, got, bytes) == 0, "%s, %s: other bits in place",
           hg_plan_kernel(plan), what);
    tensor_gather(t, &t->strides, sizeof *area, before + MIDDLE + output, want);
    tensor_scatter(t, &t->strides, sizeof *area, want, area + MIDDLE + output);
    expect(memcmp(area, before, sizeof area) == 0, "%s, %s: written elsewhere",
           hg_plan_kernel(plan), what);
}

static void refused(const hg_plan *plan, int output, int other, const char *named)
{
    fill();
    last = (heard){0};
    expect_refused(run(plan, 0, other, output), 1u << HG_INVALID, NULL, named, hg_plan_key(plan));
    expect(memcmp(area, before, sizeof area) == 0, "%s: refused, but written", hg_plan_key(plan));
}

static void check(const hg_plan *plan, hg_layout layout)
{
    enum { FAR = -3700 };
    const int channel = layout == HG_NHWC ? 1 : 30, row = layout == HG_NHWC ? 6 * STEP : 6;
    const hg_tensor t = slice(layout, HG_ADD).input;
    allowed(plan, &t, 0, FAR, "output is input");
    allowed(plan, &t, FAR, FAR, "output is other");
    allowed(plan, &t, 0, 0, "all are one");
    allowed(plan, &t, 8 * channel, 16 * channel, "channels side by side");
    refused(plan, 1, FAR, "io.input");
    refused(plan, channel, FAR, "io.input");
    refused(plan, -row, FAR, "io.input");
    refused(plan, row + 7 * channel, FAR, "io.input");
    refused(plan, FAR, FAR - 7 * channel, "io.other");
    refused(plan, FAR, FAR + row, "io.other");
}

/* The input is elsewhere; the second tensor has one number for each pixel or image. */
static void check_repeated(hg_context *context, const char *name)
{
    hg_binary d = slice(HG_NHWC, HG_MULTIPLY);
    hg_plan *plan;
    d.kernel = name;
    d.other.c = 1;
    if (!expect(hg_plan_binary(context, &d, &plan) == HG_OK, "%s: a number per pixel", name))
        return;
    refused(plan, -3700, -3700, "io.other");
    refused(plan, -3700, -3700 + 7, "io.other");
    allowed(plan, &d.input, 0, 8, "numbers between the pixels");
    hg_plan_free(plan);
}

/* Operators of one tensor, by all their kernels. */
static void check_alone(hg_context *context, descriptor d, hg_layout layout)
{
    const hg_binary like = slice(layout, HG_ADD);
    hg_plan *plan, *own;
    char name[256];
    *descriptor_input(&d) = like.input;
    *(hg_strides *)output_strides_of(&d) = like.output_strides;
    if (!expect(descriptor_plan(context, &d, NULL, NULL, &plan) == HG_OK, "a plan")) return;
    for (size_t i = 0; hg_plan_candidate(plan, i, name, sizeof name); i++) {
        *(const char **)kernel_of(&d) = name;
        if (expect(descriptor_plan(context, &d, NULL, NULL, &own) == HG_OK, "%s", name)) {
            allowed(own, &like.input, 0, 0, "output is input");
            refused(own, layout == HG_NHWC ? STEP : 6, 0, "io.input");
        }
        hg_plan_free(own);
    }
    hg_plan_free(plan);
}

void test_in_place(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    char name[256];
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    for (int layout = HG_NHWC; layout <= HG_NCHW; layout++)
        for (hg_binary_op op = HG_ADD; op <= HG_MAXIMUM; op++) {
            hg_binary d = slice((hg_layout)layout, op);
            hg_plan *plan, *own;
            if (!expect(hg_plan_binary(context, &d, &plan) == HG_OK, "a plan")) continue;
            for (size_t i = 0; hg_plan_candidate(plan, i, name, sizeof name); i++) {
                d.kernel = name;
                if (expect(hg_plan_binary(context, &d, &own) == HG_OK, "%s", name))
                    check(own, (hg_layout)layout);
                hg_plan_free(own);
                if (layout == HG_NHWC) check_repeated(context, name);
            }
            hg_plan_free(plan);
        }
    static const float slopes[8] = {0.5f, -1, 0, 2, 0.25f, 1, 3, -0.5f};
    const descriptor alone[] = {
        {.op = HG_OP_SOFTMAX2D},
        {.op = HG_OP_ACTIVATION2D, .u.activation2d.epilogue = {.activation = HG_RELU6}},
        {.op = HG_OP_ACTIVATION2D, .u.activation2d.epilogue = {.activation = HG_GELU}},
        {.op = HG_OP_ACTIVATION2D,
         .u.activation2d = {.epilogue = {.activation = HG_PRELU}, .slopes = slopes}}};
    for (size_t i = 0; i < 2 * HG_COUNT(alone); i++)
        check_alone(context, alone[i / 2], i % 2 ? HG_NCHW : HG_NHWC);
    hg_context_free(context);
}
