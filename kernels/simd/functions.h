/* Functions of neural networks, over the vector vocabulary: within 2 ULP of the real function on
 * all floats (docs/accuracy.md). Minus infinity gives the limit, and NaN NaN.
 *
 * All of them but tanh near 0 go through one exponential, of an argument that is not positive:
 *
 *     exp(x) = 2^n (1 + q)      n = round(x / ln 2), q = expm1(x - n ln 2)
 *
 * What is to be multiplied by it, say y, becomes 2^n (y q + y): one rounding less than y exp(x).
 * scripts/fit_activations finds the polynomials. */
#ifndef HG_SIMD_FUNCTIONS_H
#define HG_SIMD_FUNCTIONS_H

#include "kernels/simd/simd.h"

/* c[0] + c[1] x + ... + c[n - 1] x^(n - 1); n is a constant. */
HG_INLINE vfloat v_polynomial(vfloat x, const float *c, int n)
{
    vfloat v = v_all(c[n - 1]);
    HG_UNROLL
    for (int i = n - 2; i >= 0; i--) v = v_fma(v, x, v_all(c[i]));
    return v;
}

/* ---- The exponential ---- */

enum {
    V_EXP_ROUNDING = 0x4B400000, /* the bits of 1.5 * 2^23 */
    V_EXP_BIAS = 64,             /* keeps 2^n a normal float down to n = -190 */
    V_EXP_NOTHING = -160         /* 2^n of no weight, even times what exceeds 1 */
};

typedef struct vexp {
    vfloat q;
    vint n; /* over V_EXP_ROUNDING */
} vexp;

/* x <= 0; below V_EXP_LEAST it is as good as that, and exp(x) is 0. */
#define V_EXP_LEAST -120.0f

/* x - n ln 2: ln 2 in two parts, the first so short that its multiples are exact. */
HG_INLINE vfloat v_exp_rest(vfloat x, vfloat vn)
{
    const vfloat v = v_fma(vn, v_all(-0x1.62e4p-1f), x);
    return v_fma(vn, v_all(-0x1.7f7d1cp-20f), v);
}

/* expm1(r) for what is left. */
HG_INLINE vfloat v_expm1_of_rest(vfloat r)
{
    static const float c[] = {0x1.fffffep-2f, 0x1.5554aap-3f, 0x1.55579ep-5f, 0x1.122c86p-7f,
                              0x1.6ab16cp-10f};
    return v_fma(v_mul(r, r), v_polynomial(r, c, 5), r);
}

/* Of x + low, where low is what x lacks of a longer number. */
HG_INLINE vexp v_exp_of_sum(vfloat x, vfloat low)
{
    /* Adding this rounds to an integer, and leaves it in the bits. */
    const vfloat vmagic = v_all(0x1.8p23f), vt = v_fma(x, v_all(0x1.715476p+0f), vmagic);
    const vfloat vn = v_sub(vt, vmagic);
    return (vexp){v_expm1_of_rest(v_add(v_exp_rest(x, vn), low)), i_bits(vt)};
}

HG_INLINE vexp v_exp_of(vfloat x) { return v_exp_of_sum(x, v_zero()); }

/* 2^(n + bias), or 0 where n <= least: products with 0 are fast, those that underflow are slow. */
HG_INLINE vfloat v_power(vint n, int least, int bias)
{
    const vmask large = i_greater(n, i_all(V_EXP_ROUNDING + least));
    return v_where(large, v_bits(i_shift_left(i_add(n, i_all(127 + bias)), 23)));
}

/* v times 2^n, rounded only where that is denormal. */
HG_INLINE vfloat v_times_power(vfloat v, vint n)
{
    return v_mul(v_mul(v, v_power(n, V_EXP_NOTHING, V_EXP_BIAS)), v_all(0x1p-64f));
}

/* y exp(x). */
HG_INLINE vfloat v_times_exp(vfloat y, vexp e) { return v_times_power(v_fma(y, e.q, y), e.n); }

HG_INLINE vfloat v_exp(vfloat x) { return v_times_exp(v_all(1.0f), v_exp_of(x)); }

/* exp(x) - 1 of x <= 0, exact to the last digit near 0 too. */
HG_INLINE vfloat v_expm1(vfloat x)
{
    const vexp e = v_exp_of(v_at_least(x, v_all(V_EXP_LEAST)));
    const vfloat vscale = v_power(e.n, -64, 0);
    return v_fma(vscale, e.q, v_sub(vscale, v_all(1.0f)));
}

