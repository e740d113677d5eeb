/* Products of Winograd tiles, AVX-512. Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_AVX512_H
#define HG_WINOGRAD_AVX512_H

/* Two panels, 14 x 32, take 28 accumulators, 2 vectors of weights and one of input; of one panel
 * every multiply-add would be a load, and loads the limit. */
#define TILES(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
#define PAIRS(X) TILES(X)
enum { MR = 14, PANELS = 2, MAX_NV = PANELS * NV };

#include "kernels/conv2d/nhwc/winograd_broadcast.h"

#endif
