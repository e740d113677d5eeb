/* Depthwise convolution, AVX2 + FMA. Contract: depthwise.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/depthwise_post_avx2.h"
#include "kernels/conv2d/depthwise_rows_body.h"

enum {
    VL = 8, /* f32 lanes per vector */
    NV = 4  /* vectors of one output side by side, to hide the latency of the FMA */
};

/* Outputs x .. x + px - 1, one vector of channels. Each input is loaded once per row of taps and
 * serves every output that it lies under:
 *
 *     KW = 3, STRIDE = 1:   column  0  1  2  3  4  5
 *                           output  0  0  0
 *                                      1  1  1
 *                                         2  2  2
 *                                            3  3  3
 *
 * The KW weights of a row of taps stay in registers, 7 at most with PX sums and an input: with px =
 * PX a step makes fewer loads than products, which leaves the FMA units as its bound. px, where, KW
 * and STRIDE are constants. */
HG_INLINE void step(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                    const float *weights, int64_t at, __m256i vmask, bool masked, edge where,
                    int px, int KW, int STRIDE)
{
    const int columns = (px - 1) * STRIDE + KW;
    const int begin = where == LEFT || where == LEFT_RIGHT ? KW / 2 : 0;
    const int end = columns - (where == RIGHT || where == LEFT_RIGHT ? KW / 2 : 0);
    const float *row = l->input + (x * STRIDE - a->left + begin) * a->pixel_step + at;
    __m256 vacc[PX];
    HG_UNROLL for (int j = 0; j < px; j++) vacc[j] = _mm256_loadu_ps(a->bias + at);
    for (int64_t r = 0; r < l->rows; r++) {
        __m256 vk[MAX_KW];
        HG_UNROLL for (int k = 0; k < KW; k++) vk[k] = _mm256_loadu_ps(weights + k * BLOCK);
        const float *input = row; /* stepped: one register instead of a pointer per column */
        HG_UNROLL for (int i = begin; i < end; i++, input += a->pixel_step)
        {
            const int64_t ix = x * STRIDE - a->left + i;
            if (where == TESTED && (uint64_t)ix >= (uint64_t)a->width) continue;
            const bool shared = i % STRIDE < KW - STRIDE && i >= STRIDE && i < columns - STRIDE;
            const __m256 vload = hg_load_part(input, vmask, masked);
            const __m256 vi = shared ? hg_keep(vload) : vload;
            HG_UNROLL for (int j = 0; j < px; j++)
            {
                const int k = i - j * STRIDE; /* the tap of output j on this column */
                if (k >= 0 && k < KW) vacc[j] = _mm256_fmadd_ps(vi, vk[k], vacc[j]);
            }
        }
        row += a->row_step;
        weights += a->weight_step;
    }
    hg_depthwise_finish(a, l, x, at, vacc, px, vmask, masked, KW * STRIDE > 3);
}

/* One output under the taps `cols`, `vectors` vectors of channels. */
HG_INLINE void window(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                      hg_span cols, size_t c, __m256i vmask, bool masked, int vectors)
{
    const int64_t at = hg_block_begin(a, c);
    const float *row = l->input + at;
    if (cols.end) row += (x * a->stride - a->left + cols.begin * a->dilation) * a->pixel_step;
    const float *weights[NV];
    __m256 vacc[NV];
    HG_UNROLL for (int v = 0; v < vectors; v++)
    {
        weights[v] = weights_at(a, l, c + (size_t)v * VL);
        vacc[v] = _mm256_loadu_ps(a->bias + at + v * VL);
    }
    for (int64_t r = 0; r < l->rows; r++, row += a->row_step) {
        const float *input = row;
        for (int64_t k = cols.begin; k < cols.end; k++) {
            HG_UNROLL for (int v = 0; v < vectors; v++)
            {
                const __m256 vk = _mm256_loadu_ps(weights[v] + r * a->weight_step + k * BLOCK);
                vacc[v] = _mm256_fmadd_ps(hg_load_part(input + v * VL, vmask, masked), vk, vacc[v]);
            }
            input += a->dilation * a->pixel_step;
        }
    }
    HG_UNROLL for (int v = 0; v < vectors; v++)
        hg_depthwise_finish(a, l, x, at + v * VL, vacc + v, 1, vmask, masked, false);
}

static void any_window(const hg_depthwise_args *args)
{
    const hg_depthwise_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const size_t end = HG_ROUND_UP(a->channels, BLOCK);
    const __m256i vall = _mm256_set1_epi32(-1);
    for (int64_t i = 0; i < a->line_count * a->count; i++) {
        const hg_depthwise_line line = a->lines[i / a->count], *l = &line;
        const int64_t x = i % a->count;
        const hg_span cols =
            hg_taps_inside(x * a->stride - a->left, a->cols, a->dilation, a->width);
        size_t c = 0;
        for (; c + NV * VL <= a->channels; c += NV * VL) window(a, l, x, cols, c, vall, false, NV);
        if (a->overlap)
            for (; c < end; c += VL) window(a, l, x, cols, c, vall, false, 1);
        if (c < a->channels) window(a, l, x, cols, c, hg_tail_mask(a->channels), true, 1);
    }
}

HG_INLINE void steps(const hg_depthwise_args *a, int64_t x, edge where, int px, int KW, int STRIDE)
{
    const __m256i vall = _mm256_set1_epi32(-1);
    const int64_t end = (int64_t)a->channels;
    const edge tested = where == INSIDE ? INSIDE : TESTED; /* one body for rare cases */
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        const float *weights = l->weights;
        if (a->overlap)
            for (int64_t c = 0; c < end; c += VL, weights += a->block_step) {
                if (a->ahead && STRIDE == 2) hg_depthwise_ahead(a, l, x, c, px, KW, STRIDE);
                step(a, l, x, weights, HG_MIN(c, end - VL), vall, false, where, px, KW, STRIDE);
            }
        else
            step(a, l, x, weights, 0, hg_tail_mask(a->channels), true, tested, px, KW, STRIDE);
    }
}

const hg_kernel hg_depthwise_avx2[] = {
    {.name = "conv2d.f32.nhwc.avx2.depthwise3x3s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k3s1},
    {.name = "conv2d.f32.nhwc.avx2.depthwise3x3s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {3, 3}, .stride = {2, 2}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k3s2},
    {.name = "conv2d.f32.nhwc.avx2.depthwise5x5s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {5, 5}, .stride = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k5s1},
    {.name = "conv2d.f32.nhwc.avx2.depthwise5x5s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {5, 5}, .stride = {2, 2}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k5s2},
    {.name = "conv2d.f32.nhwc.avx2.depthwise7x7s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.kernel = {7, 7}, .stride = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k7s1},
    {.name = "conv2d.f32.nhwc.avx2.depthwise",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = any_window},
    {.name = "conv_transpose2d.f32.nhwc.avx2.depthwise",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.depthwise = true, .same_channels = true},
     .algorithm = &hg_depthwise_phases,
     .run.depthwise = phase},
    {.name = NULL},
};
