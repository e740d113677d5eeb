/* Nearest resizing of NCHW planes to twice the size.
 *
 *     output[y*out_row + x] = input[y/2*in_row + x/2]        to the bit; y and y_end are even
 */
#include "kernels/resize2d/nchw/plane.h"

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    return hg_resize_plane_fits(p, k) && hg_resize_has_factor(p) && p->out.h == 2 * p->in.h &&
           p->out.w == 2 * p->in.w;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_traffic_ns(p) / 0.9 + 200.0;
}

const hg_resize_planes hg_resize2d_nchw_upsample_2x_nearest = {
    .algorithm = {.name = "upsample_2x_nearest",
                  .supports = supports,
                  .configs = hg_resize_nontemporal_configs,
                  .cost = cost,
                  HG_RESIZE_BY_PLANES}};
