/* Bilinear resizing to twice the size, NEON. Contract: resize2d.h. */
#include "kernels/common/vec_neon.h"
#include "kernels/resize2d/resize2d.h"

enum { VL = 4 };

typedef float32x4_t vec;

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

HG_INLINE vec splat(float f)
{
    return vdupq_n_f32(f);
}

HG_INLINE vec mul(vec v, vec w)
{
    return vmulq_f32(v, w);
}

HG_INLINE vec fma_to(vec acc, vec v, vec w)
{
    return vfmaq_f32(acc, v, w);
}

#include "kernels/resize2d/resize_twice_body.h"

static const hg_resize_steps steps = {.twice = twice};

const hg_kernel hg_resize_twice_neon[] = {{.name = "resize2d.f32.nhwc.neon.twice",
                                           .op = HG_OP_RESIZE2D,
                                           .dtype = HG_F32,
                                           .isa = HG_ISA_NEON,
                                           .layouts = HG_IN_NHWC,
                                           .rev = 1,
                                           .algorithm = &hg_resize_twice,
                                           .run.resize = &steps},
                                          {.name = NULL}};
