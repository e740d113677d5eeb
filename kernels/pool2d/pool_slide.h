/* Sliding windows of stride 1: the contract between the portable driver and the microkernels. */
#ifndef HG_POOL_SLIDE_H
#define HG_POOL_SLIDE_H

#include "kernels/pool2d/pool2d.h"

extern const hg_kernel hg_pool_slide_avx2[], hg_pool_slide_neon[];
extern const hg_kernel hg_pool_k3s2_avx2[], hg_pool_k3s2_neon[];
extern const hg_algorithm hg_pool_slide, hg_pool_k3s2;

enum { HG_SLIDE_CHANNELS = 32 }; /* of one pixel of the buffer: two cache lines */

/* A band of output rows of one image, for a block of channels, NHWC; windows have stride and
 * dilation 1, and at least one tap.
 *
 *     buffer[y][x][c] = op over kx < columns[x].taps of
 *                       input[y*in_row + (columns[x].first + kx)*in_pixel + c],     y < in_rows
 *     output[y*out_row + x*out_pixel + c] = op over ky < rows[y].taps of
 *                       buffer[rows[y].first - first_row + ky][x][c],                y < height
 *
 *     max: bit for bit what hg_pool_args says.
 *     avg: the sum times the rounded reciprocal of (divisor ? divisor : rows[y].extent *
 *          columns[x].extent); sums are of rows of taps, then of rows, in any order.
 *
 * channels <= HG_SLIDE_CHANNELS. Only the elements named are read and written. */
typedef struct hg_pool_slide_args {
    const float *input; /* row first_row */
    float *output, *buffer;
    float *edge, *scales; /* work space: a row of the buffer, and width floats */
    const hg_pool_span *rows, *columns;
    int64_t height, width, channels;
    int64_t first_row, in_rows, in_width;
    hg_size2 window;
    int64_t in_row, in_pixel, out_row, out_pixel;
    double divisor;
} hg_pool_slide_args;

#endif
