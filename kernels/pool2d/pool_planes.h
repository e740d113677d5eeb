/* Pooling of NCHW planes, any window: the contract between the portable driver and the
 * microkernels. */
#ifndef HG_POOL_PLANES_H
#define HG_POOL_PLANES_H

#include "kernels/pool2d/pool2d.h"

extern const hg_kernel hg_pool_planes_avx2[], hg_pool_planes_neon[];
extern const hg_algorithm hg_pool_planes;

enum {
    HG_PLANES_LANES = 8,    /* outputs of a strip come in whole vectors of any ISA */
    HG_PLANES_SLACK = 32,   /* floats that may be read behind the last window of a strip */
    HG_PLANES_NOTHING = 32, /* floats of an empty row */
    HG_PLANES_DOUBLED = 5   /* the least window whose row maxima are put together from parts */
};

/* A copy of some columns of the band's input rows, with the padding beside them: the window of
 * output x + i begins at float i * stride.w of a row. */
typedef struct hg_pool_strip {
    float *rows;
    int64_t pitch, x, outputs;
    int64_t column, floats, offset; /* input columns from `column` on lie at `offset` */
} hg_pool_strip;

/* A band of output rows of one plane. With identity = -inf (max) or 0 (avg) beyond the edges, every
 * window is whole:
 *
 *     for y < height, x < width:
 *         output[y*out_row + x] = op over ky < window.h, kx < window.w of
 *             band[y*stride.h + ky*dilation.h][x*stride.w + kx*dilation.w]
 *
 * where rows above .. above + in_rows of `band` are the rows of `input`, the others the identity,
 * and its column 0 is column -left of `input`.
 *
 *     max: bit for bit what hg_pool_args says.
 *     avg: the sum times scales[scale_rows[y] + x]; sums are of rows of taps, then of rows, in any
 *          order.
 *
 * Outputs [0, strips[0].outputs) are made from the first strip, those of the second from there, and
 * the ones between straight from the input. Kernels fill the strips; what lies around their copies
 * is the identity already. `nothing` is a row of it. Only the elements named are read and written.
 */
typedef struct hg_pool_planes_args {
    const float *input;
    float *output;
    const float *scales;
    const int64_t *scale_rows;
    hg_pool_strip strips[2];
    float *doubled; /* as many rows as the first strip, of its pitch; windows from DOUBLED on */
    float *buffer;  /* a row of width floats, rounded up to lanes, per row of `band` */
    const float *nothing;
    int64_t buffer_row, in_row, in_rows, above, left;
    int64_t height, width, out_row;
    hg_size2 window, stride, dilation;
} hg_pool_planes_args;

/* Windows that need no buffer: row maxima stay in registers on the way down a column. */
static inline bool hg_pool_planes_walk(hg_size2 window, hg_size2 stride, hg_size2 dilation)
{
    return window.h == window.w && stride.h == stride.w && dilation.h == 1 && dilation.w == 1 &&
           ((window.h == 3 && stride.h <= 2) || (window.h == 5 && stride.h == 1));
}

#endif
