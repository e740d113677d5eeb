/* Depthwise convolution on NCHW tensors, any multiplier, f32: vectors run along rows. */
#ifndef HG_DEPTHWISE_NCHW_H
#define HG_DEPTHWISE_NCHW_H

#include "kernels/kernel.h"

enum { HG_DEPTHWISE_NCHW_LOADS = 4 }; /* of a row of a vector of outputs, at most */

/* Outputs of a row of a tile, W below: a vector, or two of the short ones. */
#define HG_DEPTHWISE_NCHW_TILE(lanes) HG_MAX(lanes, 8)

/* Column of load number i of vector v of a tile, from that under the tile's first output: for
 * stride 2 vectors come in pairs from -1 and from 1 on. */
HG_INLINE int64_t hg_depthwise_nchw_column(int v, int i, int64_t stride, int lanes)
{
    return v * lanes * stride + (stride == 1 ? HG_MIN(i, 2) : i / 2 * 2 - 1 + i % 2 * lanes);
}

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
 * width is at least W. zeros are in_width zeros, read in place of rows outside. masks are those of
 * the loads of each tile, the last of which ends with the row: lanes outside the width are 0.
 * Nothing else is read or written. */
typedef struct hg_depthwise_plane {
    const float *input; /* row 0 */
    const float *zeros;
    const int32_t *masks; /* [tile][vector][load][lane] */
    int64_t in_row, in_height, in_width;
    int64_t first, left; /* first may be negative */
    const float *weights;
    float bias;
    float *out;
    const float *residual; /* or NULL */
    int64_t out_row, residual_row;
    int64_t rows, width;
    hg_post post;
} hg_depthwise_plane;

extern const hg_algorithm hg_conv2d_nchw_depthwise;

#endif
