/* Direct convolution to few output channels, AVX2 + FMA. Contract: direct.h, dots.
 *
 * With 1 to 6 output channels the lanes of a block of columns stay empty; here a vector holds 8
 * products side by side in the input, and the lanes of each sum are added up at the end. */
#include "kernels/conv2d/direct.h"
#include "kernels/conv2d/post_avx2.h"

enum { VL = 8, MAX_MR = 8, MAX_N = HG_DIRECT_MAX_DOT, MAX_SUMS = 12 };

/* The sums of the lanes of each vector. */
HG_INLINE __m128 sum_lanes(const __m256 *v)
{
    const __m256 v01 = _mm256_hadd_ps(v[0], v[1]); /* 0 0 1 1 | 0 0 1 1 */
    const __m256 v23 = _mm256_hadd_ps(v[2], v[3]); /* 2 2 3 3 | 2 2 3 3 */
    const __m256 vsum = _mm256_hadd_ps(v01, v23);  /* 0 1 2 3 | 0 1 2 3 */
    return _mm_add_ps(_mm256_castps256_ps128(vsum), _mm256_extractf128_ps(vsum, 1));
}

/* The first n lanes; n is a constant. */
HG_INLINE void store_first(float *out, __m128 v, int n)
{
    if (n & 2) {
        _mm_storel_pi((__m64 *)(void *)out, v);
        v = _mm_movehl_ps(v, v);
        out += 2;
    }
    if (n & 1) _mm_store_ss(out, v);
}

/* Products [c, c + 8) of MR pixels; the lanes beyond the mask's are 0. */
HG_INLINE void multiply(const hg_direct_args *a, __m256 *vacc, const float *input,
                        const float *weights, const __m256i *vmask, int MR, int N)
{
    __m256 vi[MAX_MR];
    HG_UNROLL for (int m = 0; m < MR; m++)
    {
        const float *at = input + (size_t)m * a->step;
        vi[m] = vmask ? _mm256_maskload_ps(at, *vmask) : _mm256_loadu_ps(at);
    }
    HG_UNROLL for (int j = 0; j < N; j++)
    {
        const __m256 vload = _mm256_loadu_ps(weights + (size_t)j * a->depth);
        const __m256 vk = MR > 1 ? hg_keep(vload) : vload;
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m * N + j] =
            _mm256_fmadd_ps(vi[m], vk, vacc[m * N + j]);
    }
}

/* The sums of a tile pixel by pixel, four to a vector: sum q is column q % N of pixel q / N. */
HG_INLINE void store(const hg_direct_args *a, const __m128 vsums[MAX_SUMS / 4], size_t i, int MR,
                     int N)
{
    float *out = a->out + i * a->out_step;
    float sums[MAX_SUMS];
    /* Pixels of no other channels: the sums are as they lie in the output. */
    float *to = a->out_step == (size_t)N ? out : sums;
    HG_UNROLL for (int q = 0; q + 4 <= MR * N; q += 4) _mm_storeu_ps(to + q, vsums[q / 4]);
    if (MR * N % 4) store_first(to + MR * N / 4 * 4, vsums[MR * N / 4], MR * N % 4);
    if (to == out) return;
    HG_UNROLL for (int m = 0; m < MR; m++, out += a->out_step) HG_UNROLL for (int j = 0; j < N; j++)
        out[j] = sums[m * N + j];
}

