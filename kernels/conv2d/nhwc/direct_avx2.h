/* Direct convolution, AVX2: the tiles. */
#ifndef HG_DIRECT_AVX2_H
#define HG_DIRECT_AVX2_H

/* Whole tiles: pixels, pixels of those that follow, units of columns. RESTS: pixels of what is less
 * than the latter. */
#define TILES(X)                                                                                   \
    X(12, 6, 1)                                                                                    \
    X(6, 6, 2)                                                                                     \
    X(4, 4, 3)                                                                                     \
    X(3, 3, 4)                                                                                     \
    WIDE_TILES(X)
#define RESTS HG_ONE_TO_SEVEN
enum { MAX_MR = 12, FEW_NV = 5 };

#include "kernels/conv2d/nhwc/direct_broadcast.h"

#endif
