/* Implicit GEMM, AVX2: the tiles. Part of igemm.h. */
#ifndef HG_IGEMM_AVX2_H
#define HG_IGEMM_AVX2_H

/* The tiles, pixels x channels: a line here is all that one more takes. */
#define HG_IGEMM_TILES(X)                                                                          \
    X(6, 16)                                                                                       \
    X(4, 24)                                                                                       \
    X(5, 16)                                                                                       \
    X(3, 32)                                                                                       \
    X(12, 8)
enum { MAX_MR = 12, MAX_NV = 4 };

#include "kernels/conv2d/nhwc/igemm_broadcast.h"

#endif
