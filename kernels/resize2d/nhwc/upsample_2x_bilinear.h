/* Bilinear resizing of NHWC images to twice the size. */
#ifndef HG_RESIZE2D_NHWC_UPSAMPLE_2X_BILINEAR_H
#define HG_RESIZE2D_NHWC_UPSAMPLE_2X_BILINEAR_H

#include "kernels/resize2d/resize2d.h"

/* What lies between two rows of input when both axes are doubled about the pixels' centres. Outside
 * the image its border pixels repeat.
 *
 *     a . b        upper = 3/4 (row above) + 1/4 (row below), lower = 1/4 and 3/4
 *      u u         and of each, along x:  output[2x - 1] = 3/4 [x - 1] + 1/4 [x]
 *     .     .                             output[2x]     = 1/4 [x - 1] + 3/4 [x]
 *      l l
 *     a . b        lower is written last: at the border upper is the same row
 */
typedef struct hg_resize_2x_bilinear_args {
    const float *above, *below;
    float *upper, *lower;
    int64_t width, channels, in_pixel, out_pixel;
} hg_resize_2x_bilinear_args;

typedef void hg_resize_2x_bilinear_fn(const hg_resize_2x_bilinear_args *args);

typedef struct hg_resize_2x_bilinear_ukernels {
    hg_resize_2x_bilinear_fn *any;
    hg_resize_2x_bilinear_fn *cachelines;  /* channels are whole vectors */
    hg_resize_2x_bilinear_fn *nontemporal; /* each output pixel is whole aligned vectors */
} hg_resize_2x_bilinear_ukernels;

extern const hg_algorithm hg_resize2d_nhwc_upsample_2x_bilinear;

#endif
