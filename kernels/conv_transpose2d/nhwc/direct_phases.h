/* Transposed convolution by runs of pixels: each phase by the microkernels of conv2d's direct
 * convolution (kernels/conv2d/nhwc/direct.h), by units or by dots. */
#ifndef HG_DIRECT_PHASES_H
#define HG_DIRECT_PHASES_H

#include "kernels/kernel.h"

extern const hg_algorithm hg_conv_transpose2d_nhwc_direct_phases;

#endif
