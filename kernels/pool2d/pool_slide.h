/* Sliding windows of stride 1: the contract between the portable driver and the microkernels. */
#ifndef HG_POOL_SLIDE_H
#define HG_POOL_SLIDE_H

#include "kernels/pool2d/pool2d.h"

extern const hg_kernel hg_pool_slide_avx2[], hg_pool_slide_neon[];
extern const hg_algorithm hg_pool_slide, hg_pool_k3s1, hg_pool2d_nhwc_max_3x3s2;

enum { HG_SLIDE_CHANNELS = 32 }; /* of one pixel of the buffer: two cache lines */

/* Output rows of one step down the buffer, which share what their windows have in common. */
static inline int hg_slide_step(int64_t window)
{
    return window >= 8 ? 8 : window >= 4 ? 4 : window >= 2 ? 2 : 1;
}

/* A band of output rows of one image, for a block of channels, NHWC; windows have stride and
 * dilation 1.
 *
 *     output[y*out_row + x*out_pixel + c] = op over ky < window.h, kx < window.w of
 *         input[(top + y + ky)*in_row + (x - left + kx)*in_pixel + c],     y < height, x < width
 *
 * without the taps outside in_height rows of in_width pixels.
 *     max: bit for bit what hg_pool_args says.
 *     avg: the sum times the rounded reciprocal of (divisor ? divisor : rows[y].extent *
 *          columns[x].extent); sums are of rows of taps, then of rows, in any order.
 *
 * channels <= HG_SLIDE_CHANNELS. Only the elements named are read and written. */
typedef struct hg_pool_slide_args {
    const float *input; /* row 0 of the image */
    float *output;
    float *buffer, *scales; /* work space: lines + 1 rows of the buffer; width floats */
    const float **row;      /* work space: lines pointers */
    int64_t lines;          /* at least window.h - 1 + hg_slide_step(window.h) */
    const hg_pool_span *rows, *columns;
    int64_t height, width, channels;
    int64_t in_height, in_width, top, left;
    hg_size2 window;
    int64_t in_row, in_pixel, out_row, out_pixel;
    double divisor;
} hg_pool_slide_args;

#endif
