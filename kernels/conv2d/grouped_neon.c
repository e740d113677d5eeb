/* Grouped convolution with 2 or 4 channels per group, NEON. Contract: depthwise.h, with the
 * sum over the channels of a group; packed weights as in depthwise.c.
 *
 * A vector holds several groups side by side and inputs are multiplied as loaded, without
 * broadcasts: accumulator d collects in lane c the product of input channel c for output channel
 * c ^ d. One shuffle per accumulator at the end brings them together:
 *
 *     G = 4:  lane            0   1   2   3 | 4 ...         output o takes
 *             accumulator 0   0>0 1>1 2>2 3>3               lane o
 *             accumulator 1   0>1 1>0 2>3 3>2               lane o ^ 1
 *             accumulator 2   0>2 1>3 2>0 3>1               lane o ^ 2
 *             accumulator 3   0>3 1>2 2>1 3>0               lane o ^ 3 */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/depthwise_post_neon.h"
#include "kernels/conv2d/grouped_body.h"

enum { VL = 4, BLOCK = HG_DEPTHWISE_BLOCK, MAX_G = 4, MAX_PX = 8 };

/* Lane i of the result is lane i ^ d. d is a constant. */
HG_INLINE float32x4_t swap_lanes(float32x4_t v, int d)
{
    if (d == 1) return vrev64q_f32(v);  /* 1 0 3 2 */
    v = vextq_f32(v, v, 2);             /* 2 3 0 1 */
    return d == 2 ? v : vrev64q_f32(v); /* 3 2 1 0 */
}

/* Outputs x .. x + px - 1 under the taps `cols`, the block of channels at c. G, px are constants.
 */
HG_INLINE void tile(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x, hg_span cols,
                    size_t c, size_t n, bool whole, int px, int G)
{
    const int64_t at = hg_block_begin(a, c), step = a->stride * a->pixel_step;
    const float *row =
        l->input + at +
        (cols.end ? x * a->stride - a->left + cols.begin * a->dilation : 0) * a->pixel_step;
    const float *weights = l->weights + (int64_t)(c / BLOCK) * a->block_step +
                           cols.begin * G * BLOCK + (int64_t)(c % BLOCK);
    const float *bias = a->bias + at;
    float32x4_t vacc[MAX_PX][MAX_G];
    HG_UNROLL for (int i = 0; i < px; i++) HG_UNROLL for (int d = 0; d < G; d++) vacc[i][d] =
        d ? vdupq_n_f32(0.0f) : vld1q_f32(bias);
    for (int64_t r = 0; r < l->rows; r++, row += a->row_step, weights += a->weight_step) {
        const float *input = row, *vk_at = weights;
        for (int64_t k = cols.begin; k < cols.end; k++, vk_at += G * BLOCK) {
            float32x4_t vi[MAX_PX];
            const float *pixel = input;
            HG_UNROLL for (int i = 0; i < px; i++, pixel += step) vi[i] =
                hg_load_part(pixel, n, whole);
            HG_UNROLL for (int d = 0; d < G; d++)
            {
                const float32x4_t vk = vld1q_f32(vk_at + d * BLOCK);
                HG_UNROLL for (int i = 0; i < px; i++) vacc[i][d] =
                    vfmaq_f32(vacc[i][d], vi[i], vk);
            }
            input += a->dilation * a->pixel_step;
        }
    }
    float32x4_t vsum[MAX_PX];
    HG_UNROLL for (int i = 0; i < px; i++)
    {
        vsum[i] = vacc[i][0];
        HG_UNROLL for (int d = 1; d < G; d++) vsum[i] =
            vaddq_f32(vsum[i], swap_lanes(vacc[i][d], d));
    }
    hg_depthwise_finish(a, l, x, at, vsum, px, n, whole);
}

HG_INLINE void tiles(const hg_depthwise_args *a, int64_t x, int px, int G)
{
    const int64_t first = x * a->stride - a->left;
    const hg_span cols = hg_taps_inside(first, a->cols, a->dilation, a->width);
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        size_t c = 0;
        const size_t end = a->overlap ? HG_ROUND_UP(a->channels, BLOCK) : a->channels / VL * VL;
        for (; c < end; c += VL) tile(a, l, x, cols, c, VL, true, px, G);
        if (c < a->channels) tile(a, l, x, cols, c, a->channels - c, false, px, G);
    }
}

static void grouped2(const hg_depthwise_args *a)
{
    grouped(a, 8, 2);
}

static void grouped4(const hg_depthwise_args *a)
{
    grouped(a, 4, 4);
}

const hg_kernel hg_grouped_neon[] = {
    {.name = "conv2d.f32.nhwc.neon.grouped2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.group_channels = 2},
     .algorithm = &hg_depthwise,
     .run.depthwise = grouped2},
    {.name = "conv2d.f32.nhwc.neon.grouped4",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.group_channels = 4},
     .algorithm = &hg_depthwise,
     .run.depthwise = grouped4},
    {.name = NULL},
};
