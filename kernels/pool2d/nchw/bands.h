/* Pooling of NCHW planes in bands of output rows that stay in L1, with copies of what touches the
 * left and right edge, so that kernels know whole windows only: the driver, and its contract with
 * the microkernels. */
#ifndef HG_POOL_NCHW_BANDS_H
#define HG_POOL_NCHW_BANDS_H

#include "kernels/pool2d/pool2d.h"

/* A copy of some columns of the band's input rows, with the padding beside them: the window of
 * output x + i begins at float i * stride.w of a row. `outputs` is 0 where there is no strip. */
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
 *     avg: the sum times scales.scale[scales.rows[y] + x]; sums are of rows of taps, then of rows,
 *          in any order.
 *
 * Where the algorithm has strips, outputs [0, strips[0].outputs) are made from the first, those of
 * the second from there, and the ones between straight from the input. Kernels fill the strips;
 * what lies around their copies is the identity already. Only the elements named are read and
 * written. */
typedef struct hg_pool_band_args {
    const float *input;
    float *output;
    int64_t planes, in_plane, out_plane;
    hg_pool_scales scales;
    hg_pool_strip strips[2];
    float *parts;         /* as many rows as the first strip, of its pitch */
    float *buffer;        /* buffer_row floats per row of `band`, or one such row */
    const float **rows;   /* work space: a pointer per row of `band` and piece */
    const float *nothing; /* the identity, as long as a row of input or strip */
    int64_t buffer_row, in_row, in_rows, in_width, above, band_rows, left;
    int64_t height, width, out_row;
    hg_size2 window, stride, dilation;
} hg_pool_band_args;

/* What an algorithm wants beside the rows of input and output. strips: one for all outputs; or one
 * for each edge that windows reach beyond, where what is left between them pays for that. */
typedef enum hg_pool_strips { HG_NO_STRIPS, HG_ONE_STRIP, HG_EDGE_STRIPS } hg_pool_strips;
typedef enum hg_pool_buffer { HG_NO_BUFFER, HG_BUFFER_ROW, HG_BUFFER_BAND } hg_pool_buffer;

/* An algorithm in bands: rows of kernels name its first member., and plans of them
 * find the others behind it. Runs do not: all that they want is in the tables. */
typedef struct hg_pool_bands {
    hg_algorithm algorithm;
    hg_pool_strips strips;
    hg_pool_buffer buffer;
    bool pairs;   /* taps of stride 2 are loaded with their neighbours, which may lie outside */
    bool parts;   /* beside the first strip */
    bool nothing; /* a row of the identity */
    int pieces;   /* of a row that have pointers to it */
    int least;    /* output rows of a band */
} hg_pool_bands;

/* The members of `algorithm` that all of them share. A range is a band of one plane. */
#define HG_POOL_IN_BANDS                                                                           \
    .size = hg_pool_bands_size, .prepare = hg_pool_bands_prepare, .run = hg_pool_bands_run
hg_size_fn hg_pool_bands_size;
hg_prepare_fn hg_pool_bands_prepare;
hg_run_fn hg_pool_bands_run;

/* Windows and scratch have sizes that kernels are made for. */
bool hg_pool_bands_fit(const hg_problem *p, const hg_kernel *k);

/* taps: steps per vector and row across; step_ns: of a vector of AVX2. */
double hg_pool_bands_cost(const hg_problem *p, const hg_kernel *k, double taps, double step_ns);

enum {
    HG_POOL_BAND = 8,      /* output rows of a band at least */
    HG_POOL_LONG_BAND = 64 /* where rows are read once, whether they stay in L1 or not */
};

extern const hg_pool_bands hg_pool2d_nchw_max_3x3s2, hg_pool2d_nchw_max_5x5s1,
    hg_pool2d_nchw_avg_3x3s1, hg_pool2d_nchw_walk, hg_pool2d_nchw_parts, hg_pool2d_nchw_passes;

#endif
