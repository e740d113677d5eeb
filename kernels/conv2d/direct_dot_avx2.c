/* Direct convolution to few output channels, AVX2 + FMA. Contract: direct.h, dots. */
#include "kernels/conv2d/direct.h"
#include "kernels/conv2d/post_avx2.h"

enum {
    VL = 8,
    STEP = VL, /* products at a time */
    MAX_MR = 8,
    MAX_SUMS = 12
};

typedef __m256 vec;
typedef __m128 quad;

HG_INLINE vec v_zero(void)
{
    return _mm256_setzero_ps();
}

HG_INLINE quad q_load(const float *p)
{
    return _mm_loadu_ps(p);
}

HG_INLINE void q_store(float *p, quad v)
{
    _mm_storeu_ps(p, v);
}

/* The first n lanes; n is a constant. */
HG_INLINE void q_store_first(float *p, quad v, int n)
{
    if (n & 2) {
        _mm_storel_pi((__m64 *)(void *)p, v);
        v = _mm_movehl_ps(v, v);
        p += 2;
    }
    if (n & 1) _mm_store_ss(p, v);
}

HG_INLINE quad q_add(quad a, quad b)
{
    return _mm_add_ps(a, b);
}

HG_INLINE quad q_post(quad v, float slope, float min, float max)
{
    return _mm256_castps256_ps128(hg_conv_post_avx2(_mm256_castps128_ps256(v), slope != 1.0f,
                                                    _mm256_set1_ps(slope), _mm256_set1_ps(min),
                                                    _mm256_set1_ps(max)));
}

/* The sums of the lanes of each vector. */
HG_INLINE quad sum_lanes(const vec v[4])
{
    const vec v01 = _mm256_hadd_ps(v[0], v[1]); /* 0 0 1 1 | 0 0 1 1 */
    const vec v23 = _mm256_hadd_ps(v[2], v[3]); /* 2 2 3 3 | 2 2 3 3 */
    const vec vsum = _mm256_hadd_ps(v01, v23);  /* 0 1 2 3 | 0 1 2 3 */
    return _mm_add_ps(_mm256_castps256_ps128(vsum), _mm256_extractf128_ps(vsum, 1));
}

/* Products [c, c + 8) of MR pixels; the lanes beyond the mask's are 0. */
HG_INLINE void multiply_masked(const hg_direct_args *a, vec *vacc, const float *input,
                               const float *weights, const __m256i *vmask, int MR, int N)
{
    vec vi[MAX_MR];
    HG_UNROLL for (int m = 0; m < MR; m++)
    {
        const float *at = input + (size_t)m * a->step;
        vi[m] = vmask ? _mm256_maskload_ps(at, *vmask) : _mm256_loadu_ps(at);
    }
    HG_UNROLL for (int j = 0; j < N; j++)
    {
        const vec vload = _mm256_loadu_ps(weights + (size_t)j * a->depth);
        const vec vk = MR > 1 ? hg_keep(vload) : vload;
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m * N + j] =
            _mm256_fmadd_ps(vi[m], vk, vacc[m * N + j]);
    }
}

HG_INLINE void multiply(const hg_direct_args *a, vec *vacc, const float *input,
                        const float *weights, int MR, int N)
{
    multiply_masked(a, vacc, input, weights, NULL, MR, N);
}

/* The last n < STEP products of a segment. */
HG_INLINE void multiply_rest(const hg_direct_args *a, vec *vacc, const float *input,
                             const float *weights, size_t n, bool behind, int MR, int N)
{
    (void)behind;
    const __m256i vmask = hg_tail_mask(n);
    multiply_masked(a, vacc, input, weights, &vmask, MR, N);
}

#include "kernels/conv2d/direct_dot_body.h"

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
        .isa = HG_ISA_AVX2, .layouts = HG_IN_NHWC, .rev = 3, .algorithm = how,                     \
        .run.direct = &steps                                                                       \
    }

const hg_kernel hg_direct_dot_avx2[] = {
    ROW("conv2d", HG_OP_CONV2D, &hg_direct),
    ROW("conv_transpose2d", HG_OP_CONV_TRANSPOSE2D, &hg_direct_phases),
    {.name = NULL}};
