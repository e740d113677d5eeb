/* Tiles of direct convolution on NCHW tensors, AVX2: 12 sums leave 4 registers. Contract:
 * direct.simd.c. */
#ifndef HG_DIRECT_NCHW_AVX2_H
#define HG_DIRECT_NCHW_AVX2_H

#define WIDEST(X) X(24, 4)
#define TILES(X) X(64, 1) X(48, 2) X(32, 3) WIDEST(X)

#include "kernels/conv2d/nchw/direct_broadcast.h"

#endif
