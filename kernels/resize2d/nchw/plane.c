/* Ranges of NCHW planes: some rows of one plane each. */
#include "kernels/resize2d/nchw/plane.h"

#include <string.h>

enum {
    RANGE_FLOATS = 16384, /* of output; the first rows of a range are filtered once more */
    LEAST_ROWS = 16,      /* of input or output */
    LEAST_WIDTH = 8,
    MOST_WIDTH = 8192,
    LEAST_CUBIC_WIDTH = 12,
    CUBIC_REACH = 2 /* pixels beside a vector */
};

bool hg_resize_plane_fits(const hg_problem *p, const hg_kernel *k)
{
    const int64_t least = HG_MAX(LEAST_WIDTH, hg_lanes(k));
    return p->in.w >= least && p->out.w >= least && p->out.w <= MOST_WIDTH;
}

bool hg_resize_plane_doubles(const hg_problem *p, const hg_kernel *k)
{
    const int64_t inside = hg_lanes(k) + 2 * CUBIC_REACH;
    const int64_t least = HG_MAX(LEAST_CUBIC_WIDTH, inside);
    return hg_resize_plane_fits(p, k) &&
           (hg_resize_doubles(p, HG_RESIZE_BILINEAR) ||
            (hg_resize_doubles(p, HG_RESIZE_BICUBIC) && p->in.w >= least));
}

double hg_resize_plane_cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_axes a = hg_resize_axes_of(p);
    const double v = (double)a.v.taps, h = (double)a.h.taps;
    const double row = (double)p->out.n * (double)p->out.c * (double)p->out.w;
    const double in_rows = HG_MIN((double)p->in.h, v * (double)p->out.h);
    const double steps = row * (in_rows * (h + 1.0) + (double)p->out.h * (v + 1.0));
    const double rows = (double)p->out.n * (double)p->out.c * (in_rows + (double)p->out.h);
    return HG_MAX(steps * 0.15 / (double)hg_lanes(k) + 3.0 * rows, hg_traffic_ns(p)) + 300.0;
}

/* ---- Tables: the arguments that all calls share, what an algorithm adds, and those of taps ----
 */

typedef struct tables {
    int64_t rows, ranges; /* of output in a range; of a plane */
    size_t taps;          /* bytes of the tables of taps */
    int64_t ring_rows;
    hg_resize_plane_args args;
} tables;

/* Vectors that follow are aligned. */
enum { BYTES = HG_ROUND_UP(sizeof(tables), sizeof(float) * HG_CACHELINE) };

static const hg_resize_planes *planes_of(const hg_kernel *k)
{
    return (const hg_resize_planes *)k->algorithm;
}

static tables tables_of(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_planes *planes = planes_of(k);
    const hg_resize_axes a = hg_resize_axes_of(p);
    tables t = {.args = {.in_row = p->in.strides.h,
                         .out_row = p->out.strides.h,
                         .v = a.v,
                         .h = a.h,
                         .ring_row = HG_ROUND_UP(p->out.w, (int64_t)HG_CACHELINE)}};
    /* An even number: of at least so many input rows that few are filtered twice. */
    const int64_t fit = RANGE_FLOATS / p->out.w, few = LEAST_ROWS * p->out.h / p->in.h;
    t.rows = HG_MAX(HG_MAX(fit, few), LEAST_ROWS) / 2 * 2;
    t.ranges = HG_CEIL_DIV(p->out.h, t.rows);
    t.ring_rows = planes->ring == HG_RING_ROW;
    if (planes->ring == HG_RING_WINDOW) {
        t.ring_rows = a.v.taps < 4 ? 4 : 8; /* a window and one row more; a power of 2 */
        t.args.slots = t.ring_rows - 1;
        t.taps = a.bytes;
    }
    return t;
}

void hg_resize_plane_size(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                          hg_sizes *sizes)
{
    (void)c;
    const hg_resize_planes *planes = planes_of(k);
    const tables t = tables_of(p, k);
    const int64_t rows = t.ring_rows + planes->none;
    *sizes = (hg_sizes){.tables = t.taps + BYTES + (planes->bytes ? planes->bytes(p, k) : 0),
                        .scratch = sizeof(float) * (size_t)(rows * t.args.ring_row),
                        .ranges = {p->out.n * p->out.c * t.ranges}};
}

void hg_resize_plane_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                             void *memory)
{
    const hg_resize_planes *planes = planes_of(k);
    tables *t = memory;
    *t = tables_of(p, k);
    if (t->taps) {
        hg_resize_axes *axes = (void *)((char *)memory + BYTES);
        hg_resize_prepare(p, k, c, axes);
        t->args.v = axes->v, t->args.h = axes->h;
    }
    if (planes->fill) planes->fill(p, k, (char *)memory + BYTES + t->taps, &t->args);
}

void hg_resize_plane_run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = task->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_plane_ukernels *u = task->kernel->run.resize_plane;
    const tables *t = task->tables;
    const int64_t lanes = hg_lanes(task->kernel);
    const int64_t odd = p->resize.mode != HG_RESIZE_NEAREST;
    const bool nontemporal = task->config.nontemporal == 1 && p->out.w % lanes == 0;
    hg_resize_plane_args a = t->args;
    a.ring = task->scratch;
    if (a.v.holes)
        a.none = memset(a.ring + t->ring_rows * a.ring_row, 0, sizeof(float) * (size_t)a.ring_row);
    for (int64_t i = begin; i < end; i++) {
        const int64_t plane = i / t->ranges, n = plane / p->out.c, c = plane % p->out.c;
        const int64_t last = i % t->ranges * t->rows + t->rows;
        a.input = task->input + n * si->n + c * si->c;
        a.output = task->output + n * so->n + c * so->c;
        a.aligned =
            so->h % lanes == 0 && (uintptr_t)a.output % (sizeof(float) * (size_t)lanes) == 0;
        a.y = HG_MAX(last - t->rows - odd, 0);
        a.y_end = last < p->out.h ? last - odd : p->out.h;
        (nontemporal && a.aligned ? u->nontemporal : u->plain)(&a);
    }
}
