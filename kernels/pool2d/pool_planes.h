/* Pooling of NCHW planes, any window: the contract between the portable driver and the
 * microkernels. */
#ifndef HG_POOL_PLANES_H
#define HG_POOL_PLANES_H

#include "kernels/pool2d/pool2d.h"

extern const hg_kernel hg_pool_planes_avx2[], hg_pool_planes_neon[];
extern const hg_algorithm hg_pool_planes;

enum {
    HG_PLANES_LANES = 8, /* outputs of a strip come in whole vectors of any ISA */
    HG_PLANES_SLACK = 32 /* floats that may be read behind the last window of a strip */
};

typedef enum hg_planes_way {
    HG_PLANES_K3S2,  /* maxima of 3x3 of stride 2: at most 1 column and row of padding before,
                        windows begin in the input, at least VL outputs in a row, no strips */
    HG_PLANES_AVG3,  /* averages of 3x3 of stride 1: 1 column of padding on either side, at least
                        2 * VL outputs in a row and 2 rows, no strips */
    HG_PLANES_ROWS5, /* maxima of 5x5 of stride 1: 2 columns of padding on either side, at least
                        VL outputs in a row, no strips */
    HG_PLANES_WALK,  /* 3x3 of stride 1 or 2, 5x5 of stride 1, 2x2 of stride 2: row maxima stay in
                        registers on the  way down a column; at least VL outputs in a row */
    HG_PLANES_PARTS, /* one strip, stride.w and dilation.w 1, 4 to 7 taps: row maxima are put
                        together from those of 4 taps */
    HG_PLANES_PASSES /* any window */
} hg_planes_way;

/* A copy of some columns of the band's input rows, with the padding beside them: the window of
 * output x + i begins at float i * stride.w of a row. */
typedef struct hg_pool_strip {
    float *rows;
    int64_t pitch, x, outputs;
    int64_t column, floats, offset; /* input columns from `column` on lie at `offset` */
} hg_pool_strip;

/* The same band of output rows of `planes` planes, in_plane and out_plane apart. With identity =
 * -inf (max) or 0 (avg) beyond the edges, every window is whole:
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
 * is the identity already. Only the elements named are read and written. */
typedef struct hg_pool_planes_args {
    const float *input;
    float *output;
    int64_t planes, in_plane, out_plane;
    const float *scales;
    const int64_t *scale_rows;
    hg_planes_way way;
    hg_pool_strip strips[2];
    float *parts;         /* as many rows as the first strip, of its pitch */
    float *buffer;        /* buffer_row floats per row of `band`; K3S2: one row */
    const float **rows;   /* WALK: work space, a pointer per row of `band` and piece */
    const float *nothing; /* WALK, AVG3: the identity, as long as a row of input or strip */
    int64_t buffer_row, in_row, in_rows, in_width, above, band_rows, left;
    int64_t height, width, out_row;
    hg_size2 window, stride, dilation;
} hg_pool_planes_args;

#endif
