/* Limits, NEON. Contract: limits.h. */
#include "bench/limits.h"
#include "kernels/common/attr.h"

#if !defined(__aarch64__)
#error "this file is for AArch64"
#endif
#include <arm_neon.h>

/* 16 chains hide 4 cycles of latency on four pipes. */
enum { VL = 4, CHAINS = 16 };

static float fma_loop(long steps)
{
    const float32x4_t vscale = vdupq_n_f32(0.999f);
    float32x4_t vacc[CHAINS];
    HG_UNROLL
    for (int i = 0; i < CHAINS; i++) vacc[i] = vdupq_n_f32((float)i);
    for (long s = 0; s < steps; s++) {
        HG_UNROLL
        for (int i = 0; i < CHAINS; i++) vacc[i] = vfmaq_f32(vacc[i], vscale, vscale);
    }
    float32x4_t vsum = vacc[0];
    HG_UNROLL
    for (int i = 1; i < CHAINS; i++) vsum = vaddq_f32(vsum, vacc[i]);
    return vgetq_lane_f32(vsum, 0);
}

HG_INLINE float32x4_t read_all(const float *in, size_t count)
{
    float32x4_t va = vdupq_n_f32(0), vb = va, vc = va, vd = va;
    for (size_t i = 0; i < count; i += 4 * VL) {
        va = vaddq_f32(va, vld1q_f32(in + i));
        vb = vaddq_f32(vb, vld1q_f32(in + i + VL));
        vc = vaddq_f32(vc, vld1q_f32(in + i + 2 * VL));
        vd = vaddq_f32(vd, vld1q_f32(in + i + 3 * VL));
    }
    return vaddq_f32(vaddq_f32(va, vb), vaddq_f32(vc, vd));
}

static float plain(const float *in, size_t in_count, float *out, size_t out_count)
{
    const float32x4_t v = read_all(in, in_count);
    for (size_t i = 0; i < out_count; i += VL) vst1q_f32(out + i, v);
    return vgetq_lane_f32(v, 0);
}

static float stream(const float *in, size_t in_count, float *out, size_t out_count)
{
    const float32x4_t v = read_all(in, in_count);
    for (size_t i = 0; i < out_count; i += 2 * VL) /* STNP: the pair store with a streaming hint */
        __asm__ volatile("stnp %q0, %q0, [%1]" : : "w"(v), "r"(out + i) : "memory");
    return vgetq_lane_f32(v, 0);
}

const hg_limit_loops hg_limits_neon = {.isa = HG_ISA_NEON,
                                       .flops_per_step = 2.0 * VL * CHAINS,
                                       .fma = fma_loop,
                                       .plain = plain,
                                       .stream = stream};
