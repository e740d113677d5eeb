#include "cli/yardsticks.h"

#include <stdlib.h>

#include "tuner/clock.h"

enum { CHANNELS = 256, SIDE = 14, RUNS = 12, LEAST_FLOATS = 16, PIXEL = 16 };

static float *numbers(size_t count)
{
    float *v = aligned_alloc(64, (count * sizeof *v + 63) / 64 * 64);
    for (size_t i = 0; v && i < count; i++) v[i] = (float)(i % 7) * 0.25f - 0.5f;
    return v;
}

/* The least time of some runs; 0: there is no memory. */
static double least_ns(hg_plan *plan, size_t inputs, size_t outputs)
{
    const size_t size = hg_plan_workspace_size(plan);
    float *x = numbers(inputs), *y = numbers(outputs);
    void *workspace = size ? aligned_alloc(64, size) : NULL;
    double least = 0;
    for (int i = 0; x && y && (workspace || !size) && i < RUNS; i++) {
        const double before = hg_clock_ns();
        hg_run(plan, &(hg_io){.input = x, .output = y}, workspace);
        const double ns = hg_clock_ns() - before;
        if (i == 0 || ns < least) least = ns;
    }
    free(x), free(y), free(workspace);
    return least;
}

yardsticks yardsticks_of(hg_context *context)
{
    const size_t values = (size_t)CHANNELS * SIDE * SIDE;
    const hg_filter_desc desc = {
        .out_channels = CHANNELS, .in_channels = CHANNELS, .height = 1, .width = 1};
    const hg_conv2d op = {.input = hg_tensor_nhwc(HG_F32, 1, SIDE, SIDE, CHANNELS)};
    float *weights = numbers((size_t)CHANNELS * CHANNELS);
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    yardsticks y = {.context = context};
    if (weights && !hg_filter_create(context, &desc, weights, &filter) &&
        !hg_plan_conv2d(context, &op, filter, NULL, &plan)) {
        const double ns = least_ns(plan, values, values);
        if (ns > 0) y.gflops = 2.0 * (double)values * CHANNELS / ns;
    }
    hg_plan_free(plan);
    hg_filter_free(filter);
    free(weights);
    return y;
}

static double copy_ns(hg_context *context, double bytes)
{
    const double floats = bytes / 2 / sizeof(float);
    const int64_t pixels = floats < LEAST_FLOATS ? 1 : (int64_t)(floats / PIXEL);
    const hg_activation2d op = {.input = hg_tensor_nhwc(HG_F32, 1, 1, pixels, PIXEL)};
    hg_plan *plan;
    if (hg_plan_activation2d(context, &op, &plan)) return 0;
    const size_t values = (size_t)pixels * PIXEL;
    const double ns = least_ns(plan, values, values);
    hg_plan_free(plan);
    return ns;
}

double yardsticks_ns(const yardsticks *y, double flops, double bytes)
{
    const double sums = y->gflops > 0 ? flops / y->gflops : 0, copy = copy_ns(y->context, bytes);
    return sums > copy ? sums : copy;
}
