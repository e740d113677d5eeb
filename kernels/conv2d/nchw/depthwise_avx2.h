/* Vectors that hang over an end of a row, AVX2: masked. Contract: depthwise.simd.c. */
#ifndef HG_DEPTHWISE_NCHW_AVX2_H
#define HG_DEPTHWISE_NCHW_AVX2_H

typedef const int32_t *overhang;

HG_INLINE overhang overhang_of(const int32_t *mask, int64_t column, int64_t width)
{
    (void)column, (void)width;
    return mask;
}

HG_INLINE vfloat load_overhang(const float *p, overhang at)
{
    return v_load_tail(p, i_load(at));
}

#endif
