/* Nearest mode: copies of pixels. */
#ifndef HG_RESIZE2D_COPY_H
#define HG_RESIZE2D_COPY_H

#include "kernels/resize2d/resize2d.h"

/* `height` equal rows of output pixels, out_row apart:
 *
 *     output[y*out_row + x*out_pixel + c] = input[first[x]*in_pixel + c]          to the bit
 *
 * for y < height, x < width, c < channels. Only these elements are read and written; nothing is
 * aligned. NCHW: channels and both strides of pixels are 1. nontemporal: each output pixel is whole
 * aligned vectors. */
typedef struct hg_resize_copy_args {
    const float *input;
    float *output;
    const int32_t *first;
    int64_t factor; /* first[x] == x / factor for all x; 0 = not known */
    int64_t width, channels, height;
    int64_t in_pixel, out_pixel, out_row;
    bool nontemporal; /* factor 2 */
} hg_resize_copy_args;

extern const hg_algorithm hg_resize2d_copy;

#endif
