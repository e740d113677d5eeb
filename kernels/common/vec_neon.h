/* NEON: the real header on AArch64, SIMDe elsewhere. Rules that keep both the same:
 * vfmaq only (vmlaq fuses or not as the compiler likes), and SIMDe built with -mavx2 -mfma. */
#ifndef HG_COMMON_VEC_NEON_H
#define HG_COMMON_VEC_NEON_H

#if defined(__aarch64__)
#include <arm_neon.h>
#else
#if !defined(__FMA__)
#error "SIMDe's vfmaq is fused only with -mfma: see kernels/meson.build"
#endif
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>
#endif

#include <stddef.h>
#include <stdint.h>

#include "kernels/common/attr.h"

/* Keeps v in one register from here on, and in this place among other instructions like it. */
HG_INLINE float32x4_t hg_keep(float32x4_t v)
{
#if defined(__aarch64__)
    __asm__ volatile("" : "+w"(v));
#endif
    return v;
}

/* The first n lanes of memory, 0 < n < 4, the others 0. Reads nothing beyond them. */
HG_INLINE float32x4_t hg_load_tail(const float *p, size_t n)
{
    float32x4_t v = vsetq_lane_f32(p[0], vdupq_n_f32(0.0f), 0);
    v = n > 1 ? vsetq_lane_f32(p[1], v, 1) : v;
    return n > 2 ? vsetq_lane_f32(p[2], v, 2) : v;
}

/* Stores the first n lanes, 0 < n < 4. Writes nothing beyond them. */
HG_INLINE void hg_store_tail(float *p, float32x4_t v, size_t n)
{
    p[0] = vgetq_lane_f32(v, 0);
    if (n > 1) p[1] = vgetq_lane_f32(v, 1);
    if (n > 2) p[2] = vgetq_lane_f32(v, 2);
}

#endif
