/* Pooling of NCHW planes, f32, AVX2. Contract: hg_pool_planes_args in pool_planes.h. */
#include "kernels/pool2d/pool_ops_avx2.h"

/* Floats 0 2 .. 14 and 1 3 .. 15, lanes 0 1 4 5 | 2 3 6 7 of either. */
HG_INLINE void v_pairs(const float *p, vec *even, vec *odd)
{
    const vec v0 = v_load(p, VL), v1 = v_load(p + VL, VL);
    *even = _mm256_shuffle_ps(v0, v1, 0x88);
    *odd = _mm256_shuffle_ps(v0, v1, 0xDD);
}

/* Lanes of v_pairs in order: 64-bit quarters 0 2 1 3. */
HG_INLINE vec v_order(vec v)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xD8));
}

/* n <= VL floats, and `fill` behind them. */
HG_INLINE vec v_load_inside(const float *p, size_t n, float fill)
{
    const __m256i vmask = hg_tail_mask(n);
    return _mm256_blendv_ps(v_set(fill), _mm256_maskload_ps(p, vmask), _mm256_castsi256_ps(vmask));
}

/* Like v_pairs of VL < n < 2 * VL floats; `fill` is behind them. */
HG_INLINE void v_pairs_inside(const float *p, size_t n, float fill, vec *even, vec *odd)
{
    const vec v0 = v_load(p, VL), v1 = v_load_inside(p + VL, n - VL, fill);
    *even = _mm256_shuffle_ps(v0, v1, 0x88);
    *odd = _mm256_shuffle_ps(v0, v1, 0xDD);
}

/* Lanes of v_pairs move up by one, the last to the first; then the first from elsewhere. */
HG_INLINE vec v_turn(vec v)
{
    return _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(7, 0, 5, 2, 1, 4, 3, 6));
}

HG_INLINE vec v_first_of(vec vfirst, vec v)
{
    return _mm256_blend_ps(v, vfirst, 1);
}

HG_INLINE vec v_gather(const float *p, int64_t stride)
{
    const __m256i vlane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_i32gather_ps(p, _mm256_mullo_epi32(vlane, _mm256_set1_epi32((int32_t)stride)), 4);
}

/* Lanes 2 .. 9 and 4 .. 11 of v followed by next. */
HG_INLINE vec v_shift4(vec v, vec next)
{
    return _mm256_permute2f128_ps(v, next, 0x21);
}

HG_INLINE vec v_shift2(vec v, vec next)
{
    return _mm256_shuffle_ps(v, v_shift4(v, next), 0x4E);
}

/* Lanes 1 .. 8 of v followed by next; the last of `before` followed by lanes 0 .. 6 of v. */
HG_INLINE vec v_shift1(vec v, vec next)
{
    const __m256i vcross = _mm256_castps_si256(v_shift4(v, next));
    return _mm256_castsi256_ps(_mm256_alignr_epi8(vcross, _mm256_castps_si256(v), 4));
}

HG_INLINE vec v_shift_last(vec before, vec v)
{
    const __m256i vcross = _mm256_castps_si256(v_shift4(before, v));
    return _mm256_castsi256_ps(_mm256_alignr_epi8(_mm256_castps_si256(v), vcross, 12));
}

/* The last two of `before` followed by lanes 0 .. 5 of v. */
HG_INLINE vec v_shift_last2(vec before, vec v)
{
    return _mm256_shuffle_ps(v_shift4(before, v), v, 0x4E);
}

/* 0 < n < VL lanes. Masked stores take many times as long on some CPUs. */
HG_INLINE void v_store_few(float *p, vec v, size_t n)
{
    __m128 vrest = _mm256_castps256_ps128(v);
    if (n >= 4) {
        _mm_storeu_ps(p, vrest);
        vrest = _mm256_extractf128_ps(v, 1);
        p += 4, n -= 4;
    }
    if (n >= 2) {
        _mm_storel_pi((__m64 *)p, vrest);
        vrest = _mm_movehl_ps(vrest, vrest);
        p += 2, n -= 2;
    }
    if (n) _mm_store_ss(p, vrest);
}

#include "kernels/pool2d/pool_planes_body.h"

const hg_kernel hg_pool_planes_avx2[] = {
    {.name = "max_pool2d.f32.nchw.avx2.planes",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 2,
     .limits = {.no_indices = true, .no_adaptive = true},
     .algorithm = &hg_pool_planes,
     .run.pool_planes = max_planes},
    {.name = "avg_pool2d.f32.nchw.avx2.planes",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 2,
     .limits = {.no_adaptive = true},
     .algorithm = &hg_pool_planes,
     .run.pool_planes = avg_planes},
    {.name = NULL},
};
