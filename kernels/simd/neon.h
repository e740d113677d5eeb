/* The vector vocabulary (simd.h), NEON: the real header on AArch64, SIMDe elsewhere. Rules that
 * keep both the same: vfmaq only (vmlaq fuses or not as the compiler likes), and SIMDe built with
 * -mavx2 -mfma. */
#ifndef HG_SIMD_NEON_H
#define HG_SIMD_NEON_H

#if defined(__aarch64__)
#include <arm_neon.h>
#else
#if !defined(__FMA__)
#error "SIMDe's vfmaq is fused only with -mfma: see kernels/meson.build"
#endif
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/arm/neon.h>
#endif

#include <math.h>

enum { HG_SIMD_ISA = HG_ISA_NEON, VL = 4, V_REGISTERS = 32 };

typedef float32x4_t vfloat;
typedef int32x4_t vint;
typedef int64x2_t vlong;
typedef uint32x4_t vmask;   /* lanes of all bits */
typedef uint8x16_t vplaces; /* of bytes: lane i is bytes 4i .. 4i + 3 */
typedef size_t vtail;

/* ---- Memory ---- */

HG_INLINE vtail v_tail(size_t n) { return n; }

HG_INLINE vfloat v_load(const float *p) { return vld1q_f32(p); }

HG_INLINE void v_store(float *p, vfloat v) { vst1q_f32(p, v); }

HG_INLINE vfloat v_load_first(const float *p, size_t n)
{
    vfloat v = vsetq_lane_f32(p[0], vdupq_n_f32(0.0f), 0);
    v = n > 1 ? vsetq_lane_f32(p[1], v, 1) : v;
    return n > 2 ? vsetq_lane_f32(p[2], v, 2) : v;
}

HG_INLINE void v_store_first(float *p, vfloat v, size_t n)
{
    p[0] = vgetq_lane_f32(v, 0);
    if (n > 1) p[1] = vgetq_lane_f32(v, 1);
    if (n > 2) p[2] = vgetq_lane_f32(v, 2);
}

/* n <= VL lanes, maybe none; the others are `other`. */
HG_INLINE vfloat v_load_first_else(const float *p, size_t n, float other)
{
    static const uint32_t lanes[VL] = {0, 1, 2, 3};
    const uint32x4_t vin = vcltq_u32(vld1q_u32(lanes), vdupq_n_u32((uint32_t)n));
    if (n == 0) return vdupq_n_f32(other);
    return n == VL ? v_load(p) : vbslq_f32(vin, v_load_first(p, n), vdupq_n_f32(other));
}

HG_INLINE vfloat v_load_tail(const float *p, vtail tail) { return v_load_first(p, tail); }

HG_INLINE void v_store_tail(float *p, vfloat v, vtail tail) { v_store_first(p, v, tail); }

/* Past the caches; p is aligned to a vector. v_drain before another thread is told of it. There is
 * no such store for one vector. */
HG_INLINE void v_store_nontemporal(float *p, vfloat v) { vst1q_f32(p, v); }

HG_INLINE void v_drain(void) {}

/* Keeps v in one register from here on, and in this place among other instructions like it. */
HG_INLINE vfloat v_keep(vfloat v)
{
#if defined(__aarch64__)
    __asm__ volatile("" : "+w"(v));
#endif
    return v;
}

/* A whole vector that several operations share. */
HG_INLINE vfloat v_load_once(const float *p) { return v_load(p); }

/* The last n < VL floats before p + n, and 0; in which lanes does not matter, the same for every p.
 * behind: VL floats before p + n may be read; the n are then the last lanes. */
