/* Global average, f32, NCHW, AVX2. Contract: pool_global_body.h. */
#include "kernels/pool2d/pool_ops_avx2.h"

typedef __m256i rest;

/* n < 8 floats; behind: a whole vector precedes them. */
HG_INLINE rest rest_of(size_t n, bool behind)
{
    (void)behind;
    return hg_tail_mask(n);
}

/* The other lanes are 0. */
HG_INLINE vec v_load_rest(const float *p, rest r)
{
    return _mm256_maskload_ps(p, r);
}

/* The first n lanes, and the others; zeros in their places. */
HG_INLINE void v_part(vec v, size_t n, vec parts[2])
{
    const vec vmask = _mm256_castsi256_ps(hg_tail_mask(n));
    parts[0] = _mm256_and_ps(vmask, v);
    parts[1] = _mm256_andnot_ps(vmask, v);
}

/* Sums of pairs of neighbours, twice: lanes 0 1 2 3 | 0 1 2 3 of vectors, and 4 .. 7. */
HG_INLINE vec v_sum_lanes(const vec v[VL])
{
    const vec vlow = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
    const vec vhigh = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
    return v_add(_mm256_permute2f128_ps(vlow, vhigh, 0x20),
                 _mm256_permute2f128_ps(vlow, vhigh, 0x31));
}

#include "kernels/pool2d/pool_global_body.h"

const hg_kernel hg_pool_global_avx2[] = {
    {.name = "avg_pool2d.f32.nchw.avx2.global",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 4,
     .limits = {.no_padding = true, .no_adaptive = true, .dilation = {1, 1}},
     .algorithm = &hg_pool_global,
     .run.pool = average},
    {.name = NULL},
};
