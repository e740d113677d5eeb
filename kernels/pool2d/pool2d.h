/* Pooling by rows of windows: the contract between the portable drivers and the microkernels. */
#ifndef HG_POOL2D_H
#define HG_POOL2D_H

#include "kernels/index_rule.h"
#include "kernels/kernel.h"
#include "kernels/pool2d/spans.h"

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
    int64_t plane_down; /* of one input row */
    bool far;           /* the tensors are beyond L2: prefetches pay */
} hg_pool_args;

/* The float that sums of column x are divided by. */
static inline float hg_pool_divisor(const hg_pool_args *a, const hg_pool_span *column)
{
    return (float)(a->divisor > 0.0 ? a->divisor : a->row_extent * column->extent);
}

/* The tables of drivers whose microkernel is run.pool: what all calls share; spans follow. */
typedef struct hg_pool_tables {
    hg_pool_args args;
    hg_index_rule rule;
    int64_t block, blocks; /* channels of a range; ranges that those of a row or image give */
} hg_pool_tables;

hg_index_rule hg_pool_rule(const hg_problem *p);
size_t hg_pool_tables_size(const hg_problem *p);
hg_prepare_fn hg_pool_prepare;
/* The arguments of output row y of image n from channel c on. */
void hg_pool_set_row(const hg_task *t, int64_t n, int64_t y, int64_t c, hg_pool_args *a);

/* Positions in the plane have 32 bits. */
bool hg_pool_places_fit(const hg_problem *p);

double hg_pool_cost(const hg_problem *p, double efficiency);

#endif
