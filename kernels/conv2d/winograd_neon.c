/* Winograd transforms and products, NEON. Contracts: winograd.h. */
#include "kernels/conv2d/winograd.h"

#include "kernels/conv2d/post_neon.h"

enum { VL = 4, MR = 5, NR = HG_WINOGRAD_NR }; /* f32 lanes; rows and columns of products */

/* ---- Products: rows in groups of 5, what is left in one smaller group. 5 x 16 takes 20
 * accumulators, 5 vectors of input and leaves 7 registers for weights in flight. ---- */

#define GEMM_NAME rows_1
#define GEMM_MR 1
#include "kernels/conv2d/winograd_gemm_neon.h"
#define GEMM_NAME rows_2
#define GEMM_MR 2
#include "kernels/conv2d/winograd_gemm_neon.h"
#define GEMM_NAME rows_3
#define GEMM_MR 3
#include "kernels/conv2d/winograd_gemm_neon.h"
#define GEMM_NAME rows_4
#define GEMM_MR 4
#include "kernels/conv2d/winograd_gemm_neon.h"
#define GEMM_NAME rows_5
#define GEMM_MR 5
#include "kernels/conv2d/winograd_gemm_neon.h"

static void multiply(const float *v, size_t ldv, const float *u, size_t channels, size_t panels,
                     float *product, size_t ldp, size_t tiles)
{
    static void (*const rest[MR])(const float *, size_t, const float *, size_t, float *, size_t,
                                  const float *, size_t) = {NULL, rows_1, rows_2, rows_3, rows_4};
    /* Each pass over a panel fetches its share of the next panel: from beyond the caches weights
     * come as fast as they are multiplied only if all of the time is used for it. */
    const size_t passes = HG_CEIL_DIV(tiles, MR), step = NR / passes, share = channels * step;
    for (size_t panel = 0; panel < panels; panel++, u += channels * NR, product += NR) {
        const float *next = u + channels * NR;
        size_t t = 0;
        for (; t + MR <= tiles; t += MR, next += share)
            rows_5(v + t * ldv, ldv, u, channels, product + t * ldp, ldp, next, step);
        if (t < tiles)
            rest[tiles - t](v + t * ldv, ldv, u, channels, product + t * ldp, ldp, next, step);
    }
}

/* ---- Transforms ---- */

typedef float32x4_t vec;

HG_INLINE vec load(const float *p)
{
    return vld1q_f32(p);
}

HG_INLINE vec load_tail(const float *p, size_t n)
{
    return hg_load_tail(p, n);
}

HG_INLINE void store(float *p, vec v)
{
    vst1q_f32(p, v);
}

HG_INLINE void store_tail(float *p, vec v, size_t n)
{
    hg_store_tail(p, v, n);
}

HG_INLINE vec add(vec a, vec b)
{
    return vaddq_f32(a, b);
}

HG_INLINE vec sub(vec a, vec b)
{
    return vsubq_f32(a, b);
}

HG_INLINE vec times(float factor, vec v)
{
    return vmulq_n_f32(v, factor);
}

HG_INLINE vec mad(float factor, vec v, vec w)
{
    return vfmaq_n_f32(w, v, factor);
}

HG_INLINE vec post(vec v, const hg_winograd_out *to)
{
    return hg_conv_post_neon(v, to->slope != 1.0f, vdupq_n_f32(to->slope), vdupq_n_f32(to->min),
                             vdupq_n_f32(to->max));
}

#include "kernels/conv2d/winograd_transform.h"

static const hg_winograd_steps
    f2 = {2, 3, 1, MR, false, filters_4r3, input_4, multiply, output_2r3},
    f4 = {4, 3, 1, MR, false, filters_6r3, input_6, multiply, output_4r3},
    f6 = {6, 3, 1, MR, true, filters_8r3, input_8, multiply, output_6r3},
    f2s2 = {2, 3, 2, MR, false, filters_5r3, input_5, multiply, output_2s2},
    f4s2 = {4, 3, 2, MR, false, filters_9r3, input_9, multiply, output_4s2},
    f2r5 = {2, 5, 1, MR, false, filters_6r5, input_6, multiply, output_2r5},
    f4r5 = {4, 5, 1, MR, true, filters_8r5, input_8, multiply, output_4r5};

#define ROW(row_name, steps, r, s)                                                                 \
    {                                                                                              \
        .name = "conv2d.f32.nhwc.neon." row_name, .op = HG_OP_CONV2D, .dtype = HG_F32,             \
        .isa = HG_ISA_NEON, .layouts = HG_IN_NHWC, .rev = 4, .algorithm = &hg_winograd,            \
        .limits = {.kernel = {r, r}, .stride = {s, s}, .one_group = true}, .tile = {MR, NR},       \
        .run.winograd = &(steps)                                                                   \
    }

const hg_kernel hg_winograd_neon[] = {
    ROW("winograd_f2", f2, 3, 1),     ROW("winograd_f4", f4, 3, 1),
    ROW("winograd_f6", f6, 3, 1),     ROW("winograd_f2s2", f2s2, 3, 2),
    ROW("winograd_f4s2", f4s2, 3, 2), ROW("winograd_f2r5", f2r5, 5, 1),
    ROW("winograd_f4r5", f4r5, 5, 1), {.name = NULL},
};