HG_INLINE vfloat v_load_rest(const float *p, size_t n, bool behind)
{
    static const uint32_t last[2 * VL] = {0,          0,          0,          0,
                                          UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    if (!behind) return v_load_first(p, n);
    const uint32x4_t vi = vreinterpretq_u32_f32(vld1q_f32(p + n - VL));
    return vreinterpretq_f32_u32(vandq_u32(vi, vld1q_u32(last + n)));
}

HG_INLINE vfloat v_gather_stride(const float *p, int64_t stride)
{
    vfloat v = vld1q_dup_f32(p);
    v = vld1q_lane_f32(p + stride, v, 1);
    v = vld1q_lane_f32(p + 2 * stride, v, 2);
    return vld1q_lane_f32(p + 3 * stride, v, 3);
}

/* p[at[lane]]. */
HG_INLINE vfloat v_gather(const float *p, const int32_t *at)
{
    vfloat v = vld1q_dup_f32(p + at[0]);
    v = vld1q_lane_f32(p + at[1], v, 1);
    v = vld1q_lane_f32(p + at[2], v, 2);
    return vld1q_lane_f32(p + at[3], v, 3);
}

HG_INLINE vint i_load(const int32_t *p) { return vld1q_s32(p); }

HG_INLINE void i_store(int32_t *p, vint v) { vst1q_s32(p, v); }

HG_INLINE vint i_load_first(const int32_t *p, size_t n)
{
    vint v = vsetq_lane_s32(p[0], vdupq_n_s32(0), 0);
    v = n > 1 ? vsetq_lane_s32(p[1], v, 1) : v;
    return n > 2 ? vsetq_lane_s32(p[2], v, 2) : v;
}

HG_INLINE void i_store_first(int32_t *p, vint v, size_t n)
{
    p[0] = vgetq_lane_s32(v, 0);
    if (n > 1) p[1] = vgetq_lane_s32(v, 1);
    if (n > 2) p[2] = vgetq_lane_s32(v, 2);
}

HG_INLINE vlong l_load(const int64_t *p) { return vld1q_s64(p); }

HG_INLINE void l_store(int64_t *p, vlong v) { vst1q_s64(p, v); }

/* ---- Arithmetic ---- */

HG_INLINE vfloat v_zero(void) { return vdupq_n_f32(0.0f); }

HG_INLINE vfloat v_all(float value) { return vdupq_n_f32(value); }

HG_INLINE vfloat v_splat(const float *p) { return vld1q_dup_f32(p); }

/* SIMDe 0.7 has no vsqrtq_f32; the operation is exactly rounded anyway. */
HG_INLINE vfloat v_sqrt(vfloat va)
{
#if defined(__aarch64__)
    return vsqrtq_f32(va);
#else
    float a[VL];
    vst1q_f32(a, va);
    for (int i = 0; i < VL; i++) a[i] = sqrtf(a[i]);
    return vld1q_f32(a);
#endif
}

HG_INLINE vfloat v_abs(vfloat v) { return vabsq_f32(v); }

/* |v| with the sign of `sign`. */
HG_INLINE vfloat v_with_sign(vfloat v, vfloat sign)
{
    return vbslq_f32(vdupq_n_u32(0x80000000u), sign, v);
}

/* a * b + c, rounded once. */
HG_INLINE vfloat v_fma(vfloat a, vfloat b, vfloat c) { return vfmaq_f32(c, a, b); }

/* a * b[lane] + c; the intrinsic wants its lane as a literal. lane is a constant here. */
HG_INLINE vfloat v_fma_lane(vfloat a, vfloat b, int lane, vfloat c)
{
    switch (lane) {
    case 0:
        return vfmaq_laneq_f32(c, a, b, 0);
    case 1:
        return vfmaq_laneq_f32(c, a, b, 1);
    case 2:
        return vfmaq_laneq_f32(c, a, b, 2);
    default:
        return vfmaq_laneq_f32(c, a, b, 3);
    }
}

/* 1 / v within an ulp or two, much faster than a division; |v| from 2^-100 to 2^100. The guess has
 * 8 bits, and each step doubles them. */
HG_INLINE vfloat v_inverse(vfloat v)
{
    vfloat vguess = vrecpeq_f32(v);
    vguess = vfmaq_f32(vguess, vguess, vfmaq_f32(v_all(1.0f), vnegq_f32(v), vguess));
    return vfmaq_f32(vguess, vguess, vfmaq_f32(v_all(1.0f), vnegq_f32(v), vguess));
}

/* At least low, at most high; NaN stays. */
HG_INLINE vfloat v_at_least(vfloat v, vfloat low) { return vmaxq_f32(v, low); }

HG_INLINE vfloat v_at_most(vfloat v, vfloat high) { return vminq_f32(v, high); }

/* later > earlier ? later : earlier. vmaxq would lose the first of two zeros. */
HG_INLINE vfloat v_max_first(vfloat earlier, vfloat later)
{
    return vbslq_f32(vcgtq_f32(later, earlier), later, earlier);
}

/* The same, but a later NaN is taken. */
HG_INLINE vfloat v_max_first_last_nan(vfloat earlier, vfloat later)
{
    const uint32x4_t vtake = vornq_u32(vcgtq_f32(later, earlier), vceqq_f32(later, later));
    return vbslq_f32(vtake, later, earlier);
}

/* ---- Masks ---- */

HG_INLINE vmask v_greater(vfloat a, vfloat b) { return vcgtq_f32(a, b); }

HG_INLINE vmask v_is_nan(vfloat v) { return vmvnq_u32(vceqq_f32(v, v)); }

HG_INLINE vmask v_negative(vfloat v) { return vcltq_f32(v, vdupq_n_f32(0.0f)); }

HG_INLINE vmask v_nonzero(vfloat v) { return vmvnq_u32(vceqq_f32(v, vdupq_n_f32(0.0f))); }

HG_INLINE vmask m_none(void) { return vdupq_n_u32(0); }

/* The first n <= VL lanes. */
HG_INLINE vmask m_first(size_t n)
{
    static const uint32_t lanes[VL] = {0, 1, 2, 3};
    return vcltq_u32(vld1q_u32(lanes), vdupq_n_u32((uint32_t)n));
}

HG_INLINE vmask m_or(vmask a, vmask b) { return vorrq_u32(a, b); }

HG_INLINE vmask m_and(vmask a, vmask b) { return vandq_u32(a, b); }

/* a and not b. */
HG_INLINE vmask m_without(vmask a, vmask b) { return vbicq_u32(a, b); }

HG_INLINE bool m_any(vmask m)
{
    const uint32x2_t vhalf = vorr_u32(vget_low_u32(m), vget_high_u32(m));
    return vget_lane_u64(vreinterpret_u64_u32(vhalf), 0) != 0;
}

/* m ? a : b. */
HG_INLINE vmask m_select(vmask m, vmask a, vmask b) { return vbslq_u32(m, a, b); }

HG_INLINE vfloat v_select(vmask m, vfloat a, vfloat b) { return vbslq_f32(m, a, b); }

/* m ? v : 0. */
HG_INLINE vfloat v_where(vmask m, vfloat v)
{
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), m));
}

