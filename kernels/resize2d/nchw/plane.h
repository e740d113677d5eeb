/* Resizing of NCHW planes, rows of a plane per call: what the algorithms share. */
#ifndef HG_RESIZE2D_NCHW_PLANE_H
#define HG_RESIZE2D_NCHW_PLANE_H

#include "kernels/resize2d/resize2d.h"

/* Rows [y, y_end) of one plane. Rows of input and output are at least VL floats. v and h have taps
 * only where an algorithm says so; sizes always. Sums run in the order of taps, fused after the
 * first product. Only the elements named by an algorithm are read and written.
 *
 * The ring is rows of scratch, ring_row floats apart: row iy of input, once filtered along x, lies
 * in slot iy & slots; slots + 1 is a power of 2 above v.taps. */
typedef struct hg_resize_plane_args {
    const float *input;
    float *output;
    int64_t in_row, out_row, y, y_end;
    hg_resize_axis v, h;
    float *ring;
    int64_t ring_row, slots;
    const float *none; /* ring_row zeros, for taps of v that do not count; NULL: it has no holes */
    const struct hg_resize_plane_groups *groups; /* planes.h */
    const float *edge;                           /* upsample_2x_cubic.h */
    bool aligned; /* each row of output begins at a multiple of VL floats */
} hg_resize_plane_args;

typedef void hg_resize_plane_fn(const hg_resize_plane_args *args);

typedef struct hg_resize_plane_ukernels {
    int least_taps, most_taps; /* planes: the most of either axis lie between */
    hg_resize_plane_fn *plain;
    hg_resize_plane_fn *nontemporal; /* aligned, rows of output being whole vectors; may be NULL */
} hg_resize_plane_ukernels;

/* Are rows as long as vectors, and not longer than the ring is meant for? */
hg_supports_fn hg_resize_plane_fits;
/* Is there an algorithm for this problem that doubles both axes by filters of its own? */
hg_supports_fn hg_resize_plane_doubles;
hg_cost_fn hg_resize_plane_cost;

/* An algorithm of planes: rows of kernels name its first member., and plans of them
 * find the others behind it. Runs do not: all that they want is in the tables. */
typedef struct hg_resize_planes {
    hg_algorithm algorithm;
    enum {
        HG_NO_RING,
        HG_RING_ROW,
        HG_RING_WINDOW
    } ring;    /* of a window: with the tables of taps */
    bool none; /* a row of zeros, should v have holes */
    /* What the tables hold besides: its bytes; fills them, and the arguments that lead there. */
    size_t (*bytes)(const hg_problem *p, const hg_kernel *k);
    void (*fill)(const hg_problem *p, const hg_kernel *k, void *memory, hg_resize_plane_args *a);
} hg_resize_planes;

/* The members of `algorithm` that all of them share. A range is some rows of a plane; output rows
 * of two go together, rows 2i + 1 and 2i + 2 or, in nearest mode, 2i and 2i + 1. */
#define HG_RESIZE_BY_PLANES                                                                        \
    .size = hg_resize_plane_size, .prepare = hg_resize_plane_prepare, .run = hg_resize_plane_run
hg_size_fn hg_resize_plane_size;
hg_prepare_fn hg_resize_plane_prepare;
hg_run_fn hg_resize_plane_run;

extern const hg_resize_planes hg_resize2d_nchw_planes, hg_resize2d_nchw_upsample_2x_nearest,
    hg_resize2d_nchw_upsample_2x_bilinear, hg_resize2d_nchw_upsample_2x_cubic;

#endif
