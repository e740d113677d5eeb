/* Depthwise convolution, AVX2 + FMA. Contract: depthwise.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/depthwise.h"
#include "kernels/conv2d/post_avx2.h"

enum {
    VL = 8, /* f32 lanes per vector */
    PX = 7, /* outputs of a step: with 5 weights and an input they fit 16 registers, and the usual
               widths 7, 14, 28, 56 and 112 are multiples of it */
    PX_SMALL = 4, /* what is left of a row */
    MAX_KW = 5,
    NV = 4, /* vectors of one output side by side, to hide the latency of the FMA */
    BLOCK = HG_DEPTHWISE_BLOCK
};

/* Lanes beyond the tensor are neither read nor written. masked is a constant. */
HG_INLINE __m256 load(const float *p, __m256i vmask, bool masked)
{
    return masked ? _mm256_maskload_ps(p, vmask) : _mm256_loadu_ps(p);
}

/* Output x, one vector of channels from c on. */
HG_INLINE void finish(const hg_depthwise_args *a, int64_t x, size_t c, __m256 v, __m256i vmask,
                      bool masked)
{
    if (a->residual)
        v = _mm256_add_ps(v, load(a->residual + x * a->residual_step + c, vmask, masked));
    v = hg_conv_post_avx2(v, a->slope != 1.0f, _mm256_set1_ps(a->slope), _mm256_set1_ps(a->min),
                          _mm256_set1_ps(a->max));
    float *out = a->out + x * a->out_step + c;
    if (masked)
        _mm256_maskstore_ps(out, vmask, v);
    else
        _mm256_storeu_ps(out, v);
}

/* Packed weights of the vector of channels at c. */
HG_INLINE const float *weights_at(const hg_depthwise_args *a, size_t c)
{
    return a->weights + (int64_t)(c / BLOCK) * a->block_step + c % BLOCK;
}

/* How a step of outputs lies on the input. A constant wherever it is passed. */
typedef enum edge {
    INSIDE,     /* every column is inside */
    LEFT,       /* the first KW / 2 columns are padding */
    RIGHT,      /* the last KW / 2 columns are padding */
    LEFT_RIGHT, /* both */
    TESTED      /* anything else: each column is tested */
} edge;

/* Outputs x .. x + px - 1, one vector of channels. Each input is loaded once per row of taps and
 * serves every output that it lies under:
 *
 *     KW = 3, STRIDE = 1:   column  0  1  2  3  4  5
 *                           output  0  0  0
 *                                      1  1  1
 *                                         2  2  2
 *                                            3  3  3
 *
 * The KW weights of a row of taps stay in registers: with px = PX a step makes fewer loads than
 * products, which leaves the FMA units as its bound. px, where, KW and STRIDE are constants. */
HG_INLINE void step(const hg_depthwise_args *a, int64_t x, size_t c, __m256i vmask, bool masked,
                    edge where, int px, int KW, int STRIDE)
{
    const int columns = (px - 1) * STRIDE + KW;
    const int begin = where == LEFT || where == LEFT_RIGHT ? KW / 2 : 0;
    const int end = columns - (where == RIGHT || where == LEFT_RIGHT ? KW / 2 : 0);
    const int64_t first = x * STRIDE - a->left;
    const float *weights = weights_at(a, c);
    const float *row = a->input + first * a->pixel_step + (int64_t)c;
    __m256 vacc[PX];
    HG_UNROLL for (int j = 0; j < px; j++) vacc[j] = _mm256_loadu_ps(a->bias + c);
    for (int64_t r = 0; r < a->rows; r++) {
        __m256 vk[MAX_KW];
        HG_UNROLL for (int k = 0; k < KW; k++) vk[k] = _mm256_loadu_ps(weights + k * BLOCK);
        HG_UNROLL for (int i = begin; i < end; i++)
        {
            if (where == TESTED && (uint64_t)(first + i) >= (uint64_t)a->width) continue;
            const __m256 vi = load(row + i * a->pixel_step, vmask, masked);
            HG_UNROLL for (int j = 0; j < px; j++)
            {
                const int k = i - j * STRIDE; /* the tap of output j on this column */
                if (k >= 0 && k < KW) vacc[j] = _mm256_fmadd_ps(vi, vk[k], vacc[j]);
            }
        }
        row += a->row_step;
        weights += a->weight_step;
    }
    HG_UNROLL for (int j = 0; j < px; j++) finish(a, x + j, c, vacc[j], vmask, masked);
}

