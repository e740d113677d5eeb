/* Winograd transforms for any ISA. The including file provides, for its vectors of VL floats:
 *   vec; load, load_tail(p, n), store, store_tail(p, v, n) with 0 < n < VL;
 *   add, sub, times(factor, v), mad(factor, v, w) = factor * v + w;
 *   post(v, to) = the epilogue. */

/* ---- One-dimensional transforms: o = B^T d and y = A^T m ----
 *
 * The bounds of docs/accuracy.md rest on two facts: the parts of one element of B^T or A^T have one
 * sign, so that nothing is added only to be subtracted again; and the roundings that a value passes
 * are those counted there (products with powers of two are exact). */

HG_INLINE void input_f2(const vec *d, vec *o)
{
    o[0] = sub(d[0], d[2]);
    o[1] = add(d[1], d[2]);
    o[2] = sub(d[2], d[1]);
    o[3] = sub(d[1], d[3]);
}

HG_INLINE void output_f2(const vec *m, vec *y)
{
    y[0] = add(m[0], add(m[1], m[2]));
    y[1] = sub(sub(m[1], m[2]), m[3]);
}

/* Points 0, 1, -1, 2, -2: rows of opposite points share their even and odd halves. */
HG_INLINE void input_f4(const vec *d, vec *o)
{
    const vec even1 = mad(-4, d[2], d[4]), odd1 = mad(-4, d[1], d[3]);
    const vec even2 = sub(d[4], d[2]), odd2 = times(2, sub(d[3], d[1]));
    o[0] = mad(4, d[0], mad(-5, d[2], d[4]));
    o[1] = add(even1, odd1);
    o[2] = sub(even1, odd1);
    o[3] = add(even2, odd2);
    o[4] = sub(even2, odd2);
    o[5] = mad(4, d[1], mad(-5, d[3], d[5]));
}

HG_INLINE void output_f4(const vec *m, vec *y)
{
    const vec sum1 = add(m[1], m[2]), difference1 = sub(m[1], m[2]);
    const vec sum2 = add(m[3], m[4]), difference2 = sub(m[3], m[4]);
    y[0] = add(m[0], add(sum1, sum2));
    y[1] = mad(2, difference2, difference1);
    y[2] = mad(4, sum2, sum1);
    y[3] = add(mad(8, difference2, difference1), m[5]);
}

/* Points 0, 1, -1, 2, -2, 1/2, -1/2. */
HG_INLINE void input_f6(const vec *d, vec *o)
{
    const vec even1 = mad(-4.25f, d[4], add(d[2], d[6]));
    const vec odd1 = mad(-4.25f, d[3], add(d[1], d[5]));
    const vec even2 = mad(0.25f, d[2], mad(-1.25f, d[4], d[6]));
    const vec odd2 = mad(0.5f, d[1], mad(-2.5f, d[3], times(2, d[5])));
    const vec even3 = mad(4, d[2], mad(-5, d[4], d[6]));
    const vec odd3 = mad(2, d[1], mad(-2.5f, d[3], times(0.5f, d[5])));
    o[0] = mad(5.25f, sub(d[4], d[2]), sub(d[0], d[6]));
    o[1] = add(even1, odd1);
    o[2] = sub(even1, odd1);
    o[3] = add(even2, odd2);
    o[4] = sub(even2, odd2);
    o[5] = add(even3, odd3);
    o[6] = sub(even3, odd3);
    o[7] = mad(5.25f, sub(d[3], d[5]), sub(d[7], d[1]));
}

HG_INLINE void output_f6(const vec *m, vec *y)
{
    const vec sum1 = add(m[1], m[2]), difference1 = sub(m[1], m[2]);
    const vec sum2 = add(m[3], m[4]), difference2 = sub(m[3], m[4]);
    const vec sum3 = add(m[5], m[6]), difference3 = sub(m[5], m[6]);
    y[0] = add(add(m[0], sum1), add(sum2, sum3));
    y[1] = mad(0.5f, difference3, mad(2, difference2, difference1));
    y[2] = mad(0.25f, sum3, mad(4, sum2, sum1));
    y[3] = mad(0.125f, difference3, mad(8, difference2, difference1));
    y[4] = mad(0.0625f, sum3, mad(16, sum2, sum1));
    y[5] = add(mad(0.03125f, difference3, mad(32, difference2, difference1)), m[7]);
}

/* F(4x4, 5x5) shares the points and so the input transform of F(6x6, 3x3). */
HG_INLINE void output_f4r5(const vec *m, vec *y)
{
    const vec sum1 = add(m[1], m[2]), difference1 = sub(m[1], m[2]);
    const vec sum2 = add(m[3], m[4]), difference2 = sub(m[3], m[4]);
    const vec sum3 = add(m[5], m[6]), difference3 = sub(m[5], m[6]);
    y[0] = add(add(m[0], sum1), add(sum2, sum3));
    y[1] = mad(0.5f, difference3, mad(2, difference2, difference1));
    y[2] = mad(0.25f, sum3, mad(4, sum2, sum1));
    y[3] = add(mad(0.125f, difference3, mad(8, difference2, difference1)), m[7]);
}

/* F(2x2, 5x5) shares those of F(4x4, 3x3). */
HG_INLINE void output_f2r5(const vec *m, vec *y)
{
    y[0] = add(m[0], add(add(m[1], m[2]), add(m[3], m[4])));
    y[1] = add(mad(2, sub(m[3], m[4]), sub(m[1], m[2])), m[5]);
}

