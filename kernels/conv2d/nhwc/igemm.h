/* Implicit GEMM on NHWC tensors: conv2d and conv_transpose2d, f32.
 *
 * A microkernel computes MR pixels x NR channels of the output. The driver (igemm.c) hands it one
 * pointer per pixel and tap, so padding, stride, dilation and phases cost it nothing. */
#ifndef HG_IGEMM_H
#define HG_IGEMM_H

#include "kernels/kernel.h"

/* rows[t*MR + i] is the input pixel under tap t of output pixel i: the first channel of the
 * tensor, or of the zero row where the tap lies in padding. All MR rows are readable also when
 * m < MR. Exactly channels [channel, channel + channels) are read. Taps where all MR rows are the
 * zero row are left out.
 *
 *     for i < m, j < n:
 *         v = bias[j]
 *         for t < taps, c < channels:
 *             v += rows[t*MR + i][channel + c] * weights[(t*channels + c)*NR + j]
 *         if (residual) v += residual[i][column + j]
 *         out[i][column + j] = post(v)
 *
 * weights is 32-byte aligned; NR floats of bias are readable. Nothing else is read or written. */
typedef struct hg_igemm_args {
    const float *const *rows;
    const float *zero;
    size_t taps, channels, channel;
    const float *weights;
    const float *bias;
    float *const *out;
    const float *const *residual; /* or NULL */
    size_t column;
    int m, n; /* 1 <= m <= MR, 1 <= n <= NR */
    hg_post post;
} hg_igemm_args;

/* A tap that lies in padding for all MR rows; MR is a constant. */
HG_INLINE bool hg_igemm_padding(const hg_igemm_args *a, const float *const *rows, int MR)
{
    HG_UNROLL for (int i = 0; i < MR; i++) if (rows[i] != a->zero) return false;
    return true;
}

typedef struct hg_igemm_ukernel {
    void (*run)(const hg_igemm_args *args);
} hg_igemm_ukernel;

/* conv2d and conv_transpose2d. */
extern const hg_algorithm hg_conv2d_nhwc_igemm;

/* For the rows of both: HG_IGEMM_TILES(X), and a microkernel for each, of which HG_IGEMM_6x16 is an
 * index. */
#if defined(HG_SIMD)
#include "kernels/simd/simd.h"
#include HG_TEXT(HG_JOIN(igemm, HG_SIMD).h)
#define HG_IGEMM_INDEX(mr, nr) HG_IGEMM_##mr##x##nr,
enum { HG_IGEMM_TILES(HG_IGEMM_INDEX) HG_IGEMM_COUNT };
extern const hg_igemm_ukernel HG_ROWS(igemm_ukernels)[HG_IGEMM_COUNT];
#define HG_IGEMM_ROW(name, mr, nr)                                                                 \
    {name, .rev = 3, .algorithm = &hg_conv2d_nhwc_igemm, .tile = {mr, nr},                         \
     .run.igemm = &HG_ROWS(igemm_ukernels)[HG_IGEMM_##mr##x##nr]},
#endif

#endif
