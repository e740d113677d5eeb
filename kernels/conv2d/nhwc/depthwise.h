/* Depthwise convolution on NHWC tensors, f32: vectors run over channels. */
#ifndef HG_DEPTHWISE_H
#define HG_DEPTHWISE_H

#include "kernels/geometry.h"
#include "kernels/kernel.h"

/* Channels of one block of packed weights, B below: a vector, or two of the short ones. */
#define HG_DEPTHWISE_BLOCK(lanes) HG_MAX(lanes, 8)

/* One output row and its window. Rows of taps in padding are left out. */
typedef struct hg_depthwise_line {
    const float *input; /* the first row of taps, column 0 */
    const float *weights;
    float *out;
    const float *residual; /* or NULL */
    int64_t rows;          /* of taps; may be 0 */
} hg_depthwise_line;

/* Some output rows. For each, with the fields of its line (columns of taps in padding are not left
 * out), in any order:
 *
 *     for x < count, c < channels:
 *         v = bias[c]
 *         for r < rows, k < cols:
 *             ix = x*stride + k*dilation - left
 *             if (0 <= ix < width)
 *                 v += input[r*row_step + ix*pixel_step + c]
 *                    * weights[(c/B)*block_step + r*weight_step + k*B + c%B]
 *         if (residual) v += residual[x*residual_step + c]
 *         out[x*out_step + c] = post(v)
 *
 * Where `overlap`, the last block of B channels is [channels - B, channels) for weights and tensors
 * alike, so that no vector is partial: tensors may then be touched before channel 0. Otherwise
 * channels < B. weights and bias are readable up to the next multiple of B channels; nothing else
 * is read or written. Products are summed in this order in every kernel. `ahead`: where the input
 * comes from memory, so that what the next outputs of a row read is worth fetching, the rows of it
 * that the row of outputs above has not read; else 0. */
typedef struct hg_depthwise_args {
    const hg_depthwise_line *lines;
    int64_t line_count;
    int64_t row_step, pixel_step; /* in floats, as are all steps */
    int64_t cols, width, left, stride, dilation;
    int64_t weight_step, block_step;
    const float *bias;
    int64_t out_step, residual_step;
    int64_t count;
    size_t channels;
    int64_t ahead;
    bool overlap;
    hg_post post;
} hg_depthwise_args;

extern const hg_algorithm hg_conv2d_nhwc_depthwise, hg_conv_transpose2d_nhwc_depthwise_phases;

#endif
