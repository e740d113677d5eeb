/* Resizing of NCHW planes by up to 6 taps along either axis: the contract between the portable
 * driver and the microkernels. */
#ifndef HG_RESIZE_PLANES_H
#define HG_RESIZE_PLANES_H

#include "kernels/resize2d/resize2d.h"

extern const hg_kernel hg_resize_planes_avx2[], hg_resize_planes_neon[];
extern const hg_algorithm hg_resize_planes;

enum { HG_PLANE_TAPS = 6, HG_PLANE_CUBIC_WIDTH = 12 };

/* Where the taps of VL neighbouring outputs lie. */
typedef enum hg_resize_spread {
    HG_SPREAD_NEAR, /* all outputs have all taps; tap k of lane j is float place[j] + k from base,
                       below VL + k: loads of VL floats at base + k stay inside the row */
    HG_SPREAD_SOME, /* the same, but some outputs have fewer taps */
    HG_SPREAD_EDGE, /* first taps less than VL apart; there may be holes */
    HG_SPREAD_FAR   /* there may be holes */
} hg_resize_spread;

typedef struct hg_resize_group {
    int32_t base; /* the least first tap */
    int32_t spread;
} hg_resize_group;

/* Rows [y, y_end) of one plane, at least VL wide, as the input:
 *
 *     row[iy][x] = sum over k < h.count[x] of
 *                  h.weight[k*h.out + x] * input[iy*in_row + h.first[x] + k]
 *     output[y*out_row + x] = sum over k < v.count[y] of
 *                             v.weight[k*v.out + y] * row[v.first[y] + k][x]
 *
 * Sums run in the order of k, fused after the first product. No count is 0. Taps of weight 0 do not
 * count: of rows, `none` stands for them, ring_row zeros; it is NULL where v has no holes. from[y]
 * is the least first of outputs y, y + 1, ...: an output on a pixel needs no other, the next may
 * begin before it. Row iy lies in slot iy & slots of the ring, ring_row floats apart; slots + 1 is
 * a power of 2 above v.taps. Group i is of the outputs from min(i * VL, width - VL) on.
 *
 * doubled: the output is twice as wide and high, an edge being its own neighbour; y is 0 or odd,
 * and y_end odd or v.out. 2: of 3/4 and 1/4 of neighbours along either axis. 4: of the weights of h
 * at outputs that have four taps, which v has as well; the input is at least HG_PLANE_CUBIC_WIDTH
 * wide. Of the first VL pixels of a row and of its last VL, `edge` has the weights: for each, 4
 * vectors of its left output and 4 of its right one (hg_resize_share).
 *
 * aligned: each row of output begins at a multiple of VL floats.
 *
 * past: with doubled or nearest: output bypasses the caches; aligned, h.out a multiple of VL.
 *
 * nearest: output[y*out_row + x] = input[y/2*in_row + x/2], to the bit; y and y_end are even.
 *
 * Only the elements named are read and written. */
typedef struct hg_resize_plane_args {
    const float *input;
    float *output;
    int64_t in_row, out_row, y, y_end;
    hg_resize_axis v, h;
    const hg_resize_group *groups;
    const int32_t *place; /* VL for each group */
    const int32_t *from;
    const float *edge, *none;
    float *ring;
    int64_t ring_row, slots;
    int doubled; /* 2 or 4, the taps; 0 = not so */
    bool aligned, past;
} hg_resize_plane_args;

#endif
