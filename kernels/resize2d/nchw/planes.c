/* NCHW planes by up to 6 taps: each input row is filtered along x once, into a ring of rows in L1,
 * and all output rows that need the same input rows are summed together. */
#include "kernels/resize2d/nchw/planes.h"

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_plane_ukernels *u = k->run.resize_plane;
    const hg_resize_axes a = hg_resize_axes_of(p);
    const int64_t taps = HG_MAX(a.v.taps, a.h.taps);
    return p->resize.mode != HG_RESIZE_NEAREST && p->resize.mode != HG_RESIZE_AREA &&
           p->resize.coordinates != HG_TF_CROP_AND_RESIZE && hg_resize_plane_fits(p, k) &&
           taps >= u->least_taps && taps <= u->most_taps;
}

/* Tables of weights take longer than weights in registers, each row of short ones a while; and
 * where images shrink, sources of a vector are too far from each other to be spread from one. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double planes = (double)p->out.n * (double)p->out.c;
    const double in_rows = HG_MIN((double)p->in.h, 2.0 * (double)p->out.h);
    const double far = p->out.w < p->in.w ? 0.65 * in_rows * (double)p->in.w : 0.0;
    const double rows = 5.0 * (in_rows + (double)p->out.h);
    return hg_resize_plane_cost(p, k) + planes * (rows + far);
}

static int64_t groups_of(const hg_problem *p, const hg_kernel *k)
{
    return HG_CEIL_DIV(p->out.w, hg_lanes(k));
}

/* The groups, and behind them their lists. */
static size_t bytes(const hg_problem *p, const hg_kernel *k)
{
    const int64_t count = groups_of(p, k), places = count * hg_lanes(k);
    return sizeof(hg_resize_plane_groups) + sizeof(hg_resize_group) * (size_t)count +
           sizeof(int32_t) * (size_t)(places + p->out.h);
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

static void fill(const hg_problem *p, const hg_kernel *k, void *memory, hg_resize_plane_args *a)
{
    const int64_t lanes = hg_lanes(k), count = groups_of(p, k);
    hg_resize_plane_groups *groups = memory;
    hg_resize_group *list = (void *)(groups + 1);
    int32_t *place = (void *)(list + count), *from = place + count * lanes;
    *groups = (hg_resize_plane_groups){list, place, from};
    a->groups = groups;
    for (int64_t i = 0; i < count; i++) {
        const int64_t x = HG_MIN(i * lanes, a->h.out - lanes);
        list[i] = group_of(&a->h, x, lanes);
        for (int64_t j = 0; j < lanes; j++) *place++ = a->h.first[x + j] - list[i].base;
    }
    for (int64_t y = a->v.out - 1; y >= 0; y--)
        from[y] = y + 1 < a->v.out ? HG_MIN(a->v.first[y], from[y + 1]) : a->v.first[y];
}

const hg_resize_planes hg_resize2d_nchw_planes = {
    .algorithm = {.name = "planes", .supports = supports, .cost = cost, HG_RESIZE_BY_PLANES},
    .ring = HG_RING_WINDOW,
    .none = true,
    .bytes = bytes,
    .fill = fill};
