/* Bands of rows of NHWC, windows that share taps with their neighbours: the driver, and its
 * contract with the microkernels. */
#ifndef HG_POOL_NHWC_BANDS_H
#define HG_POOL_NHWC_BANDS_H

#include "kernels/geometry.h"
#include "kernels/pool2d/pool2d.h"

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
 *     avg: the sum times scale[scale_rows[y] + x]; sums are of rows of taps, then of rows, in any
 *          order.
 *
 * channels <= HG_SLIDE_CHANNELS for sliding windows. Only the elements named are read and written.
 */
typedef struct hg_pool_slide_args {
    const float *input; /* row 0 of the image */
    float *output;
    float *buffer; /* work space; sliding: ring + 1 rows of HG_SLIDE_CHANNELS floats per output */
    const float **row; /* work space: ring pointers */
    int64_t ring;      /* at least window.h - 1 + hg_slide_step(window.h) */
    const hg_pool_span *rows, *columns;
    hg_span whole;             /* columns whose windows no edge cuts */
    const int64_t *scale_rows; /* averages */
    const float *scale;
    int64_t height, width, channels;
    int64_t in_height, in_width, top, left;
    hg_size2 window;
    int64_t in_row, in_pixel, out_row, out_pixel;
} hg_pool_slide_args;

/* How an algorithm cuts its output: a range is a band of `rows` rows of one image, for a block of
 * `channels`. buffer: floats of scratch; ring: pointers behind them. */
typedef struct hg_pool_slide_blocking {
    int64_t rows, channels, buffer, ring;
} hg_pool_slide_blocking;

/* An algorithm of such bands: rows of kernels name its first member., and plans of them
 * find the others behind it. Runs do not: all that they want is in the tables. */
typedef struct hg_pool_slide {
    hg_algorithm algorithm;
    hg_pool_slide_blocking (*blocking_of)(const hg_problem *p);
} hg_pool_slide;

/* The members of `algorithm` that all of them share. */
#define HG_POOL_SLIDES                                                                             \
    .size = hg_pool_slide_size, .prepare = hg_pool_slide_prepare, .run = hg_pool_slide_run
hg_size_fn hg_pool_slide_size;
hg_prepare_fn hg_pool_slide_prepare;
hg_run_fn hg_pool_slide_run;

/* Windows of stride 1, dilation 1 that have neighbours, and all reach into the input. */
hg_supports_fn hg_pool_slide_supports;
hg_cost_fn hg_pool_slide_cost;

/* Of stride 2, whose kernels take outputs by pairs: how much longer for columns that go alone. */
double hg_pool_pairs_share(const hg_problem *p);

extern const hg_pool_slide hg_pool2d_nhwc_slide, hg_pool2d_nhwc_avg_3x3s1, hg_pool2d_nhwc_avg_3x3s2,
    hg_pool2d_nhwc_max_3x3s2;

#endif