HG_INLINE void finish(const hg_direct_args *a, __m128 vsums[MAX_SUMS / 4], size_t i, int MR, int N)
{
    if (a->residual) {
        float added[MAX_SUMS] = {0};
        for (int m = 0; m < MR; m++)
            for (int j = 0; j < N; j++)
                added[m * N + j] = a->residual[(i + (size_t)m) * a->residual_step + (size_t)j];
        HG_UNROLL for (int q = 0; q < MR * N; q += 4) vsums[q / 4] =
            _mm_add_ps(vsums[q / 4], _mm_loadu_ps(added + q));
    }
    const bool leaky = a->slope != 1.0f;
    const __m256 vslope = _mm256_set1_ps(a->slope);
    const __m256 vmin = _mm256_set1_ps(a->min), vmax = _mm256_set1_ps(a->max);
    HG_UNROLL for (int q = 0; q < MR * N; q += 4)
    {
        const __m256 v = _mm256_castps128_ps256(vsums[q / 4]);
        vsums[q / 4] = _mm256_castps256_ps128(hg_conv_post_avx2(v, leaky, vslope, vmin, vmax));
    }
    store(a, vsums, i, MR, N);
}

/* MR pixels from number i on; MR and N are constants. vbias is laid out like the sums. */
HG_INLINE void tile(const hg_direct_args *a, const __m128 vbias[MAX_SUMS / 4], size_t i, int MR,
                    int N)
{
    __m256 vacc[MAX_SUMS];
    HG_UNROLL for (int q = 0; q < MAX_SUMS; q++) vacc[q] = _mm256_setzero_ps();
    const hg_direct_segment *const end = a->segments + a->segment_count;
    for (const hg_direct_segment *s = a->segments; s < end; s++) {
        const float *input = s->input + i * a->step, *weights = a->weights + s->first;
        size_t c = 0;
        for (; c + VL <= s->count; c += VL) multiply(a, vacc, input + c, weights + c, NULL, MR, N);
        if (c == s->count) continue;
        const __m256i vmask = hg_tail_mask(s->count - c);
        multiply(a, vacc, input + c, weights + c, &vmask, MR, N);
    }
    __m128 vsums[MAX_SUMS / 4];
    HG_UNROLL for (int q = 0; q < MR * N; q += 4) vsums[q / 4] =
        _mm_add_ps(vbias[q / 4], sum_lanes(vacc + q));
    finish(a, vsums, i, MR, N);
}

HG_INLINE void run(const hg_direct_args *a, int MR, int N)
{
    float bias[MAX_SUMS] = {0};
    HG_UNROLL for (int q = 0; q < MR * N; q++) bias[q] = a->bias[q % N];
    __m128 vbias[MAX_SUMS / 4];
    HG_UNROLL for (int q = 0; q < MAX_SUMS; q += 4) vbias[q / 4] = _mm_loadu_ps(bias + q);
    size_t i = 0;
    for (; i + (size_t)MR <= a->pixels; i += (size_t)MR) tile(a, vbias, i, MR, N);
    for (; i < a->pixels; i++) tile(a, vbias, i, 1, N);
}

static void dot_8x1(const hg_direct_args *a)
{
    run(a, 8, 1);
}

static void dot_6x2(const hg_direct_args *a)
{
    run(a, 6, 2);
}

static void dot_4x3(const hg_direct_args *a)
{
    run(a, 4, 3);
}

static void dot_3x4(const hg_direct_args *a)
{
    run(a, 3, 4);
}

static void dot_2x5(const hg_direct_args *a)
{
    run(a, 2, 5);
}

static void dot_2x6(const hg_direct_args *a)
{
    run(a, 2, 6);
}

static const hg_direct_steps steps = {{dot_8x1, dot_6x2, dot_4x3, dot_3x4, dot_2x5, dot_2x6},
                                      {8, 6, 4, 3, 2, 2}};

#define ROW(op_name, op_code, how)                                                                 \
    {                                                                                              \
        .name = op_name ".f32.nhwc.avx2.direct_dot", .op = op_code, .dtype = HG_F32,               \
        .isa = HG_ISA_AVX2, .layouts = HG_IN_NHWC, .rev = 2, .algorithm = how,                     \
        .run.direct = &steps                                                                       \
    }

const hg_kernel hg_direct_dot_avx2[] = {
    ROW("conv2d", HG_OP_CONV2D, &hg_direct),
    ROW("conv_transpose2d", HG_OP_CONV_TRANSPOSE2D, &hg_direct_phases),
    {.name = NULL}};
