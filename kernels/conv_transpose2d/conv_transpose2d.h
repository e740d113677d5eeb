/* The reference table of transposed convolution. Its phases: conv2d/phases.h. */
#ifndef HG_CONV_TRANSPOSE2D_H
#define HG_CONV_TRANSPOSE2D_H

#include "kernels/conv2d/phases.h"
#include "kernels/kernel.h"

extern const hg_kernel hg_conv_transpose2d_ref[];

/* As depthwise_phases.c calls them. */
typedef hg_phase hg_igemm_phase;
typedef hg_phases hg_igemm_axis;

#endif
