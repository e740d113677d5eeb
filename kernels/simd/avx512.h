/* The vector vocabulary (simd.h), AVX-512 F, BW, DQ and VL, which x86-64-v4 has: the real header
 * where the build allows it, SIMDe elsewhere. */
#ifndef HG_SIMD_AVX512_H
#define HG_SIMD_AVX512_H

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512DQ__) && defined(__AVX512VL__)
#include <immintrin.h>
#else
#include "kernels/simd/avx512_simde.h"
#endif

enum { HG_SIMD_ISA = HG_ISA_AVX512, VL = 16, V_REGISTERS = 32 };

typedef __m512 vfloat;
typedef __m512i vint, vlong, vplaces;
typedef __mmask16 vmask, vtail;

/* ---- Memory ---- */

HG_INLINE vtail v_tail(size_t n) { return (vtail)((1u << n) - 1u); }

HG_INLINE vfloat v_load(const float *p) { return _mm512_loadu_ps(p); }

HG_INLINE void v_store(float *p, vfloat v) { _mm512_storeu_ps(p, v); }

HG_INLINE vfloat v_load_tail(const float *p, vtail tail) { return _mm512_maskz_loadu_ps(tail, p); }

HG_INLINE void v_store_tail(float *p, vfloat v, vtail tail) { _mm512_mask_storeu_ps(p, tail, v); }

HG_INLINE vfloat v_load_first(const float *p, size_t n) { return v_load_tail(p, v_tail(n)); }

HG_INLINE void v_store_first(float *p, vfloat v, size_t n) { v_store_tail(p, v, v_tail(n)); }

/* n <= VL lanes, maybe none; the others are `other`. */
HG_INLINE vfloat v_load_first_else(const float *p, size_t n, float other)
{
    return _mm512_mask_loadu_ps(_mm512_set1_ps(other), v_tail(n), p);
}

/* Past the caches; p is aligned to a vector. v_drain before another thread is told of it. */
HG_INLINE void v_store_nontemporal(float *p, vfloat v) { _mm512_stream_ps(p, v); }

HG_INLINE void v_drain(void) { _mm_sfence(); }

/* Keeps v in a register: a load that several operations share is not repeated. */
HG_INLINE vfloat v_keep(vfloat v)
{
#if defined(__AVX512F__)
    __asm__("" : "+v"(v));
#endif
    return v;
}

/* A whole vector that several operations share. */
HG_INLINE vfloat v_load_once(const float *p) { return v_keep(v_load(p)); }

/* The last n < VL floats before p + n, and 0; in which lanes does not matter, the same for every p.
 * behind: VL floats before p + n may be read. */
HG_INLINE vfloat v_load_rest(const float *p, size_t n, bool behind)
{
    (void)behind;
    return v_load_first(p, n);
}

HG_INLINE vint i_load(const int32_t *p) { return _mm512_loadu_si512(p); }

HG_INLINE void i_store(int32_t *p, vint v) { _mm512_storeu_si512(p, v); }

HG_INLINE vint i_load_first(const int32_t *p, size_t n)
{
    return _mm512_maskz_loadu_epi32(v_tail(n), p);
}

HG_INLINE void i_store_first(int32_t *p, vint v, size_t n)
{
    _mm512_mask_storeu_epi32(p, v_tail(n), v);
}

HG_INLINE vfloat v_gather_stride(const float *p, int64_t stride)
{
    static const int32_t lanes[VL] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const __m512i vstride = _mm512_set1_epi32((int32_t)stride);
    return _mm512_i32gather_ps(_mm512_mullo_epi32(i_load(lanes), vstride), p, 4);
}

/* p[at[lane]]. */
HG_INLINE vfloat v_gather(const float *p, const int32_t *at)
{
    return _mm512_i32gather_ps(i_load(at), p, 4);
}

HG_INLINE vlong l_load(const int64_t *p) { return _mm512_loadu_si512(p); }

HG_INLINE void l_store(int64_t *p, vlong v) { _mm512_storeu_si512(p, v); }

/* ---- Arithmetic ---- */

