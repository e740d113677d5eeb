/* Resizing of NCHW planes: each input row is filtered along x once, into a ring of rows in L1, and
 * all output rows that need the same input rows are summed together. */
#include "kernels/resize2d/resize_planes.h"

#include <string.h>

enum {
    RANGE_FLOATS = 16384, /* of output; the first rows of a range are filtered once more */
    LEAST_ROWS = 16,      /* of input or output */
    LEAST_WIDTH = 8,
    MOST_WIDTH = 8192,
    EDGE_VECTORS = 16,
    LINE_BYTES = 64
};

static int64_t lanes_of(const hg_kernel *k)
{
    return hg_isa_model_of(k->isa)->lanes;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if (p->in.w < LEAST_WIDTH || p->out.w < LEAST_WIDTH || p->out.w > MOST_WIDTH) return false;
    if (k->limits.resize_mode == 1 + HG_RESIZE_NEAREST)
        return hg_resize_repeats(p) && p->out.w == 2 * p->in.w && p->out.h == 2 * p->in.h;
    return p->resize.mode != HG_RESIZE_NEAREST && p->resize.mode != HG_RESIZE_AREA &&
           p->resize.coordinates != HG_TF_CROP_AND_RESIZE &&
           hg_resize_vertical(p, NULL).taps <= HG_PLANE_TAPS &&
           hg_resize_horizontal(p, NULL).taps <= HG_PLANE_TAPS;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double v = (double)hg_resize_vertical(p, NULL).taps;
    const double h = (double)hg_resize_horizontal(p, NULL).taps;
    const double row = (double)p->out.n * (double)p->out.c * (double)p->out.w;
    const double in_rows = HG_MIN((double)p->in.h, v * (double)p->out.h);
    const double steps = row * (in_rows * (h + 1.0) + (double)p->out.h * (v + 1.0));
    const double memory = hg_problem_bytes(p) / 45.0;
    if (p->resize.mode == HG_RESIZE_NEAREST) return memory + 200.0;
    return HG_MAX(steps * 0.15 / (double)lanes_of(k), memory) + 300.0;
}

/* Rows of the ring: a power of 2, for one row more than a window has. */
static int64_t ring_rows(const hg_problem *p)
{
    return hg_resize_vertical(p, NULL).taps < 4 ? 4 : 8;
}

static int64_t ring_row(const hg_problem *p)
{
    return HG_ROUND_UP(p->out.w, (int64_t)16);
}

/* An even number: of at least so many input rows that few are filtered twice. */
static int64_t range_rows(const hg_problem *p)
{
    const int64_t fit = RANGE_FLOATS / p->out.w, few = LEAST_ROWS * p->out.h / p->in.h;
    return HG_MAX(HG_MAX(fit, few), LEAST_ROWS) / 2 * 2;
}

/* Of pixel centres, twice as wide and high: the taps if kernels know of it, otherwise 0. */
static int doubles(const hg_problem *p)
{
    const hg_resize_attr *r = &p->resize;
    double weight[4];
    const bool centres = r->coordinates == HG_HALF_PIXEL ||
                         r->coordinates == HG_PYTORCH_HALF_PIXEL ||
                         r->coordinates == HG_HALF_PIXEL_SYMMETRIC;
    const bool twice = centres && r->scale_w == 0.0 && r->scale_h == 0.0 &&
                       p->out.w == 2 * p->in.w && p->out.h == 2 * p->in.h;
    if (twice && r->mode == HG_RESIZE_BILINEAR) return 2;
    const bool cubic = r->mode == HG_RESIZE_BICUBIC && !r->exclude_outside;
    return twice && cubic && p->in.w >= HG_PLANE_CUBIC_WIDTH && hg_resize_quarters(r, weight) ? 4
                                                                                              : 0;
}

/* The tables, in this order, behind those of taps. */
typedef struct layout {
    hg_resize_group *groups;
    int32_t *place, *from;
    float *edge;
    size_t bytes; /* of all */
} layout;

