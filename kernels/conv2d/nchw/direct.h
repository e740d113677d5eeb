/* Direct convolution on NCHW tensors, f32: vectors run along output rows, and a tile holds a few
 * output channels of a few vectors. */
#ifndef HG_DIRECT_NCHW_H
#define HG_DIRECT_NCHW_H

#include "kernels/kernel.h"

enum { HG_DIRECT_NCHW_CHANNELS = 4 }; /* of a block of weights at most */

/* Where a vector of outputs lies in the plane of its channel, and what is under its first tap:
 * elements from the first ones. */
typedef struct hg_direct_nchw_vector {
    int64_t input, output, residual;
} hg_direct_nchw_vector;

/* Some vectors of n output channels, n = 1 .. 4; offset(t) is taps[t] bytes:
 *
 *     for i < count, k < n, j < lanes:
 *         v = bias[k]
 *         for t < depth:
 *             v += weights[t*n + k] * input[vectors[i].input + offset(t) + j]
 *         if (residual) v += residual[k*residual_plane + vectors[i].residual + j]
 *         output[k*output_plane + vectors[i].output + j] = post(v)
 *
 * Of the input whole vectors are read, whatever lanes says; of nothing else anything beyond what is
 * named. Vectors may overlap, and be computed more than once. */
typedef struct hg_direct_nchw_args {
    const hg_direct_nchw_vector *vectors;
    const int32_t *taps;
    const float *input, *weights, *bias;
    float *output;
    const float *residual; /* or NULL */
    int64_t count, depth, lanes, output_plane, residual_plane;
    hg_post post;
} hg_direct_nchw_args;

/* Some rows of one input channel, to strips with zeros around them:
 *
 *     for y < rows, column < pitch*stride where column % stride < residues:
 *         iy = first + y*every, ix = column - left + skip
 *         inside = 0 <= iy < height && left <= column < left + inside
 *         strips[(y*residues + column % stride)*pitch + column / stride] =
 *             inside ? input[iy*row + ix] : 0
 *
 * residues is 1 or stride. Up to pitch floats and a vector after the last strip may be written. */
typedef struct hg_direct_nchw_rows {
    const float *input; /* row 0 */
    float *strips;
    int64_t row, height, first, every, rows;
    int64_t left, inside, skip, stride, residues, pitch;
} hg_direct_nchw_rows;

typedef struct hg_direct_nchw_ukernels {
    void (*run[HG_DIRECT_NCHW_CHANNELS])(const hg_direct_nchw_args *args); /* n = 1, 2, 3, 4 */
    int vectors[HG_DIRECT_NCHW_CHANNELS];                                  /* of a tile */
    void (*copy)(const hg_direct_nchw_rows *rows);
} hg_direct_nchw_ukernels;

extern const hg_algorithm hg_conv2d_nchw_direct;

#endif