/* One output under the taps `cols`, `vectors` vectors of channels. */
HG_INLINE void window(const hg_depthwise_args *a, int64_t x, hg_span cols, size_t c, __m256i vmask,
                      bool masked, int vectors)
{
    const float *row = a->input + c;
    if (cols.end) row += (x * a->stride - a->left + cols.begin * a->dilation) * a->pixel_step;
    const float *weights[NV];
    __m256 vacc[NV];
    HG_UNROLL for (int v = 0; v < vectors; v++)
    {
        weights[v] = weights_at(a, c + (size_t)v * VL);
        vacc[v] = _mm256_loadu_ps(a->bias + c + v * VL);
    }
    for (int64_t r = 0; r < a->rows; r++, row += a->row_step) {
        const float *input = row;
        for (int64_t k = cols.begin; k < cols.end; k++) {
            HG_UNROLL for (int v = 0; v < vectors; v++)
            {
                const __m256 vk = _mm256_loadu_ps(weights[v] + r * a->weight_step + k * BLOCK);
                vacc[v] = _mm256_fmadd_ps(load(input + v * VL, vmask, masked), vk, vacc[v]);
            }
            input += a->dilation * a->pixel_step;
        }
    }
    HG_UNROLL for (int v = 0; v < vectors; v++)
        finish(a, x, c + (size_t)v * VL, vacc[v], vmask, masked);
}

static void any_window(const hg_depthwise_args *args)
{
    const hg_depthwise_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const __m256i vall = _mm256_set1_epi32(-1);
    for (int64_t x = 0; x < a->count; x++) {
        const hg_span cols =
            hg_taps_inside(x * a->stride - a->left, a->cols, a->dilation, a->width);
        size_t c = 0;
        for (; c + NV * VL <= a->channels; c += NV * VL) window(a, x, cols, c, vall, false, NV);
        for (; c + VL <= a->channels; c += VL) window(a, x, cols, c, vall, false, 1);
        if (c < a->channels) window(a, x, cols, c, hg_tail_mask(a->channels - c), true, 1);
    }
}

/* px outputs from x on, all channels. */
HG_INLINE void steps(const hg_depthwise_args *a, int64_t x, edge where, int px, int KW, int STRIDE)
{
    const __m256i vall = _mm256_set1_epi32(-1);
    const edge tested = where == INSIDE ? INSIDE : TESTED; /* one body for rare cases */
    size_t c = 0;
    for (; c + VL <= a->channels; c += VL) step(a, x, c, vall, false, where, px, KW, STRIDE);
    if (c < a->channels) step(a, x, c, hg_tail_mask(a->channels - c), true, tested, px, KW, STRIDE);
}

HG_INLINE void row(const hg_depthwise_args *args, int KW, int STRIDE)
{
    if (args->count < PX_SMALL) {
        any_window(args);
        return;
    }
    const hg_depthwise_args copy = *args, *a = &copy;
    for (int64_t begin = 0, px; begin < a->count; begin += px) {
        const int64_t left = a->count - begin;
        px = left > PX_SMALL && a->count >= PX ? PX : PX_SMALL;
        const int64_t x = HG_MIN(begin, a->count - px); /* the last step repeats some outputs */
        const int64_t before = a->left - x * STRIDE;    /* columns of padding */
        const int64_t after = (px - 1) * STRIDE + KW - before - a->width;
        const bool inside = before <= 0 && after <= 0;
        if (px == PX_SMALL)
            inside ? steps(a, x, INSIDE, PX_SMALL, KW, STRIDE)
                   : steps(a, x, TESTED, PX_SMALL, KW, STRIDE);
        else if (inside)
            steps(a, x, INSIDE, PX, KW, STRIDE);
        else if (before == KW / 2 && after <= 0)
            steps(a, x, LEFT, PX, KW, STRIDE);
        else if (before <= 0 && after == KW / 2)
            steps(a, x, RIGHT, PX, KW, STRIDE);
        else if (before == KW / 2 && after == KW / 2)
            steps(a, x, LEFT_RIGHT, PX, KW, STRIDE);
        else
            steps(a, x, TESTED, PX, KW, STRIDE);
    }
}

