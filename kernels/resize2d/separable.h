/* Separable filters of any number of taps: first along x into rows of scratch, then along y. */
#ifndef HG_RESIZE2D_SEPARABLE_H
#define HG_RESIZE2D_SEPARABLE_H

#include "kernels/resize2d/resize2d.h"

/* Floats behind a row of scratch that along_x may overwrite with anything. */
enum { HG_RESIZE_SLACK = 16 };

/* In both, sums run in the order of k, fused after the first product, the same for every element
 * whatever its lane: results do not depend on how rows are cut. Outside scratch only the elements
 * named are read and written; nothing is aligned.
 *
 * along_x: one row of scratch from one row of input; HG_RESIZE_SLACK floats follow it.
 *
 *     output[x*channels + c] = sum over k < count[x] of
 *                              weight[k*weight_step + x] * input[(first[x] + k)*in_pixel + c]
 *
 * for x < width, c < channels; pixels without taps are left alone. NCHW: channels and in_pixel
 * are 1. */
typedef struct hg_resize_along_x_args {
    const float *input;
    float *output;
    const int32_t *first, *count, *same;
    const float *weight;
    int64_t weight_step, taps; /* no count is larger */
    int64_t width, channels, in_pixel;
    int64_t in_width; /* pixels of the row of input */
    bool holes;       /* taps of weight 0, which do not count, lie between others */
} hg_resize_along_x_args;

/* along_y: `height` rows of output from the same `taps` rows.
 *
 *     output[y*out_row + x*out_pixel + c] = sum over k < taps of
 *                                           weight[k*weight_step + y] * rows[k][x*in_pixel + c]
 *
 * for y < height, x < width, c < channels. nontemporal: output bypasses the caches. */
typedef struct hg_resize_along_y_args {
    const float *const *rows;
    float *output;
    const float *weight;
    int64_t weight_step, taps;
    int64_t width, channels, height;
    int64_t in_pixel, out_pixel, out_row;
    bool nontemporal;
} hg_resize_along_y_args;

typedef struct hg_resize_separable_ukernels {
    void (*along_x)(const hg_resize_along_x_args *args);
    void (*along_y)(const hg_resize_along_y_args *args);
} hg_resize_separable_ukernels;

extern const hg_algorithm hg_resize2d_separable;

#endif
