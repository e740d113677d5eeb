/* Windows of 4 to 7 columns of stride 1, whose row maxima or sums are put together from those of 4
 * taps. */
#include "kernels/pool2d/nchw/bands.h"

static hg_pool_bands bands_of(const hg_problem *p, const hg_kernel *k)
{
    hg_pool_bands b = {.parts = true, .buffer_row = hg_pool_row_floats(p, k)};
    hg_pool_one_strip(p, k, b.strips);
    const int64_t row = 2 * b.strips[0].pitch + b.buffer_row;
    hg_pool_bands_cut(p, row + HG_MIN(p->in.w, p->out.w), HG_POOL_BAND, &b);
    return b;
}

/* Sliding windows on repacked channels are faster where windows are wider. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_pool_bands b = bands_of(p, k);
    const int64_t most = p->op == HG_OP_AVG_POOL2D ? 6 : 7;
    return p->stride.w == 1 && p->dilation.w == 1 && p->kernel.w >= 4 && p->kernel.w <= most &&
           hg_pool_bands_fit(p, &b);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return 1.02 * hg_pool_bands_cost(p, k, HG_MIN((double)p->kernel.w, 5.0), 0.35);
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

const hg_algorithm hg_pool2d_nchw_parts = {.name = "parts",
                                           .supports = supports,
                                           .cost = cost,
                                           .size = size,
                                           .prepare = hg_pool_prepare_scales,
                                           .run = run};
