/* Classes of a score map enlarged (or made smaller) by any filter, without the scores at the
 * output's size:
 *
 *     score[c] = sum over i < v.count[y] of v.weight[i*v.out + y] * row[v.first[y] + i][c][x]
 *     row[iy][c][x] = sum over j < h.count[x] of
 *                     h.weight[j*h.out + x] * input[iy][h.first[x] + j][c]
 *     class[y][x] = the first c of the largest score; a NaN is above all, the first of several
 *
 * Sums run in the order of taps, fused after the first product, along x first: the bits of the rows
 * `taps` and `planes` of resize2d. Taps of weight 0 do not count. Where there are none at all,
 * outside the region of crop_and_resize, the class is 0.
 *
 * A block of columns goes down a range of rows. Of an input row that the next output row asks for
 * first, the pixels under the block are staged, planes apart, in scratch; filtered along x they
 * become a row of the ring, [channel][column]. Output rows that need the same rows of the ring are
 * summed and compared together, channel by channel, sums and classes in registers. Ring and stage
 * are meant for L1. */
#ifndef HG_RESIZE_ARGMAX2D_ROWS_H
#define HG_RESIZE_ARGMAX2D_ROWS_H

#include "kernels/layout/transpose.h"
#include "kernels/resize2d/resize2d.h"

enum { HG_ARGMAX_ROWS = 4 /* output rows at a time */ };

/* VL neighbouring outputs of a row. */
typedef struct hg_argmax_group {
    int32_t base;  /* the least first tap */
    int32_t close; /* 1: all first taps are below base + VL */
} hg_argmax_group;

/* The filter along x for whole vectors of outputs: those beyond the width have weights of 0. */
typedef struct hg_argmax_columns {
    int64_t taps, step;           /* step: the width, rounded up to vectors */
    const hg_argmax_group *group; /* [step / VL] */
    const int32_t *place;         /* [step]: the first tap, from the group's base on */
    const float *weight;          /* [taps][step]; 0: no tap */
} hg_argmax_columns;

/* Columns [x, x + width), whole vectors, of one row of the ring.
 *
 *     ring[c*plane + i] = sum over k < taps of weight[k*step + x + i] *
 *                         stage[c*stage_row + first tap of x + i + k]
 *
 * for i < width, c < channels. Of the stage, up to VL + taps floats behind the last tap may be
 * loaded, whatever they are. Returns whether some sum is not below HG_ARGMAX_TAME in magnitude. */
typedef struct hg_argmax_along_x_args {
    hg_argmax_columns columns;
    const float *stage;
    float *ring;
    int64_t channels, stage_row, plane, x, width;
} hg_argmax_along_x_args;

/* The classes of `height` <= HG_ARGMAX_ROWS rows of columns [0, width), whole vectors, from the
 * same `taps` >= 1 rows of the ring:
 *
 *     score[c] = sum over k < taps of weight[k*weight_step + y] * rows[k][c*plane + x]
 *     classes[y*plane + x] = the first c of the largest score[c], c < channels
 *
 * tame: no score can be NaN. */
typedef struct hg_argmax_classes_args {
    const float *const *rows;
    const float *weight;
    int32_t *classes;
    int64_t weight_step, taps, channels, plane, width, height;
    bool tame;
} hg_argmax_classes_args;

/* Of HG_RESIZE_MOST_TAPS such values by weights below 2^29 no sum is infinite. */
#define HG_ARGMAX_TAME 0x1p90f

typedef struct hg_argmax_ukernels {
    bool (*along_x)(const hg_argmax_along_x_args *args);
    void (*classes)(const hg_argmax_classes_args *args);
    const hg_transposer *transposer; /* of NHWC pixels into planes */
} hg_argmax_ukernels;

extern const hg_algorithm hg_resize_argmax2d_rows;

#if defined(HG_SIMD)
#include "kernels/simd/simd.h"
extern const hg_argmax_ukernels HG_ROWS(argmax_ukernels); /* of both layouts */
#endif

#endif
