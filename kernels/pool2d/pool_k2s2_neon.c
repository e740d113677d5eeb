/* Pooling by 2x2 windows of stride 2 without padding, f32, NEON. Contract: hg_pool_args in
 * pool2d.h. */
#include "kernels/pool2d/pool_ops_neon.h"

typedef int32x4_t ints;   /* VL of 32 bits */
typedef int64x2_t longs;  /* VL / 2 of 64 bits */
typedef int32x2_t factor; /* of longs */

HG_INLINE ints i_load(const int32_t p[VL])
{
    return vld1q_s32(p);
}

HG_INLINE ints i_set(int32_t value)
{
    return vdupq_n_s32(value);
}

HG_INLINE ints i_add(ints a, ints b)
{
    return vaddq_s32(a, b);
}

HG_INLINE ints i_and(ints a, ints b)
{
    return vandq_s32(a, b);
}

/* mask ? a : b. */
HG_INLINE ints i_select(ints mask, ints a, ints b)
{
    return vbslq_s32(vreinterpretq_u32_s32(mask), a, b);
}

HG_INLINE void i_store(int32_t *p, ints v, size_t n)
{
    if (n == VL)
        vst1q_s32(p, v);
    else
        for (size_t i = 0; i < n; i++, v = vextq_s32(v, v, 1)) p[i] = vgetq_lane_s32(v, 0);
}

HG_INLINE ints v_is_greater(vec earlier, vec later)
{
    return vreinterpretq_s32_u32(vcgtq_f32(later, earlier));
}

/* Greater or NaN. */
HG_INLINE ints v_is_greater_nan(vec earlier, vec later)
{
    return vreinterpretq_s32_u32(vornq_u32(vcgtq_f32(later, earlier), vceqq_f32(later, later)));
}

HG_INLINE longs l_load(const int64_t p[VL / 2])
{
    return vld1q_s64(p);
}

HG_INLINE longs l_set(int64_t value)
{
    return vdupq_n_s64(value);
}

HG_INLINE longs l_add(longs a, longs b)
{
    return vaddq_s64(a, b);
}

HG_INLINE void l_store(int64_t p[VL / 2], longs v)
{
    vst1q_s64(p, v);
}

/* A factor has 32 bits. */
HG_INLINE factor f_set(int64_t value)
{
    return vdup_n_s32((int32_t)value);
}

/* first + places * factor of one half of the lanes, 0 or 1. */
HG_INLINE longs l_places(longs vfirst, ints vplace, int half, factor vfactor)
{
    return vmlal_s32(vfirst, half ? vget_high_s32(vplace) : vget_low_s32(vplace), vfactor);
}

/* Floats 2n of a row, n <= 4: the even and the odd ones. */
HG_INLINE void v_load_pairs(const float *p, size_t n, vec v[2])
{
    if (n == VL) {
        const float32x4x2_t vi = vld2q_f32(p);
        v[0] = vi.val[0];
        v[1] = vi.val[1];
        return;
    }
    const float32x2_t vnone = vdup_n_f32(0.0f);
    float32x2_t vpair[3];
    HG_UNROLL
    for (size_t i = 0; i < 3; i++) vpair[i] = i < n ? vld1_f32(p + 2 * i) : vnone;
    const vec vlow = vcombine_f32(vpair[0], vpair[1]), vhigh = vcombine_f32(vpair[2], vnone);
    v[0] = vuzp1q_f32(vlow, vhigh);
    v[1] = vuzp2q_f32(vlow, vhigh);
}

HG_INLINE vec v_ordered(vec v)
{
    return v;
}

#include "kernels/pool2d/pool_k2s2_body.h"

const hg_kernel hg_pool_k2s2_neon[] = {
    {.name = "max_pool2d.f32.nhwc.neon.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc},
    {.name = "max_pool2d.f32.nhwc.neon.indices_k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .only_indices = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = max_nhwc_indices},
    {.name = "max_pool2d.f32.nchw.neon.k2s2",
     .op = HG_OP_MAX_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 4,
     .limits = {.kernel = {2, 2},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_padding = true,
                .no_indices = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = max_nchw},
    {.name = "avg_pool2d.f32.nhwc.neon.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 4,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nhwc,
     .run.pool = avg_nhwc},
    {.name = "avg_pool2d.f32.nchw.neon.k2s2",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 4,
     .limits = {.kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true},
     .algorithm = &hg_pool_nchw,
     .run.pool = avg_nchw},
    {.name = NULL},
};
