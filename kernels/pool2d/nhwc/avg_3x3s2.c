/* Averages of 3x3 windows of stride 2: bands of output rows, whole pixels, so that rows are read
 * once. */
#include "kernels/pool2d/nhwc/bands.h"

/* Rows of a band: one row in 2 * BAND is read twice. */
enum { BAND = 14 };

/* Every window must reach into the input. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const hg_pad *pad = &p->pad;
    return pad->top < 3 && pad->left < 3 && (p->out.h - 1) * 2 - pad->top < p->in.h &&
           (p->out.w - 1) * 2 - pad->left < p->in.w;
}

/* Behind what is kept of a row, a pixel of zeros. */
static hg_pool_slide_blocking blocking_of(const hg_problem *p)
{
    return (hg_pool_slide_blocking){
        .rows = BAND, .channels = p->out.c, .buffer = (p->out.w + 1) * p->out.c};
}

/* Pixels half a page apart meet in few sets of L1, which twenty of them side by side overflow. Less
 * than a vector of channels is taken pixel by pixel. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    enum { HALF_PAGE = 512 /* floats */ };
    const bool apart = p->in.strides.w % HALF_PAGE == 0, narrow = p->in.c < hg_lanes(k);
    const double efficiency = 0.6 * hg_rate(k) * hg_lanes_used(k, p->in.c);
    const double slower = apart || narrow ? 2.5 : 1.0;
    return slower * hg_pool_cost(p, efficiency / hg_pool_pairs_share(p));
}

const hg_pool_slide hg_pool2d_nhwc_avg_3x3s2 = {
    .algorithm = {.name = "avg_3x3s2", .supports = supports, .cost = cost, HG_POOL_SLIDES},
    .blocking_of = blocking_of};
