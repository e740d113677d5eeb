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

/* n <= VL floats, and `fill` behind them. */
HG_INLINE vec v_load_inside(const float *p, size_t n, float fill)
{
    if (n == 0) return v_set(fill);
    if (n == VL) return v_load(p, VL);
    static const uint32_t lanes[VL] = {0, 1, 2, 3};
    const uint32x4_t vin = vcltq_u32(vld1q_u32(lanes), vdupq_n_u32((uint32_t)n));
    return vbslq_f32(vin, hg_load_tail(p, n), v_set(fill));
}

/* Like v_pairs of VL < n < 2 * VL floats; `fill` is behind them. */
HG_INLINE void v_pairs_inside(const float *p, size_t n, float fill, vec *even, vec *odd)
{
    const vec v0 = v_load(p, VL), v1 = v_load_inside(p + VL, n - VL, fill);
    *even = vuzp1q_f32(v0, v1);
    *odd = vuzp2q_f32(v0, v1);
}

/* Lanes move up by one, the last to the first; then the first from elsewhere. */
HG_INLINE vec v_turn(vec v)
{
    return vextq_f32(v, v, 3);
}

HG_INLINE vec v_first_of(vec vfirst, vec v)
{
    return vsetq_lane_f32(vgetq_lane_f32(vfirst, 0), v, 0);
}

HG_INLINE vec v_gather(const float *p, int64_t stride)
{
    vec v = vld1q_dup_f32(p);
    v = vld1q_lane_f32(p + stride, v, 1);
    v = vld1q_lane_f32(p + 2 * stride, v, 2);
    return vld1q_lane_f32(p + 3 * stride, v, 3);
}

/* Lanes 4 .. 7, and 2 .. 5, of v followed by next. */
HG_INLINE vec v_shift4(vec v, vec next)
{
    (void)v;
    return next;
}

HG_INLINE vec v_shift2(vec v, vec next)
{
    return vextq_f32(v, next, 2);
}

/* Lanes 1 .. 4 of v followed by next; the last of `before` followed by lanes 0 .. 2 of v. */
HG_INLINE vec v_shift1(vec v, vec next)
{
    return vextq_f32(v, next, 1);
}

HG_INLINE vec v_shift_last(vec before, vec v)
{
    return vextq_f32(before, v, 3);
}

/* The last two of `before` followed by lanes 0 1 of v. */
HG_INLINE vec v_shift_last2(vec before, vec v)
{
    return vextq_f32(before, v, 2);
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
     .rev = 2,
     .limits = {.no_indices = true, .no_adaptive = true},
     .algorithm = &hg_pool_planes,
     .run.pool_planes = max_planes},
    {.name = "avg_pool2d.f32.nchw.neon.planes",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 2,
     .limits = {.no_adaptive = true},
     .algorithm = &hg_pool_planes,
     .run.pool_planes = avg_planes},
    {.name = NULL},
};
