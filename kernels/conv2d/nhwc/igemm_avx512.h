/* Implicit GEMM, AVX-512: the tiles. Part of igemm.h. */
#ifndef HG_IGEMM_AVX512_H
#define HG_IGEMM_AVX512_H

/* The tiles, pixels x channels: a line here is all that one more takes. 24 to 28 sums leave 4
 * registers; the last is for few channels. */
#define HG_IGEMM_TILES(X)                                                                          \
    X(14, 32)                                                                                      \
    X(12, 32)                                                                                      \
    X(8, 48)                                                                                       \
    X(6, 64)                                                                                       \
    X(10, 16)
enum { MAX_MR = 14, MAX_NV = 4 };

#include "kernels/conv2d/nhwc/igemm_broadcast.h"

#endif
