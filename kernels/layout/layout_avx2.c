/* Transposition in 8 x 8 blocks, AVX2. */
#include "kernels/layout/layout.h"

#include "kernels/common/vec_avx2.h"

enum { VL = 8 };

/* 8 rows of 8 floats become 8 columns. a0 = { 00..07 }, a1 = { 10..17 }, ...; the first digit is
 * the row, the second the column. */
static void block_8x8(const float *src, int64_t src_stride, float *dst, int64_t dst_stride)
{
    __m256 a[VL], b[VL], d[VL];
    HG_UNROLL for (int i = 0; i < VL; i++) a[i] = _mm256_loadu_ps(src + i * src_stride);
    HG_UNROLL for (int i = 0; i < VL; i += 2)
    {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);     /* 00 10 01 11 | 04 14 05 15 */
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]); /* 02 12 03 13 | 06 16 07 17 */
    }
    HG_UNROLL for (int i = 0; i < VL; i += 4)
    {
        d[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);         /* 00 10 20 30 | 04 14 24 34 */
        d[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xEE);     /* 01 11 21 31 | 05 15 25 35 */
        d[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44); /* 02 ...      | 06 ...      */
        d[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xEE); /* 03 ...      | 07 ...      */
    }
    HG_UNROLL for (int i = 0; i < 4; i++)
    {
        _mm256_storeu_ps(dst + i * dst_stride, _mm256_permute2f128_ps(d[i], d[i + 4], 0x20));
        _mm256_storeu_ps(dst + (i + 4) * dst_stride, _mm256_permute2f128_ps(d[i], d[i + 4], 0x31));
    }
}

static void transpose32(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                        int64_t rows, int64_t cols)
{
    const float *from = src;
    float *to = dst;
    const int64_t whole_rows = rows - rows % VL, whole_cols = cols - cols % VL;
    /* Columns outside: the 8 rows written per step stay open in L1 until they are full lines. */
    for (int64_t c = 0; c < whole_cols; c += VL)
        for (int64_t r = 0; r < whole_rows; r += VL)
            block_8x8(from + r * src_stride + c, src_stride, to + c * dst_stride + r, dst_stride);
    hg_transposer_ref.t32(from + whole_cols, src_stride, to + whole_cols * dst_stride, dst_stride,
                          whole_rows, cols - whole_cols);
    hg_transposer_ref.t32(from + whole_rows * src_stride, src_stride, to + whole_rows, dst_stride,
                          rows - whole_rows, cols);
}

const hg_transposer hg_transposer_avx2 = {HG_ISA_AVX2, transpose32, hg_transpose64_ref};
