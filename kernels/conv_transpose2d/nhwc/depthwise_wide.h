/* Transposed depthwise convolution, a stride of outputs at a time: the `stride` pixels that read
 * the same pixels of the input lie side by side, and vectors run over all of their channels.
 *
 *     3 channels, stride 4, vectors of 8:   output    0 1 2 | 0 1 2 | 0 1 2 | 0 1 2
 *                                           input     0 1 2   0 1 2   0 1 2   0 1 2
 *                                           vectors   - - - - - - - -
 *                                                             - - - - - - - -
 *
 * The input is copied into strips whose pixels are followed by themselves, so that a vector is one
 * load wherever it begins. */
#ifndef HG_DEPTHWISE_WIDE_H
#define HG_DEPTHWISE_WIDE_H

#include "kernels/kernel.h"

/* Some columns of sets of outputs, whose columns are the channels of its pixels:
 *
 *     for j < sets, i < columns:
 *         v = bias[i]
 *         for r < rows, t < taps:
 *             v += input[r*row_step + (j + t)*pixel_step + i % channels]
 *                * weights[r*weight_step + t*tap_step + i]
 *         if (residual) v += residual[j*set_step + i]
 *         out[j*set_step + i] = post(v)
 *
 * A pixel of the input is followed by itself, again and again, to VL floats behind it. VL
 * floats of weights and bias are readable wherever some are. plain: no residual, and post(v) = v.
 */
typedef struct hg_depthwise_wide_args {
    const float *input, *weights, *bias;
    float *out;
    const float *residual; /* or NULL */
    int64_t row_step, pixel_step, weight_step, tap_step, set_step, next_row;
    int64_t rows, taps, sets, columns, channels;
    hg_post post;
    bool plain;
} hg_depthwise_wide_args;

typedef struct hg_depthwise_wide_ukernels {
    void (*run)(const hg_depthwise_wide_args *args);
    /* `pixels`, `step` floats apart, to ones of channels + VL floats side by side: each followed by
     * itself. */
    void (*copy)(const float *from, int64_t step, int64_t pixels, int64_t channels, float *to);
} hg_depthwise_wide_ukernels;

extern const hg_algorithm hg_conv_transpose2d_nhwc_depthwise_wide;

#endif
