/* The vector vocabulary (simd.h), AVX2 + FMA. */
#ifndef HG_SIMD_AVX2_H
#define HG_SIMD_AVX2_H

#if !defined(__AVX2__) || !defined(__FMA__)
#error "AVX2 kernels are built with -mavx2 -mfma: see kernels/meson.build"
#endif

#include <immintrin.h>

enum { HG_SIMD_ISA = HG_ISA_AVX2, VL = 8, V_REGISTERS = 16 };

typedef __m256 vfloat;
typedef __m256i vint, vlong, vplaces;
typedef __m256 vmask; /* lanes of all bits */
typedef __m256i vtail;

/* ---- Memory ---- */

/* A window of VL words that starts VL - n into this table has its first n lanes set. */
static const int32_t hg_tail_words[2 * VL] = {-1, -1, -1, -1, -1, -1, -1, -1};

HG_INLINE vtail v_tail(size_t n)
{
    return _mm256_loadu_si256((const __m256i *)(hg_tail_words + VL - n));
}

HG_INLINE vfloat v_load(const float *p) { return _mm256_loadu_ps(p); }

HG_INLINE void v_store(float *p, vfloat v) { _mm256_storeu_ps(p, v); }

HG_INLINE vfloat v_load_tail(const float *p, vtail tail) { return _mm256_maskload_ps(p, tail); }

HG_INLINE void v_store_tail(float *p, vfloat v, vtail tail) { _mm256_maskstore_ps(p, tail, v); }

HG_INLINE vfloat v_load_first(const float *p, size_t n) { return v_load_tail(p, v_tail(n)); }

/* By halves: some CPUs take many times as long for a masked store. */
HG_INLINE void v_store_first(float *p, vfloat v, size_t n)
{
    __m128 vrest = _mm256_castps256_ps128(v);
    if (n & 4) {
        _mm_storeu_ps(p, vrest);
        vrest = _mm256_extractf128_ps(v, 1);
        p += 4;
    }
    if (n & 2) {
        _mm_storel_pi((__m64 *)(void *)p, vrest);
        vrest = _mm_movehl_ps(vrest, vrest);
        p += 2;
    }
    if (n & 1) _mm_store_ss(p, vrest);
}

/* n <= VL lanes, maybe none; the others are `other`. */
HG_INLINE vfloat v_load_first_else(const float *p, size_t n, float other)
{
    const vtail tail = v_tail(n);
    return _mm256_blendv_ps(_mm256_set1_ps(other), v_load_tail(p, tail), _mm256_castsi256_ps(tail));
}

/* Past the caches; p is aligned to a vector. v_drain before another thread is told of it. */
HG_INLINE void v_store_nontemporal(float *p, vfloat v) { _mm256_stream_ps(p, v); }

HG_INLINE void v_drain(void) { _mm_sfence(); }

/* Keeps v in a register. Otherwise gcc may repeat a load that several operations share, as an
 * operand in memory of each of them, and make loads the bound of a loop. */
HG_INLINE vfloat v_keep(vfloat v)
{
    __asm__("" : "+x"(v));
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

HG_INLINE vfloat v_gather_stride(const float *p, int64_t stride)
{
    const __m256i vlane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_i32gather_ps(p, _mm256_mullo_epi32(vlane, _mm256_set1_epi32((int32_t)stride)), 4);
}

/* p[at[lane]]. */
HG_INLINE vfloat v_gather(const float *p, const int32_t *at)
{
    return _mm256_i32gather_ps(p, _mm256_loadu_si256((const __m256i *)at), 4);
}

HG_INLINE vint i_load(const int32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

HG_INLINE void i_store(int32_t *p, vint v) { _mm256_storeu_si256((__m256i *)p, v); }

HG_INLINE vint i_load_first(const int32_t *p, size_t n)
{
    return _mm256_maskload_epi32(p, v_tail(n));
}

HG_INLINE void i_store_first(int32_t *p, vint v, size_t n)
{
    v_store_first((float *)(void *)p, _mm256_castsi256_ps(v), n);
}

HG_INLINE vlong l_load(const int64_t *p) { return _mm256_loadu_si256((const __m256i *)p); }

HG_INLINE void l_store(int64_t *p, vlong v) { _mm256_storeu_si256((__m256i *)p, v); }

/* ---- Arithmetic ---- */

HG_INLINE vfloat v_zero(void) { return _mm256_setzero_ps(); }

HG_INLINE vfloat v_all(float value) { return _mm256_set1_ps(value); }

HG_INLINE vfloat v_splat(const float *p) { return _mm256_broadcast_ss(p); }

HG_INLINE vfloat v_sqrt(vfloat v) { return _mm256_sqrt_ps(v); }

HG_INLINE vfloat v_abs(vfloat v) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v); }