/* p[at] where m; other lanes are 0 and not read. */
HG_INLINE vfloat v_gather_lanes(vmask m, const float *p, vint at)
{
    uint32_t read[VL];
    int32_t place[VL];
    float v[VL];
    vst1q_u32(read, m);
    vst1q_s32(place, at);
    for (int i = 0; i < VL; i++) v[i] = read[i] ? p[place[i]] : 0.0f;
    return vld1q_f32(v);
}

/* ---- Integers ---- */

/* The same bits as the other type. */
HG_INLINE vint i_bits(vfloat v) { return vreinterpretq_s32_f32(v); }

HG_INLINE vfloat v_bits(vint v) { return vreinterpretq_f32_s32(v); }

HG_INLINE vint i_all(int32_t value) { return vdupq_n_s32(value); }

HG_INLINE vint i_add(vint a, vint b) { return vaddq_s32(a, b); }

HG_INLINE vint i_sub(vint a, vint b) { return vsubq_s32(a, b); }

HG_INLINE vint i_shift_left(vint v, int bits) { return vshlq_s32(v, vdupq_n_s32(bits)); }

HG_INLINE vint i_mul(vint a, vint b) { return vmulq_s32(a, b); }

HG_INLINE vmask i_greater(vint a, vint b) { return vcgtq_s32(a, b); }

