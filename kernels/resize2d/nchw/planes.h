/* Resizing of NCHW planes by up to 6 taps along either axis.
 *
 *     row[iy][x] = sum over k < h.count[x] of
 *                  h.weight[k*h.out + x] * input[iy*in_row + h.first[x] + k]
 *     output[y*out_row + x] = sum over k < v.count[y] of
 *                             v.weight[k*v.out + y] * row[v.first[y] + k][x]
 *
 * No count is 0. Taps of weight 0 do not count: for rows of such, `none` stands. */
#ifndef HG_RESIZE2D_NCHW_PLANES_H
#define HG_RESIZE2D_NCHW_PLANES_H

#include "kernels/resize2d/nchw/plane.h"

enum { HG_PLANE_TAPS = 6 };

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

/* Group i is of the outputs from min(i * VL, width - VL) on. from[y] is
 * the least first of outputs y, y + 1, ...: an output on a pixel needs no other, the next may begin
 * before it. */
typedef struct hg_resize_plane_groups {
    const hg_resize_group *list;
    const int32_t *place; /* VL for each group */
    const int32_t *from;
} hg_resize_plane_groups;

#endif
