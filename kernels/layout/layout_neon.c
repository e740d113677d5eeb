/* Transposition in 4 x 4 blocks, NEON. */
#include "kernels/layout/layout.h"

#include "kernels/common/vec_neon.h"

/* LINE: floats of a cache line. ALIAS: rows that many floats apart share one set of L1. */
enum { VL = 4, LINE = 16, STRIP = 64, ALIAS = 1024 };

/* 4 rows of 4 words become 4 columns; the first digit is the row, the second the column. */
HG_INLINE void block_4x4(const float *src, int64_t src_stride, float *dst, int64_t dst_stride)
{
    const float32x4_t a0 = vld1q_f32(src), a1 = vld1q_f32(src + src_stride);
    const float32x4_t a2 = vld1q_f32(src + 2 * src_stride), a3 = vld1q_f32(src + 3 * src_stride);
    const float32x4x2_t b01 = vtrnq_f32(a0, a1); /* { 00 10 02 12 }, { 01 11 03 13 } */
    const float32x4x2_t b23 = vtrnq_f32(a2, a3); /* { 20 30 22 32 }, { 21 31 23 33 } */
    vst1q_f32(dst, vcombine_f32(vget_low_f32(b01.val[0]), vget_low_f32(b23.val[0])));
    vst1q_f32(dst + dst_stride, vcombine_f32(vget_low_f32(b01.val[1]), vget_low_f32(b23.val[1])));
    vst1q_f32(dst + 2 * dst_stride,
              vcombine_f32(vget_high_f32(b01.val[0]), vget_high_f32(b23.val[0])));
    vst1q_f32(dst + 3 * dst_stride,
              vcombine_f32(vget_high_f32(b01.val[1]), vget_high_f32(b23.val[1])));
}

/* rows and cols are at least VL and at most LINE; the last blocks overlap their neighbours. */
static void square(const float *src, int64_t src_stride, float *dst, int64_t dst_stride,
                   int64_t rows, int64_t cols)
{
    for (int64_t i = 0; i < cols; i += VL)
        for (int64_t j = 0; j < rows; j += VL) {
            const int64_t c = HG_MIN(i, cols - VL), r = HG_MIN(j, rows - VL);
            block_4x4(src + r * src_stride + c, src_stride, dst + c * dst_stride + r, dst_stride);
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

const hg_transposer hg_transposer_neon = {HG_ISA_NEON, transpose32, hg_transpose64_ref};
