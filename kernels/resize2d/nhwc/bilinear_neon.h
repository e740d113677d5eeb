/* Four channels of a pixel, NEON: a vector. Contract: bilinear.simd.c. */
#ifndef HG_BILINEAR_NEON_H
#define HG_BILINEAR_NEON_H

typedef vfloat vquad;

HG_INLINE vquad q_load(const float *p)
{
    return v_load(p);
}

HG_INLINE void q_store(float *p, vquad v)
{
    v_store(p, v);
}

HG_INLINE vquad q_splat(const float *p)
{
    return v_splat(p);
}

HG_INLINE vquad q_mul(vquad a, vquad b)
{
    return v_mul(a, b);
}

HG_INLINE vquad q_fma(vquad a, vquad b, vquad c)
{
    return v_fma(a, b, c);
}

#endif
