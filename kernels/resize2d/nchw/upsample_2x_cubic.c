/* Bicubic doubling of NCHW planes: each input row is filtered along x once, into a ring of rows. */
#include "kernels/resize2d/nchw/upsample_2x_cubic.h"

static size_t edge_at(const hg_problem *p)
{
    return HG_ROUND_UP(hg_resize_table_size(p), sizeof(float) * HG_CACHELINE);
}

static float *edge_of(const hg_problem *p, void *tables)
{
    return (void *)((char *)tables + edge_at(p));
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const size_t lanes = (size_t)hg_isa_model_of(k->isa)->lanes;
    hg_resize_plane_size(p, hg_resize_ring_rows(p), sizes);
    sizes->tables = edge_at(p) + HG_RESIZE_EDGE_VECTORS * lanes * sizeof(float);
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

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    float *edge = edge_of(p, tables);
    hg_resize_prepare(p, k, c, tables);
    fill_edge(p, 0, lanes, edge);
    fill_edge(p, p->in.w - lanes, lanes, edge + HG_RESIZE_EDGE_VECTORS / 2 * lanes);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    hg_resize_plane_args a = {.v = hg_resize_vertical(p, t->tables),
                              .h = hg_resize_horizontal(p, t->tables),
                              .slots = hg_resize_ring_rows(p) - 1,
                              .edge = edge_of(p, (void *)(uintptr_t)t->tables)};
    hg_resize_plane_run(t, begin, end, &a);
}

const hg_algorithm hg_resize2d_nchw_upsample_2x_cubic = {.name = "upsample_2x_cubic",
                                                         .supports = hg_resize_plane_doubles,
                                                         .configs = hg_resize_nontemporal_configs,
                                                         .cost = hg_resize_plane_cost,
                                                         .size = size,
                                                         .prepare = prepare,
                                                         .run = run};
