/* Any window: row maxima or sums into a buffer, then down the buffer. */
#include "kernels/pool2d/nchw/bands.h"

/* Sliding windows on repacked channels are faster where windows are wide and share most taps. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const int64_t most = p->op == HG_OP_AVG_POOL2D ? 6 : 7;
    const bool slides = p->stride.w == 1 && p->dilation.w == 1;
    return !(slides && p->kernel.w > most) && hg_pool_bands_fit(p, k);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return 1.05 * hg_pool_bands_cost(p, k, (double)p->kernel.w, 0.35);
}

const hg_pool_bands hg_pool2d_nchw_passes = {
    .algorithm = {.name = "passes", .supports = supports, .cost = cost, HG_POOL_IN_BANDS},
    .strips = HG_EDGE_STRIPS,
    .buffer = HG_BUFFER_BAND,
    .pairs = true,
    .least = HG_POOL_BAND};
