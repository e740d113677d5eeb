/* 3x3 windows of stride 1: bands of output rows, many channels at a time, so that rows are read
 * once and as they lie in memory. */
#include "kernels/pool2d/nhwc/bands.h"

/* Rows of a band at most, which reads two rows of the band before it again; floats kept between
 * rows. */
enum { BAND = 40, KEPT = 32768 };

/* Blocks of whole cache lines: what is kept stays in the second cache. Bands of equal height. */
static hg_pool_slide_blocking blocking_of(const hg_problem *p)
{
    const int64_t blocks = HG_CEIL_DIV(2 * p->out.w * p->out.c, (int64_t)KEPT);
    const int64_t even = HG_ROUND_UP(HG_CEIL_DIV(p->out.c, blocks), (int64_t)HG_CACHELINE);
    const int64_t channels = HG_MIN(even, p->out.c);
    const int64_t rows = HG_CEIL_DIV(p->out.h, HG_CEIL_DIV(p->out.h, (int64_t)BAND));
    return (hg_pool_slide_blocking){
        .rows = HG_MAX(rows, 1), .channels = channels, .buffer = (2 * p->out.w + 1) * channels};
}

/* Sliding by cache lines of channels pays for each of its short rows, and with pixels whole KiB
 * apart finds its lines in few sets of the nearest cache; else it is as fast or faster. Lanes
 * beyond the last whole vector are a pass of their own here. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = hg_lanes(k);
    const bool better = p->out.w <= 20 || p->in.c <= HG_SLIDE_CHANNELS || p->in.c % 256 == 0;
    return (better && p->in.c % lanes == 0 ? 0.9 : 1.1) * hg_pool_slide_cost(p, k);
}

const hg_pool_slide hg_pool2d_nhwc_avg_3x3s1 = {.algorithm = {.name = "avg_3x3s1",
                                                              .supports = hg_pool_slide_supports,
                                                              .cost = cost,
                                                              HG_POOL_SLIDES},
                                                .blocking_of = blocking_of};
