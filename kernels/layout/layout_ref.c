/* Transposition in plain C, blocked so that both sides stay in L1. */
#include "kernels/layout/layout.h"

enum { BLOCK = 16 };

static void transpose32(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                        int64_t rows, int64_t cols)
{
    const uint32_t *from = src;
    uint32_t *to = dst;
    for (int64_t r0 = 0; r0 < rows; r0 += BLOCK)
        for (int64_t c0 = 0; c0 < cols; c0 += BLOCK)
            for (int64_t r = r0; r < HG_MIN(r0 + BLOCK, rows); r++)
                for (int64_t c = c0; c < HG_MIN(c0 + BLOCK, cols); c++)
                    to[c * dst_stride + r] = from[r * src_stride + c];
}

void hg_transpose64_ref(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                        int64_t rows, int64_t cols)
{
    const uint64_t *from = src;
    uint64_t *to = dst;
    for (int64_t r0 = 0; r0 < rows; r0 += BLOCK)
        for (int64_t c0 = 0; c0 < cols; c0 += BLOCK)
            for (int64_t r = r0; r < HG_MIN(r0 + BLOCK, rows); r++)
                for (int64_t c = c0; c < HG_MIN(c0 + BLOCK, cols); c++)
                    to[c * dst_stride + r] = from[r * src_stride + c];
}

const hg_transposer hg_transposer_ref = {HG_ISA_SCALAR, transpose32, hg_transpose64_ref};
