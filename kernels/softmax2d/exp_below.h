/* exp(x - most) for x <= most, and quotients of such, over the vector vocabulary. */
#ifndef HG_SOFTMAX_EXP_BELOW_H
#define HG_SOFTMAX_EXP_BELOW_H

#include <math.h>

#include "kernels/simd/functions.h"

/* As v_exp_of, but with the bias of exponents in what rounds: the bits of t, moved up, are those of
 * 2^n, which for n = -127 is 0. So it is 0 where x lies 87.7 below and more; NaN and infinity give
 * NaN. */
HG_INLINE vfloat v_exp_below(vfloat x, vfloat vmost)
{
    const vfloat vx = v_at_least(v_sub(x, vmost), v_all(-88.0f)), vmagic = v_all(0x1.8000fep23f);
    const vfloat vt = v_fma(vx, v_all(0x1.715476p+0f), vmagic), vn = v_sub(vt, vmagic);
    const vfloat vq = v_expm1_of_rest(v_exp_rest(vx, vn));
    const vfloat vscale = v_bits(i_shift_left(i_bits(vt), 23));
    return v_fma(vscale, vq, vscale);
}

/* 1 / sum within an ulp; sum from 1 to 2^31. */
HG_INLINE vfloat v_inverse_of_sum(vfloat vsum)
{
    const vfloat v = v_inverse(vsum);
    return v_fma(v_fma(v_minus(v), vsum, v_all(1.0f)), v, v);
}

#endif
