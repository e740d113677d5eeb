/* Direct convolution to few output channels, NEON. Contract: direct.h, dots. */
#include "kernels/conv2d/direct.h"
#include "kernels/conv2d/post_neon.h"

enum {
    VL = 4,
    VECTORS = 2,
    STEP = VECTORS * VL, /* products at a time: two vectors load as a pair */
    MAX_MR = 16,
    MAX_SUMS = 16
};

typedef float32x4_t vec;
typedef float32x4_t quad;

HG_INLINE vec v_zero(void)
{
    return vdupq_n_f32(0.0f);
}

HG_INLINE quad q_load(const float *p)
{
    return vld1q_f32(p);
}

HG_INLINE void q_store(float *p, quad v)
{
    vst1q_f32(p, v);
}

HG_INLINE void q_store_first(float *p, quad v, int n)
{
    hg_store_tail(p, v, (size_t)n);
}

HG_INLINE quad q_add(quad a, quad b)
{
    return vaddq_f32(a, b);
}

HG_INLINE quad q_post(quad v, float slope, float min, float max)
{
    return hg_conv_post_neon(v, slope != 1.0f, vdupq_n_f32(slope), vdupq_n_f32(min),
                             vdupq_n_f32(max));
}

/* The sums of the lanes of each vector. */
HG_INLINE quad sum_lanes(const vec v[4])
{
    return vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3])); /* of 0 0 1 1 and 2 2 3 3 */
}

/* Products [c, c + 4 * vectors) of MR pixels. The weights stay in registers, pixels go by. */
HG_INLINE void multiply_vectors(const hg_direct_args *a, vec *vacc, const float *input,
                                const float *weights, int vectors, int MR, int N)
{
    vec vk[HG_DIRECT_MAX_DOT][VECTORS];
    HG_UNROLL for (int j = 0; j < N; j++, weights += a->depth)
    {
        if (j > 0)
            __asm__("" : "+r"(weights)); /* one sum per row, not one for each address in it */
        HG_UNROLL for (int v = 0; v < vectors; v++) vk[j][v] = vld1q_f32(weights + v * VL);
    }
    HG_UNROLL for (int m = 0; m < MR; m++, input += a->step)
    {
        if (m > 0) __asm__("" : "+r"(input));
        vec vi[VECTORS];
        HG_UNROLL for (int v = 0; v < vectors; v++) vi[v] = vld1q_f32(input + v * VL);
        HG_UNROLL for (int v = 0; v < vectors; v++) HG_UNROLL for (int j = 0; j < N; j++)
            vacc[m * N + j] = vfmaq_f32(vacc[m * N + j], vi[v], vk[j][v]);
    }
}

HG_INLINE void multiply(const hg_direct_args *a, vec *vacc, const float *input,
                        const float *weights, int MR, int N)
{
    multiply_vectors(a, vacc, input, weights, VECTORS, MR, N);
}

/* The last n < 4 lanes that end at p + n, in the last lanes of a vector; behind: 4 may be read. */
HG_INLINE vec load_last(const float *p, size_t n, bool behind)
{
    static const uint32_t words[2 * VL] = {0,          0,          0,          0,
                                           UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    if (!behind) return hg_load_tail(p, n);
    const uint32x4_t vi = vreinterpretq_u32_f32(vld1q_f32(p + n - VL));
    return vreinterpretq_f32_u32(vandq_u32(vi, vld1q_u32(words + n)));
}

/* The last n < STEP products of a segment; behind: there are more before them. */
HG_INLINE void multiply_rest(const hg_direct_args *a, vec *vacc, const float *input,
                             const float *weights, size_t n, bool behind, int MR, int N)
{
    if (n >= VL) {
        multiply_vectors(a, vacc, input, weights, 1, MR, N);
        input += VL, weights += VL, n -= VL, behind = true;
    }
    if (n == 0) return;
    vec vi[MAX_MR];
    HG_UNROLL for (int m = 0; m < MR; m++) vi[m] =
        load_last(input + (size_t)m * a->step, n, behind);
    HG_UNROLL for (int j = 0; j < N; j++)
    {
        const vec vk = load_last(weights + (size_t)j * a->depth, n, behind);
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m * N + j] =
            vfmaq_f32(vacc[m * N + j], vi[m], vk);
    }
}

#include "kernels/conv2d/direct_dot_body.h"

static void dot_16x1(const hg_direct_args *a)
{
    run(a, 16, 1);
}

static void dot_8x2(const hg_direct_args *a)
{
    run(a, 8, 2);
}

static void dot_5x3(const hg_direct_args *a)
{
    run(a, 5, 3);
}

static void dot_4x4(const hg_direct_args *a)
{
    run(a, 4, 4);
}

static void dot_3x5(const hg_direct_args *a)
{
    run(a, 3, 5);
}

static void dot_2x6(const hg_direct_args *a)
{
    run(a, 2, 6);
}

static const hg_direct_steps steps = {{dot_16x1, dot_8x2, dot_5x3, dot_4x4, dot_3x5, dot_2x6},
                                      {16, 8, 5, 4, 3, 2}};

#define ROW(op_name, op_code, how)                                                                 \
    {                                                                                              \
        .name = op_name ".f32.nhwc.neon.direct_dot", .op = op_code, .dtype = HG_F32,               \
        .isa = HG_ISA_NEON, .layouts = HG_IN_NHWC, .rev = 1, .algorithm = how,                     \
        .run.direct = &steps                                                                       \
    }

const hg_kernel hg_direct_dot_neon[] = {
    ROW("conv2d", HG_OP_CONV2D, &hg_direct),
    ROW("conv_transpose2d", HG_OP_CONV_TRANSPOSE2D, &hg_direct_phases),
    {.name = NULL}};
