/* Transposition in plain C, blocked so that both sides stay in L1. */
#include <string.h>

#include "kernels/layout/transpose.h"

enum { BLOCK = 16 };

/* Elements of `size` bytes, a constant. */
HG_INLINE void transpose(const char *src, int64_t src_stride, char *dst, int64_t dst_stride,
                         int64_t rows, int64_t cols, int64_t size)
{
    for (int64_t r0 = 0; r0 < rows; r0 += BLOCK)
        for (int64_t c0 = 0; c0 < cols; c0 += BLOCK)
            for (int64_t r = r0; r < HG_MIN(r0 + BLOCK, rows); r++)
                for (int64_t c = c0; c < HG_MIN(c0 + BLOCK, cols); c++)
                    memcpy(dst + (c * dst_stride + r) * size, src + (r * src_stride + c) * size,
                           (size_t)size);
}

#define SIZES(X) X(1) X(2) X(4) X(8)

#define FUNCTION(size)                                                                             \
    static void transpose_##size(const void *src, int64_t src_stride, void *dst,                   \
                                 int64_t dst_stride, int64_t rows, int64_t cols)                   \
    {                                                                                              \
        transpose(src, src_stride, dst, dst_stride, rows, cols, size);                             \
    }
SIZES(FUNCTION)

#define ENTRY(size) [size] = transpose_##size,
const hg_transposer hg_transposer_ref = {.of = {SIZES(ENTRY)}};
