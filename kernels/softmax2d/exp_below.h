/* exp(x - most) for x <= most, and quotients of such, over the vector vocabulary. */
#ifndef HG_SOFTMAX_EXP_BELOW_H
#define HG_SOFTMAX_EXP_BELOW_H

#include <math.h>

#include "kernels/simd/functions.h"

/* What the difference loses to rounding goes into the exponential, too: x may be 100 below. Of
 * minus infinity it is 0; NaN and infinity give NaN. */
HG_INLINE vfloat v_exp_below(vfloat x, vfloat vmost)
{
    const vfloat vleast = v_all(V_EXP_LEAST), vd = v_sub(x, vmost);
    const vfloat vpart = v_sub(vd, x); /* -most, as far as it is in vd */
    const vfloat vlost = v_sub(v_sub(x, v_sub(vd, vpart)), v_add(vmost, vpart));
    const vfloat vlow = v_where(v_greater(vd, vleast), vlost);
    return v_times_exp(v_all(1.0f), v_exp_of_sum(v_at_least(vd, vleast), vlow));
}

/* e / sum within an ulp; sum from 1 to 2^31, vinverse about 1 / sum. */
HG_INLINE vfloat v_share(vfloat e, vfloat vsum, vfloat vinverse)
{
    const vfloat v = v_mul(e, vinverse);
    return v_fma(v_fma(v_minus(v), vsum, e), vinverse, v);
}

#endif
