/* Direct convolution, AVX2: the tiles. */
#ifndef HG_DIRECT_AVX2_H
#define HG_DIRECT_AVX2_H

/* Whole tiles: pixels, pixels of those that follow, units of columns. The wide ones are for outputs
 * of a few pixels, where less than 8 multiply-adds in flight would wait for each other. */
#define TILES(X)                                                                                   \
    X(12, 6, 1)                                                                                    \
    X(6, 6, 2)                                                                                     \
    X(4, 4, 3)                                                                                     \
    X(3, 3, 4)                                                                                     \
    X(1, 1, 5)                                                                                     \
    X(1, 1, 6)                                                                                     \
    X(1, 1, 7)                                                                                     \
    X(1, 1, 8)                                                                                     \
    X(1, 1, 9)                                                                                     \
    X(1, 1, 10)                                                                                    \
    X(1, 1, 11)                                                                                    \
    X(1, 1, 12)
enum { MAX_MR = 12, FEW_NV = 5 };

#include "kernels/conv2d/nhwc/direct_broadcast.h"

#endif
