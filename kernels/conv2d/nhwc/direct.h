/* Direct convolution on NHWC tensors, f32: runs of output pixels without a pointer table.
 *
 * Along a run the taps keep their places relative to the output pixel, so that a few segments of
 * the input, found once per run, and one step from pixel to pixel serve all of them:
 *
 *     3x3, stride 2, one row of outputs:            segments of the first pixel (3 rows of taps)
 *         [0 0 0]                                   next pixel: all of them `step` further on
 *             [1 1 1]
 *                 [2 2 2]
 *
 * A 1x1 convolution of a dense tensor is a single run over the whole batch. */
#ifndef HG_DIRECT_H
#define HG_DIRECT_H

#include "kernels/kernel.h"

/* Columns that are packed, and go, together: eight, or a vector of more lanes. */
#define HG_DIRECT_UNIT(lanes) ((lanes) > 8 ? (lanes) : 8)

enum {
    HG_DIRECT_MAX_UNITS = 12, /* of a panel */
    HG_DIRECT_MAX_DOT = 6,    /* columns of a panel of dots */
    HG_DIRECT_BEHIND = 16     /* no vector has more lanes */
};

/* Products [first, first + count) of the reduction: `count` floats of the input side by side. */
typedef struct hg_direct_segment {
    const float *input; /* under the first pixel */
    size_t first, count;
} hg_direct_segment;

/* A panel is `units` units of U columns (U = HG_DIRECT_UNIT), the last of which may overlap the one
 * before it:
 *
 *     column(u) = u < units - 1 ? U * u : last
 *     for i < pixels, u < units, j < U (j < n where units == 1):
 *         v = bias[column(u) + j]
 *         for s in segments, c < s.count:
 *             v += s.input[i*step + c] * weights[((s.first + c) * units + u) * U + j]
 *         if (residual) v += residual[i*residual_step + column(u) + j]
 *         out[i*out_step + column(u) + j] = post(v)
 *
 * weights is 32-byte aligned; U floats of bias are readable from each column(u).
 *
 * A panel of dots, for few output channels, has n columns with their products side by side:
 *
 *     v += s.input[i*step + c] * weights[j*depth + s.first + c]          j < n
 *
 * of which HG_DIRECT_BEHIND floats past the last are readable.
 *
 * plain: no residual is added and post(v) = v. alone: the output is one pixel. ahead: the pixels
 * follow one another in memory, and are worth fetching before they are read. */
typedef struct hg_direct_args {
    const hg_direct_segment *segments;
    size_t segment_count, step;
    const float *weights, *bias;
    float *out;
    const float *residual; /* or NULL */
    size_t out_step, residual_step, pixels, last, n, depth;
    hg_post post;
    bool plain, ahead, alone;
} hg_direct_args;

/* One function per units = 1, 2, ... up to the widest panel, or per n = 1 .. 6 of dots. */
typedef struct hg_direct_ukernels {
    void (*run[HG_DIRECT_MAX_UNITS])(const hg_direct_args *args);
    int mr[HG_DIRECT_MAX_UNITS]; /* pixels of a whole tile */
} hg_direct_ukernels;

#if defined(HG_SIMD)
#include "kernels/simd/simd.h"
/* For the rows of conv2d and conv_transpose2d: the microkernels, and the columns of panels, at
 * most. */
#define HG_DIRECT_COLUMNS_avx2(X) X(16) X(24) X(32)
#define HG_DIRECT_COLUMNS_neon(X) X(16) X(24) X(32)
#define HG_DIRECT_COLUMNS_avx512(X) X(32) X(48) X(64)
#define HG_DIRECT_WIDEST_avx2(X) X(96)
#define HG_DIRECT_WIDEST_neon(X) X(96)
#define HG_DIRECT_WIDEST_avx512(X) X(192)
#define HG_DIRECT_COLUMNS(X) HG_JOIN(HG_DIRECT_COLUMNS, HG_SIMD)(X)
#define HG_DIRECT_WIDEST(X) HG_JOIN(HG_DIRECT_WIDEST, HG_SIMD)(X)
extern const hg_direct_ukernels HG_ROWS(direct_ukernels), HG_ROWS(direct_dot_ukernels);
#endif

/* Panels of units, and panels of dots: one loop nest. */
extern const hg_algorithm hg_conv2d_nhwc_direct;

#endif
