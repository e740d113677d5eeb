/* Maxima of 5x5 windows of stride 1, whose row maxima come from registers. */
#include "kernels/pool2d/nchw/bands.h"

/* Two columns of padding on either side, whole vectors. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    return p->pad.left == 2 && p->out.w == p->in.w && p->out.w >= hg_lanes(k) &&
           hg_pool_bands_fit(p, k);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return 0.95 * hg_pool_bands_cost(p, k, 5.0, 0.2);
}

const hg_pool_bands hg_pool2d_nchw_max_5x5s1 = {
    .algorithm = {.name = "max_5x5s1", .supports = supports, .cost = cost, HG_POOL_IN_BANDS},
    .buffer = HG_BUFFER_BAND,
    .least = HG_POOL_BAND};
