/* Any window, tap by tap. */
#include "kernels/pool2d/nhwc/rows.h"

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    if (p->op == HG_OP_LP_POOL2D)
        return p->pool.form == HG_LP_ABSOLUTE && (p->pool.p == 1.0f || p->pool.p == 2.0f);
    return hg_pool_places_fit(p);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_rows_cost(p, k, 0.45);
}

const hg_algorithm hg_pool2d_nhwc_window = {
    .name = "window", .supports = supports, .cost = cost, HG_POOL_BY_ROWS};
