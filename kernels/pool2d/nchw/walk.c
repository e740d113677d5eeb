/* Small windows: a vector of outputs goes down its column, row maxima or sums in registers. */
#include "kernels/pool2d/nchw/bands.h"

static hg_pool_bands bands_of(const hg_problem *p, const hg_kernel *k)
{
    hg_pool_bands b = {.pieces = 3};
    hg_pool_edge_strips(p, k, true, b.strips);
    const int64_t copies = b.strips[0].pitch + b.strips[1].pitch;
    b.nothing = HG_MAX(p->in.w, copies) + hg_pool_slack(k);
    hg_pool_bands_cut(p, copies + HG_MIN(p->in.w, p->out.w * p->stride.w), HG_POOL_BAND, &b);
    return b;
}

/* Whole vectors. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_pool_bands b = bands_of(p, k);
    return p->out.w >= hg_isa_model_of(k->isa)->lanes && hg_pool_bands_fit(p, &b);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_bands_cost(p, k, (double)p->kernel.w, p->kernel.w > 2 ? 0.2 : 0.35);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const hg_pool_bands b = bands_of(p, k);
    hg_pool_bands_size(p, k, &b, sizes);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_pool_bands b = bands_of(t->problem, t->kernel);
    hg_pool_bands_run(t, &b, begin, end);
}

const hg_algorithm hg_pool2d_nchw_walk = {.name = "walk",
                                          .supports = supports,
                                          .cost = cost,
                                          .size = size,
                                          .prepare = hg_pool_prepare_scales,
                                          .run = run};
