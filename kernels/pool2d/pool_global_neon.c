/* Global average, f32, NCHW, NEON. Contract: pool_global_body.h. */
#include "kernels/pool2d/pool_ops_neon.h"

/* The 4 words from n on have the last n lanes set. */
static const uint32_t words[2 * VL] = {0, 0, 0, 0, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};

typedef struct rest {
    size_t n;
    bool behind;
} rest;

/* n < 4 floats; behind: a whole vector precedes them. */
HG_INLINE rest rest_of(size_t n, bool behind)
{
    return (rest){n, behind};
}

/* The other lanes are 0. */
HG_INLINE vec v_load_rest(const float *p, rest r)
{
    if (!r.behind) return hg_load_tail(p, r.n);
    const uint32x4_t vi = vreinterpretq_u32_f32(vld1q_f32(p + r.n - VL));
    return vreinterpretq_f32_u32(vandq_u32(vi, vld1q_u32(words + r.n)));
}

/* The first n lanes, and the others; zeros in their places. */
HG_INLINE void v_part(vec v, size_t n, vec parts[2])
{
    const uint32x4_t vrest = vld1q_u32(words + VL - n), vi = vreinterpretq_u32_f32(v);
    parts[0] = vreinterpretq_f32_u32(vbicq_u32(vi, vrest));
    parts[1] = vreinterpretq_f32_u32(vandq_u32(vi, vrest));
}

HG_INLINE vec v_sum_lanes(const vec v[VL])
{
    return vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3])); /* of 0 0 1 1 and 2 2 3 3 */
}

#include "kernels/pool2d/pool_global_body.h"

const hg_kernel hg_pool_global_neon[] = {
    {.name = "avg_pool2d.f32.nchw.neon.global",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.no_padding = true, .no_adaptive = true, .dilation = {1, 1}},
     .algorithm = &hg_pool_global,
     .run.pool = average},
    {.name = NULL},
};
