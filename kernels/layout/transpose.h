/* Transposition of matrices: plans repack NCHW tensors with it so that NHWC kernels can run them.
 */
#ifndef HG_TRANSPOSE_H
#define HG_TRANSPOSE_H

#include "kernels/kernel.h"

/*     for r < rows, c < cols:  dst[c*dst_stride + r] = src[r*src_stride + c]
 *
 * Strides count elements; src_stride >= cols, dst_stride >= rows; the two do not overlap. Any
 * alignment of the element's size will do. Nothing else is read or written. */
typedef void hg_transpose_fn(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                             int64_t rows, int64_t cols);

/* By the bytes of an element. An instruction set has some; the reference has all that dtypes have,
 * 1, 2, 4 and 8, and serves where another has none. */
typedef struct hg_transposer {
    hg_transpose_fn *of[9];
} hg_transposer;

extern const hg_transposer hg_transposer_ref, hg_transposer_avx2, hg_transposer_avx512,
    hg_transposer_neon;

HG_INLINE hg_transpose_fn *hg_transpose_of(const hg_transposer *with, size_t element_size)
{
    return with->of[element_size] ? with->of[element_size] : hg_transposer_ref.of[element_size];
}

#endif
