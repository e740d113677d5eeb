/* Direct convolution to few output channels, AVX2: the tiles. */
#ifndef HG_DIRECT_DOT_AVX2_H
#define HG_DIRECT_DOT_AVX2_H

/* Pixels x columns. */
#define TILES(X)                                                                                   \
    X(8, 1)                                                                                        \
    X(6, 2)                                                                                        \
    X(4, 3)                                                                                        \
    X(3, 4)                                                                                        \
    X(2, 5)                                                                                        \
    X(2, 6)
enum { STEP = 1, MAX_MR = 8, MAX_SUMS = 16 };

#include "kernels/conv2d/nhwc/direct_dot_products.h"

/* What meets n products of the input and zeros: whole, for no register is left to hold a mask. */
HG_INLINE vfloat load_rest_of_weights(const float *p, size_t n, bool behind)
{
    (void)n, (void)behind;
    return v_load_once(p);
}

#endif
