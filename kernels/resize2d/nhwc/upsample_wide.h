/* Resizing of NHWC images to wider ones. */
#ifndef HG_RESIZE2D_NHWC_UPSAMPLE_WIDE_H
#define HG_RESIZE2D_NHWC_UPSAMPLE_WIDE_H

#include "kernels/resize2d/separable.h"

enum { HG_RESIZE_WIDE_TAPS = 4 };

/* One row of output:
 *
 *     output[x*out_pixel + c] = sum over k < count[x] of
 *                     weight[k*weight_step + x] * input[(first[x] - in_first + k)*channels + c]
 *
 * for x < width, c < channels, which are at least VL; 0 < count[x] <= HG_RESIZE_WIDE_TAPS. Sums run
 * in the order of k, fused after the first product. `same` as in hg_resize_axis. Only the elements
 * named are read and written; nothing is aligned. */
typedef struct hg_resize_wide_args {
    const float *input;
    float *output;
    const int32_t *first, *count, *same;
    const float *weight;
    int64_t weight_step, width, channels, out_pixel, in_first;
} hg_resize_wide_args;

typedef struct hg_resize_wide_ukernels {
    void (*along_y)(const hg_resize_along_y_args *args);
    void (*along_x)(const hg_resize_wide_args *args);
    /* Output is written in order and prefetched: at most 3 vectors of channels. */
    void (*along_x_ahead)(const hg_resize_wide_args *args);
} hg_resize_wide_ukernels;

extern const hg_algorithm hg_resize2d_nhwc_upsample_wide;

#endif
