/* Vectors of the resizing kernels of NHWC tensors, AVX2 + FMA. */
#ifndef HG_RESIZE_OPS_AVX2_H
#define HG_RESIZE_OPS_AVX2_H

#include "kernels/common/vec_avx2.h"

enum { VL = 8 };

typedef __m256 vec;

/* n >= 1 lanes of memory, VL of them if n is larger. */
HG_INLINE vec load(const float *p, size_t n)
{
    return n >= VL ? _mm256_loadu_ps(p) : _mm256_maskload_ps(p, hg_tail_mask(n));
}

HG_INLINE void store(float *p, vec v, size_t n)
{
    if (n >= VL)
        _mm256_storeu_ps(p, v);
    else
        _mm256_maskstore_ps(p, hg_tail_mask(n), v);
}

/* Past the caches; p is aligned. `drain` before another thread is told that it is there. */
HG_INLINE void store_past(float *p, vec v)
{
    _mm256_stream_ps(p, v);
}

HG_INLINE void drain(void)
{
    _mm_sfence();
}

HG_INLINE vec broadcast(const float *p)
{
    return _mm256_broadcast_ss(p);
}

HG_INLINE vec mul(vec v, vec w)
{
    return _mm256_mul_ps(v, w);
}

HG_INLINE vec fma_to(vec acc, vec v, vec w)
{
    return _mm256_fmadd_ps(v, w, acc);
}

#endif