/* |v| with the sign of `sign`. */
HG_INLINE vfloat v_with_sign(vfloat v, vfloat sign)
{
    return _mm256_or_ps(v_abs(v), _mm256_and_ps(_mm256_set1_ps(-0.0f), sign));
}

/* a * b + c, rounded once. */
HG_INLINE vfloat v_fma(vfloat a, vfloat b, vfloat c) { return _mm256_fmadd_ps(a, b, c); }

/* 1 / v within an ulp or two, much faster than a division; |v| from 2^-100 to 2^100. */
HG_INLINE vfloat v_inverse(vfloat v)
{
    const __m256 vguess = _mm256_rcp_ps(v), vrest = _mm256_fnmadd_ps(v, vguess, v_all(1.0f));
    return _mm256_fmadd_ps(vguess, vrest, vguess);
}

/* At least low, at most high; NaN stays: vminps and vmaxps return their second operand on it.
 */
HG_INLINE vfloat v_at_least(vfloat v, vfloat low) { return _mm256_max_ps(low, v); }

HG_INLINE vfloat v_at_most(vfloat v, vfloat high) { return _mm256_min_ps(high, v); }

/* later > earlier ? later : earlier. vmaxps returns its second operand for ties and for NaN. */
HG_INLINE vfloat v_max_first(vfloat earlier, vfloat later) { return _mm256_max_ps(later, earlier); }

/* The same, but a later NaN is taken. */
HG_INLINE vfloat v_max_first_last_nan(vfloat earlier, vfloat later)
{
    const __m256 vnan = _mm256_cmp_ps(later, later, _CMP_UNORD_Q);
    return _mm256_blendv_ps(_mm256_max_ps(later, earlier), later, vnan);
}

/* ---- Masks ---- */

HG_INLINE vmask v_greater(vfloat a, vfloat b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }

HG_INLINE vmask v_is_nan(vfloat v) { return _mm256_cmp_ps(v, v, _CMP_UNORD_Q); }

HG_INLINE vmask v_negative(vfloat v) { return _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_LT_OQ); }

HG_INLINE vmask v_nonzero(vfloat v) { return _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_NEQ_UQ); }

HG_INLINE vmask m_none(void) { return _mm256_setzero_ps(); }

/* The first n <= VL lanes. */
HG_INLINE vmask m_first(size_t n) { return _mm256_castsi256_ps(v_tail(n)); }

HG_INLINE vmask m_or(vmask a, vmask b) { return _mm256_or_ps(a, b); }

HG_INLINE vmask m_and(vmask a, vmask b) { return _mm256_and_ps(a, b); }

/* a and not b. */
HG_INLINE vmask m_without(vmask a, vmask b) { return _mm256_andnot_ps(b, a); }

HG_INLINE bool m_any(vmask m) { return _mm256_movemask_ps(m) != 0; }

/* m ? a : b. */
HG_INLINE vmask m_select(vmask m, vmask a, vmask b)
{
    return _mm256_xor_ps(b, _mm256_and_ps(m, _mm256_xor_ps(a, b)));
}

