/* Vectors that hang over an end of a row, AVX-512: masked. Contract: depthwise.simd.c. */
#ifndef HG_DEPTHWISE_NCHW_AVX512_H
#define HG_DEPTHWISE_NCHW_AVX512_H

typedef vtail overhang;

HG_INLINE overhang overhang_of(const int32_t *mask, int64_t column, int64_t width)
{
    (void)column, (void)width;
    return _mm512_movepi32_mask(i_load(mask));
}

HG_INLINE vfloat load_overhang(const float *p, overhang at)
{
    return v_load_tail(p, at);
}

#endif
