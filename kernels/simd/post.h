/* The end of every convolution output, over the vector vocabulary. */
#ifndef HG_SIMD_POST_H
#define HG_SIMD_POST_H

#include "kernels/simd/simd.h"

/* The slope is selected by comparison, not by sign: -0 must not become slope * -0. */
HG_INLINE vfloat v_leaky(vfloat v, vfloat vslope)
{
    return v_select(v_negative(v), v_mul(v, vslope), v);
}

/* NaN stays NaN. leaky = (slope != 1). */
HG_INLINE vfloat v_post(vfloat v, bool leaky, vfloat vslope, vfloat vmin, vfloat vmax)
{
    if (leaky) v = v_leaky(v, vslope);
    return v_clamp(v, vmin, vmax);
}

#endif