HG_INLINE vfloat v_select(vmask m, vfloat a, vfloat b) { return _mm256_blendv_ps(b, a, m); }

/* m ? v : 0. */
HG_INLINE vfloat v_where(vmask m, vfloat v) { return _mm256_and_ps(v, m); }

/* p[at] where m; other lanes are 0 and not read. */
HG_INLINE vfloat v_gather_lanes(vmask m, const float *p, vint at)
{
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), p, at, m, 4);
}

/* ---- Integers ---- */

/* The same bits as the other type. */
HG_INLINE vint i_bits(vfloat v) { return _mm256_castps_si256(v); }

HG_INLINE vfloat v_bits(vint v) { return _mm256_castsi256_ps(v); }

HG_INLINE vint i_all(int32_t value) { return _mm256_set1_epi32(value); }

HG_INLINE vint i_add(vint a, vint b) { return _mm256_add_epi32(a, b); }

HG_INLINE vint i_sub(vint a, vint b) { return _mm256_sub_epi32(a, b); }

HG_INLINE vint i_shift_left(vint v, int bits) { return _mm256_slli_epi32(v, bits); }

HG_INLINE vint i_mul(vint a, vint b) { return _mm256_mullo_epi32(a, b); }

HG_INLINE vmask i_greater(vint a, vint b) { return _mm256_castsi256_ps(_mm256_cmpgt_epi32(a, b)); }

HG_INLINE vmask i_equal(vint a, vint b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }

HG_INLINE vint i_where(vmask m, vint v) { return _mm256_and_si256(_mm256_castps_si256(m), v); }

/* m ? a : b, by bits, which more units do than blend. */
HG_INLINE vint i_select(vmask m, vint a, vint b)
{
    return _mm256_xor_si256(b, _mm256_and_si256(_mm256_castps_si256(m), _mm256_xor_si256(a, b)));
}

/* m ? a : b, by one instruction of few units; v_select of such bits may become two. */
HG_INLINE vint i_blend(vmask m, vint a, vint b)
{
    return _mm256_blendv_epi8(b, a, _mm256_castps_si256(m));
}

/* One more in the lanes of m. */
HG_INLINE vint i_count(vint count, vmask m)
{
    return _mm256_sub_epi32(count, _mm256_castps_si256(m));
}

HG_INLINE vlong l_all(int64_t value) { return _mm256_set1_epi64x(value); }

/* 0, step, 2 * step, ... */
HG_INLINE vlong l_multiples(int64_t step)
{
    return _mm256_setr_epi64x(0, step, 2 * step, 3 * step);
}

HG_INLINE vlong l_add(vlong a, vlong b) { return _mm256_add_epi64(a, b); }

HG_INLINE vlong l_sub(vlong a, vlong b) { return _mm256_sub_epi64(a, b); }

/* half (0 or 1) of the lanes of v, times a factor of 32 bits, plus c. */
HG_INLINE vlong l_fma_half(vint v, int half, int32_t factor, vlong c)
{
    const __m128i vhalf = half ? _mm256_extracti128_si256(v, 1) : _mm256_castsi256_si128(v);
    const __m256i vfactor = _mm256_set1_epi64x(factor);
    return _mm256_add_epi64(_mm256_mul_epi32(_mm256_cvtepi32_epi64(vhalf), vfactor), c);
}

/* The VL numbers of both as 32 bits; -1 for those outside 0 .. 2^31 - 1. */
HG_INLINE vint l_narrow(vlong v0, vlong v1)
{
    const __m256i vzero = _mm256_setzero_si256(), vones = _mm256_set1_epi64x(-1);
    const __m256i vin0 = _mm256_cmpeq_epi64(_mm256_srli_epi64(v0, 31), vzero);
    const __m256i vin1 = _mm256_cmpeq_epi64(_mm256_srli_epi64(v1, 31), vzero);
    const __m256i va = _mm256_or_si256(v0, _mm256_xor_si256(vin0, vones));
    const __m256i vb = _mm256_or_si256(v1, _mm256_xor_si256(vin1, vones));
    /* Low halves: 0 1 4 5 | 2 3 6 7, then the 64-bit quarters 0 2 1 3: lanes 0 .. 7. */
    const __m256 vlow = _mm256_shuffle_ps(_mm256_castsi256_ps(va), _mm256_castsi256_ps(vb), 0x88);
    return _mm256_permute4x64_epi64(_mm256_castps_si256(vlow), 0xD8);
}

