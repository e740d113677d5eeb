/* Windows of 4 to 7 columns of stride 1, whose row maxima or sums are put together from those of 4
 * taps. */
#include "kernels/pool2d/nchw/bands.h"

/* Sliding windows on repacked channels are faster where windows are wider. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const int64_t most = p->op == HG_OP_AVG_POOL2D ? 6 : 7;
    return p->stride.w == 1 && p->dilation.w == 1 && p->kernel.w >= 4 && p->kernel.w <= most &&
           hg_pool_bands_fit(p, k);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return 1.02 * hg_pool_bands_cost(p, k, HG_MIN((double)p->kernel.w, 5.0), 0.35);
}

const hg_pool_bands hg_pool2d_nchw_parts = {
    .algorithm = {.name = "parts", .supports = supports, .cost = cost, HG_POOL_IN_BANDS},
    .strips = HG_ONE_STRIP,
    .buffer = HG_BUFFER_BAND,
    .parts = true,
    .least = HG_POOL_BAND};
