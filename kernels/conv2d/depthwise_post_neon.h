/* What the depthwise and the grouped kernels share, NEON: parts of vectors and the epilogue. */
#ifndef HG_DEPTHWISE_POST_NEON_H
#define HG_DEPTHWISE_POST_NEON_H

#include <math.h>

#include "kernels/conv2d/depthwise.h"
#include "kernels/conv2d/post_neon.h"

/* The first n lanes; nothing beyond them is read. whole = (n == 4) is a constant. */
HG_INLINE float32x4_t hg_load_part(const float *p, size_t n, bool whole)
{
    return whole ? vld1q_f32(p) : hg_load_tail(p, n);
}

/* Ends and stores outputs x .. x + px - 1, one vector of channels from `at` on. Bounds that are
 * none are left out: loops of three rows of taps would feel them. */
HG_INLINE void hg_depthwise_finish(const hg_depthwise_args *a, const hg_depthwise_line *l,
                                   int64_t x, int64_t at, float32x4_t *vacc, int px, size_t n,
                                   bool whole)
{
    if (l->residual) {
        const float *added = l->residual + x * a->residual_step + at;
        HG_UNROLL for (int j = 0; j < px; j++, added += a->residual_step) vacc[j] =
            vaddq_f32(vacc[j], hg_load_part(added, n, whole));
    }
    if (a->slope != 1.0f) {
        const float32x4_t vslope = vdupq_n_f32(a->slope), vzero = vdupq_n_f32(0.0f);
        HG_UNROLL for (int j = 0; j < px; j++) vacc[j] =
            vbslq_f32(vcltq_f32(vacc[j], vzero), vmulq_f32(vacc[j], vslope), vacc[j]);
    }
    if (a->min > -INFINITY) {
        const float32x4_t vmin = vdupq_n_f32(a->min);
        HG_UNROLL for (int j = 0; j < px; j++) vacc[j] = vmaxq_f32(vacc[j], vmin);
    }
    if (a->max < INFINITY) {
        const float32x4_t vmax = vdupq_n_f32(a->max);
        HG_UNROLL for (int j = 0; j < px; j++) vacc[j] = vminq_f32(vacc[j], vmax);
    }
    float *out = l->out + x * a->out_step + at;
    HG_UNROLL for (int j = 0; j < px; j++, out += a->out_step)
    {
        __asm__("" : "+r"(out)); /* no sum in the address: some CPUs would take a step more */
        if (whole)
            vst1q_f32(out, vacc[j]);
        else
            hg_store_tail(out, vacc[j], n);
    }
}

#endif
