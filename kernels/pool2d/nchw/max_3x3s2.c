/* Maxima of 3x3 windows of stride 2: rows are read once. */
#include "kernels/pool2d/nchw/bands.h"

static hg_pool_bands bands_of(const hg_problem *p, const hg_kernel *k)
{
    const int64_t row = hg_pool_row_floats(p, k);
    hg_pool_bands b = {.buffer_row = row, .one_row = true};
    hg_pool_bands_cut(p, row + HG_MIN(p->in.w, 2 * p->out.w), HG_POOL_LONG_BAND, &b);
    return b;
}

/* At most a column and a row of padding before the input, windows that begin in it, whole vectors.
 */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_pool_bands b = bands_of(p, k);
    return p->pad.top < 2 && p->pad.left < 2 && (p->out.h - 1) * 2 - p->pad.top < p->in.h &&
           (p->out.w - 1) * 2 - p->pad.left < p->in.w &&
           p->out.w >= hg_isa_model_of(k->isa)->lanes && hg_pool_bands_fit(p, &b);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_cost(p, 0.9 * hg_isa_model_of(k->isa)->rate);
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

const hg_algorithm hg_pool2d_nchw_max_3x3s2 = {.name = "max_3x3s2",
                                               .supports = supports,
                                               .cost = cost,
                                               .size = size,
                                               .prepare = hg_pool_prepare_scales,
                                               .run = run};
