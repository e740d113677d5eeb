/* Vectors of the resizing kernels of NHWC tensors, NEON. */
#ifndef HG_RESIZE_OPS_NEON_H
#define HG_RESIZE_OPS_NEON_H

#include "kernels/common/vec_neon.h"

enum { VL = 4 };

typedef float32x4_t vec;

/* n >= 1 lanes of memory, VL of them if n is larger. */
HG_INLINE vec load(const float *p, size_t n)
{
    return n >= VL ? vld1q_f32(p) : hg_load_tail(p, n);
}

HG_INLINE void store(float *p, vec v, size_t n)
{
    if (n >= VL)
        vst1q_f32(p, v);
    else
        hg_store_tail(p, v, n);
}

/* There is no such store for one vector. */
HG_INLINE void store_past(float *p, vec v)
{
    vst1q_f32(p, v);
}

HG_INLINE void drain(void)
{
}

HG_INLINE vec broadcast(const float *p)
{
    return vld1q_dup_f32(p);
}

HG_INLINE vec mul(vec v, vec w)
{
    return vmulq_f32(v, w);
}

HG_INLINE vec fma_to(vec acc, vec v, vec w)
{
    return vfmaq_f32(acc, v, w);
}

#endif
