/* Products of Winograd tiles, AVX-512. Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_AVX512_H
#define HG_WINOGRAD_AVX512_H

/* 14 x 16 takes 14 accumulators and a vector of weights; inputs are broadcast by the
 * multiply-adds. */
#define TILES(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
enum { MR = 14 };

#include "kernels/conv2d/nhwc/winograd_broadcast.h"

#endif
