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
    const int64_t least = HG_MAX(LEAST_WIDTH, hg_isa_model_of(k->isa)->lanes);
    return p->in.w >= least && p->out.w >= least && p->out.w <= MOST_WIDTH;
}

bool hg_resize_plane_doubles(const hg_problem *p, const hg_kernel *k)
{
    const int64_t inside = hg_isa_model_of(k->isa)->lanes + 2 * CUBIC_REACH;
    const int64_t least = HG_MAX(LEAST_CUBIC_WIDTH, inside);
    return hg_resize_plane_fits(p, k) &&
           (hg_resize_doubles(p, HG_RESIZE_BILINEAR) ||
            (hg_resize_doubles(p, HG_RESIZE_BICUBIC) && p->in.w >= least));
}

double hg_resize_plane_cost(const hg_problem *p, const hg_kernel *k)
{
    const double v = (double)hg_resize_vertical(p, NULL).taps;
    const double h = (double)hg_resize_horizontal(p, NULL).taps;
    const double row = (double)p->out.n * (double)p->out.c * (double)p->out.w;
    const double in_rows = HG_MIN((double)p->in.h, v * (double)p->out.h);
    const double steps = row * (in_rows * (h + 1.0) + (double)p->out.h * (v + 1.0));
    const double memory = hg_problem_bytes(p) / 45.0;
    return HG_MAX(steps * 0.15 / (double)hg_isa_model_of(k->isa)->lanes, memory) + 300.0;
}

int64_t hg_resize_ring_rows(const hg_problem *p)
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

void hg_resize_plane_size(const hg_problem *p, int64_t ring_rows, hg_sizes *sizes)
{
    const int64_t ranges = HG_CEIL_DIV(p->out.h, range_rows(p));
    *sizes = (hg_sizes){.scratch = sizeof(float) * (size_t)(ring_rows * ring_row(p)),
                        .ranges = {p->out.n * p->out.c * ranges}};
}

void hg_resize_plane_run(const hg_task *t, int64_t begin, int64_t end, hg_resize_plane_args *a)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_plane_ukernels *u = t->kernel->run.resize_plane;
    const int64_t rows = range_rows(p), ranges = HG_CEIL_DIV(p->out.h, rows);
    const int64_t lanes = hg_isa_model_of(t->kernel->isa)->lanes;
    const int64_t odd = p->resize.mode != HG_RESIZE_NEAREST;
    const bool nontemporal = t->config.nontemporal == 1 && p->out.w % lanes == 0;
    a->in_row = si->h;
    a->out_row = so->h;
    a->ring = t->scratch;
    a->ring_row = ring_row(p);
    if (a->v.holes)
        a->none =
            memset(a->ring + (a->slots + 1) * a->ring_row, 0, sizeof(float) * (size_t)a->ring_row);
    for (int64_t i = begin; i < end; i++) {
        const int64_t plane = i / ranges, n = plane / p->out.c, c = plane % p->out.c;
        const int64_t last = i % ranges * rows + rows;
        a->input = t->input + n * si->n + c * si->c;
        a->output = t->output + n * so->n + c * so->c;
        a->aligned =
            so->h % lanes == 0 && (uintptr_t)a->output % (sizeof(float) * (size_t)lanes) == 0;
        a->y = HG_MAX(last - rows - odd, 0);
        a->y_end = last < p->out.h ? last - odd : p->out.h;
        (nontemporal && a->aligned ? u->nontemporal : u->plain)(a);
    }
}
