/* Direct convolution to few output channels, AVX-512: the tiles. */
#ifndef HG_DIRECT_DOT_AVX512_H
#define HG_DIRECT_DOT_AVX512_H

/* Pixels x columns. */
#define TILES(X)                                                                                   \
    X(16, 1)                                                                                       \
    X(10, 2)                                                                                       \
    X(7, 3)                                                                                        \
    X(6, 4)                                                                                        \
    X(4, 5)                                                                                        \
    X(4, 6)
enum { STEP = 1, MAX_MR = 16, MAX_SUMS = 32 };

#include "kernels/conv2d/nhwc/direct_dot_products.h"

/* What meets n products of the input and zeros: the same lanes. */
HG_INLINE vfloat load_rest_of_weights(const float *p, size_t n, bool behind)
{
    return v_load_rest(p, n, behind);
}

#endif
