/* Max-unpooling in gather form, f32, NHWC, NEON. Contract: hg_unpool_args in unpool2d.h.
 *
 * A vector is 4 channels of one input pixel. Its indices become 32-bit offsets within the block
 * once; each output pixel of the block is then one compare, one and, one store. */
#include "kernels/common/vec_neon.h"
#include "kernels/unpool2d/unpool2d.h"

enum { VL = 4 }; /* f32 lanes */

/* Offsets 0 .. 2^31-1 of two 64-bit indices to the expected ones; others become -1. */
HG_INLINE int32x2_t offsets64(const int64_t *indices, int64_t first, int64_t step)
{
    const int64_t expected[2] = {first, first + step};
    const int64x2_t voffset = vsubq_s64(vld1q_s64(indices), vld1q_s64(expected));
    const uint64x2_t vu = vreinterpretq_u64_s64(voffset);
    const uint64x2_t voutside = vtstq_u64(vshrq_n_u64(vu, 31), vdupq_n_u64(UINT64_MAX));
    return vmovn_s64(vreinterpretq_s64_u64(vorrq_u64(vu, voutside)));
}

/* Offsets of the n <= 4 indices from element e on. first: the index expected of lane 0 at the
 * block's first pixel. Tails pass through the stack; their spare lanes hold no index. */
HG_INLINE int32x4_t offsets(const hg_unpool_args *a, int64_t e, int64_t first, size_t n)
{
    if (a->index_type == HG_INDEX_I32) {
        /* Wrapping is harmless: equal modulo 2^32 and both below 2^31 means equal, and a negative
         * index matches no offset that the block has. */
        const uint32_t step = (uint32_t)a->index_channel, base = (uint32_t)first;
        const uint32_t lanes[VL] = {base, base + step, base + 2 * step, base + 3 * step};
        const int32_t *from = (const int32_t *)a->indices + e;
        int32_t tail[VL] = {0};
        for (size_t i = 0; n < VL && i < n; i++) tail[i] = from[i];
        return vsubq_s32(vld1q_s32(n == VL ? from : tail), vreinterpretq_s32_u32(vld1q_u32(lanes)));
    }
    const int64_t *from = (const int64_t *)a->indices + e, step = a->index_channel;
    int64_t tail[VL] = {0};
    for (size_t i = 0; n < VL && i < n; i++) tail[i] = from[i];
    if (n < VL) from = tail;
    return vcombine_s32(offsets64(from, first, step), offsets64(from + 2, first + 2 * step, step));
}

/* The block of n <= 4 channels of input pixel x. Returns the lanes that matched. */
HG_INLINE uint32x4_t block(const hg_unpool_args *a, int64_t x, int64_t c, size_t n)
{
    const int64_t e = x * a->in_pixel + c;
    const float *in = a->input + e;
    const uint32x4_t vi = vreinterpretq_u32_f32(n == VL ? vld1q_f32(in) : hg_load_tail(in, n));
    const int64_t first = a->first + x * a->index_window + c * a->index_channel;
    const int32x4_t voffset = offsets(a, e, first, n);
    uint32x4_t vfound = vdupq_n_u32(0);
    for (int64_t ky = 0; ky < a->window.h; ky++) {
        float *out = a->output + ky * a->out_row + x * a->window.w * a->out_pixel + c;
        int64_t offset = ky * a->index_row;
        for (int64_t kx = 0; kx < a->window.w; kx++) {
            const uint32x4_t vhere = vceqq_s32(voffset, vdupq_n_s32((int32_t)offset));
            const float32x4_t vo = vreinterpretq_f32_u32(vandq_u32(vi, vhere));
            vfound = vorrq_u32(vfound, vhere);
            if (n == VL)
                vst1q_f32(out, vo);
            else
                hg_store_tail(out, vo, n);
            out += a->out_pixel;
            offset += a->index_column;
        }
    }
    return vfound;
}

static void gather(const hg_unpool_args *a)
{
    const size_t few = (size_t)HG_MIN(a->channels, (int64_t)VL);
    const uint32_t lanes[VL] = {0, 1, 2, 3};
    const uint32x4_t vspare = vcgeq_u32(vld1q_u32(lanes), vdupq_n_u32((uint32_t)few));
    uint32x4_t vfound = vdupq_n_u32(UINT32_MAX);
    for (int64_t x = 0; x < a->width; x++) {
        if (few < VL) vfound = vandq_u32(vfound, vorrq_u32(block(a, x, 0, few), vspare));
        /* The last vector starts earlier and repeats lanes. */
        for (int64_t c = 0; few == VL && c < a->channels; c += VL)
            vfound = vandq_u32(vfound, block(a, x, HG_MIN(c, a->channels - VL), VL));
    }
    if (vminvq_u32(vfound) == 0) *a->stray = true;
}

const hg_kernel hg_unpool2d_neon[] = {
    {.name = "max_unpool2d.f32.nhwc.neon.gather",
     .op = HG_OP_MAX_UNPOOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_unpool_gather,
     .run.unpool = gather},
    {.name = NULL},
};
