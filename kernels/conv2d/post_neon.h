/* The end of every convolution output, NEON. */
#ifndef HG_POST_NEON_H
#define HG_POST_NEON_H

#include <stdbool.h>

#include "kernels/common/vec_neon.h"

/* vmaxq and vminq propagate NaN. leaky = (slope != 1). */
HG_INLINE float32x4_t hg_conv_post_neon(float32x4_t v, bool leaky, float32x4_t vslope,
                                        float32x4_t vmin, float32x4_t vmax)
{
    if (leaky) v = vbslq_f32(vcltq_f32(v, vdupq_n_f32(0.0f)), vmulq_f32(v, vslope), v);
    return vminq_f32(vmaxq_f32(v, vmin), vmax);
}

/* acc + w * a[lane]; the intrinsic wants its lane as a literal. lane is a constant here. */
HG_INLINE float32x4_t hg_fma_lane(float32x4_t acc, float32x4_t w, float32x4_t a, int lane)
{
    switch (lane) {
    case 0:
        return vfmaq_laneq_f32(acc, w, a, 0);
    case 1:
        return vfmaq_laneq_f32(acc, w, a, 1);
    case 2:
        return vfmaq_laneq_f32(acc, w, a, 2);
    default:
        return vfmaq_laneq_f32(acc, w, a, 3);
    }
}

#endif
