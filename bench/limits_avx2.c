/* Limits, AVX2 and FMA. Contract: limits.h. */
#include "bench/limits.h"
#include "kernels/common/attr.h"

#if !defined(__AVX2__) || !defined(__FMA__)
#error "this file is for AVX2 and FMA"
#endif
#include <immintrin.h>

/* 12 chains hide 4 to 5 cycles of latency on two ports, with registers to spare. */
enum { VL = 8, CHAINS = 12 };

static float fma_loop(long steps)
{
    const __m256 vscale = _mm256_set1_ps(0.999f), voffset = _mm256_set1_ps(0.001f);
    __m256 vacc[CHAINS];
    HG_UNROLL
    for (int i = 0; i < CHAINS; i++) vacc[i] = _mm256_set1_ps((float)i);
    for (long s = 0; s < steps; s++) {
        HG_UNROLL
        for (int i = 0; i < CHAINS; i++) vacc[i] = _mm256_fmadd_ps(vacc[i], vscale, voffset);
    }
    __m256 vsum = vacc[0];
    HG_UNROLL
    for (int i = 1; i < CHAINS; i++) vsum = _mm256_add_ps(vsum, vacc[i]);
    return _mm256_cvtss_f32(vsum);
}

/* Sums of 16 floats at a time, on four registers so that the adds do not limit. */
HG_INLINE __m256 read_all(const float *in, size_t count)
{
    __m256 va = _mm256_setzero_ps(), vb = va, vc = va, vd = va;
    size_t i = 0;
    for (; i + 4 * VL <= count; i += 4 * VL) {
        va = _mm256_add_ps(va, _mm256_load_ps(in + i));
        vb = _mm256_add_ps(vb, _mm256_load_ps(in + i + VL));
        vc = _mm256_add_ps(vc, _mm256_load_ps(in + i + 2 * VL));
        vd = _mm256_add_ps(vd, _mm256_load_ps(in + i + 3 * VL));
    }
    for (; i < count; i += VL) va = _mm256_add_ps(va, _mm256_load_ps(in + i));
    return _mm256_add_ps(_mm256_add_ps(va, vb), _mm256_add_ps(vc, vd));
}

static float plain(const float *in, size_t in_count, float *out, size_t out_count)
{
    const __m256 v = read_all(in, in_count);
    for (size_t i = 0; i < out_count; i += VL) _mm256_store_ps(out + i, v);
    return _mm256_cvtss_f32(v);
}

static float stream(const float *in, size_t in_count, float *out, size_t out_count)
{
    const __m256 v = read_all(in, in_count);
    for (size_t i = 0; i < out_count; i += VL) _mm256_stream_ps(out + i, v);
    return _mm256_cvtss_f32(v);
}

const hg_limit_loops hg_limits_avx2 = {.isa = HG_ISA_AVX2,
                                       .flops_per_step = 2.0 * VL * CHAINS,
                                       .fma = fma_loop,
                                       .plain = plain,
                                       .stream = stream};
