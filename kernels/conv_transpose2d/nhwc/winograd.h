/* Winograd on the phases of a transposed convolution, whose longest windows are r x r: each is a
 * convolution of stride 1 on the tiles of conv2d (conv2d/nhwc/winograd_tiles.h). */
#ifndef HG_TRANSPOSED_WINOGRAD_H
#define HG_TRANSPOSED_WINOGRAD_H

#include "kernels/kernel.h"

extern const hg_algorithm hg_conv_transpose2d_nhwc_winograd;

#endif
