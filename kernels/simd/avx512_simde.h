/* The intrinsics of AVX-512 that avx512.h uses and SIMDe lacks, one lane at a time. For tests on
 * CPUs without AVX-512; what the intrinsics do is Intel's description. */
#ifndef HG_SIMD_AVX512_SIMDE_H
#define HG_SIMD_AVX512_SIMDE_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#if !defined(__FMA__)
#error "SIMDe's multiply-add is fused only with -mfma: see kernels/meson.build"
#endif

/* The compiler declares some of these for functions of other targets, or has macros of their names.
 */
#undef _mm512_alignr_epi32
#undef _mm512_i32gather_ps
#undef _mm512_mask_i32gather_ps
#undef _mm512_shuffle_f32x4
#define _mm512_mask_loadu_ps lacking_mask_loadu_ps
#define _mm512_maskz_loadu_ps lacking_maskz_loadu_ps
#define _mm512_mask_storeu_ps lacking_mask_storeu_ps
#define _mm512_maskz_loadu_epi32 lacking_maskz_loadu_epi32
#define _mm512_mask_storeu_epi32 lacking_mask_storeu_epi32
#define _mm512_mask_i32gather_ps lacking_mask_i32gather_ps
#define _mm512_i32gather_ps lacking_i32gather_ps
#define _mm512_stream_ps lacking_stream_ps
#define _mm512_rcp14_ps lacking_rcp14_ps
#define _mm512_cvtepi32_epi64 lacking_cvtepi32_epi64
#define _mm512_alignr_epi32 lacking_alignr_epi32
#define _mm512_shuffle_f32x4 simde_mm512_shuffle_f32x4 /* there, but not under this name */

/* The lanes of v where the mask says so are those of memory, which is read there alone. */
HG_INLINE __m512 lacking_mask_loadu_ps(__m512 v, __mmask16 mask, const void *memory)
{
    const float *const p = memory;
    simde__m512_private lanes = simde__m512_to_private(v);
    for (int i = 0; i < 16; i++)
        if (mask >> i & 1) lanes.f32[i] = p[i];
    return simde__m512_from_private(lanes);
}

HG_INLINE __m512 lacking_maskz_loadu_ps(__mmask16 mask, const void *memory)
{
    return lacking_mask_loadu_ps(_mm512_setzero_ps(), mask, memory);
}

HG_INLINE void lacking_mask_storeu_ps(void *memory, __mmask16 mask, __m512 v)
{
    float *const p = memory;
    const simde__m512_private lanes = simde__m512_to_private(v);
    for (int i = 0; i < 16; i++)
        if (mask >> i & 1) p[i] = lanes.f32[i];
}

HG_INLINE __m512i lacking_maskz_loadu_epi32(__mmask16 mask, const void *memory)
{
    return _mm512_castps_si512(lacking_maskz_loadu_ps(mask, memory));
}

HG_INLINE void lacking_mask_storeu_epi32(void *memory, __mmask16 mask, __m512i v)
{
    lacking_mask_storeu_ps(memory, mask, _mm512_castsi512_ps(v));
}

HG_INLINE __m512 lacking_mask_i32gather_ps(__m512 v, __mmask16 mask, __m512i at, const void *memory,
                                           int scale)
{
    const char *const p = memory;
    const simde__m512i_private places = simde__m512i_to_private(at);
    simde__m512_private lanes = simde__m512_to_private(v);
    for (int i = 0; i < 16; i++)
        if (mask >> i & 1) lanes.f32[i] = *(const float *)(p + (int64_t)places.i32[i] * scale);
    return simde__m512_from_private(lanes);
}

HG_INLINE __m512 lacking_i32gather_ps(__m512i at, const void *memory, int scale)
{
    return lacking_mask_i32gather_ps(_mm512_setzero_ps(), 0xffff, at, memory, scale);
}

HG_INLINE void lacking_stream_ps(void *memory, __m512 v)
{
    const simde__m512_private halves = simde__m512_to_private(v);
    _mm256_stream_ps(memory, halves.m256[0]);
    _mm256_stream_ps((float *)memory + 8, halves.m256[1]);
}

HG_INLINE __m512 lacking_rcp14_ps(__m512 v) { return _mm512_div_ps(_mm512_set1_ps(1.0f), v); }

HG_INLINE __m512i lacking_cvtepi32_epi64(__m256i v)
{
    const simde__m256i_private from = simde__m256i_to_private(v);
    simde__m512i_private to;
    for (int i = 0; i < 8; i++) to.i64[i] = from.i32[i];
    return simde__m512i_from_private(to);
}

/* Lanes n .. n + 15 of low followed by high. */
HG_INLINE __m512i lacking_alignr_epi32(__m512i high, __m512i low, int n)
{
    const simde__m512i_private from[2] = {simde__m512i_to_private(low),
                                          simde__m512i_to_private(high)};
    simde__m512i_private to;
    for (int i = 0; i < 16; i++) to.i32[i] = from[(i + n) / 16].i32[(i + n) % 16];
    return simde__m512i_from_private(to);
}

#endif
