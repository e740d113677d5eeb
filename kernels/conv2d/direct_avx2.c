/* Direct convolution, AVX2 + FMA. Contract: direct.h. */
#include "kernels/conv2d/direct.h"

#include "kernels/conv2d/post_avx2.h"

enum { VL = HG_DIRECT_BLOCK, MAX_MR = 12, MAX_NV = HG_DIRECT_MAX_NV, FEW_NV = 5 };

/* The first n columns, 0 < n <= 8: masked stores are slow on some processors. */
HG_INLINE void store_first(float *out, __m256 v, size_t n)
{
    __m128 vlow = _mm256_castps256_ps128(v);
    if (n == VL) {
        _mm256_storeu_ps(out, v);
        return;
    }
    if (n & 4) {
        _mm_storeu_ps(out, vlow);
        vlow = _mm256_extractf128_ps(v, 1);
        out += 4;
    }
    if (n & 2) {
        _mm_storel_pi((__m64 *)(void *)out, vlow);
        vlow = _mm_movehl_ps(vlow, vlow);
        out += 2;
    }
    if (n & 1) _mm_store_ss(out, vlow);
}

/* One pixel: everything is loaded before anything is stored, for the last blocks may overlap. */
HG_INLINE void finish_pixel(const hg_direct_args *a, __m256 v[MAX_NV], float *out,
                            const float *residual, int NV)
{
    const bool leaky = a->slope != 1.0f;
    const __m256 vslope = _mm256_set1_ps(a->slope);
    const __m256 vmin = _mm256_set1_ps(a->min), vmax = _mm256_set1_ps(a->max);
    HG_UNROLL for (int j = 0; j < NV; j++)
    {
        const size_t column = j < NV - 1 ? (size_t)(j * VL) : a->last;
        if (residual && NV == 1)
            v[j] = _mm256_add_ps(v[j], _mm256_maskload_ps(residual, hg_tail_mask(a->n)));
        else if (residual)
            v[j] = _mm256_add_ps(v[j], _mm256_loadu_ps(residual + column));
        v[j] = hg_conv_post_avx2(v[j], leaky, vslope, vmin, vmax);
    }
    HG_UNROLL for (int j = 0; j < NV; j++)
    {
        if (NV == 1)
            store_first(out, v[j], a->n);
        else
            _mm256_storeu_ps(out + (j < NV - 1 ? (size_t)(j * VL) : a->last), v[j]);
    }
}

/* `count` products of MR pixels. MR, NV and AHEAD are constants; AHEAD: the next MR pixels follow
 * these in memory, and are fetched, a pixel's row being too short for the hardware to learn it. */
HG_INLINE void multiply(__m256 vacc[MAX_MR][MAX_NV], const float *input, size_t step, size_t count,
                        const float *weights, int MR, int NV, bool AHEAD)
{
    const float *const end = input + count, *next = input;
    for (; input < end; input++, weights += NV * VL) {
        if (AHEAD) hg_prefetch(next, (int64_t)count * MR), next += MR;
        /* The smaller side is kept in registers, the other streams past it. */
        if (NV <= MR) {
            __m256 vk[MAX_NV];
            HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = _mm256_load_ps(weights + j * VL);
            HG_UNROLL for (int m = 0; m < MR; m++)
            {
                const __m256 vi = _mm256_broadcast_ss(input + (size_t)m * step);
                HG_UNROLL for (int j = 0; j < NV; j++) vacc[m][j] =
                    _mm256_fmadd_ps(vi, vk[j], vacc[m][j]);
            }
        } else {
            __m256 vi[MAX_MR];
            HG_UNROLL for (int m = 0; m < MR; m++) vi[m] =
                _mm256_broadcast_ss(input + (size_t)m * step);
            HG_UNROLL for (int j = 0; j < NV; j++)
            {
                const __m256 vload = _mm256_load_ps(weights + j * VL);
                const __m256 vk = MR > 1 ? hg_keep(vload) : vload;
                HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] =
                    _mm256_fmadd_ps(vi[m], vk, vacc[m][j]);
            }
        }
    }
}

/* The same of the only pixel, whose few sums would wait for each other: several of each, added up.
 * (Of one among others the bits must not depend on how pixels are cut into tiles.) */
