/* 2x2 windows of stride 2 without padding. */
#include "kernels/pool2d/nhwc/rows.h"

/* The divisor is 4. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_pool_places_fit(p) && p->pool.divisor == 0;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_rows_cost(p, k, 0.5);
}

const hg_algorithm hg_pool2d_nhwc_2x2s2 = {
    .name = "2x2s2", .supports = supports, .cost = cost, HG_POOL_BY_ROWS};
