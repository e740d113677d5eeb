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
bool hg_resize_plane_fits(const hg_problem *p, const hg_kernel *k);
/* Is there an algorithm for this problem that doubles both axes by filters of its own? */
bool hg_resize_plane_doubles(const hg_problem *p, const hg_kernel *k);
double hg_resize_plane_cost(const hg_problem *p, const hg_kernel *k);

/* Sizes but for the tables. ring_rows: in scratch; with holes in v, one more. */
void hg_resize_plane_size(const hg_problem *p, int64_t ring_rows, hg_sizes *sizes);
/* Rows of a ring that holds a window and one row more; a power of 2. */
int64_t hg_resize_ring_rows(const hg_problem *p);

/* Runs ranges, filling in `a` what differs between them; output rows of two go together, rows
 * 2i + 1 and 2i + 2 or, in nearest mode, 2i and 2i + 1. */
void hg_resize_plane_run(const hg_task *t, int64_t begin, int64_t end, hg_resize_plane_args *a);

extern const hg_algorithm hg_resize2d_nchw_planes, hg_resize2d_nchw_upsample_2x_nearest,
    hg_resize2d_nchw_upsample_2x_bilinear, hg_resize2d_nchw_upsample_2x_cubic;

#endif
