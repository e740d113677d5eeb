/* Tiles of direct convolution on NCHW tensors, AVX-512: 16 sums of 4 channels, 24 at most.
 * Contract: direct.simd.c. */
#ifndef HG_DIRECT_NCHW_AVX512_H
#define HG_DIRECT_NCHW_AVX512_H

#define WIDEST(X) X(64, 4)
#define TILES(X) X(128, 1) X(128, 2) X(96, 3) WIDEST(X)

#include "kernels/conv2d/nchw/direct_broadcast.h"

#endif
