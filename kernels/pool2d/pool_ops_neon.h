/* The vector words that pooling bodies are written in (pool_*_body.h), NEON. */
#ifndef HG_POOL_OPS_NEON_H
#define HG_POOL_OPS_NEON_H

#include <stdbool.h>

#include "kernels/common/vec_neon.h"

enum { VL = 4 }; /* f32 lanes */
typedef float32x4_t vec;

/* The first n <= VL lanes; n is a constant VL wherever speed matters. */
HG_INLINE vec v_load(const float *p, size_t n)
{
    return n == VL ? vld1q_f32(p) : hg_load_tail(p, n);
}

HG_INLINE void v_store(float *p, vec v, size_t n)
{
    if (n == VL)
        vst1q_f32(p, v);
    else
        hg_store_tail(p, v, n);
}

/* A whole vector that is used several times. */
HG_INLINE vec v_load_once(const float *p)
{
    return vld1q_f32(p);
}

HG_INLINE vec v_set(float value)
{
    return vdupq_n_f32(value);
}

HG_INLINE vec v_add(vec a, vec b)
{
    return vaddq_f32(a, b);
}

HG_INLINE vec v_mul(vec a, vec b)
{
    return vmulq_f32(a, b);
}

/* later > earlier ? later : earlier. vmaxq would lose the first of two zeros. */
HG_INLINE vec v_greater(vec earlier, vec later)
{
    return vbslq_f32(vcgtq_f32(later, earlier), later, earlier);
}

/* The same, but a NaN is taken. */
HG_INLINE vec v_greater_nan(vec earlier, vec later)
{
    const uint32x4_t vtake = vornq_u32(vcgtq_f32(later, earlier), vceqq_f32(later, later));
    return vbslq_f32(vtake, later, earlier);
}

/* A flag, which starts as v_set(0), becomes NaN where a or b is. Infinities may do the same, and
 * huge products: rows that are said to hold NaN need not. */
HG_INLINE vec v_note_nan(vec vflag, vec a, vec b)
{
    return vfmaq_f32(vflag, a, b);
}

HG_INLINE bool v_noted(vec vflag)
{
    const uint32x4_t vsame = vceqq_f32(vflag, vflag);
    const uint32x2_t vhalf = vand_u32(vget_low_u32(vsame), vget_high_u32(vsame));
    return vget_lane_u64(vreinterpret_u64_u32(vhalf), 0) != UINT64_MAX;
}

#endif