HG_INLINE vfloat v_zero(void) { return _mm512_setzero_ps(); }

HG_INLINE vfloat v_all(float value) { return _mm512_set1_ps(value); }

HG_INLINE vfloat v_splat(const float *p) { return _mm512_set1_ps(*p); }

HG_INLINE vfloat v_sqrt(vfloat v) { return _mm512_sqrt_ps(v); }

HG_INLINE vfloat v_abs(vfloat v) { return _mm512_abs_ps(v); }

/* |v| with the sign of `sign`. */
HG_INLINE vfloat v_with_sign(vfloat v, vfloat sign)
{
    return _mm512_or_ps(v_abs(v), _mm512_and_ps(_mm512_set1_ps(-0.0f), sign));
}

/* a * b + c, rounded once. */
HG_INLINE vfloat v_fma(vfloat a, vfloat b, vfloat c) { return _mm512_fmadd_ps(a, b, c); }

/* 1 / v within an ulp or two, much faster than a division; |v| from 2^-100 to 2^100. */
HG_INLINE vfloat v_inverse(vfloat v)
{
    const __m512 vguess = _mm512_rcp14_ps(v), vrest = _mm512_fnmadd_ps(v, vguess, v_all(1.0f));
    return _mm512_fmadd_ps(vguess, vrest, vguess);
}

/* NaN stays: vmaxps and vminps return their second operand on NaN. */
HG_INLINE vfloat v_at_least(vfloat v, vfloat low) { return _mm512_max_ps(low, v); }

HG_INLINE vfloat v_at_most(vfloat v, vfloat high) { return _mm512_min_ps(high, v); }

/* later > earlier ? later : earlier. vmaxps returns its second operand for ties and for NaN. */
HG_INLINE vfloat v_max_first(vfloat earlier, vfloat later) { return _mm512_max_ps(later, earlier); }

/* ---- Masks ---- */

HG_INLINE vmask v_greater(vfloat a, vfloat b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }

HG_INLINE vmask v_is_nan(vfloat v) { return _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q); }

HG_INLINE vmask v_negative(vfloat v)
{
    return _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_LT_OQ);
}

HG_INLINE vmask v_nonzero(vfloat v)
{
    return _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NEQ_UQ);
}

HG_INLINE vmask m_none(void) { return 0; }

/* The first n <= VL lanes. */
HG_INLINE vmask m_first(size_t n) { return v_tail(n); }

HG_INLINE vmask m_and(vmask a, vmask b) { return (vmask)(a & b); }

/* a and not b. */
HG_INLINE vmask m_without(vmask a, vmask b) { return (vmask)(a & ~b); }

HG_INLINE vmask m_or(vmask a, vmask b) { return (vmask)(a | b); }

HG_INLINE bool m_any(vmask m) { return m != 0; }

/* m ? a : b. */
HG_INLINE vmask m_select(vmask m, vmask a, vmask b) { return (vmask)((m & a) | (~m & b)); }

HG_INLINE vfloat v_select(vmask m, vfloat a, vfloat b) { return _mm512_mask_mov_ps(b, m, a); }

/* v_max_first, but a later NaN is taken. */
HG_INLINE vfloat v_max_first_last_nan(vfloat earlier, vfloat later)
{
    return _mm512_mask_mov_ps(_mm512_max_ps(later, earlier), v_is_nan(later), later);
}

/* m ? v : 0. */
HG_INLINE vfloat v_where(vmask m, vfloat v) { return _mm512_maskz_mov_ps(m, v); }

/* p[at] where m; other lanes are 0 and not read. */
HG_INLINE vfloat v_gather_lanes(vmask m, const float *p, vint at)
{
    return _mm512_mask_i32gather_ps(_mm512_setzero_ps(), m, at, p, 4);
}

/* ---- Integers ---- */

/* The same bits as the other type. */
HG_INLINE vint i_bits(vfloat v) { return _mm512_castps_si512(v); }

HG_INLINE vfloat v_bits(vint v) { return _mm512_castsi512_ps(v); }

