/* Grouped convolution with 2, 4 or 8 channels per group, AVX2 + FMA. Contract: depthwise.h, with
 * the sum over the channels of a group; packed weights as in depthwise.c.
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
#include "kernels/conv2d/depthwise_post_avx2.h"
#include "kernels/conv2d/grouped_body.h"

enum { VL = 8, BLOCK = HG_DEPTHWISE_BLOCK, MAX_D = 4, MAX_PX = 6 };

/* Lane i of the result is lane i ^ d. d is a constant. */
HG_INLINE __m256 swap_lanes(__m256 v, int d)
{
    if (d & 4) v = _mm256_permute2f128_ps(v, v, 0x01); /* 4 5 6 7 0 1 2 3 */
    return (d & 3) == 0   ? v
           : (d & 3) == 1 ? _mm256_permute_ps(v, 0xb1)  /* 1 0 3 2 */
           : (d & 3) == 2 ? _mm256_permute_ps(v, 0x4e)  /* 2 3 0 1 */
                          : _mm256_permute_ps(v, 0x1b); /* 3 2 1 0 */
}

/* Adds the products of accumulators [first, first + D) to vsum. D, first and px are constants. */
HG_INLINE void products(const hg_depthwise_args *a, int64_t taps, const float *row, int64_t cols,
                        const float *weights, __m256i vmask, bool masked, int px, int D, int G,
                        int first, __m256 *vsum)
{
    const int64_t step = a->stride * a->pixel_step;
    weights += first * VL;
    __m256 vacc[MAX_PX][MAX_D];
    HG_UNROLL for (int i = 0; i < px; i++) HG_UNROLL for (int d = 0; d < D; d++) vacc[i][d] =
        first + d ? _mm256_setzero_ps() : vsum[i];
    for (int64_t r = 0; r < taps; r++, row += a->row_step, weights += a->weight_step) {
        const float *input = row, *vk_at = weights;
        for (int64_t k = 0; k < cols; k++, vk_at += G * VL) {
            __m256 vi[MAX_PX];
            const float *pixel = input;
            HG_UNROLL for (int i = 0; i < px; i++, pixel += step) vi[i] =
                hg_load_part(pixel, vmask, masked);
            HG_UNROLL for (int d = 0; d < D; d++)
            {
                const __m256 vk = _mm256_load_ps(vk_at + d * VL);
                HG_UNROLL for (int i = 0; i < px; i++) vacc[i][d] =
                    _mm256_fmadd_ps(vi[i], vk, vacc[i][d]);
            }
            input += a->dilation * a->pixel_step;
        }
    }
    HG_UNROLL for (int i = 0; i < px; i++)
    {
        if (first) vsum[i] = _mm256_add_ps(vsum[i], swap_lanes(vacc[i][0], first));
        if (!first) vsum[i] = vacc[i][0];
        HG_UNROLL for (int d = 1; d < D; d++) vsum[i] =
            _mm256_add_ps(vsum[i], swap_lanes(vacc[i][d], first + d));
    }
}

/* Outputs x .. x + px - 1 under the taps `cols`, the block of channels at c. G, px are constants.
 */
HG_INLINE void tile(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x, hg_span cols,
                    size_t c, __m256i vmask, bool masked, int px, int G)
{
    const int64_t at = hg_block_begin(a, c);
    const float *row = l->input + at, *bias = a->bias + at;
    if (cols.end) row += (x * a->stride - a->left + cols.begin * a->dilation) * a->pixel_step;
    const float *weights = l->weights + (int64_t)(c / BLOCK) * a->block_step + cols.begin * G * VL;
    const int64_t taps = l->rows, count = cols.end - cols.begin;
    __m256 vsum[MAX_PX];
    HG_UNROLL for (int i = 0; i < px; i++) vsum[i] = _mm256_loadu_ps(bias);
    products(a, taps, row, count, weights, vmask, masked, px, HG_MIN(G, MAX_D), G, 0, vsum);
    if (G > MAX_D) /* the registers hold half of the accumulators */
        products(a, taps, row, count, weights, vmask, masked, px, MAX_D, G, MAX_D, vsum);
    hg_depthwise_finish(a, l, x, at, vsum, px, vmask, masked, false);
}

HG_INLINE void tiles(const hg_depthwise_args *a, int64_t x, int px, int G)
{
    const __m256i vall = _mm256_set1_epi32(-1);
    const int64_t first = x * a->stride - a->left;
    const hg_span cols = hg_taps_inside(first, a->cols, a->dilation, a->width);
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        size_t c = 0;
        if (a->overlap)
            for (; c < a->channels; c += VL) tile(a, l, x, cols, c, vall, false, px, G);
        else
            tile(a, l, x, cols, c, hg_tail_mask(a->channels), true, px, G);
    }
}

static void grouped2(const hg_depthwise_args *a)
{
    grouped(a, 6, 2);
}

static void grouped4(const hg_depthwise_args *a)
{
    grouped(a, 3, 4);
}

static void grouped8(const hg_depthwise_args *a)
{
    grouped(a, 3, 8);
}

const hg_kernel hg_grouped_avx2[] = {
    {.name = "conv2d.f32.nhwc.avx2.grouped2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.group_channels = 2},
     .algorithm = &hg_depthwise,
     .run.depthwise = grouped2},
    {.name = "conv2d.f32.nhwc.avx2.grouped4",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.group_channels = 4},
     .algorithm = &hg_depthwise,
     .run.depthwise = grouped4},
    {.name = "conv2d.f32.nhwc.avx2.grouped8",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .limits = {.group_channels = 8},
     .algorithm = &hg_depthwise,
     .run.depthwise = grouped8},
    {.name = NULL},
};
