/* Resizing of NCHW planes, f32, AVX2. Contract: hg_resize_plane_args in resize_planes.h. */
#include "kernels/common/vec_avx2.h"

enum { VL = 8 }; /* f32 lanes */
typedef __m256 vec;
typedef __m256i places; /* of a permutation */
typedef __m256 lanes;   /* some of them: all bits set */

HG_INLINE vec v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

HG_INLINE void v_store(float *p, vec v)
{
    _mm256_storeu_ps(p, v);
}

/* Past the caches; p is aligned. v_drain before another thread is told that it is there. */
HG_INLINE void v_store_past(float *p, vec v)
{
    _mm256_stream_ps(p, v);
}

HG_INLINE void v_drain(void)
{
    _mm_sfence();
}

HG_INLINE vec v_set(float value)
{
    return _mm256_set1_ps(value);
}

HG_INLINE vec v_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}

HG_INLINE vec v_fma(vec acc, vec a, vec b)
{
    return _mm256_fmadd_ps(a, b, acc);
}

HG_INLINE places v_places(const int32_t *place)
{
    return _mm256_loadu_si256((const __m256i *)place);
}

HG_INLINE places v_places_plus(const int32_t *place, int32_t more)
{
    return _mm256_add_epi32(v_places(place), _mm256_set1_epi32(more));
}

/* Lane j takes lane place[j] of v; what places outside give does not matter. */
HG_INLINE vec v_place(vec v, places at)
{
    return _mm256_permutevar8x32_ps(v, at);
}

/* Lanes whose count is above k, and those whose weight is not 0. */
HG_INLINE lanes lanes_less(int64_t k, const int32_t *count)
{
    const __m256i vless = _mm256_cmpgt_epi32(v_places(count), _mm256_set1_epi32((int32_t)k));
    return _mm256_castsi256_ps(vless);
}

HG_INLINE lanes lanes_with(vec vk)
{
    return _mm256_cmp_ps(vk, _mm256_setzero_ps(), _CMP_NEQ_UQ);
}

/* Other lanes are 0, and of p[at[j]] not read. */
HG_INLINE vec v_where(lanes those, vec v)
{
    return _mm256_and_ps(v, those);
}

HG_INLINE vec v_gather_where(lanes those, const float *p, const int32_t *at)
{
    return _mm256_mask_i32gather_ps(_mm256_setzero_ps(), p, v_places(at), those, 4);
}

/* Lanes 0 0 1 .. 6 and 1 .. 6 7 7. */
HG_INLINE vec v_after_first(vec v)
{
    return _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6));
}

HG_INLINE vec v_before_last(vec v)
{
    return _mm256_permutevar8x32_ps(v, _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 7));
}

typedef struct pair {
    vec v0, v1;
} pair;

/* Lanes of both in turn. */
HG_INLINE pair v_zip(vec even, vec odd)
{
    const vec vlow = _mm256_unpacklo_ps(even, odd);  /* 0 0 1 1 | 4 4 5 5 */
    const vec vhigh = _mm256_unpackhi_ps(even, odd); /* 2 2 3 3 | 6 6 7 7 */
    return (pair){_mm256_permute2f128_ps(vlow, vhigh, 0x20),
                  _mm256_permute2f128_ps(vlow, vhigh, 0x31)};
}

#include "kernels/resize2d/resize_planes_body.h"

const hg_kernel hg_resize_planes_avx2[] = {
    {.name = "resize2d.f32.nchw.avx2.planes",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .algorithm = &hg_resize_planes,
     .run.resize_plane = plane},
    {.name = "resize2d.f32.nchw.avx2.nearest2",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 2,
     .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST, .exact_factor = true},
     .algorithm = &hg_resize_planes,
     .run.resize_plane = repeat_plane},
    {.name = NULL},
};
