/* Depthwise convolution, NEON. Contract: depthwise.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/depthwise_post_neon.h"
#include "kernels/conv2d/depthwise_rows_body.h"

enum {
    VL = 4, /* f32 lanes per vector */
    MAX_VECTORS = 2,
    NV = 4 /* vectors of one output side by side, to hide the latency of the FMA */
};

/* Outputs x .. x + px - 1, `vectors` vectors of channels. Each input is loaded once per row of taps
 * and serves every output that it lies under:
 *
 *     KW = 3, STRIDE = 1:   column  0  1  2  3  4  5
 *                           output  0  0  0
 *                                      1  1  1
 *                                         2  2  2
 *                                            3  3  3
 *
 * The KW weights of a row of taps stay in registers. Two vectors, a block of packed weights, load
 * in pairs and give the 12 sums in flight that three multiply-add pipes of latency 4 want: with px
 * = PX and KW = 7, 14 sums, 14 weights and 2 inputs in 32 registers. px, vectors, where, KW and
 * STRIDE are constants. */
HG_INLINE void step(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x, size_t c,
                    size_t n, int vectors, edge where, int px, int KW, int STRIDE)
{
    const int columns = (px - 1) * STRIDE + KW;
    const int begin = where == LEFT || where == LEFT_RIGHT ? KW / 2 : 0;
    const int end = columns - (where == RIGHT || where == LEFT_RIGHT ? KW / 2 : 0);
    const int64_t at = hg_block_begin(a, c);
    const float *weights = weights_at(a, l, c);
    const float *row = l->input + (x * STRIDE - a->left + begin) * a->pixel_step + at;
    const float *bias = a->bias + at;
    float32x4_t vacc[MAX_VECTORS][PX];
    HG_UNROLL for (int j = 0; j < px; j++)
    {
        HG_UNROLL for (int v = 0; v < vectors; v++) vacc[v][j] = vld1q_f32(bias + v * VL);
        __asm__("" : "+r"(bias)); /* loads again: copies would take the multiply-adds' pipes */
    }
    for (int64_t r = 0; r < l->rows; r++) {
        float32x4_t vk[MAX_KW][MAX_VECTORS];
        HG_UNROLL for (int k = 0; k < KW; k++) HG_UNROLL for (int v = 0; v < vectors; v++)
            vk[k][v] = vld1q_f32(weights + k * BLOCK + v * VL);
        const float *input = row; /* stepped: one register instead of a pointer per column */
        HG_UNROLL for (int i = begin; i < end; i++, input += a->pixel_step)
        {
            const int64_t ix = x * STRIDE - a->left + i;
            if (where == TESTED && (uint64_t)ix >= (uint64_t)a->width) continue;
            const bool shared = i % STRIDE < KW - STRIDE && i >= STRIDE && i < columns - STRIDE;
            HG_UNROLL for (int v = 0; v < vectors; v++)
            {
                const float32x4_t vload = hg_load_part(input + v * VL, n, n == VL);
                const float32x4_t vi = shared ? hg_keep(vload) : vload;
                HG_UNROLL for (int j = 0; j < px; j++)
                {
                    const int k = i - j * STRIDE; /* the tap of output j on this column */
                    if (k >= 0 && k < KW) vacc[v][j] = vfmaq_f32(vacc[v][j], vi, vk[k][v]);
                }
            }
        }
        row += a->row_step;
        weights += a->weight_step;
    }
    HG_UNROLL for (int v = 0; v < vectors; v++)
        hg_depthwise_finish(a, l, x, at + v * VL, vacc[v], px, n, n == VL);
}

/* One output under the taps `cols`, `vectors` vectors of channels. */
HG_INLINE void window(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                      hg_span cols, size_t c, size_t n, bool whole, int vectors)
{
    const int64_t at = hg_block_begin(a, c);
    const float *row = l->input + at;
    if (cols.end) row += (x * a->stride - a->left + cols.begin * a->dilation) * a->pixel_step;
    const float *weights[NV];
    float32x4_t vacc[NV];
    HG_UNROLL for (int v = 0; v < vectors; v++)
    {
        weights[v] = weights_at(a, l, c + (size_t)v * VL);
        vacc[v] = vld1q_f32(a->bias + at + v * VL);
    }
    for (int64_t r = 0; r < l->rows; r++, row += a->row_step) {
        const float *input = row;
        for (int64_t k = cols.begin; k < cols.end; k++) {
            HG_UNROLL for (int v = 0; v < vectors; v++)
            {
                const float32x4_t vk = vld1q_f32(weights[v] + r * a->weight_step + k * BLOCK);
                vacc[v] = vfmaq_f32(vacc[v], hg_load_part(input + v * VL, n, whole), vk);
            }
            input += a->dilation * a->pixel_step;
        }
    }
    HG_UNROLL for (int v = 0; v < vectors; v++)
        hg_depthwise_finish(a, l, x, at + v * VL, vacc + v, 1, n, whole);
}

static void any_window(const hg_depthwise_args *args)
{
    const hg_depthwise_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const size_t end = HG_ROUND_UP(a->channels, BLOCK);
    for (int64_t i = 0; i < a->line_count * a->count; i++) {
        const hg_depthwise_line line = a->lines[i / a->count], *l = &line;
        const int64_t x = i % a->count;
        const hg_span cols =
            hg_taps_inside(x * a->stride - a->left, a->cols, a->dilation, a->width);
        size_t c = 0;
        for (; c + NV * VL <= a->channels; c += NV * VL) window(a, l, x, cols, c, VL, true, NV);
        if (a->overlap)
            for (; c < end; c += VL) window(a, l, x, cols, c, VL, true, 1);
        for (; !a->overlap && c + VL <= a->channels; c += VL) window(a, l, x, cols, c, VL, true, 1);
        if (c < a->channels) window(a, l, x, cols, c, a->channels - c, false, 1);
    }
}

HG_INLINE void steps(const hg_depthwise_args *a, int64_t x, edge where, int px, int KW, int STRIDE)
{
    const edge tested = where == INSIDE ? INSIDE : TESTED; /* one body for rare cases */
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        size_t c = 0;
        if (a->overlap)
            for (; c < a->channels; c += BLOCK) step(a, l, x, c, VL, 2, where, px, KW, STRIDE);
        for (; c + VL <= a->channels; c += VL) step(a, l, x, c, VL, 1, tested, px, KW, STRIDE);
        if (c < a->channels) step(a, l, x, c, a->channels - c, 1, tested, px, KW, STRIDE);
    }
}

const hg_kernel hg_depthwise_neon[] = {
    {.name = "conv2d.f32.nhwc.neon.depthwise3x3s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k3s1},
    {.name = "conv2d.f32.nhwc.neon.depthwise3x3s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {3, 3}, .stride = {2, 2}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k3s2},
    {.name = "conv2d.f32.nhwc.neon.depthwise5x5s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {5, 5}, .stride = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k5s1},
    {.name = "conv2d.f32.nhwc.neon.depthwise5x5s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {5, 5}, .stride = {2, 2}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k5s2},
    {.name = "conv2d.f32.nhwc.neon.depthwise7x7s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 2,
     .limits = {.kernel = {7, 7}, .stride = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = k7s1},
    {.name = "conv2d.f32.nhwc.neon.depthwise",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.depthwise = true},
     .algorithm = &hg_depthwise,
     .run.depthwise = any_window},
    {.name = "conv_transpose2d.f32.nhwc.neon.depthwise",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 3,
     .limits = {.depthwise = true, .same_channels = true},
     .algorithm = &hg_depthwise_phases,
     .run.depthwise = phase},
    {.name = NULL},
};
