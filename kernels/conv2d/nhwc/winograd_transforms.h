/* The one-dimensional transforms of Winograd tiles, o = B^T d and y = A^T m, over the vector
 * vocabulary. The matrices follow from the points named here, and infinity; G, the third of them,
 * is made of the same points in winograd_weights.c.
 *
 * The bounds of docs/accuracy.md rest on two facts: the parts of one element of B^T or A^T have one
 * sign, so that nothing is added only to be subtracted again; and the roundings that a value passes
 * are those counted there (products with powers of two are exact). */
#ifndef HG_WINOGRAD_TRANSFORMS_H
#define HG_WINOGRAD_TRANSFORMS_H

#include "kernels/simd/simd.h"

/* ---- Pixels. F(m, r) of equally many points share B^T, whatever m and r ---- */

/* 0, 1: F(2, 2). */
HG_INLINE void input_3(const vfloat *d, vfloat *o)
{
    o[0] = v_sub(d[0], d[1]);
    o[1] = d[1];
    o[2] = v_sub(d[2], d[1]);
}

/* 0, 1, -1: F(2, 3) and F(3, 2). */
HG_INLINE void input_4(const vfloat *d, vfloat *o)
{
    o[0] = v_sub(d[0], d[2]);
    o[1] = v_add(d[1], d[2]);
    o[2] = v_sub(d[2], d[1]);
    o[3] = v_sub(d[1], d[3]);
}

/* 0, 1, -1, 2: F(4, 2). */
HG_INLINE void input_5(const vfloat *d, vfloat *o)
{
    const vfloat difference = v_sub(d[3], d[1]);
    o[0] = v_fma_by(2, v_sub(d[0], d[2]), difference);
    o[1] = v_sub(difference, v_add(d[1], d[2]));
    o[2] = v_fma_by(2, d[1], v_fma_by(-3, d[2], d[3]));
    o[3] = difference;
    o[4] = v_fma_by(-2, difference, v_sub(d[4], d[2]));
}

/* 0, 1, -1, 2, -2: F(4, 3), F(2, 5) and F(5, 2). Rows of opposite points share their even and odd
 * halves. */
HG_INLINE void input_6(const vfloat *d, vfloat *o)
{
    const vfloat even1 = v_fma_by(-4, d[2], d[4]), odd1 = v_fma_by(-4, d[1], d[3]);
    const vfloat even2 = v_sub(d[4], d[2]), odd2 = v_mul_by(2, v_sub(d[3], d[1]));
    o[0] = v_fma_by(4, d[0], v_fma_by(-5, d[2], d[4]));
    o[1] = v_add(even1, odd1);
    o[2] = v_sub(even1, odd1);
    o[3] = v_add(even2, odd2);
    o[4] = v_sub(even2, odd2);
    o[5] = v_fma_by(4, d[1], v_fma_by(-5, d[3], d[5]));
}

/* 0, 1, -1, 2, -2, 1/2, -1/2: F(6, 3) and F(4, 5). */
HG_INLINE void input_8(const vfloat *d, vfloat *o)
{
    const vfloat even1 = v_fma_by(-4.25f, d[4], v_add(d[2], d[6]));
    const vfloat odd1 = v_fma_by(-4.25f, d[3], v_add(d[1], d[5]));
    const vfloat even2 = v_fma_by(0.25f, d[2], v_fma_by(-1.25f, d[4], d[6]));
    const vfloat odd2 = v_fma_by(0.5f, d[1], v_fma_by(-2.5f, d[3], v_mul_by(2, d[5])));
    const vfloat even3 = v_fma_by(4, d[2], v_fma_by(-5, d[4], d[6]));
    const vfloat odd3 = v_fma_by(2, d[1], v_fma_by(-2.5f, d[3], v_mul_by(0.5f, d[5])));
    o[0] = v_fma_by(5.25f, v_sub(d[4], d[2]), v_sub(d[0], d[6]));
    o[1] = v_add(even1, odd1);
    o[2] = v_sub(even1, odd1);
    o[3] = v_add(even2, odd2);
    o[4] = v_sub(even2, odd2);
    o[5] = v_add(even3, odd3);
    o[6] = v_sub(even3, odd3);
    o[7] = v_fma_by(5.25f, v_sub(d[3], d[5]), v_sub(d[7], d[1]));
}

/* Stride 2, F(2, 3): F(2, 2) of the even pixels; odd pixels as they are. */
HG_INLINE void input_5_s2(const vfloat *d, vfloat *o)
{
    const vfloat even[] = {d[0], d[2], d[4]};
    input_3(even, o);
    o[3] = d[1];
    o[4] = d[3];
}

/* Stride 2, F(4, 3): F(4, 2) of the even pixels. */
HG_INLINE void input_9_s2(const vfloat *d, vfloat *o)
{
    const vfloat even[] = {d[0], d[2], d[4], d[6], d[8]};
    input_5(even, o);
    HG_UNROLL
    for (int i = 0; i < 4; i++) o[5 + i] = d[1 + 2 * i];
}

