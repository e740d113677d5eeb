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

enum {
    HG_DIRECT_BLOCK = 8,   /* columns that go together */
    HG_DIRECT_MAX_NV = 12, /* blocks of a panel */
    HG_DIRECT_MAX_DOT = 6, /* columns of a panel of dots */
    HG_DIRECT_TABLES = 192 /* bytes that hg_direct takes of tables at most */
};

/* Products [first, first + count) of the reduction: `count` floats of the input side by side. */
typedef struct hg_direct_segment {
    const float *input; /* under the first pixel */
    size_t first, count;
} hg_direct_segment;

/* A panel is nv blocks of 8 columns, the last of which may overlap the one before it:
 *
 *     column(b) = b < nv - 1 ? 8 * b : last
 *     for i < pixels, b < nv, j < 8 (j < n where nv == 1):
 *         v = bias[column(b) + j]
 *         for s in segments, c < s.count:
 *             v += s.input[i*step + c] * weights[((s.first + c) * nv + b) * 8 + j]
 *         if (residual) v += residual[i*residual_step + column(b) + j]
 *         out[i*out_step + column(b) + j] = post(v)
 *
 * weights is 32-byte aligned; 8 floats of bias are readable from each column(b).
 *
 * A panel of dots, for few output channels, has n columns with their products side by side:
 *
 *     v += s.input[i*step + c] * weights[j*depth + s.first + c]          j < n
 *
 * of which 7 floats past the last are readable.
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
    float slope, min, max;
    bool plain, ahead, alone;
} hg_direct_args;

/* One function per nv = 1, 2, ... up to the widest panel, or per n = 1 .. 6 of dots. */
typedef struct hg_direct_steps {
    void (*run[HG_DIRECT_MAX_NV])(const hg_direct_args *args);
    int mr[HG_DIRECT_MAX_NV]; /* pixels of a whole tile */
} hg_direct_steps;

/* Panels of blocks, and panels of dots: one loop nest. conv2d, and the phases of conv_transpose2d.
 */
extern const hg_algorithm hg_direct, hg_direct_phases;

/* Where the weight of output channel k, input channel c of its group and tap (y, x) lies: at
 * origin[k*k_step + c*c_step + y*y_step + x*x_step]. */
typedef struct hg_direct_filter {
    const float *origin;
    int64_t k_step, c_step, y_step, x_step;
} hg_direct_filter;

void hg_direct_pack(const hg_problem *p, const hg_kernel *k, const hg_direct_filter *filter,
                    float *packed);
extern const hg_kernel hg_direct_avx2[], hg_direct_dot_avx2[];
extern const hg_kernel hg_direct_neon[], hg_direct_dot_neon[];

#endif
