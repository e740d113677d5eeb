/* hg_spread_fn over the vector vocabulary; contract: walk.h. */
#ifndef HG_POINTWISE_SPREAD_H
#define HG_POINTWISE_SPREAD_H

#include "kernels/pointwise/walk.h"
#include "kernels/simd/simd.h"

/* VL values at a time, which make a vector for each channel. */
HG_INLINE void hg_spread_few(const float *value, int64_t channels, int64_t count,
                             const int32_t *places, float *output)
{
    for (int64_t x = 0; x < count; x += VL) {
        const vfloat v = v_load_up_to(value + x, (size_t)(count - x));
        for (int64_t c = 0; c < channels; c++, output += VL)
            v_store(output, v_permute(v, p_of(i_load(places + c * VL))));
    }
}

/* A value's last vector is overwritten by the next one's first. */
HG_INLINE void hg_spread(const float *value, int64_t step, int64_t channels, int64_t count,
                         const int32_t *places, float *output)
{
    if (step == 1 && channels <= HG_FEW_CHANNELS) {
        hg_spread_few(value, channels, count, places, output);
        return;
    }
    for (int64_t x = 0; x < count; x++, output += channels) {
        const vfloat v = v_splat(value + x * step);
        for (int64_t c = 0; c < channels; c += VL) v_store(output + c, v);
    }
}

#endif
