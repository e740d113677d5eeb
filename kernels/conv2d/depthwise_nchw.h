/* Depthwise convolution on NCHW tensors, any multiplier, f32: vectors run along rows. */
#ifndef HG_DEPTHWISE_NCHW_H
#define HG_DEPTHWISE_NCHW_H

#include "kernels/kernel.h"

/* Some rows of one output plane, for a 3x3 window without dilation (K = 3):
 *
 *     for y < rows, x < width:
 *         v = bias
 *         for r < K, k < K:
 *             iy = first + y*stride + r, ix = x*stride + k - left
 *             if (0 <= iy < in_height && 0 <= ix < in_width)
 *                 v += input[iy*in_row + ix] * weights[r*K + k]
 *         if (residual) v += residual[y*residual_row + x]
 *         out[y*out_row + x] = post(v)
 *
 * width is at least 8. zeros are in_width zeros, read in place of rows outside. Nothing else is
 * read or written. */
typedef struct hg_depthwise_plane {
    const float *input; /* row 0 */
    const float *zeros;
    int64_t in_row, in_height, in_width;
    int64_t first, left; /* first may be negative */
    const float *weights;
    float bias;
    float *out;
    const float *residual; /* or NULL */
    int64_t out_row, residual_row;
    int64_t rows, width;
    float slope, min, max;
} hg_depthwise_plane;

extern const hg_algorithm hg_depthwise_nchw;

#endif
