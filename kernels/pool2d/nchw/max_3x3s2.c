/* Maxima of 3x3 windows of stride 2: rows are read once. */
#include "kernels/pool2d/nchw/bands.h"

/* At most a column and a row of padding before the input, windows that begin in it, whole vectors.
 */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    return p->pad.top < 2 && p->pad.left < 2 && (p->out.h - 1) * 2 - p->pad.top < p->in.h &&
           (p->out.w - 1) * 2 - p->pad.left < p->in.w && p->out.w >= hg_lanes(k) &&
           hg_pool_bands_fit(p, k);
}

/* Rows of whole vectors, whose neighbours come by shuffles; where the right edge cuts the last, its
 * loads are masked. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_isa_model *isa = hg_isa_model_of(k->isa);
    const double rows = (double)p->out.n * (double)p->out.c * (double)p->out.h;
    const double vectors = (double)HG_CEIL_DIV(p->out.w, (int64_t)isa->lanes);
    const double each = 1.6 * isa->lanes / (8.0 * isa->rate * isa->shuffles);
    const int64_t last = 2 * (p->out.w - isa->lanes) - p->pad.left + 1;
    const double masked = p->in.w - last < 2 * isa->lanes ? 10.0 : 0.0;
    return hg_overlapped(rows * (1.3 + vectors * each + masked), hg_traffic_ns(p)) + 200.0;
}

const hg_pool_bands hg_pool2d_nchw_max_3x3s2 = {
    .algorithm = {.name = "max_3x3s2", .supports = supports, .cost = cost, HG_POOL_IN_BANDS},
    .buffer = HG_BUFFER_ROW,
    .least = HG_POOL_LONG_BAND};