HG_INLINE vint i_all(int32_t value) { return _mm512_set1_epi32(value); }

HG_INLINE vint i_add(vint a, vint b) { return _mm512_add_epi32(a, b); }

HG_INLINE vint i_sub(vint a, vint b) { return _mm512_sub_epi32(a, b); }

HG_INLINE vint i_shift_left(vint v, int bits) { return _mm512_slli_epi32(v, (unsigned)bits); }

HG_INLINE vint i_mul(vint a, vint b) { return _mm512_mullo_epi32(a, b); }

HG_INLINE vmask i_greater(vint a, vint b) { return _mm512_cmpgt_epi32_mask(a, b); }

HG_INLINE vmask i_equal(vint a, vint b) { return _mm512_cmpeq_epi32_mask(a, b); }

HG_INLINE vint i_where(vmask m, vint v) { return _mm512_maskz_mov_epi32(m, v); }

/* m ? a : b. */
HG_INLINE vint i_select(vmask m, vint a, vint b) { return _mm512_mask_mov_epi32(b, m, a); }

/* m ? a : b, by one instruction. */
HG_INLINE vint i_blend(vmask m, vint a, vint b) { return _mm512_mask_mov_epi32(b, m, a); }

/* One more in the lanes of m. */
HG_INLINE vint i_count(vint count, vmask m)
{
    return _mm512_mask_add_epi32(count, m, count, _mm512_set1_epi32(1));
}

HG_INLINE vlong l_all(int64_t value) { return _mm512_set1_epi64(value); }

/* 0, step, 2 * step, ... */
HG_INLINE vlong l_multiples(int64_t step)
{
    return _mm512_setr_epi64(0, step, 2 * step, 3 * step, 4 * step, 5 * step, 6 * step, 7 * step);
}

HG_INLINE vlong l_add(vlong a, vlong b) { return _mm512_add_epi64(a, b); }

HG_INLINE vlong l_sub(vlong a, vlong b) { return _mm512_sub_epi64(a, b); }

/* half (0 or 1) of the lanes of v, times a factor of 32 bits, plus c. */
HG_INLINE vlong l_fma_half(vint v, int half, int32_t factor, vlong c)
{
    const __m256i vhalf = half ? _mm512_extracti64x4_epi64(v, 1) : _mm512_castsi512_si256(v);
    const __m512i vfactor = _mm512_set1_epi64(factor);
    return _mm512_add_epi64(_mm512_mul_epi32(_mm512_cvtepi32_epi64(vhalf), vfactor), c);
}

/* The VL numbers of both as 32 bits; -1 for those outside 0 .. 2^31 - 1. */
HG_INLINE vint l_narrow(vlong v0, vlong v1)
{
    const __m512i vzero = _mm512_setzero_si512(), vones = _mm512_set1_epi64(-1);
    const __mmask8 in0 = _mm512_cmpeq_epi64_mask(_mm512_srli_epi64(v0, 31), vzero);
    const __mmask8 in1 = _mm512_cmpeq_epi64_mask(_mm512_srli_epi64(v1, 31), vzero);
    const __m256i vlow = _mm512_cvtepi64_epi32(_mm512_mask_mov_epi64(vones, in0, v0));
    const __m256i vhigh = _mm512_cvtepi64_epi32(_mm512_mask_mov_epi64(vones, in1, v1));
    return _mm512_inserti64x4(_mm512_castsi256_si512(vlow), vhigh, 1);
}

/* ---- Lanes ---- */

HG_INLINE vfloat v_permuted(vfloat v, const int32_t places[VL])
{
    return _mm512_permutexvar_ps(i_load(places), v);
}

/* Lanes 0 .. 15 are those of v0, 16 .. 31 those of v1. */
HG_INLINE vfloat v_permuted2(vfloat v0, vfloat v1, const int32_t places[VL])
{
    return _mm512_permutex2var_ps(v0, i_load(places), v1);
}

/* 2 * VL floats as the even and the odd ones, in an order of lanes that v_in_order mends; here they
 * are in order. */