HG_INLINE void multiply_one(__m256 vacc[MAX_NV], const float *input, size_t count,
                            const float *weights, int NV)
{
    const int PARTS = NV <= 4 ? 8 / NV : 2;
    __m256 vpart[8][FEW_NV];
    HG_UNROLL for (int j = 0; j < NV; j++)
    {
        vpart[0][j] = vacc[j];
        HG_UNROLL for (int q = 1; q < PARTS; q++) vpart[q][j] = _mm256_setzero_ps();
    }
    size_t c = 0;
    for (; c + (size_t)PARTS <= count; c += (size_t)PARTS) HG_UNROLL for (int q = 0; q < PARTS; q++)
        {
            const __m256 vi = _mm256_broadcast_ss(input + c + q);
            HG_UNROLL for (int j = 0; j < NV; j++, weights += VL) vpart[q][j] =
                _mm256_fmadd_ps(vi, _mm256_load_ps(weights), vpart[q][j]);
        }
    for (; c < count; c++) {
        const __m256 vi = _mm256_broadcast_ss(input + c);
        HG_UNROLL for (int j = 0; j < NV; j++, weights += VL) vpart[0][j] =
            _mm256_fmadd_ps(vi, _mm256_load_ps(weights), vpart[0][j]);
    }
    HG_UNROLL for (int j = 0; j < NV; j++)
    {
        HG_UNROLL for (int q = 1; q < PARTS; q++) vpart[0][j] =
            _mm256_add_ps(vpart[0][j], vpart[q][j]);
        vacc[j] = vpart[0][j];
    }
}

/* MR pixels from number i on; MR and NV are constants. */
HG_INLINE void tile(const hg_direct_args *a, size_t i, int MR, int NV)
{
    __m256 vacc[MAX_MR][MAX_NV];
    HG_UNROLL for (int j = 0; j < NV; j++)
    {
        const __m256 vbias = _mm256_loadu_ps(a->bias + (j < NV - 1 ? (size_t)(j * VL) : a->last));
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] = vbias;
    }
    const size_t step = a->step;
    const hg_direct_segment *const end = a->segments + a->segment_count;
    for (const hg_direct_segment *s = a->segments; s < end; s++) {
        const float *input = s->input + i * step;
        const float *weights = a->weights + s->first * (size_t)(NV * VL);
        if (MR == 1 && NV <= FEW_NV && a->alone)
            multiply_one(vacc[0], input, s->count, weights, NV);
        else if (a->ahead)
            multiply(vacc, input, step, s->count, weights, MR, NV, true);
        else
            multiply(vacc, input, step, s->count, weights, MR, NV, false);
    }
    float *out = a->out + i * a->out_step;
    const float *residual = a->residual ? a->residual + i * a->residual_step : NULL;
    HG_UNROLL for (int m = 0; m < MR; m++, out += a->out_step)
    {
        if (a->plain && NV > 1) {
            HG_UNROLL for (int j = 0; j < NV; j++)
                _mm256_storeu_ps(out + (j < NV - 1 ? (size_t)(j * VL) : a->last), vacc[m][j]);
        } else {
            finish_pixel(a, vacc[m], out, residual, NV);
            if (residual) residual += a->residual_step;
        }
    }
}

#include "kernels/conv2d/direct_run.h"

static void tile_12x8(const hg_direct_args *a)
{
    size_t i = 0;
    for (; i + 12 <= a->pixels; i += 12) tile(a, i, 12, 1);
    run(a, i, 6, 1);
}

/* Whole tiles, pixels x blocks of columns. The wide ones are for outputs of a few pixels, where
 * less than 8 multiply-adds in flight would wait for each other. */
#define TILES(X)                                                                                   \
    X(6, 2)                                                                                        \
    X(4, 3)                                                                                        \
    X(3, 4)                                                                                        \
    X(1, 5)                                                                                        \
    X(1, 6)                                                                                        \
    X(1, 7)                                                                                        \
    X(1, 8)                                                                                        \
    X(1, 9)                                                                                        \
    X(1, 10)                                                                                       \
    X(1, 11)                                                                                       \
    X(1, 12)

#define FUNCTION(mr, nv)                                                                           \
    static void tile_##mr##x##nv##x8(const hg_direct_args *a)                                      \
    {                                                                                              \
        run(a, 0, mr, nv);                                                                         \
    }
TILES(FUNCTION)

#define POINTER(mr, nv) tile_##mr##x##nv##x8,
#define HEIGHT(mr, nv) mr,
static const hg_direct_steps steps = {{tile_12x8, TILES(POINTER)}, {12, TILES(HEIGHT)}};

#define ROW(op_name, op_code, how, columns)                                                        \
    {                                                                                              \
        .name = op_name ".f32.nhwc.avx2.direct" #columns, .op = op_code, .dtype = HG_F32,          \
        .isa = HG_ISA_AVX2, .layouts = HG_IN_NHWC, .rev = 2, .algorithm = how,                     \
        .tile = {0, columns}, .run.direct = &steps                                                 \
    }
#define CONV(columns) ROW("conv2d", HG_OP_CONV2D, &hg_direct, columns)
#define TRANSPOSED(columns)                                                                        \
    ROW("conv_transpose2d", HG_OP_CONV_TRANSPOSE2D, &hg_direct_phases, columns)

/* Panels of at most so many columns. */
const hg_kernel hg_direct_avx2[] = {CONV(16),       CONV(24),       CONV(32),       CONV(96),
                                    TRANSPOSED(16), TRANSPOSED(24), TRANSPOSED(32), {.name = NULL}};
