/* Pieces shared by the builders of both convolutions, and the kernel tables of conv2d. */
#ifndef HG_CONV2D_H
#define HG_CONV2D_H

#include "kernels/kernel.h"

extern const hg_kernel hg_conv2d_ref[];

/* Checks a filter given by the user; groups 0 becomes 1. At most 2^31 weights. */
hg_status hg_check_filter_desc(const hg_filter_desc *given, hg_filter_desc *resolved,
                               hg_reason *why);

/* Every activation as slope and clamp. */
hg_status hg_post_from_epilogue(const hg_epilogue *epilogue, hg_post *post, hg_reason *why);

/* What both builders do first: checks the filter against the input, fills p->in, kernel, groups,
 * post, accuracy, stride and dilation. */
hg_status hg_conv_common(const hg_tensor *input, const hg_filter_desc *filter,
                         const hg_epilogue *epilogue, hg_accuracy accuracy, hg_size2 stride,
                         hg_size2 dilation, bool transposed, hg_problem *p, hg_reason *why);
/* ... and last: p->out.h and p->out.w are known; resolves the strides of output and residual. */
hg_status hg_conv_finish(hg_problem *p, const hg_filter_desc *filter, const hg_strides *output,
                         const hg_strides *residual, hg_reason *why);

/* The end of every output of a scalar kernel; see hg_post. NaN stays NaN. */
static inline float hg_conv_post(const hg_post *post, float v)
{
    if (v < 0.0f) v *= post->slope;
    if (v < post->min) v = post->min;
    if (v > post->max) v = post->max;
    return v;
}

/* Estimate for hg_algorithm.cost: flops as the kernel performs them (padding of tiles included), at
 * a share of 100 GFLOP/s; at least the time of the compulsory traffic. */
double hg_conv_cost(const hg_problem *p, double flops, double efficiency);

#endif
