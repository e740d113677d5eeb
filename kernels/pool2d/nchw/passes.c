/* Any window: row maxima or sums into a buffer, then down the buffer. */
#include "kernels/pool2d/nchw/bands.h"

static hg_pool_bands bands_of(const hg_problem *p, const hg_kernel *k)
{
    hg_pool_bands b = {.buffer_row = hg_pool_row_floats(p, k)};
    /* Of stride 2, the last taps are loaded with neighbours that nobody needs. */
    hg_pool_edge_strips(p, k, p->stride.w != 2, b.strips);
    const int64_t row = b.strips[0].pitch + b.strips[1].pitch + b.buffer_row;
    hg_pool_bands_cut(p, row + HG_MIN(p->in.w, p->out.w * p->stride.w), HG_POOL_BAND, &b);
    return b;
}

/* Sliding windows on repacked channels are faster where windows are wide and share most taps. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_pool_bands b = bands_of(p, k);
    const int64_t most = p->op == HG_OP_AVG_POOL2D ? 6 : 7;
    const bool slides = p->stride.w == 1 && p->dilation.w == 1;
    return !(slides && p->kernel.w > most) && hg_pool_bands_fit(p, &b);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return 1.05 * hg_pool_bands_cost(p, k, (double)p->kernel.w, 0.35);
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

const hg_algorithm hg_pool2d_nchw_passes = {.name = "passes",
                                            .supports = supports,
                                            .cost = cost,
                                            .size = size,
                                            .prepare = hg_pool_prepare_scales,
                                            .run = run};
