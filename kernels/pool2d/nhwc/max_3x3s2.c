/* 3x3 windows of stride 2: bands of output rows, whole pixels, so that rows are read once. */
#include "kernels/pool2d/nhwc/bands.h"

/* Rows of a band: one row in 2 * BAND is read twice. */
enum { BAND = 14 };

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    /* Every window must reach into the input, and start where the third tap of the one before is.
     */
    const hg_pad *pad = &p->pad;
    return pad->top < 2 && pad->left < 2 && (p->out.h - 1) * 2 - pad->top < p->in.h &&
           (p->out.w - 1) * 2 - pad->left < p->in.w;
}

static hg_pool_slide_blocking blocking_of(const hg_problem *p)
{
    return (hg_pool_slide_blocking){
        .rows = BAND, .channels = p->out.c, .buffer = p->out.w * p->out.c};
}

/* Pixels a page apart meet in few sets of L1. Less than a vector of channels is taken pixel by
 * pixel. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    enum { PAGE = 1024 /* floats */ };
    const double efficiency = 0.8 * hg_rate(k) * hg_lanes_used(k, p->in.c);
    const bool apart = p->in.strides.w % PAGE == 0, narrow = p->in.c < hg_lanes(k);
    const double slower = narrow ? 2.5 : apart ? 1.3 : 1.0;
    return slower * hg_pool_cost(p, efficiency / hg_pool_pairs_share(p));
}

const hg_pool_slide hg_pool2d_nhwc_max_3x3s2 = {
    .algorithm = {.name = "max_3x3s2", .supports = supports, .cost = cost, HG_POOL_SLIDES},
    .blocking_of = blocking_of};