HG_INLINE void v_deinterleave(vfloat v0, vfloat v1, vfloat *even, vfloat *odd)
{
    static const int32_t evens[VL] = {0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30};
    static const int32_t odds[VL] = {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31};
    *even = v_permuted2(v0, v1, evens);
    *odd = v_permuted2(v0, v1, odds);
}

HG_INLINE void v_load_deinterleaved(const float *p, vfloat *even, vfloat *odd)
{
    v_deinterleave(v_load(p), v_load(p + VL), even, odd);
}

HG_INLINE vfloat v_in_order(vfloat v) { return v; }

/* Lanes n .. n + VL of v followed by next; n is a constant. */
#define HG_LANES_FROM(v, next, n)                                                                  \
    _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(next), _mm512_castps_si512(v), n))

/* Deinterleaved lanes move up by one, the last to the first. */
HG_INLINE vfloat v_turn_deinterleaved(vfloat v) { return HG_LANES_FROM(v, v, 15); }

/* The first lane of `first`, the others of v. */
HG_INLINE vfloat v_with_first(vfloat first, vfloat v) { return _mm512_mask_mov_ps(v, 1, first); }

typedef struct vpair {
    vfloat v0, v1;
} vpair;

/* Lanes of both in turn. */
HG_INLINE vpair v_zip(vfloat even, vfloat odd)
{
    static const int32_t low[VL] = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
    static const int32_t high[VL] = {8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return (vpair){v_permuted2(even, odd, low), v_permuted2(even, odd, high)};
}

/* Every lane twice: 0 0 1 1 .. 7 7 and 8 8 .. 15 15. */
HG_INLINE vpair v_twice(vfloat v)
{
    static const int32_t low[VL] = {0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7};
    static const int32_t high[VL] = {8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15};
    return (vpair){v_permuted(v, low), v_permuted(v, high)};
}

/* Lanes 4 .. 19, 2 .. 17 and 1 .. 16 of v followed by next. */
HG_INLINE vfloat v_shift4(vfloat v, vfloat next) { return HG_LANES_FROM(v, next, 4); }

HG_INLINE vfloat v_shift2(vfloat v, vfloat next) { return HG_LANES_FROM(v, next, 2); }

HG_INLINE vfloat v_shift1(vfloat v, vfloat next) { return HG_LANES_FROM(v, next, 1); }

/* The last lane, and the last two, of `before`, followed by the first of v. */
HG_INLINE vfloat v_after_last(vfloat before, vfloat v) { return HG_LANES_FROM(before, v, 15); }

HG_INLINE vfloat v_after_last2(vfloat before, vfloat v) { return HG_LANES_FROM(before, v, 14); }

/* Lanes 0 0 1 .. 14 and 1 .. 14 15 15. */
HG_INLINE vfloat v_repeat_first(vfloat v)
{
    static const int32_t places[VL] = {0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    return v_permuted(v, places);
}

HG_INLINE vfloat v_repeat_last(vfloat v)
{
    static const int32_t places[VL] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15};
    return v_permuted(v, places);
}

/* Lane i becomes lane i ^ d; d is a constant. */
HG_INLINE vfloat v_swap(vfloat v, int d)
{
    if (d & 8) v = _mm512_shuffle_f32x4(v, v, 0x4e); /* quarters 2 3 0 1 */
    if (d & 4) v = _mm512_shuffle_f32x4(v, v, 0xb1); /* quarters 1 0 3 2 */
    return (d & 3) == 0   ? v
           : (d & 3) == 1 ? _mm512_shuffle_ps(v, v, 0xb1)  /* 1 0 3 2 */
           : (d & 3) == 2 ? _mm512_shuffle_ps(v, v, 0x4e)  /* 2 3 0 1 */
                          : _mm512_shuffle_ps(v, v, 0x1b); /* 3 2 1 0 */
}

/* The first 0 < n < VL lanes, and the others; zeros in their places. */
HG_INLINE vpair v_cut(vfloat v, size_t n)
{
    return (vpair){_mm512_maskz_mov_ps(v_tail(n), v), _mm512_maskz_mov_ps((vmask)~v_tail(n), v)};
}

/* Lane j takes lane place[j] of v; what places outside give does not matter. */
HG_INLINE vplaces p_of(vint place) { return place; }

HG_INLINE vfloat v_permute(vfloat v, vplaces at) { return _mm512_permutexvar_ps(at, v); }

HG_INLINE vfloat v_add_pairs(vfloat a, vfloat b)
{
    return _mm512_unpacklo_ps(a, b) + _mm512_unpackhi_ps(a, b);
}

HG_INLINE vfloat v_add_quads(vfloat a, vfloat b)
{
    const __m512d va = _mm512_castps_pd(a), vb = _mm512_castps_pd(b);
    return _mm512_castpd_ps(_mm512_unpacklo_pd(va, vb)) +
           _mm512_castpd_ps(_mm512_unpackhi_pd(va, vb));
}

HG_INLINE vfloat v_add_quarters(vfloat a, vfloat b)
{
    return _mm512_shuffle_f32x4(a, b, 0x88) + _mm512_shuffle_f32x4(a, b, 0xdd);
}

/* Lane i is the sum of the lanes of v[i]: neighbours are added, twice within the quarters of a
 * vector and twice across them. */
HG_INLINE vfloat v_sum_lanes(const vfloat v[VL])
{
    vfloat four[4];
    HG_UNROLL for (int i = 0; i < 4; i++) four[i] =
        v_add_quads(v_add_pairs(v[4 * i], v[4 * i + 1]), v_add_pairs(v[4 * i + 2], v[4 * i + 3]));
    return v_add_quarters(v_add_quarters(four[0], four[1]), v_add_quarters(four[2], four[3]));
}

/* Lane i < n is the sum of the lanes of v[i], 0 < n <= VL; VL vectors are readable. n is a
 * constant. */
HG_INLINE vfloat v_sum_lanes_first(const vfloat v[VL], int n)
{
    (void)n;
    return v_sum_lanes(v);
}

/* VL rows become VL columns: 4 x 4 blocks within the quarters of vectors, then the quarters. */
HG_INLINE void v_transpose(vfloat a[VL])
{
    vfloat b[VL], d[VL];
    HG_UNROLL for (int i = 0; i < VL; i += 2)
    {
        b[i] = _mm512_unpacklo_ps(a[i], a[i + 1]);     /* 00 10 01 11 | 04 14 05 15 | ... */
        b[i + 1] = _mm512_unpackhi_ps(a[i], a[i + 1]); /* 02 12 03 13 | 06 16 07 17 | ... */
    }
    HG_UNROLL for (int i = 0; i < VL; i += 4)
    {
        d[i] = _mm512_shuffle_ps(b[i], b[i + 2], 0x44);         /* 00 10 20 30 | 04 ... | ... */
        d[i + 1] = _mm512_shuffle_ps(b[i], b[i + 2], 0xee);     /* 01 11 21 31 | 05 ... */
        d[i + 2] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0x44); /* 02 ... */
        d[i + 3] = _mm512_shuffle_ps(b[i + 1], b[i + 3], 0xee); /* 03 ... */
    }
    HG_UNROLL for (int k = 0; k < 4; k++)
    {
        const vfloat v02 = _mm512_shuffle_f32x4(d[k], d[4 + k], 0x88);
        const vfloat v13 = _mm512_shuffle_f32x4(d[k], d[4 + k], 0xdd);
        const vfloat w02 = _mm512_shuffle_f32x4(d[8 + k], d[12 + k], 0x88);
        const vfloat w13 = _mm512_shuffle_f32x4(d[8 + k], d[12 + k], 0xdd);
        a[k] = _mm512_shuffle_f32x4(v02, w02, 0x88);
        a[4 + k] = _mm512_shuffle_f32x4(v13, w13, 0x88);
        a[8 + k] = _mm512_shuffle_f32x4(v02, w02, 0xdd);
        a[12 + k] = _mm512_shuffle_f32x4(v13, w13, 0xdd);
    }
}

#endif
