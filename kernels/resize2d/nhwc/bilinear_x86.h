/* Four channels of a pixel, AVX2 and AVX-512. Contract: bilinear.simd.c. */
#ifndef HG_BILINEAR_X86_H
#define HG_BILINEAR_X86_H

/* Masked stores, and loads of wide vectors across cache lines, cost several times these. */
typedef __m128 vquad;

HG_INLINE vquad q_load(const float *p)
{
    return _mm_loadu_ps(p);
}

HG_INLINE void q_store(float *p, vquad v)
{
    _mm_storeu_ps(p, v);
}

HG_INLINE vquad q_splat(const float *p)
{
    return _mm_broadcast_ss(p);
}

HG_INLINE vquad q_mul(vquad a, vquad b)
{
    return a * b;
}

HG_INLINE vquad q_fma(vquad a, vquad b, vquad c)
{
    return _mm_fmadd_ps(a, b, c);
}

#endif
