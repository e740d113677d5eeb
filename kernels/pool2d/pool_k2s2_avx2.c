/* Pooling by 2x2 windows of stride 2 without padding, f32, AVX2. Contract: hg_pool_args in
 * pool2d.h. */
#include "kernels/pool2d/pool_ops_avx2.h"

typedef __m256i ints;   /* VL of 32 bits */
typedef __m256i longs;  /* VL / 2 of 64 bits */
typedef __m256i factor; /* of longs */

HG_INLINE ints i_load(const int32_t p[VL])
{
    return _mm256_loadu_si256((const __m256i *)p);
}

HG_INLINE ints i_set(int32_t value)
{
    return _mm256_set1_epi32(value);
}

HG_INLINE ints i_add(ints a, ints b)
{
    return _mm256_add_epi32(a, b);
}

HG_INLINE ints i_and(ints a, ints b)
{
    return _mm256_and_si256(a, b);
}

/* mask ? a : b, by bits, which more units do than blend. */
HG_INLINE ints i_select(ints mask, ints a, ints b)
{
    return _mm256_xor_si256(b, _mm256_and_si256(mask, _mm256_xor_si256(a, b)));
}

HG_INLINE void i_store(int32_t *p, ints v, size_t n)
{
    if (n == VL)
        _mm256_storeu_si256((__m256i *)p, v);
    else
        _mm256_maskstore_epi32(p, hg_tail_mask(n), v);
}

HG_INLINE ints v_is_greater(vec earlier, vec later)
{
    return _mm256_castps_si256(_mm256_cmp_ps(later, earlier, _CMP_GT_OQ));
}

/* Greater or NaN. */
HG_INLINE ints v_is_greater_nan(vec earlier, vec later)
{
    const ints vnan = _mm256_castps_si256(_mm256_cmp_ps(later, later, _CMP_UNORD_Q));
    return _mm256_or_si256(v_is_greater(earlier, later), vnan);
}

HG_INLINE longs l_load(const int64_t p[VL / 2])
{
    return _mm256_loadu_si256((const __m256i *)p);
}

HG_INLINE longs l_set(int64_t value)
{
    return _mm256_set1_epi64x(value);
}

HG_INLINE longs l_add(longs a, longs b)
{
    return _mm256_add_epi64(a, b);
}

HG_INLINE void l_store(int64_t p[VL / 2], longs v)
{
    _mm256_storeu_si256((__m256i *)p, v);
}

/* A factor has 32 bits. */
HG_INLINE factor f_set(int64_t value)
{
    return _mm256_set1_epi64x(value);
}

/* first + places * factor of one half of the lanes, 0 or 1. */
HG_INLINE longs l_places(longs vfirst, ints vplace, int half, factor vfactor)
{
    const __m128i vhalf =
        half ? _mm256_extracti128_si256(vplace, 1) : _mm256_castsi256_si128(vplace);
    return _mm256_add_epi64(_mm256_mul_epi32(_mm256_cvtepi32_epi64(vhalf), vfactor), vfirst);
}

/* Floats 2n of a row, n <= 8, whose lanes keep the order of columns
 * even: 0 2 8 10 4 6 12 14, odd: 1 3 9 11 5 7 13 15. */
HG_INLINE void v_load_pairs(const float *p, size_t n, vec v[2])
{
    vec v0, v1;
    if (n == VL) {
        v0 = v_load_once(p);
        v1 = v_load_once(p + VL);
    } else {
        const size_t floats = 2 * n, first = HG_MIN(floats, (size_t)VL);
        v0 = _mm256_maskload_ps(p, hg_tail_mask(first));
        /* A pointer past the row's end must not even be formed: lanes of an empty mask read at p.
         */
        v1 = _mm256_maskload_ps(floats > VL ? p + VL : p, hg_tail_mask(floats - first));
    }
    v[0] = _mm256_shuffle_ps(v0, v1, 0x88);
    v[1] = _mm256_shuffle_ps(v0, v1, 0xDD);
}

/* 64-bit quarters 0 2 1 3: outputs 0 1 4 5 | 2 3 6 7 become 0 .. 7. */
HG_INLINE vec v_ordered(vec v)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), _MM_SHUFFLE(3, 1, 2, 0)));
}

#include "kernels/pool2d/pool_k2s2_body.h"

const hg_kernel hg_pool_k2s2_avx2[] = {
    {.name = "max_pool2d.f32.nhwc.avx2.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc},
    {.name = "max_pool2d.f32.nhwc.avx2.indices_k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .only_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc_indices},
    {.name = "max_pool2d.f32.nchw.avx2.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 4,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = max_nchw},
    {.name = "avg_pool2d.f32.nhwc.avx2.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = avg_nhwc},
    {.name = "avg_pool2d.f32.nchw.avx2.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 4,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = avg_nchw},
    {.name = NULL},
};
