/* hg_spread_fn over the vector vocabulary; contract: walk.h. */
#ifndef HG_POINTWISE_SPREAD_H
#define HG_POINTWISE_SPREAD_H

#include "kernels/simd/simd.h"

/* A value's last vector is overwritten by the next one's first. */
HG_INLINE void hg_spread(const float *value, int64_t step, int64_t channels, int64_t count,
                         float *output)
{
    for (int64_t x = 0; x < count; x++, output += channels) {
        const vfloat v = v_splat(value + x * step);
        for (int64_t c = 0; c < channels; c += VL) v_store(output + c, v);
    }
}

#endif