HG_INLINE vmask i_equal(vint a, vint b) { return vceqq_s32(a, b); }

HG_INLINE vint i_where(vmask m, vint v) { return vandq_s32(vreinterpretq_s32_u32(m), v); }

/* m ? a : b. */
HG_INLINE vint i_select(vmask m, vint a, vint b) { return vbslq_s32(m, a, b); }

HG_INLINE vint i_blend(vmask m, vint a, vint b) { return vbslq_s32(m, a, b); }

/* One more in the lanes of m. */
HG_INLINE vint i_count(vint count, vmask m) { return vsubq_s32(count, vreinterpretq_s32_u32(m)); }

HG_INLINE vlong l_all(int64_t value) { return vdupq_n_s64(value); }

/* 0, step. */
HG_INLINE vlong l_multiples(int64_t step) { return vsetq_lane_s64(step, vdupq_n_s64(0), 1); }

HG_INLINE vlong l_add(vlong a, vlong b) { return vaddq_s64(a, b); }

HG_INLINE vlong l_sub(vlong a, vlong b) { return vsubq_s64(a, b); }

/* half (0 or 1) of the lanes of v, times a factor of 32 bits, plus c. */
HG_INLINE vlong l_fma_half(vint v, int half, int32_t factor, vlong c)
{
    return vmlal_s32(c, half ? vget_high_s32(v) : vget_low_s32(v), vdup_n_s32(factor));
}

/* The VL numbers of both as 32 bits; -1 for those outside 0 .. 2^31 - 1. */
HG_INLINE vint l_narrow(vlong v0, vlong v1)
{
    const uint64x2_t va = vreinterpretq_u64_s64(v0), vb = vreinterpretq_u64_s64(v1);
    const uint64x2_t vall = vdupq_n_u64(UINT64_MAX);
    const uint64x2_t vout0 = vtstq_u64(vshrq_n_u64(va, 31), vall);
    const uint64x2_t vout1 = vtstq_u64(vshrq_n_u64(vb, 31), vall);
    return vcombine_s32(vmovn_s64(vreinterpretq_s64_u64(vorrq_u64(va, vout0))),
                        vmovn_s64(vreinterpretq_s64_u64(vorrq_u64(vb, vout1))));
}

/* ---- Lanes ---- */

/* 2 * VL floats as the even and the odd ones, in an order of lanes that v_in_order mends; here they
 * are in order. */
HG_INLINE void v_deinterleave(vfloat v0, vfloat v1, vfloat *even, vfloat *odd)
{
    *even = vuzp1q_f32(v0, v1);
    *odd = vuzp2q_f32(v0, v1);
}

HG_INLINE void v_load_deinterleaved(const float *p, vfloat *even, vfloat *odd)
{
    const float32x4x2_t v = vld2q_f32(p);
    *even = v.val[0];
    *odd = v.val[1];
}

HG_INLINE vfloat v_in_order(vfloat v) { return v; }

/* Deinterleaved lanes move up by one, the last to the first. */
HG_INLINE vfloat v_turn_deinterleaved(vfloat v) { return vextq_f32(v, v, 3); }

/* The first lane of `first`, the others of v. */
HG_INLINE vfloat v_with_first(vfloat first, vfloat v)
{
    return vsetq_lane_f32(vgetq_lane_f32(first, 0), v, 0);
}

typedef struct vpair {
    vfloat v0, v1;
} vpair;

/* Lanes of both in turn. */
HG_INLINE vpair v_zip(vfloat even, vfloat odd)
{
    return (vpair){vzip1q_f32(even, odd), vzip2q_f32(even, odd)};
}

