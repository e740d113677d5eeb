/* Winograd convolution F(m x m, r x r), NHWC, stride 1 or 2.
 *
 * Outputs are made in tiles of m x m pixels from input tiles of a x a, a = stride*(m-1) + r. Per
 * tile Y = A^T [ (G g G^T) . (B^T d B) ] A, where "." sums over the channels: one matrix product
 * [tiles][C] x [C][K] for each of the a*a positions, called planes. A block of tiles goes through
 * the three steps while its transformed data stays in the second-level cache.
 *
 * Stride 2 along one axis: output i is w0 x[2i] + w2 x[2i+2] + w1 x[2i+1], a two-tap convolution of
 * stride 1 over the even pixels, done as F(m, 2), plus single products with the odd ones: 2m + 1
 * products in place of 3m, and their squares over two axes: 25 for 36, 81 for 144. */
#ifndef HG_WINOGRAD_H
#define HG_WINOGRAD_H

#include "kernels/kernel.h"

enum { HG_WINOGRAD_NR = 16, HG_WINOGRAD_MAX_M = 6, HG_WINOGRAD_MAX_R = 5, HG_WINOGRAD_MAX_A = 9 };

/* Channels summed in one accumulator; the sums of such blocks are then added up. The error of one
 * accumulator grows with every product it takes; beyond this it grows by one rounding per block. */
enum { HG_WINOGRAD_SUM = 512 };

/* Where one output tile goes. */
typedef struct hg_winograd_out {
    float *const *out;            /* [m*m], row-major; NULL: outside the output, not written */
    const float *const *residual; /* [m*m], or NULL */
    const float *bias;            /* readable up to the next whole vector */
    size_t channels;
    hg_post post;
} hg_winograd_out;

/* The microkernels of one F(m x m, r x r). `multiply` takes tiles `mr` at a time: blocks are best a
 * multiple of it. */
typedef struct hg_winograd_ukernels {
    int m, r, stride, mr;
    /* At plan time, one input channel: u[p*plane + k] = (G g G^T)[p] of filter k < lanes <= NR, its
     * taps at filter[k*step], 0 for the lanes beyond. g is the a x r matrix G. */
    void (*filters)(double (*g)[HG_WINOGRAD_MAX_R], const float *filter, size_t step, size_t lanes,
                    float *u, size_t plane);
    /* d = the a x a pixels at pixel[], `channels` floats each:
     *     v[p*plane + c] = (B^T d B)[p] for c < channels rounded up to a vector, 0 in the excess */
    void (*input)(const float *const *pixel, size_t channels, float *v, size_t plane);
    /* One plane: product[t*ldp + k] = sum over c of v[t*ldv + c] * u[(k/NR*channels + c)*NR + k%NR]
     *     for t < tiles, k < panels*NR. u is 64-byte aligned. Sums of HG_WINOGRAD_SUM channels are
     *     added in their order. */
    void (*multiply)(const float *v, size_t ldv, const float *u, size_t channels, size_t panels,
                     float *product, size_t ldp, size_t tiles);
    /* m = product[p*plane + k]: writes post(A^T m A + bias + residual). */
    void (*output)(const float *product, size_t plane, const hg_winograd_out *to);
} hg_winograd_ukernels;

/* class, a, m, r, stride, exactness: points of +-1/2 cost F(6, 3) and F(4, 5) a digit more. The
 * last are of phases of transposed convolutions alone. */
#define HG_WINOGRAD_UNSTRIDED(X)                                                                   \
    X(f2, 4, 2, 3, 1, HG_TRANSFORMS)                                                               \
    X(f4, 6, 4, 3, 1, HG_TRANSFORMS)                                                               \
    X(f6, 8, 6, 3, 1, HG_TRANSFORMS_COARSELY)                                                      \
    X(f2r5, 6, 2, 5, 1, HG_TRANSFORMS)                                                             \
    X(f4r5, 8, 4, 5, 1, HG_TRANSFORMS_COARSELY)
#define HG_WINOGRAD_STRIDED(X)                                                                     \
    X(f2s2, 5, 2, 3, 2, HG_TRANSFORMS)                                                             \
    X(f4s2, 9, 4, 3, 2, HG_TRANSFORMS)
#define HG_WINOGRAD_OF_PHASES(X)                                                                   \
    X(f2r2, 3, 2, 2, 1, HG_TRANSFORMS)                                                             \
    X(f3r2, 4, 3, 2, 1, HG_TRANSFORMS)                                                             \
    X(f4r2, 5, 4, 2, 1, HG_TRANSFORMS)                                                             \
    X(f5r2, 6, 5, 2, 1, HG_TRANSFORMS)
#define HG_WINOGRAD_CLASSES(X)                                                                     \
    HG_WINOGRAD_UNSTRIDED(X) HG_WINOGRAD_STRIDED(X) HG_WINOGRAD_OF_PHASES(X)

#if defined(HG_SIMD)
#include "kernels/simd/simd.h"
/* hg_winograd_f2_avx2 and its kin, for the rows of conv2d and conv_transpose2d. */
#define HG_WINOGRAD_DECLARE(word, a, m, r, s, how)                                                 \
    extern const hg_winograd_ukernels HG_ROWS(winograd_##word);
HG_WINOGRAD_CLASSES(HG_WINOGRAD_DECLARE)
#endif

extern const hg_algorithm hg_conv2d_nhwc_winograd;

#endif
