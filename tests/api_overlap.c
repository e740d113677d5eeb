/* Buffers of a run that overlap: contents are then unspecified, but nothing else is written. */
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api.h"

enum { FLOATS = 1 << 15, MIDDLE = FLOATS / 2 };

/* Where the parts of a run lie, in floats from the middle. */
typedef struct places {
    int output, indices;
} places;

/* Small numbers as floats are large ones as indices, and the other way round: refused ones, too. */
static void fill(float *area)
{
    const int64_t index = 3;
    for (int i = 0; i < FLOATS; i++) area[i] = (float)(i % 13 - 6);
    for (int i = MIDDLE; i + 2 <= FLOATS; i += 4) memcpy(area + i, &index, sizeof index);
}

/* Takes `count` floats from `first` on out of the comparison. */
static void forget(float *area, int first, int64_t count)
{
    memset(area + first, 0, (size_t)count * sizeof *area);
}

/* Element by element an output may be the input; or it lies beside it. */
static bool refused(hg_op op, int apart, int64_t count)
{
    if (op == HG_OP_BINARY || op == HG_OP_SOFTMAX2D || op == HG_OP_ACTIVATION2D)
        return apart && abs(apart) < count;
    return apart == 0;
}

static void check(const hg_plan *plan, hg_op op, places at)
{
    static _Alignas(64) float area[FLOATS], before[FLOATS];
    const size_t size = hg_plan_workspace_size(plan);
    void *workspace = size ? aligned_alloc(64, size) : NULL;
    const int output = MIDDLE + at.output, indices = MIDDLE + at.indices;
    hg_tensor out;
    hg_plan_output(plan, &out);
    const int64_t count = tensor_count(&out);
    static float other[FLOATS];
    const hg_io io = {.input = area + MIDDLE,
                      .output = area + output,
                      .residual = area + MIDDLE + 2,
                      .other = other,
                      .indices = area + indices,
                      .input_indices = area + MIDDLE};
    fill(area);
    memcpy(before, area, sizeof area);
    const hg_status status = hg_run(plan, &io, workspace);
    const hg_status want = !refused(op, at.output, count) ? HG_OK : HG_INVALID;
    expect(status == want || (at.output && op == HG_OP_MAX_UNPOOL2D && status == HG_INDEX),
           "%s, output %d floats behind the input: \"%s\"", hg_plan_kernel(plan), at.output,
           hg_status_string(status));
    for (int i = 0; i < 2; i++) {
        forget(i ? before : area, output, count);
        if (op == HG_OP_MAX_POOL2D) forget(i ? before : area, indices, 2 * count);
    }
    expect(memcmp(area, before, sizeof area) == 0,
           "%s, output %d and indices %d floats behind the input: written elsewhere",
           hg_plan_kernel(plan), at.output, at.indices);
    free(workspace);
}

static void check_everywhere(const hg_plan *plan, hg_op op)
{
    static const places all[] = {{0, 4000},   {1, 4000},  {-1, 4000}, {2, 4},     {7, -10},
                                 {-200, 200}, {300, 2},   {-8, 8},    {40, -400}, {-40, 400},
                                 {-1000, 0},  {120, 120}, {64, -64}};
    for (size_t i = 0; i < HG_COUNT(all); i++) check(plan, op, all[i]);
}

/* Every kernel that can run the sample. */
static void check_kernels(hg_context *context, hg_op op, hg_layout layout)
{
    descriptor d = sample(op);
    hg_filter *filter = NULL;
    hg_plan *plan, *other;
    char name[256];
    descriptor_input(&d)->layout = layout;
    descriptor_follow_input(&d);
    if (op == HG_OP_CONV2D) d.u.conv2d.epilogue.residual = true;
    if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D)
        hg_filter_create(context, &d.filter, sample_weights(), &filter);
    const hg_status status = descriptor_plan(context, &d, filter, NULL, &plan);
    for (size_t i = 0; !status && hg_plan_candidate(plan, i, name, sizeof name); i++) {
        const char *key = hg_plan_key(plan);
        if (expect(hg_plan_from_key(context, key, filter, NULL, name, &other) == HG_OK,
                   "%s refuses its problem", name))
            check_everywhere(other, op);
        hg_plan_free(other);
    }
    expect(status == HG_OK, "a plan of %s", hg_op_name(op));
    hg_plan_free(plan);
    hg_filter_free(filter);
}

void test_overlap(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    for (hg_op op = 0; op < HG_OP_COUNT; op++)
        for (int layout = HG_NHWC; layout <= HG_NCHW; layout++)
            check_kernels(context, op, (hg_layout)layout);
    hg_context_free(context);
}
