/* Direct convolution, AVX-512: the tiles. */
#ifndef HG_DIRECT_AVX512_H
#define HG_DIRECT_AVX512_H

/* Whole tiles: pixels, pixels of those that follow, units of columns. 24 to 28 sums leave registers
 * for the weights of a product and an input; less than 8 wait for each other. RESTS: pixels of what
 * is less than the smaller tiles. */
#define TILES(X)                                                                                   \
    X(24, 14, 1)                                                                                   \
    X(14, 7, 2)                                                                                    \
    X(8, 7, 3)                                                                                     \
    X(6, 6, 4)                                                                                     \
    X(5, 5, 5)                                                                                     \
    X(4, 4, 6)                                                                                     \
    X(3, 3, 7)                                                                                     \
    X(3, 3, 8)                                                                                     \
    X(3, 3, 9)                                                                                     \
    X(2, 2, 10)                                                                                    \
    X(2, 2, 11)                                                                                    \
    X(2, 2, 12)
#define RESTS(X) HG_ONE_TO_SEVEN(X) X(8) X(9) X(10) X(11) X(12) X(13)
enum { MAX_MR = 24, FEW_NV = 5 };

#include "kernels/conv2d/nhwc/direct_broadcast.h"

#endif
