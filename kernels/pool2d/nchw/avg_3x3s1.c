/* Averages of 3x3 windows of stride 1: rows are read once, without strips. */
#include "kernels/pool2d/nchw/bands.h"

static hg_pool_bands bands_of(const hg_problem *p, const hg_kernel *k)
{
    const int64_t row = hg_pool_row_floats(p, k);
    hg_pool_bands b = {.nothing = row};
    hg_pool_bands_cut(p, 2 * row, HG_POOL_LONG_BAND, &b);
    return b;
}

/* One column of padding on either side, two vectors in a row and two rows. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_pool_bands b = bands_of(p, k);
    return p->pad.left == 1 && p->out.w == p->in.w && p->out.h > 1 &&
           p->out.w >= 2 * hg_isa_model_of(k->isa)->lanes && hg_pool_bands_fit(p, &b);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    /* The same sums by walking down columns cannot be faster. */
    return HG_MIN(hg_pool_cost(p, 0.9 * hg_isa_model_of(k->isa)->rate),
                  0.95 * hg_pool_bands_cost(p, k, 3.0, 0.2));
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

const hg_algorithm hg_pool2d_nchw_avg_3x3s1 = {.name = "avg_3x3s1",
                                               .supports = supports,
                                               .cost = cost,
                                               .size = size,
                                               .prepare = hg_pool_prepare_scales,
                                               .run = run};