/* ---- Functions ---- */

/* y / (1 + exp(-k)) of either sign of k, given the exponential of -|k|:
 *
 *     k < 0:  2^n y (1 + q) / (1 + 2^n (1 + q))          else:  y / (1 + 2^n (1 + q))
 *
 * What numerator and denominator lose to rounding is kept, and the quotient corrected by it. */
HG_INLINE vfloat v_times_sigmoid(vfloat y, vmask negative, vexp e)
{
    const vfloat vone = v_all(1.0f), vscale = v_power(e.n, -64, 0);
    const vfloat vexp1 = v_fma(vscale, e.q, vscale); /* 0 where that does not count beside 1 */
    const vfloat vd = v_add(vone, vexp1), vd_low = v_sub(vexp1, v_sub(vd, vone));
    const vfloat vp = v_fma(y, e.q, y), vp_low = v_fma(y, e.q, v_sub(y, vp));
    const vfloat vnumerator = v_select(negative, vp, y), vinverse = v_inverse(vd);
    const vfloat vz = v_mul(vnumerator, vinverse), vopposite = v_minus(vz);
    vfloat vrest = v_fma(vopposite, vd, vnumerator);
    vrest = v_add(v_fma(vopposite, vd_low, vrest), v_where(negative, vp_low));
    const vfloat v = v_fma(vrest, vinverse, vz);
    const vfloat vsum = v_select(negative, v_times_power(v, e.n), v);
    /* Infinity has no rest, and the rest of -0 is 0. */
    return v_with_sign(v_select(v_greater(y, v_all(100.0f)), y, vsum), y);
}

HG_INLINE vfloat v_minus_abs(vfloat v) { return v_with_sign(v, v_all(-0.0f)); }

HG_INLINE vfloat v_sigmoid(vfloat x)
{
    const vfloat vk = v_at_least(v_minus_abs(x), v_all(V_EXP_LEAST));
    return v_times_sigmoid(v_all(1.0f), v_negative(x), v_exp_of(vk));
}

/* x sigmoid(x). */
HG_INLINE vfloat v_silu(vfloat x)
{
    const vfloat vk = v_at_least(v_minus_abs(x), v_all(V_EXP_LEAST));
    return v_times_sigmoid(v_at_least(x, v_all(V_EXP_LEAST)), v_negative(x), v_exp_of(vk));
}

/* A polynomial up to 1, and 1 - 2 exp(-2|x|) / (1 + exp(-2|x|)) beyond. */
HG_INLINE vfloat v_tanh(vfloat x)
{
    static const float c[] = {-0x1.55553cp-2f, 0x1.110be4p-3f, -0x1.b9623ap-5f, 0x1.6009a2p-6f,
                              -0x1.045fd0p-7f, 0x1.2d9f4ep-9f, -0x1.77ca4cp-12f};
    const vfloat va = v_at_most(v_abs(x), v_all(10.0f)), vone = v_all(1.0f);
    const vfloat vsquare = v_mul(va, va), vexp1 = v_exp(v_mul_by(-2.0f, va));
    const vfloat vnear = v_fma(v_mul(va, vsquare), v_polynomial(vsquare, c, 7), va);
    const vfloat vfar = v_fma(v_add(vexp1, vexp1), v_minus(v_inverse(v_add(vone, vexp1))), vone);
    return v_with_sign(v_select(v_greater(va, vone), vfar, vnear), x);
}

/* 1 / (x + 3), and what that lacks; 0 <= x < 2^20. */
HG_INLINE vpair v_inverse_plus_3(vfloat x)
{
    const vfloat vthree = v_all(3.0f), vsum = v_add(x, vthree), vpart = v_sub(vsum, x);
    const vfloat vlost = v_add(v_sub(x, v_sub(vsum, vpart)), v_sub(vthree, vpart));
    const vfloat v = v_inverse(vsum), vopposite = v_minus(v);
    const vfloat vrest = v_fma(vopposite, vlost, v_fma(vopposite, vsum, v_all(1.0f)));
    return (vpair){v, v_mul(vrest, v)};
}

/* x times the normal distribution up to x. Within 1 that is x/2 and a polynomial in x^2; below,
 * exp(-x^2 / 2) times a polynomial in s = a - b / (|x| + 3), which runs from -1 to 1; above, x
 * minus the same. x^2 is taken exactly, for its exponential multiplies errors by itself. */
