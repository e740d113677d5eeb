/* Bilinear resizing of NCHW planes to twice the size about the pixels' centres.
 *
 *     row[iy][x] = 3/4 input[iy*in_row + x/2] + 1/4 of its neighbour on the left (x even) or right
 *     output[y*out_row + x] = 3/4 row[y/2][x] + 1/4 row[the one above (y even) or below][x]
 *
 * A border pixel or row is its own neighbour. y is 0 or odd, y_end odd or v.out. The ring is one
 * row. */
#include "kernels/resize2d/nchw/plane.h"

const hg_resize_planes hg_resize2d_nchw_upsample_2x_bilinear = {
    .algorithm = {.name = "upsample_2x_bilinear",
                  .supports = hg_resize_plane_doubles,
                  .configs = hg_resize_nontemporal_configs,
                  .cost = hg_resize_plane_cost,
                  HG_RESIZE_BY_PLANES},
    .ring = HG_RING_ROW};
