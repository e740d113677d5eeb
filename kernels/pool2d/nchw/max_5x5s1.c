/* Maxima of 5x5 windows of stride 1, whose row maxima come from registers. */
#include "kernels/pool2d/nchw/bands.h"

static hg_pool_bands bands_of(const hg_problem *p, const hg_kernel *k)
{
    const int64_t row = hg_pool_row_floats(p, k);
    hg_pool_bands b = {.buffer_row = row};
    hg_pool_bands_cut(p, row + p->in.w, HG_POOL_BAND, &b);
    return b;
}

/* Two columns of padding on either side, whole vectors. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_pool_bands b = bands_of(p, k);
    return p->pad.left == 2 && p->out.w == p->in.w && p->out.w >= hg_isa_model_of(k->isa)->lanes &&
           hg_pool_bands_fit(p, &b);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return 0.95 * hg_pool_bands_cost(p, k, 5.0, 0.2);
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

const hg_algorithm hg_pool2d_nchw_max_5x5s1 = {.name = "max_5x5s1",
                                               .supports = supports,
                                               .cost = cost,
                                               .size = size,
                                               .prepare = hg_pool_prepare_scales,
                                               .run = run};