/* ---- Lanes ---- */

/* 2 * VL floats as the even and the odd ones, in an order of lanes that v_in_order mends:
 * 0 2 8 10 | 4 6 12 14 and 1 3 9 11 | 5 7 13 15. */
HG_INLINE void v_deinterleave(vfloat v0, vfloat v1, vfloat *even, vfloat *odd)
{
    *even = _mm256_shuffle_ps(v0, v1, 0x88);
    *odd = _mm256_shuffle_ps(v0, v1, 0xDD);
}

HG_INLINE void v_load_deinterleaved(const float *p, vfloat *even, vfloat *odd)
{
    v_deinterleave(v_load(p), v_load(p + VL), even, odd);
}

/* 64-bit quarters 0 2 1 3. */
HG_INLINE vfloat v_in_order(vfloat v)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xD8));
}

/* Deinterleaved lanes move up by one, the last to the first. */
HG_INLINE vfloat v_turn_deinterleaved(vfloat v)
{
    return _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(7, 0, 5, 2, 1, 4, 3, 6));
}

/* The first lane of `first`, the others of v. */
HG_INLINE vfloat v_with_first(vfloat first, vfloat v) { return _mm256_blend_ps(v, first, 1); }

typedef struct vpair {
    vfloat v0, v1;
} vpair;

/* Lanes of both in turn. */
HG_INLINE vpair v_zip(vfloat even, vfloat odd)
{
    const __m256 vlow = _mm256_unpacklo_ps(even, odd);  /* 0 0 1 1 | 4 4 5 5 */
    const __m256 vhigh = _mm256_unpackhi_ps(even, odd); /* 2 2 3 3 | 6 6 7 7 */
    return (vpair){_mm256_permute2f128_ps(vlow, vhigh, 0x20),
                   _mm256_permute2f128_ps(vlow, vhigh, 0x31)};
}

/* Every lane twice: 0 0 1 1 2 2 3 3 and 4 4 5 5 6 6 7 7. */
HG_INLINE vpair v_twice(vfloat v)
{
    return (vpair){_mm256_permutevar8x32_ps(v, _mm256_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3)),
                   _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(4, 4, 5, 5, 6, 6, 7, 7))};
}

/* Lanes 4 .. 11, 2 .. 9 and 1 .. 8 of v followed by next. */
HG_INLINE vfloat v_shift4(vfloat v, vfloat next) { return _mm256_permute2f128_ps(v, next, 0x21); }

HG_INLINE vfloat v_shift2(vfloat v, vfloat next)
{
    return _mm256_shuffle_ps(v, v_shift4(v, next), 0x4E);
}

HG_INLINE vfloat v_shift1(vfloat v, vfloat next)
{
    const __m256i vcross = _mm256_castps_si256(v_shift4(v, next));
    return _mm256_castsi256_ps(_mm256_alignr_epi8(vcross, _mm256_castps_si256(v), 4));
}

/* The last lane, and the last two, of `before`, followed by the first of v. */
HG_INLINE vfloat v_after_last(vfloat before, vfloat v)
{
    const __m256i vcross = _mm256_castps_si256(v_shift4(before, v));
    return _mm256_castsi256_ps(_mm256_alignr_epi8(_mm256_castps_si256(v), vcross, 12));
}

HG_INLINE vfloat v_after_last2(vfloat before, vfloat v)
{
    return _mm256_shuffle_ps(v_shift4(before, v), v, 0x4E);
}

