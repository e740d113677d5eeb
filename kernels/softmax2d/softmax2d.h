/* Softmax over channels: the microkernels of both algorithms. */
#ifndef HG_SOFTMAX2D_H
#define HG_SOFTMAX2D_H

#include "kernels/kernel.h"
#include "kernels/layout/transpose.h"

/* Pixels whose channels lie side by side, `in_pixel` and `out_pixel` floats apart:
 *
 *     for x < count:  most = max over c of input[x * in_pixel + c]
 *         e[c] = exp(input[x * in_pixel + c] - most)
 *         output[x * out_pixel + c] = e[c] / sum of e
 *
 * output may be input. NaN, or infinity as the largest, makes all of its pixel NaN. */
typedef void hg_softmax_pixels_fn(const float *input, int64_t in_pixel, float *output,
                                  int64_t out_pixel, int64_t count, int64_t channels);

/* The same of pixels side by side in planes `in_plane` and `out_plane` floats apart. scratch:
 * HG_SOFTMAX_COLUMNS floats for each channel. */
typedef void hg_softmax_columns_fn(const float *input, int64_t in_plane, float *output,
                                   int64_t out_plane, int64_t count, int64_t channels,
                                   float *scratch);

enum { HG_SOFTMAX_COLUMNS = 64 };

typedef struct hg_softmax_ukernels {
    hg_softmax_pixels_fn *pixels;
    hg_softmax_columns_fn *columns;
    const hg_transposer *transposer;
} hg_softmax_ukernels;

extern const hg_algorithm hg_softmax2d_pixels, hg_softmax2d_columns;

#endif
