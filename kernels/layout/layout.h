/* Transposition of matrices of 4- and 8-byte elements: plans repack NCHW tensors with it so that
 * NHWC kernels can run them. */
#ifndef HG_LAYOUT_H
#define HG_LAYOUT_H

#include "kernels/kernel.h"

/*     for r < rows, c < cols:  dst[c*dst_stride + r] = src[r*src_stride + c]
 *
 * Strides count elements; src_stride >= cols, dst_stride >= rows; the two do not overlap. Any
 * alignment of the element's size will do. Nothing else is read or written. */
typedef void hg_transpose_fn(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                             int64_t rows, int64_t cols);

typedef struct hg_transposer {
    hg_isa isa;
    hg_transpose_fn *t32, *t64; /* 4- and 8-byte elements */
} hg_transposer;

extern const hg_transposer hg_transposer_ref, hg_transposer_avx2, hg_transposer_neon;

/* The 8-byte transposition serves every ISA: only indices of max pooling pass through it. */
void hg_transpose64_ref(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                        int64_t rows, int64_t cols);

#endif
