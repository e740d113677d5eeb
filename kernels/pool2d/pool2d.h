/* Pooling: the contract between the portable driver and the microkernels. */
#ifndef HG_POOL2D_H
#define HG_POOL2D_H

#include "kernels/kernel.h"

extern const hg_kernel hg_pool2d_ref[], hg_pool2d_avx2[], hg_pool2d_neon[];
extern const hg_kernel hg_pool_k2s2_avx2[], hg_pool_k2s2_neon[];
extern const hg_kernel hg_pool_global_avx2[], hg_pool_global_neon[];
extern const hg_kernel hg_pool_means_avx2[], hg_pool_means_neon[];
extern const hg_algorithm hg_pool_nhwc, hg_pool_means, hg_pool_nchw, hg_pool_global;

/* One output coordinate along an axis. The plan's table holds out.h of them, then out.w. */
typedef struct hg_pool_span {
    int32_t first;  /* input coordinate of the first tap inside the input; 0 if there is none */
    int32_t taps;   /* taps inside the input, a dilation apart */
    int32_t extent; /* what the axis contributes to the divisor of an average; at least 1 */
} hg_pool_span;

/* Every index convention is linear: index of (n, c, y, x) = n*at.n + c*at.c + y*at.h + x*at.w, and
 * at.h and at.w are multiples of `scale`. A position in the plane, y*at.h/scale + x*at.w/scale,
 * is below h*w. */
typedef struct hg_index_rule {
    hg_strides at;
    int64_t scale;
} hg_index_rule;

hg_index_rule hg_index_rule_of(hg_index_convention convention, int64_t c, hg_size2 image);

/* One row of output pixels of one image, for a block of channels (NHWC) or one channel (NCHW).
 * NCHW kernels do `height` rows, in_down and out_down apart.
 *
 *     for x < width, c < channels:
 *         output[x*out_pixel + c] = op over ky < rows, kx < columns[x].taps of
 *             input[ky*row_step + columns[x].first*in_pixel + kx*column_step + c]
 *
 * in exactly this order, and
 *     max: acc = -inf; tap > acc or tap is NaN: acc = tap (its bits). Ties keep the first tap,
 *          -0 and +0 tie, the last NaN stays.
 *     avg: the sum from 0 on, divided by (divisor ? divisor : row_extent * columns[x].extent).
 *     lp:  power 1: sum of |tap|; power 2: square root of the sum of squares.
 * indices, where asked for, gets -1 for an empty window, else
 *     (plane of the tap) * index_scale + index_first + c*index_channel
 * with the plane of tap (ky, kx) = plane_first + columns[x].first*plane_pixel + ky*plane_row
 * + kx*plane_column, below 2^31. With HG_INDEX_I32 every index is below 2^31.
 * Only the elements named are read and written; nothing is aligned. Fixed-size kernels may rely on
 * their row's limits. */
typedef struct hg_pool_args {
    const float *input;
    float *output;
    void *indices; /* beside output, same strides */
    const hg_pool_span *columns;
    int64_t width, channels, rows;
    int64_t row_step, column_step, in_pixel, out_pixel;
    int64_t height, in_down, out_down; /* NCHW only */
    double divisor, row_extent;
    float power;
    hg_index_type index_type;
    int64_t index_scale, index_first, index_channel;
    int64_t plane_first, plane_row, plane_column, plane_pixel;
    int64_t plane_down; /* of one input row; for the driver */
} hg_pool_args;

/* The float that sums of column x are divided by. */
static inline float hg_pool_divisor(const hg_pool_args *a, const hg_pool_span *column)
{
    return (float)(a->divisor > 0.0 ? a->divisor : a->row_extent * column->extent);
}

/* Tables, as every pooling algorithm builds them, and estimates. */
size_t hg_pool_table_size(const hg_problem *p);
void hg_pool_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables);
double hg_pool_cost(const hg_problem *p, double efficiency);

#endif