static void k3s1(const hg_depthwise_args *a)
{
    row(a, 3, 1);
}

static void k3s2(const hg_depthwise_args *a)
{
    row(a, 3, 2);
}

static void k5s1(const hg_depthwise_args *a)
{
    row(a, 5, 1);
}

static void k5s2(const hg_depthwise_args *a)
{
    row(a, 5, 2);
}

const hg_kernel hg_depthwise_avx2[] = {{.name = "conv2d.f32.nhwc.avx2.depthwise3x3s1",
                                        .op = HG_OP_CONV2D,
                                        .dtype = HG_F32,
                                        .isa = HG_ISA_AVX2,
                                        .layouts = HG_IN_NHWC,
                                        .rev = 2,
                                        .limits = {.kernel = {3, 3},
                                                   .stride = {1, 1},
                                                   .dilation = {1, 1},
                                                   .depthwise = true,
                                                   .same_channels = true},
                                        .algorithm = &hg_depthwise,
                                        .run.depthwise = k3s1},
                                       {.name = "conv2d.f32.nhwc.avx2.depthwise3x3s2",
                                        .op = HG_OP_CONV2D,
                                        .dtype = HG_F32,
                                        .isa = HG_ISA_AVX2,
                                        .layouts = HG_IN_NHWC,
                                        .rev = 2,
                                        .limits = {.kernel = {3, 3},
                                                   .stride = {2, 2},
                                                   .dilation = {1, 1},
                                                   .depthwise = true,
                                                   .same_channels = true},
                                        .algorithm = &hg_depthwise,
                                        .run.depthwise = k3s2},
                                       {.name = "conv2d.f32.nhwc.avx2.depthwise5x5s1",
                                        .op = HG_OP_CONV2D,
                                        .dtype = HG_F32,
                                        .isa = HG_ISA_AVX2,
                                        .layouts = HG_IN_NHWC,
                                        .rev = 2,
                                        .limits = {.kernel = {5, 5},
                                                   .stride = {1, 1},
                                                   .dilation = {1, 1},
                                                   .depthwise = true,
                                                   .same_channels = true},
                                        .algorithm = &hg_depthwise,
                                        .run.depthwise = k5s1},
                                       {.name = "conv2d.f32.nhwc.avx2.depthwise5x5s2",
                                        .op = HG_OP_CONV2D,
                                        .dtype = HG_F32,
                                        .isa = HG_ISA_AVX2,
                                        .layouts = HG_IN_NHWC,
                                        .rev = 2,
                                        .limits = {.kernel = {5, 5},
                                                   .stride = {2, 2},
                                                   .dilation = {1, 1},
                                                   .depthwise = true,
                                                   .same_channels = true},
                                        .algorithm = &hg_depthwise,
                                        .run.depthwise = k5s2},
                                       {.name = "conv2d.f32.nhwc.avx2.depthwise",
                                        .op = HG_OP_CONV2D,
                                        .dtype = HG_F32,
                                        .isa = HG_ISA_AVX2,
                                        .layouts = HG_IN_NHWC,
                                        .rev = 2,
                                        .limits = {.depthwise = true, .same_channels = true},
                                        .algorithm = &hg_depthwise,
                                        .run.depthwise = any_window},
                                       {.name = NULL}};