HG_INLINE vfloat v_gelu(vfloat x)
{
    static const float near[] = {-0x1.105862p-4f, 0x1.46d558p-7f, -0x1.376eb2p-10f, 0x1.e26d70p-14f,
                                 -0x1.122444p-17f};
    static const float tail[] = {0x1.a78cd6p-5f,   -0x1.47f240p-5f, 0x1.07546cp-6f,
                                 -0x1.b3a782p-9f,  0x1.70a990p-17f, 0x1.3526b0p-13f,
                                 -0x1.2528b0p-17f, -0x1.cec290p-18f};
    const vfloat va = v_at_most(v_abs(x), v_all(15.5f));
    const vfloat vsquare = v_mul(va, va), vlow = v_fma(va, va, v_minus(vsquare));
    const vexp e = v_exp_of_sum(v_mul_by(-0.5f, vsquare), v_mul_by(-0.5f, vlow));
    const vpair u = v_inverse_plus_3(va);
    const vfloat vb = v_all(-0x1.4a7904p+3f),
                 s = v_fma(vb, u.v1, v_fma(vb, u.v0, v_all(0x1.94f20ap+0f)));
    /* The polynomial's last step in two floats. */
    const vfloat vc = v_all(0x1.7d8366p-2f), vhigher = v_polynomial(s, tail, 8);
    const vfloat vp = v_fma(s, vhigher, vc), vp_low = v_fma(s, vhigher, v_sub(vc, vp));
    const vfloat vtail = v_times_power(v_add(vp, v_fma(vp, e.q, vp_low)), e.n);
    const vfloat vfar = v_sub(v_where(v_greater(x, v_zero()), x), vtail);
    const vfloat vfirst = v_all(0x1.988454p-2f);
    vfloat vnear = v_fma(vlow, vfirst, v_fma(vsquare, vfirst, v_mul_by(0.5f, x)));
    vnear = v_fma(v_mul(vsquare, vsquare), v_polynomial(vsquare, near, 5), vnear);
    return v_with_sign(v_select(v_greater(va, v_all(1.0f)), vfar, vnear), x);
}

/* x sigmoid(k), k = 2 sqrt(2 / pi) (x + 0.044715 x^3) in two floats. */
HG_INLINE vfloat v_gelu_tanh(vfloat x)
{
    const vfloat vlinear = v_all(0x1.988454p+0f), vcubic = v_all(0x1.2444f2p-4f);
    const vfloat va = v_at_most(v_abs(x), v_all(11.25f));
    const vfloat vsquare = v_mul(va, va), vsquare_low = v_fma(va, va, v_minus(vsquare));
    const vfloat vp = v_mul(vcubic, vsquare);
    vfloat vlow = v_fma(vcubic, vsquare, v_minus(vp)); /* what vp lacks, and so on */
    vlow = v_fma(vcubic, vsquare_low, vlow);
    vlow = v_fma_by(0x1.49b16ap-29f, vsquare, vlow);
    const vfloat vsum = v_add(vlinear, vp), vpart = v_sub(vsum, vlinear);
    const vfloat vlost = v_add(v_sub(vlinear, v_sub(vsum, vpart)), v_sub(vp, vpart));
    vlow = v_add(v_add(vlow, vlost), v_all(-0x1.857936p-25f));
    const vfloat vk = v_mul(va, vsum), vk_low = v_fma(va, vlow, v_fma(va, vsum, v_minus(vk)));
    const vexp e = v_exp_of_sum(v_minus(vk), v_minus(vk_low));
    return v_times_sigmoid(v_at_least(x, v_all(-11.25f)), v_negative(x), e);
}

/* x (min(max(x + 3, 0), 6) / 6). */
HG_INLINE vfloat v_hard_swish(vfloat x)
{
    const vfloat vx = v_at_least(x, v_all(-3.0f));
    const vfloat vramp = v_clamp(v_add(vx, v_all(3.0f)), v_zero(), v_all(6.0f));
    return v_mul(vx, v_div(vramp, v_all(6.0f)));
}

HG_INLINE vfloat v_hard_sigmoid(vfloat x, vfloat slope, vfloat offset)
{
    return v_clamp(v_fma(x, slope, offset), v_zero(), v_all(1.0f));
}

HG_INLINE vfloat v_elu(vfloat x, vfloat slope)
{
    return v_select(v_negative(x), v_mul(slope, v_expm1(x)), x);
}

#endif
