/* Small windows: a vector of outputs goes down its column, row maxima or sums in registers. */
#include "kernels/pool2d/nchw/bands.h"

/* Whole vectors. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    return p->out.w >= hg_lanes(k) && hg_pool_bands_fit(p, k);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_bands_cost(p, k, (double)p->kernel.w, p->kernel.w > 2 ? 0.2 : 0.35);
}

const hg_pool_bands hg_pool2d_nchw_walk = {
    .algorithm = {.name = "walk", .supports = supports, .cost = cost, HG_POOL_IN_BANDS},
    .strips = HG_EDGE_STRIPS,
    .nothing = true,
    .pieces = 3,
    .least = HG_POOL_BAND};
