/* Averages of 3x3 windows of stride 1: rows are read once, without strips. */
#include "kernels/pool2d/nchw/bands.h"

/* One column of padding on either side, two vectors in a row and two rows. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    return p->pad.left == 1 && p->out.w == p->in.w && p->out.h > 1 && p->out.w >= 2 * hg_lanes(k) &&
           hg_pool_bands_fit(p, k);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    /* The same sums by walking down columns cannot be faster. */
    return HG_MIN(hg_pool_cost(p, 0.9 * hg_rate(k)), 0.95 * hg_pool_bands_cost(p, k, 3.0, 0.2));
}

const hg_pool_bands hg_pool2d_nchw_avg_3x3s1 = {
    .algorithm = {.name = "avg_3x3s1", .supports = supports, .cost = cost, HG_POOL_IN_BANDS},
    .nothing = true,
    .least = HG_POOL_LONG_BAND};
