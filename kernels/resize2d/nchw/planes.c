/* NCHW planes by up to 6 taps: each input row is filtered along x once, into a ring of rows in L1,
 * and all output rows that need the same input rows are summed together. */
#include "kernels/resize2d/nchw/planes.h"

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_plane_ukernels *u = k->run.resize_plane;
    const int64_t taps =
        HG_MAX(hg_resize_vertical(p, NULL).taps, hg_resize_horizontal(p, NULL).taps);
    return p->resize.mode != HG_RESIZE_NEAREST && p->resize.mode != HG_RESIZE_AREA &&
           p->resize.coordinates != HG_TF_CROP_AND_RESIZE && hg_resize_plane_fits(p, k) &&
           taps >= u->least_taps && taps <= u->most_taps;
}

/* Tables of weights take longer than weights in registers. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_resize_plane_cost(p, k) * (hg_resize_plane_doubles(p, k) ? 1.5 : 1.0);
}

/* The tables, in this order, behind those of taps. */
typedef struct layout {
    hg_resize_group *groups;
    int32_t *place, *from;
    size_t bytes; /* of all */
} layout;

static layout layout_of(const hg_problem *p, const hg_kernel *k, const void *tables)
{
    const size_t lanes = (size_t)hg_isa_model_of(k->isa)->lanes;
    const size_t count = HG_CEIL_DIV((size_t)p->out.w, lanes);
    const uintptr_t begin = (uintptr_t)tables;
    uintptr_t at = begin + hg_resize_table_size(p);
    layout l = {0};
    l.groups = (void *)at, at += count * sizeof *l.groups;
    l.place = (void *)at, at += count * lanes * sizeof *l.place;
    l.from = (void *)at, at += (size_t)p->out.h * sizeof *l.from;
    l.bytes = at - begin;
    return l;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    hg_resize_plane_size(p, hg_resize_ring_rows(p) + 1, sizes);
    sizes->tables = layout_of(p, k, NULL).bytes;
}

/* The outputs [x, x + lanes). */
static hg_resize_group group_of(const hg_resize_axis *h, int64_t x, int64_t lanes)
{
    int32_t low = h->first[x], high = low;
    bool whole = true;
    for (int64_t i = x; i < x + lanes; i++) {
        low = HG_MIN(low, h->first[i]);
        high = HG_MAX(high, h->first[i]);
        whole &= h->count[i] == h->taps;
    }
    const bool inside = low + h->taps - 1 + lanes <= h->in && !h->holes;
    if (high - low >= lanes) return (hg_resize_group){low, HG_SPREAD_FAR};
    return (hg_resize_group){low,
                             inside ? whole ? HG_SPREAD_NEAR : HG_SPREAD_SOME : HG_SPREAD_EDGE};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_resize_prepare(p, k, c, tables);
    const hg_resize_axis v = hg_resize_vertical(p, tables), h = hg_resize_horizontal(p, tables);
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes, count = HG_CEIL_DIV(h.out, lanes);
    const layout l = layout_of(p, k, tables);
    for (int64_t i = 0; i < count; i++) {
        const int64_t x = HG_MIN(i * lanes, h.out - lanes);
        l.groups[i] = group_of(&h, x, lanes);
        for (int64_t j = 0; j < lanes; j++)
            l.place[i * lanes + j] = h.first[x + j] - l.groups[i].base;
    }
    for (int64_t y = v.out - 1; y >= 0; y--)
        l.from[y] = y + 1 < v.out ? HG_MIN(v.first[y], l.from[y + 1]) : v.first[y];
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const layout l = layout_of(p, t->kernel, t->tables);
    const hg_resize_plane_groups groups = {l.groups, l.place, l.from};
    hg_resize_plane_args a = {.v = hg_resize_vertical(p, t->tables),
                              .h = hg_resize_horizontal(p, t->tables),
                              .slots = hg_resize_ring_rows(p) - 1,
                              .groups = &groups};
    hg_resize_plane_run(t, begin, end, &a);
}

const hg_algorithm hg_resize2d_nchw_planes = {.name = "planes",
                                              .supports = supports,
                                              .cost = cost,
                                              .size = size,
                                              .prepare = prepare,
                                              .run = run};
