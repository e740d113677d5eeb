/* One weight for each channel: pixels of few channels, several at a time. */
#ifndef HG_CONV2D_NHWC_SCALE_H
#define HG_CONV2D_NHWC_SCALE_H

#include "kernels/kernel.h"

/*     for i < count:
 *         v = input[i] * weights[i % period] + bias[i % period]
 *         if (residual) v += residual[i]
 *         output[i] = post(v)
 *
 * period is a multiple of the lanes. */
typedef struct hg_scale_args {
    const float *input, *weights, *bias;
    const float *residual; /* or NULL */
    float *output;
    int64_t count, period;
    hg_post post;
} hg_scale_args;

extern const hg_algorithm hg_conv2d_nhwc_scale;

#endif
