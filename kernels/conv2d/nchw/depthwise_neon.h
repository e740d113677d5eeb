/* Vectors that hang over an end of a row, NEON: made of one that does not. The row has 4 inputs or
 * more. Contract: depthwise.simd.c. */
#ifndef HG_DEPTHWISE_NCHW_NEON_H
#define HG_DEPTHWISE_NCHW_NEON_H

typedef struct overhang {
    int64_t shift;
    uint8x16_t vbytes; /* of the table lookup; zeros come from beyond 16 */
} overhang;

HG_INLINE overhang overhang_of(const int32_t *mask, int64_t column, int64_t width)
{
    (void)mask;
    static const int8_t iota[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int64_t over = column - HG_MAX(HG_MIN(column, width - VL), 0);
    const int8_t bytes = (int8_t)(4 * HG_MAX(HG_MIN(over, VL), -VL));
    return (overhang){-over, vreinterpretq_u8_s8(vaddq_s8(vld1q_s8(iota), vdupq_n_s8(bytes)))};
}

HG_INLINE vfloat load_overhang(const float *p, overhang at)
{
    return v_permute(v_load(p + at.shift), at.vbytes);
}

#endif
