/* The end of every convolution output, over the vector vocabulary. */
#ifndef HG_SIMD_POST_H
#define HG_SIMD_POST_H

#include "kernels/simd/simd.h"

/* The slope is selected by comparison, not by sign: -0 must not become slope * -0. NaN stays NaN.
 * leaky = (slope != 1). */
HG_INLINE vfloat v_post(vfloat v, bool leaky, vfloat vslope, vfloat vmin, vfloat vmax)
{
    if (leaky) v = v_select(v_negative(v), v_mul(v, vslope), v);
    return v_clamp(v, vmin, vmax);
}

#endif