/* Stride 2, F(2x2, 3x3): F(2, 2) of the even pixels on the points 0 and 1; odd pixels as they are.
 */
HG_INLINE void input_f2s2(const vec *d, vec *o)
{
    o[0] = sub(d[0], d[2]);
    o[1] = d[2];
    o[2] = sub(d[4], d[2]);
    o[3] = d[1];
    o[4] = d[3];
}

HG_INLINE void output_f2s2(const vec *m, vec *y)
{
    y[0] = add(add(m[0], m[1]), m[3]);
    y[1] = add(add(m[1], m[2]), m[4]);
}

/* F(4x4, 3x3): F(4, 2) of the even pixels on the points 0, 1, -1 and 2. */
HG_INLINE void input_f4s2(const vec *d, vec *o)
{
    const vec e0 = d[0], e1 = d[2], e2 = d[4], e4 = d[8], difference = sub(d[6], d[2]);
    o[0] = mad(2, sub(e0, e2), difference);
    o[1] = sub(difference, add(e1, e2));
    o[2] = mad(2, e1, mad(-3, e2, d[6]));
    o[3] = difference;
    o[4] = mad(-2, difference, sub(e4, e2));
    HG_UNROLL for (int i = 0; i < 4; i++) o[5 + i] = d[1 + 2 * i];
}

HG_INLINE void output_f4s2(const vec *m, vec *y)
{
    const vec sum = add(m[1], m[2]), difference = sub(m[1], m[2]);
    y[0] = add(add(m[0], sum), add(m[3], m[5]));
    y[1] = mad(2, m[3], add(difference, m[6]));
    y[2] = mad(4, m[3], add(sum, m[7]));
    y[3] = mad(8, m[3], add(add(difference, m[4]), m[8]));
}

/* ---- Two-dimensional transforms ---- */

#define TILE_A 4
#define TILE_INPUT input_4
#define TILE_INPUT_1D input_f2
#include "kernels/conv2d/winograd_input.h"
#define TILE_A 6
#define TILE_INPUT input_6
#define TILE_INPUT_1D input_f4
#include "kernels/conv2d/winograd_input.h"
#define TILE_A 8
#define TILE_INPUT input_8
#define TILE_INPUT_1D input_f6
#include "kernels/conv2d/winograd_input.h"

#define TILE_A 5
#define TILE_INPUT input_5
#define TILE_INPUT_1D input_f2s2
#include "kernels/conv2d/winograd_input.h"
#define TILE_A 9
#define TILE_INPUT input_9
#define TILE_INPUT_1D input_f4s2
#include "kernels/conv2d/winograd_input.h"

#define TILE_A 4
#define TILE_M 2
#define TILE_OUTPUT output_2r3
#define TILE_OUTPUT_1D output_f2
#include "kernels/conv2d/winograd_output.h"
#define TILE_A 6
#define TILE_M 4
#define TILE_OUTPUT output_4r3
#define TILE_OUTPUT_1D output_f4
#include "kernels/conv2d/winograd_output.h"
#define TILE_A 8
#define TILE_M 6
#define TILE_OUTPUT output_6r3
#define TILE_OUTPUT_1D output_f6
#include "kernels/conv2d/winograd_output.h"
#define TILE_A 6
#define TILE_M 2
#define TILE_OUTPUT output_2r5
#define TILE_OUTPUT_1D output_f2r5
#include "kernels/conv2d/winograd_output.h"
#define TILE_A 8
#define TILE_M 4
#define TILE_OUTPUT output_4r5
#define TILE_OUTPUT_1D output_f4r5
#include "kernels/conv2d/winograd_output.h"

#define TILE_A 5
#define TILE_M 2
#define TILE_OUTPUT output_2s2
#define TILE_OUTPUT_1D output_f2s2
#include "kernels/conv2d/winograd_output.h"
#define TILE_A 9
#define TILE_M 4
#define TILE_OUTPUT output_4s2
#define TILE_OUTPUT_1D output_f4s2
#include "kernels/conv2d/winograd_output.h"

/* ---- Filters ---- */

#define FILTER_NAME filters_4r3
#define FILTER_1D filter_4r3
#define FILTER_A 4
#define FILTER_R 3
#define FILTER_S 1
#include "kernels/conv2d/winograd_filter.h"
#define FILTER_NAME filters_6r3
#define FILTER_1D filter_6r3
#define FILTER_A 6
#define FILTER_R 3
#define FILTER_S 1
#include "kernels/conv2d/winograd_filter.h"
#define FILTER_NAME filters_8r3
#define FILTER_1D filter_8r3
#define FILTER_A 8
#define FILTER_R 3
#define FILTER_S 1
#include "kernels/conv2d/winograd_filter.h"
#define FILTER_NAME filters_6r5
#define FILTER_1D filter_6r5
#define FILTER_A 6
#define FILTER_R 5
#define FILTER_S 1
#include "kernels/conv2d/winograd_filter.h"
#define FILTER_NAME filters_8r5
#define FILTER_1D filter_8r5
#define FILTER_A 8
#define FILTER_R 5
#define FILTER_S 1
#include "kernels/conv2d/winograd_filter.h"
#define FILTER_NAME filters_5r3
#define FILTER_1D filter_5r3
#define FILTER_A 5
#define FILTER_R 3
#define FILTER_S 2
#include "kernels/conv2d/winograd_filter.h"
#define FILTER_NAME filters_9r3
#define FILTER_1D filter_9r3
#define FILTER_A 9
#define FILTER_R 3
#define FILTER_S 2
#include "kernels/conv2d/winograd_filter.h"