static layout layout_of(const hg_problem *p, const hg_kernel *k, const void *tables)
{
    const size_t lanes = (size_t)lanes_of(k), count = HG_CEIL_DIV((size_t)p->out.w, lanes);
    const uintptr_t begin = (uintptr_t)tables;
    uintptr_t at = begin + hg_resize_table_size(p);
    layout l = {0};
    l.groups = (void *)at, at += count * sizeof *l.groups;
    l.place = (void *)at, at += count * lanes * sizeof *l.place;
    l.from = (void *)at, at += (size_t)p->out.h * sizeof *l.from;
    at = HG_ROUND_UP(at, LINE_BYTES);
    l.edge = (void *)at, at += EDGE_VECTORS * lanes * sizeof *l.edge;
    l.bytes = at - begin;
    return l;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const int64_t blocks = HG_CEIL_DIV(p->out.h, range_rows(p));
    *sizes = (hg_sizes){.tables = layout_of(p, k, NULL).bytes,
                        .scratch = sizeof(float) * (size_t)((ring_rows(p) + 1) * ring_row(p)),
                        .stages = 1,
                        .ranges = {p->out.n * p->out.c * blocks}};
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    if (p->resize.mode == HG_RESIZE_NEAREST || doubles(p))
        return hg_resize_store_configs(p, k, list);
    list[0] = (hg_config){0};
    return 1;
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
    hg_resize_prepare(p, k, c, tables);
    const hg_resize_axis v = hg_resize_vertical(p, tables), h = hg_resize_horizontal(p, tables);
    const int64_t lanes = lanes_of(k), count = HG_CEIL_DIV(h.out, lanes);
    const layout l = layout_of(p, k, tables);
    for (int64_t i = 0; i < count; i++) {
        const int64_t x = HG_MIN(i * lanes, h.out - lanes);
        l.groups[i] = group_of(&h, x, lanes);
        for (int64_t j = 0; j < lanes; j++)
            l.place[i * lanes + j] = h.first[x + j] - l.groups[i].base;
    }
    for (int64_t y = v.out - 1; y >= 0; y--)
        l.from[y] = y + 1 < v.out ? HG_MIN(v.first[y], l.from[y + 1]) : v.first[y];
    if (doubles(p) != 4) return;
    fill_edge(p, 0, lanes, l.edge);
    fill_edge(p, p->in.w - lanes, lanes, l.edge + EDGE_VECTORS / 2 * lanes);
}

/* A range is some rows of one plane. */
static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int64_t rows = range_rows(p), blocks = HG_CEIL_DIV(p->out.h, rows);
    const layout l = layout_of(p, t->kernel, t->tables);
    hg_resize_plane_args a = {.in_row = si->h,
                              .out_row = so->h,
                              .v = hg_resize_vertical(p, t->tables),
                              .h = hg_resize_horizontal(p, t->tables),
                              .groups = l.groups,
                              .place = l.place,
                              .from = l.from,
                              .edge = l.edge,
                              .ring = t->scratch,
                              .ring_row = ring_row(p),
                              .slots = ring_rows(p) - 1,
                              .doubled = doubles(p)};
    if (a.v.holes)
        a.none = memset(a.ring + ring_rows(p) * a.ring_row, 0, sizeof(float) * (size_t)a.ring_row);
    const int64_t lanes = lanes_of(t->kernel);
    for (int64_t i = begin; i < end; i++) {
        const int64_t plane = i / blocks, n = plane / p->out.c, c = plane % p->out.c;
        a.input = t->input + n * si->n + c * si->c;
        a.output = t->output + n * so->n + c * so->c;
        a.aligned =
            so->h % lanes == 0 && (uintptr_t)a.output % (sizeof(float) * (size_t)lanes) == 0;
        /* Rows 2i + 1 and 2i + 2 go together, or 2i and 2i + 1 in nearest mode. */
        const int64_t end = i % blocks * rows + rows, odd = p->resize.mode != HG_RESIZE_NEAREST;
        a.y = HG_MAX(end - rows - odd, 0);
        a.y_end = end < p->out.h ? end - odd : p->out.h;
        a.past = t->config.store == 1 && a.aligned && p->out.w % lanes == 0;
        t->kernel->run.resize_plane(&a);
    }
}

const hg_algorithm hg_resize_planes = {.name = "resize-planes",
                                       .supports = supports,
                                       .configs = configs,
                                       .cost = cost,
                                       .size = size,
                                       .prepare = prepare,
                                       .run = run};
