/* exp(x - most) for x <= most, and quotients of such, over the vector vocabulary. */
#ifndef HG_SOFTMAX_EXP_BELOW_H
#define HG_SOFTMAX_EXP_BELOW_H

#include <math.h>

#include "kernels/simd/functions.h"

/* 0 where it is below 2^-125; NaN and infinity give NaN. */
HG_INLINE vfloat v_exp_below(vfloat x, vfloat vmost)
{
    const vexp e = v_exp_of(v_at_least(v_sub(x, vmost), v_all(V_EXP_LEAST)));
    const vfloat vscale = v_power(e.n, -126, 0);
    return v_fma(vscale, e.q, vscale);
}

/* e / sum within an ulp; sum from 1 to 2^31, vinverse about 1 / sum. */
HG_INLINE vfloat v_share(vfloat e, vfloat vsum, vfloat vinverse)
{
    const vfloat v = v_mul(e, vinverse);
    return v_fma(v_fma(v_minus(v), vsum, e), vinverse, v);
}

#endif
