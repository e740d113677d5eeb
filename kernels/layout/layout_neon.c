/* Transposition in 4 x 4 blocks, NEON. */
#include "kernels/layout/layout.h"

#include "kernels/common/vec_neon.h"

enum { VL = 4 };

/* 4 rows of 4 words become 4 columns; the first digit is the row, the second the column. */
static void block_4x4(const float *src, int64_t src_stride, float *dst, int64_t dst_stride)
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

static void transpose32(const void *src, int64_t src_stride, void *dst, int64_t dst_stride,
                        int64_t rows, int64_t cols)
{
    const float *from = src;
    float *to = dst;
    const int64_t whole_rows = rows - rows % VL, whole_cols = cols - cols % VL;
    for (int64_t c = 0; c < whole_cols; c += VL)
        for (int64_t r = 0; r < whole_rows; r += VL)
            block_4x4(from + r * src_stride + c, src_stride, to + c * dst_stride + r, dst_stride);
    hg_transposer_ref.t32(from + whole_cols, src_stride, to + whole_cols * dst_stride, dst_stride,
                          whole_rows, cols - whole_cols);
    hg_transposer_ref.t32(from + whole_rows * src_stride, src_stride, to + whole_rows, dst_stride,
                          rows - whole_rows, cols);
}

const hg_transposer hg_transposer_neon = {HG_ISA_NEON, transpose32, hg_transpose64_ref};
