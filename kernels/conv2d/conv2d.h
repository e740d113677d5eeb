/* Pieces shared by the builders of both convolutions, and the kernel tables of conv2d. */
#ifndef HG_CONV2D_H
#define HG_CONV2D_H

#include "kernels/reference.h"

extern const hg_kernel hg_conv2d_ref[];

/* Checks a filter given by the user; groups 0 becomes 1. At most 2^31 weights. */
hg_status hg_check_filter_desc(const hg_filter_desc *given, hg_filter_desc *resolved,
                               hg_reason *why);

/* What both builders do first: checks the filter against the input, fills p->in, kernel, groups,
 * post, accuracy, stride and dilation. */
hg_status hg_conv_common(const hg_tensor *input, const hg_filter_desc *filter,
                         const hg_epilogue *epilogue, hg_accuracy accuracy, hg_size2 stride,
                         hg_size2 dilation, bool transposed, hg_problem *p, hg_reason *why);
/* ... and last: p->out.h and p->out.w are known; resolves the strides of output and residual. */
hg_status hg_conv_finish(hg_problem *p, const hg_filter_desc *filter, const hg_strides *output,
                         const hg_strides *residual, hg_reason *why);

/* Weights as they come. */
hg_pack_fn hg_conv_pack_as_given;

/* What the references of both convolutions share: members of their hg_algorithm, and the end of
 * output o, whose sum is v. */
#define HG_CONV_REFERENCE                                                                          \
    .name = "reference", .cost = hg_conv_ref_cost, .size = hg_conv_ref_size,                       \
    .pack = hg_conv_pack_as_given, .finishes = true
hg_cost_fn hg_conv_ref_cost;
hg_size_fn hg_conv_ref_size;
float hg_conv_ref_end(const hg_task *t, const hg_output *o, float v);

#endif
