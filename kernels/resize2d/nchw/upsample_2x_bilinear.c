/* Bilinear resizing of NCHW planes to twice the size about the pixels' centres.
 *
 *     row[iy][x] = 3/4 input[iy*in_row + x/2] + 1/4 of its neighbour on the left (x even) or right
 *     output[y*out_row + x] = 3/4 row[y/2][x] + 1/4 row[the one above (y even) or below][x]
 *
 * A border pixel or row is its own neighbour. y is 0 or odd, y_end odd or v.out. The ring is one
 * row. */
#include "kernels/resize2d/nchw/plane.h"

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    hg_resize_plane_size(p, 1, sizes);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    hg_resize_plane_args a = {.v = hg_resize_vertical(t->problem, NULL),
                              .h = hg_resize_horizontal(t->problem, NULL)};
    hg_resize_plane_run(t, begin, end, &a);
}

const hg_algorithm hg_resize2d_nchw_upsample_2x_bilinear = {.name = "upsample_2x_bilinear",
                                                            .supports = hg_resize_plane_doubles,
                                                            .configs =
                                                                hg_resize_nontemporal_configs,
                                                            .cost = hg_resize_plane_cost,
                                                            .size = size,
                                                            .run = run};
