/* Transposition in 8 x 8 blocks, AVX2. */
#include "kernels/layout/layout.h"

#include "kernels/common/vec_avx2.h"

/* LINE: floats of a cache line. ALIAS: rows that many floats apart share one set of L1. */
enum { VL = 8, LINE = 16, STRIP = 64, ALIAS = 1024 };

/* 8 rows of 8 floats become 8 columns. a0 = { 00..07 }, a1 = { 10..17 }, ...; the first digit is
 * the row, the second the column. */
HG_INLINE void block_8x8(const float *src, int64_t src_stride, float *dst, int64_t dst_stride)
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

/* rows and cols are at least VL and at most LINE; the last blocks overlap their neighbours. */
static void square(const float *src, int64_t src_stride, float *dst, int64_t dst_stride,
                   int64_t rows, int64_t cols)
{
    for (int64_t i = 0; i < cols; i += VL)
        for (int64_t j = 0; j < rows; j += VL) {
            const int64_t c = HG_MIN(i, cols - VL), r = HG_MIN(j, rows - VL);
            block_8x8(src + r * src_stride + c, src_stride, dst + c * dst_stride + r, dst_stride);
        }
}

/* Where rows alias, fewer of them are written at a time, for they must stay in L1 until their lines
 * are full, and those to be read next are fetched ahead, for the hardware no longer does. */
static void strip(const float *src, int64_t src_stride, float *dst, int64_t dst_stride,
                  int64_t rows, int64_t cols)
{
    const int64_t width = dst_stride % ALIAS == 0 ? VL : LINE;
    const bool ahead = src_stride % ALIAS == 0;
    for (int64_t i = 0; i < cols; i += width) {
        const int64_t c = HG_MIN(i, cols - VL), wide = HG_MIN(width, cols - c);
        for (int64_t k = 0; k < rows; k += LINE) {
            const int64_t r = HG_MIN(k, rows - VL), high = HG_MIN(LINE, rows - r);
            const float *here = src + r * src_stride + c;
            for (int64_t j = 0; ahead && j < high; j++)
                hg_prefetch(here, 2 * LINE + j * src_stride);
            square(here, src_stride, dst + c * dst_stride + r, dst_stride, high, wide);
        }
    }
}

/* Strips of rows, few enough that lines read in part stay in L1 until the next step; squares of a
 * line within them, so that both sides touch whole lines. */
static void transpose32(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                        int64_t rows, int64_t cols)
{
    const float *from = src;
    float *to = dst;
    if (rows < VL || cols < VL) {
        hg_transposer_ref.t32(src, src_stride, dst, dst_stride, rows, cols);
        return;
    }
    for (int64_t k = 0; k < rows; k += STRIP) {
        const int64_t r = HG_MIN(k, rows - VL);
        strip(from + r * src_stride, src_stride, to + r, dst_stride, HG_MIN(STRIP, rows - r), cols);
    }
}

const hg_transposer hg_transposer_avx2 = {HG_ISA_AVX2, transpose32, hg_transpose64_ref};
