/* The vector words that pooling bodies are written in (pool_*_body.h), AVX2. */
#ifndef HG_POOL_OPS_AVX2_H
#define HG_POOL_OPS_AVX2_H

#include <stdbool.h>

#include "kernels/common/vec_avx2.h"

enum { VL = 8 }; /* f32 lanes */
typedef __m256 vec;

/* The first n <= VL lanes; n is a constant VL wherever speed matters. */
HG_INLINE vec v_load(const float *p, size_t n)
{
    return n == VL ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, hg_tail_mask(n));
}

HG_INLINE void v_store(float *p, vec v, size_t n)
{
    if (n == VL)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, hg_tail_mask(n), v);
}

/* A whole vector that is used several times; loads are what bounds pooling. */
HG_INLINE vec v_load_once(const float *p)
{
    return hg_keep(_mm256_loadu_ps(p));
}

HG_INLINE vec v_set(float value)
{
    return _mm256_set1_ps(value);
}

HG_INLINE vec v_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}

HG_INLINE vec v_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}

/* later > earlier ? later : earlier. vmaxps returns its second operand for ties and for NaN. */
HG_INLINE vec v_greater(vec earlier, vec later)
{
    return _mm256_max_ps(later, earlier);
}

/* The same, but a NaN is taken. */
HG_INLINE vec v_greater_nan(vec earlier, vec later)
{
    const vec vnan = _mm256_cmp_ps(later, later, _CMP_UNORD_Q);
    return _mm256_blendv_ps(_mm256_max_ps(later, earlier), later, vnan);
}

/* A flag, which starts as v_set(0), becomes NaN where a or b is. Infinities may do the same, and
 * huge products: rows that are said to hold NaN need not. */
HG_INLINE vec v_note_nan(vec vflag, vec a, vec b)
{
    return _mm256_fmadd_ps(a, b, vflag);
}

HG_INLINE bool v_noted(vec vflag)
{
    return _mm256_movemask_ps(_mm256_cmp_ps(vflag, vflag, _CMP_UNORD_Q)) != 0;
}

#endif
