/* Products of Winograd tiles, AVX2. Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_AVX2_H
#define HG_WINOGRAD_AVX2_H

/* 6 x 16 takes 12 accumulators, 2 vectors of weights and one of input. */
#define TILES(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define PAIRS(X)
enum { MR = 6, PANELS = 1, MAX_NV = PANELS * NV };

#include "kernels/conv2d/nhwc/winograd_broadcast.h"

#endif
