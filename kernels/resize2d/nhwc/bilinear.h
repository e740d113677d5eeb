/* Four taps per output, straight from the input: bilinear resizing of NHWC images by any factor. */
#ifndef HG_RESIZE2D_NHWC_BILINEAR_H
#define HG_RESIZE2D_NHWC_BILINEAR_H

#include "kernels/resize2d/resize2d.h"

enum { HG_BILINEAR_QUAD = 4 }; /* floats */

/* The two taps of an output along one axis, in floats from the start of the axis. An output of one
 * tap has it twice, at half its weight each: 0 times infinity would be NaN. */
typedef struct hg_resize_two_taps {
    int64_t first, second;
    float weight[2];
} hg_resize_two_taps;

/* One row of output from two of input; y has weights alone.
 *
 *     output[x*out_pixel + c] = y.weight[0] * across(upper) + y.weight[1] * across(lower)
 *     across(row)             = x.weight[0] * row[x.first + c] + x.weight[1] * row[x.second + c]
 *
 * for each x of `across`, c < channels; sums fused after the first product, along x first. */
typedef struct hg_resize_bilinear_args {
    const float *upper, *lower;
    float *output;
    const hg_resize_two_taps *y, *across; /* of the row; of its columns */
    int64_t width, channels, out_pixel;
    int64_t quads; /* columns at the left that HG_BILINEAR_QUAD floats may be read and written from,
                      those written beyond a pixel being of pixels that follow in the row */
} hg_resize_bilinear_args;

typedef void hg_resize_bilinear_fn(const hg_resize_bilinear_args *args);

typedef struct hg_resize_bilinear_ukernels {
    hg_resize_bilinear_fn *any;
    hg_resize_bilinear_fn *nontemporal; /* each output pixel is whole aligned vectors */
} hg_resize_bilinear_ukernels;

extern const hg_algorithm hg_resize2d_nhwc_bilinear;

#endif
