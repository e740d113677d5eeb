/* Bicubic doubling of NCHW planes: each input row is filtered along x once, into a ring of rows. */
#include "kernels/resize2d/nchw/upsample_2x_cubic.h"

static size_t bytes(const hg_problem *p, const hg_kernel *k)
{
    (void)p;
    const size_t lanes = (size_t)hg_lanes(k);
    return HG_RESIZE_EDGE_VECTORS * lanes * sizeof(float);
}

/* The vectors of one edge, whose first pixel is x. */
static void fill_edge(const hg_problem *p, int64_t x, int64_t lanes, float *edge)
{
    double weight[4];
    float share[4];
    hg_resize_quarters(&p->resize, weight);
    for (int64_t i = 0; i < 2 * lanes; i++) {
        const int64_t lane = i % lanes, right = i / lanes;
        hg_resize_share(weight, !right, x + lane - 2 + right, p->in.w, share);
        for (int k = 0; k < 4; k++) edge[(4 * right + k) * lanes + lane] = share[k];
    }
}

static void fill(const hg_problem *p, const hg_kernel *k, void *memory, hg_resize_plane_args *a)
{
    const int64_t lanes = hg_lanes(k);
    float *edge = memory;
    a->edge = edge;
    fill_edge(p, 0, lanes, edge);
    fill_edge(p, p->in.w - lanes, lanes, edge + HG_RESIZE_EDGE_VECTORS / 2 * lanes);
}

const hg_resize_planes hg_resize2d_nchw_upsample_2x_cubic = {
    .algorithm = {.name = "upsample_2x_cubic",
                  .supports = hg_resize_plane_doubles,
                  .configs = hg_resize_nontemporal_configs,
                  .cost = hg_resize_plane_cost,
                  HG_RESIZE_BY_PLANES},
    .ring = HG_RING_WINDOW,
    .bytes = bytes,
    .fill = fill};
