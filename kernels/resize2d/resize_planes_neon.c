/* Resizing of NCHW planes, f32, NEON. Contract: hg_resize_plane_args in resize_planes.h. */
#include "kernels/common/vec_neon.h"

enum { VL = 4 }; /* f32 lanes */
typedef float32x4_t vec;
typedef uint8x16_t places; /* of bytes: lane i is bytes 4i .. 4i + 3 */
typedef uint32x4_t lanes;  /* some of them: all bits set */

HG_INLINE vec v_load(const float *p)
{
    return vld1q_f32(p);
}

HG_INLINE void v_store(float *p, vec v)
{
    vst1q_f32(p, v);
}

/* There is no such store for one vector. */
HG_INLINE void v_store_past(float *p, vec v)
{
    vst1q_f32(p, v);
}

HG_INLINE void v_drain(void)
{
}

HG_INLINE vec v_set(float value)
{
    return vdupq_n_f32(value);
}

HG_INLINE vec v_mul(vec a, vec b)
{
    return vmulq_f32(a, b);
}

HG_INLINE vec v_fma(vec acc, vec a, vec b)
{
    return vfmaq_f32(acc, a, b);
}

HG_INLINE places v_places_plus(const int32_t *place, int32_t more)
{
    const int32x4_t vlane = vaddq_s32(vld1q_s32(place), vdupq_n_s32(more));
    const uint32x4_t vfirst = vmulq_n_u32(vreinterpretq_u32_s32(vlane), 0x04040404);
    return vreinterpretq_u8_u32(vaddq_u32(vfirst, vdupq_n_u32(0x03020100)));
}

HG_INLINE places v_places(const int32_t *place)
{
    return v_places_plus(place, 0);
}

/* Lane j takes lane place[j] of v; what places outside give does not matter. */
HG_INLINE vec v_place(vec v, places at)
{
    return vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), at));
}

/* Lanes whose count is above k, and those whose weight is not 0. */
HG_INLINE lanes lanes_less(int64_t k, const int32_t *count)
{
    return vcgtq_s32(vld1q_s32(count), vdupq_n_s32((int32_t)k));
}

HG_INLINE lanes lanes_with(vec vk)
{
    return vmvnq_u32(vceqq_f32(vk, vdupq_n_f32(0.0f)));
}

/* Other lanes are 0, and of p[at[j]] not read. */
HG_INLINE vec v_where(lanes those, vec v)
{
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), those));
}

HG_INLINE vec v_gather_where(lanes those, const float *p, const int32_t *at)
{
    uint32_t read[VL];
    float v[VL];
    vst1q_u32(read, those);
    for (int i = 0; i < VL; i++) v[i] = read[i] ? p[at[i]] : 0.0f;
    return vld1q_f32(v);
}

/* Lanes 0 0 1 2 and 1 2 3 3. */
HG_INLINE vec v_after_first(vec v)
{
    return vextq_f32(vdupq_laneq_f32(v, 0), v, 3);
}

HG_INLINE vec v_before_last(vec v)
{
    return vextq_f32(v, vdupq_laneq_f32(v, 3), 1);
}

typedef struct pair {
    vec v0, v1;
} pair;

/* Lanes of both in turn. */
HG_INLINE pair v_zip(vec even, vec odd)
{
    return (pair){vzip1q_f32(even, odd), vzip2q_f32(even, odd)};
}

#include "kernels/resize2d/resize_planes_body.h"

const hg_kernel hg_resize_planes_neon[] = {
    {.name = "resize2d.f32.nchw.neon.planes",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .algorithm = &hg_resize_planes,
     .run.resize_plane = plane},
    {.name = "resize2d.f32.nchw.neon.nearest2",
     .op = HG_OP_RESIZE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 2,
     .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST, .exact_factor = true},
     .algorithm = &hg_resize_planes,
     .run.resize_plane = repeat_plane},
    {.name = NULL},
};