/* That of A pixels at stride S; constants. */
HG_INLINE void input_1d(const vfloat *d, vfloat *o, int A, int S)
{
    if (A == 3) input_3(d, o);
    if (A == 4) input_4(d, o);
    if (A == 5 && S == 1) input_5(d, o);
    if (A == 5 && S == 2) input_5_s2(d, o);
    if (A == 6) input_6(d, o);
    if (A == 8) input_8(d, o);
    if (A == 9) input_9_s2(d, o);
}

/* ---- Products ---- */

HG_INLINE void output_f2r2(const vfloat *m, vfloat *y)
{
    y[0] = v_add(m[0], m[1]);
    y[1] = v_add(m[1], m[2]);
}

HG_INLINE void output_f2(const vfloat *m, vfloat *y)
{
    y[0] = v_add(m[0], v_add(m[1], m[2]));
    y[1] = v_sub(v_sub(m[1], m[2]), m[3]);
}

HG_INLINE void output_f3r2(const vfloat *m, vfloat *y)
{
    const vfloat sum = v_add(m[1], m[2]);
    y[0] = v_add(m[0], sum);
    y[1] = v_sub(m[1], m[2]);
    y[2] = v_sub(sum, m[3]);
}

HG_INLINE void output_f4r2(const vfloat *m, vfloat *y)
{
    const vfloat sum = v_add(m[1], m[2]), difference = v_sub(m[1], m[2]);
    y[0] = v_add(v_add(m[0], sum), m[3]);
    y[1] = v_fma_by(2, m[3], difference);
    y[2] = v_fma_by(4, m[3], sum);
    y[3] = v_fma_by(8, m[3], v_add(difference, m[4]));
}

/* F(4, 3); F(5, 2) and F(2, 5) share its points. M is 2, 4 or 5. */
HG_INLINE void output_6(const vfloat *m, vfloat *y, int M)
{
    const vfloat sum1 = v_add(m[1], m[2]), difference1 = v_sub(m[1], m[2]);
    const vfloat sum2 = v_add(m[3], m[4]), difference2 = v_sub(m[3], m[4]);
    y[0] = v_add(m[0], v_add(sum1, sum2));
    y[1] = v_fma_by(2, difference2, difference1);
    if (M > 2) {
        y[2] = v_fma_by(4, sum2, sum1);
        y[3] = v_fma_by(8, difference2, difference1);
    }
    if (M > 4) y[4] = v_fma_by(16, sum2, sum1);
    y[M - 1] = v_add(y[M - 1], m[5]);
}

/* F(6, 3) and F(4, 5) share their points. M is 6 or 4. */
HG_INLINE void output_8(const vfloat *m, vfloat *y, int M)
{
    const vfloat sum1 = v_add(m[1], m[2]), difference1 = v_sub(m[1], m[2]);
    const vfloat sum2 = v_add(m[3], m[4]), difference2 = v_sub(m[3], m[4]);
    const vfloat sum3 = v_add(m[5], m[6]), difference3 = v_sub(m[5], m[6]);
    y[0] = v_add(v_add(m[0], sum1), v_add(sum2, sum3));
    y[1] = v_fma_by(0.5f, difference3, v_fma_by(2, difference2, difference1));
    y[2] = v_fma_by(0.25f, sum3, v_fma_by(4, sum2, sum1));
    y[3] = v_fma_by(0.125f, difference3, v_fma_by(8, difference2, difference1));
    if (M > 4) {
        y[4] = v_fma_by(0.0625f, sum3, v_fma_by(16, sum2, sum1));
        y[5] = v_fma_by(0.03125f, difference3, v_fma_by(32, difference2, difference1));
    }
    y[M - 1] = v_add(y[M - 1], m[7]);
}

HG_INLINE void output_f2s2(const vfloat *m, vfloat *y)
{
    y[0] = v_add(v_add(m[0], m[1]), m[3]);
    y[1] = v_add(v_add(m[1], m[2]), m[4]);
}

HG_INLINE void output_f4s2(const vfloat *m, vfloat *y)
{
    const vfloat sum = v_add(m[1], m[2]), difference = v_sub(m[1], m[2]);
    y[0] = v_add(v_add(m[0], sum), v_add(m[3], m[5]));
    y[1] = v_fma_by(2, m[3], v_add(difference, m[6]));
    y[2] = v_fma_by(4, m[3], v_add(sum, m[7]));
    y[3] = v_fma_by(8, m[3], v_add(v_add(difference, m[4]), m[8]));
}

/* Of A products to M outputs at stride S; constants. */
HG_INLINE void output_1d(const vfloat *m, vfloat *y, int A, int M, int S)
{
    if (A == 3) output_f2r2(m, y);
    if (A == 4 && M == 2) output_f2(m, y);
    if (A == 4 && M == 3) output_f3r2(m, y);
    if (A == 5 && S == 1) output_f4r2(m, y);
    if (A == 5 && S == 2) output_f2s2(m, y);
    if (A == 6) output_6(m, y, M);
    if (A == 8) output_8(m, y, M);
    if (A == 9) output_f4s2(m, y);
}

#endif