/* Lanes 0 0 1 .. 6 and 1 .. 6 7 7. */
HG_INLINE vfloat v_repeat_first(vfloat v)
{
    return _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6));
}

HG_INLINE vfloat v_repeat_last(vfloat v)
{
    return _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 7));
}

/* Lane i becomes lane i ^ d; d is a constant. */
HG_INLINE vfloat v_swap(vfloat v, int d)
{
    if (d & 4) v = _mm256_permute2f128_ps(v, v, 0x01); /* 4 5 6 7 0 1 2 3 */
    return (d & 3) == 0   ? v
           : (d & 3) == 1 ? _mm256_permute_ps(v, 0xb1)  /* 1 0 3 2 */
           : (d & 3) == 2 ? _mm256_permute_ps(v, 0x4e)  /* 2 3 0 1 */
                          : _mm256_permute_ps(v, 0x1b); /* 3 2 1 0 */
}

/* The first 0 < n < VL lanes, and the others; zeros in their places. */
HG_INLINE vpair v_cut(vfloat v, size_t n)
{
    const __m256 vfirst = _mm256_castsi256_ps(v_tail(n));
    return (vpair){_mm256_and_ps(vfirst, v), _mm256_andnot_ps(vfirst, v)};
}

/* Lane j takes lane place[j] + more of v; what places outside give does not matter. */
HG_INLINE vplaces p_of(vint place) { return place; }

HG_INLINE vfloat v_permute(vfloat v, vplaces at) { return _mm256_permutevar8x32_ps(v, at); }

/* Lane i is the sum of the lanes of v[i]. Sums of pairs of neighbours, twice: lanes
 * 0 1 2 3 | 0 1 2 3 of vectors, and 4 .. 7. */
HG_INLINE vfloat v_sum_lanes(const vfloat v[VL])
{
    const __m256 vlow = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    const __m256 vhigh = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
    return _mm256_permute2f128_ps(vlow, vhigh, 0x20) + _mm256_permute2f128_ps(vlow, vhigh, 0x31);
}

/* Lane i < n is the sum of the lanes of v[i], 0 < n <= VL; VL vectors are readable. n is a
 * constant. */
HG_INLINE vfloat v_sum_lanes_first(const vfloat v[VL], int n)
{
    if (n > 4) return v_sum_lanes(v);
    const __m256 vsum = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    return vsum + v_swap(vsum, 4); /* 0 1 2 3 | 0 1 2 3, by halves */
}

/* VL rows become VL columns. a0 = { 00 .. 07 }, a1 = { 10 .. 17 }, ...; the first digit is the row,
 * the second the column. */
HG_INLINE void v_transpose(vfloat a[VL])
{
    __m256 b[VL], d[VL];
    HG_UNROLL for (int i = 0; i < VL; i += 2)
    {
        b[i] = _mm256_unpacklo_ps(a[i], a[i + 1]);     /* 00 10 01 11 | 04 14 05 15 */
        b[i + 1] = _mm256_unpackhi_ps(a[i], a[i + 1]); /* 02 12 03 13 | 06 16 07 17 */
    }
    HG_UNROLL for (int i = 0; i < VL; i += 4)
    {
        d[i] = _mm256_shuffle_ps(b[i], b[i + 2], 0x44);         /* 00 10 20 30 | 04 14 24 34 */
        d[i + 1] = _mm256_shuffle_ps(b[i], b[i + 2], 0xEE);     /* 01 11 21 31 | 05 15 25 35 */
        d[i + 2] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0x44); /* 02 ...      | 06 ...      */
        d[i + 3] = _mm256_shuffle_ps(b[i + 1], b[i + 3], 0xEE); /* 03 ...      | 07 ...      */
    }
    HG_UNROLL for (int i = 0; i < VL / 2; i++)
    {
        a[i] = _mm256_permute2f128_ps(d[i], d[i + 4], 0x20);
        a[i + 4] = _mm256_permute2f128_ps(d[i], d[i + 4], 0x31);
    }
}

#endif
