/* Pooling of NCHW planes, f32, NEON. Contract: hg_pool_planes_args in pool_planes.h. */
#include "kernels/pool2d/pool_ops_neon.h"

/* Floats 0 2 4 6 and 1 3 5 7. */
HG_INLINE void v_pairs(const float *p, vec *even, vec *odd)
{
    const vec v0 = v_load(p, VL), v1 = v_load(p + VL, VL);
    *even = vuzp1q_f32(v0, v1);
    *odd = vuzp2q_f32(v0, v1);
}

/* Lanes of v_pairs in order. */
HG_INLINE vec v_order(vec v)
{
    return v;
}

HG_INLINE vec v_gather(const float *p, int64_t stride)
{
    vec v = vld1q_dup_f32(p);
    v = vld1q_lane_f32(p + stride, v, 1);
    v = vld1q_lane_f32(p + 2 * stride, v, 2);
    return vld1q_lane_f32(p + 3 * stride, v, 3);
}

/* Lanes 2 .. 5 and 4 .. 7 of v followed by next. */
HG_INLINE vec v_shift2(vec v, vec next)
{
    return vextq_f32(v, next, 2);
}

HG_INLINE vec v_shift4(vec v, vec next)
{
    (void)v;
    return next;
}

/* 0 < n < VL lanes. */
HG_INLINE void v_store_few(float *p, vec v, size_t n)
{
    hg_store_tail(p, v, n);
}

#include "kernels/pool2d/pool_planes_body.h"

const hg_kernel hg_pool_planes_neon[] = {
    {.name = "max_pool2d.f32.nchw.neon.planes",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.no_indices = true, .no_adaptive = true},
     .algorithm = &hg_pool_planes,
     .run.pool_planes = max_planes},
    {.name = "avg_pool2d.f32.nchw.neon.planes",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.no_adaptive = true},
     .algorithm = &hg_pool_planes,
     .run.pool_planes = avg_planes},
    {.name = NULL},
};