/* Every lane twice: 0 0 1 1 and 2 2 3 3. */
HG_INLINE vpair v_twice(vfloat v) { return v_zip(v, v); }

/* Lanes 4 .. 7, 2 .. 5 and 1 .. 4 of v followed by next. */
HG_INLINE vfloat v_shift4(vfloat v, vfloat next)
{
    (void)v;
    return next;
}

HG_INLINE vfloat v_shift2(vfloat v, vfloat next) { return vextq_f32(v, next, 2); }

HG_INLINE vfloat v_shift1(vfloat v, vfloat next) { return vextq_f32(v, next, 1); }

/* The last lane, and the last two, of `before`, followed by the first of v. */
HG_INLINE vfloat v_after_last(vfloat before, vfloat v) { return vextq_f32(before, v, 3); }

HG_INLINE vfloat v_after_last2(vfloat before, vfloat v) { return vextq_f32(before, v, 2); }

/* Lanes 0 0 1 2 and 1 2 3 3. */
HG_INLINE vfloat v_repeat_first(vfloat v) { return vextq_f32(vdupq_laneq_f32(v, 0), v, 3); }

HG_INLINE vfloat v_repeat_last(vfloat v) { return vextq_f32(v, vdupq_laneq_f32(v, 3), 1); }

/* Lane i becomes lane i ^ d; d is a constant. */
HG_INLINE vfloat v_swap(vfloat v, int d)
{
    if (d & 2) v = vextq_f32(v, v, 2); /* 2 3 0 1 */
    return d & 1 ? vrev64q_f32(v) : v; /* 1 0 3 2 */
}

/* The first 0 < n < VL lanes, and the others; zeros in their places. */
HG_INLINE vpair v_cut(vfloat v, size_t n)
{
    static const uint32_t behind[2 * VL] = {0,          0,          0,          0,
                                            UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    const uint32x4_t vrest = vld1q_u32(behind + VL - n), vi = vreinterpretq_u32_f32(v);
    return (vpair){vreinterpretq_f32_u32(vbicq_u32(vi, vrest)),
                   vreinterpretq_f32_u32(vandq_u32(vi, vrest))};
}

/* Lane j takes lane place[j] of v; what places outside give does not matter. */
HG_INLINE vplaces p_of(vint place)
{
    const uint32x4_t vfirst = vmulq_n_u32(vreinterpretq_u32_s32(place), 0x04040404);
    return vreinterpretq_u8_u32(vaddq_u32(vfirst, vdupq_n_u32(0x03020100)));
}

HG_INLINE vfloat v_permute(vfloat v, vplaces at)
{
    return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), at));
}

/* Lane i is the sum of the lanes of v[i]. */
HG_INLINE vfloat v_sum_lanes(const vfloat v[VL])
{
    return vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3])); /* of 0 0 1 1 and 2 2 3 3 */
}

/* Lane i < n is the sum of the lanes of v[i], 0 < n <= VL; VL vectors are readable. */
HG_INLINE vfloat v_sum_lanes_first(const vfloat v[VL], int n)
{
    (void)n;
    return v_sum_lanes(v);
}

/* VL rows become VL columns; the first digit is the row, the second the column. */
HG_INLINE void v_transpose(vfloat a[VL])
{
    const float32x4x2_t b01 = vtrnq_f32(a[0], a[1]); /* { 00 10 02 12 }, { 01 11 03 13 } */
    const float32x4x2_t b23 = vtrnq_f32(a[2], a[3]); /* { 20 30 22 32 }, { 21 31 23 33 } */
    a[0] = vcombine_f32(vget_low_f32(b01.val[0]), vget_low_f32(b23.val[0]));
    a[1] = vcombine_f32(vget_low_f32(b01.val[1]), vget_low_f32(b23.val[1]));
    a[2] = vcombine_f32(vget_high_f32(b01.val[0]), vget_high_f32(b23.val[0]));
    a[3] = vcombine_f32(vget_high_f32(b01.val[1]), vget_high_f32(b23.val[1]));
}

#endif
