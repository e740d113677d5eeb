/* Sliding windows of stride 1: bands of rows, one cache line of channels at a time, so that the
 * cost per pixel hardly grows with the window. */
#include "kernels/pool2d/nhwc/bands.h"

enum { BAND = 32, MIN_BANDS = 4 }; /* output rows of a range; in windows */

bool hg_pool_slide_supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    if (p->out.h == 1 && p->out.w == 1) return false;
    const hg_pad *pad = &p->pad;
    return p->pool.adaptive == false && pad->top < p->kernel.h && pad->left < p->kernel.w &&
           p->out.h - 1 - pad->top < p->in.h && p->out.w - 1 - pad->left < p->in.w;
}

/* A band repeats kernel.h - 1 rows of the band before it; the rows that one step needs stay in the
 * nearest cache. */
static hg_pool_slide_blocking blocking_of(const hg_problem *p)
{
    const int64_t ring = p->kernel.h - 1 + hg_slide_step(p->kernel.h);
    return (hg_pool_slide_blocking){.rows = HG_MIN(HG_MAX(MIN_BANDS * p->kernel.h, BAND), p->out.h),
                                    .channels = HG_SLIDE_CHANNELS,
                                    .buffer = (ring + 1) * HG_SLIDE_CHANNELS * p->out.w,
                                    .ring = ring};
}

/* Per output about 4 operations along either axis, whatever the window. */
double hg_pool_slide_cost(const hg_problem *p, const hg_kernel *k)
{
    const double efficiency = 0.4 * hg_rate(k) * hg_lanes_used(k, p->in.c);
    const double compute = 8.0 * hg_tensor_elements(&p->out) / (100.0 * efficiency);
    return HG_MAX(compute, hg_traffic_ns(p)) + 300.0;
}

/* A block of channels of pixels that are pages apart meets in few sets of L1. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    enum { PAGE_FLOATS = 1024 };
    return hg_pool_slide_cost(p, k) * (p->in.strides.w % PAGE_FLOATS == 0 ? 3.0 : 1.0);
}

const hg_pool_slide hg_pool2d_nhwc_slide = {.algorithm = {.name = "slide",
                                                          .supports = hg_pool_slide_supports,
                                                          .cost = cost,
                                                          HG_POOL_SLIDES},
                                            .blocking_of = blocking_of};
