/* Each pair of neighbouring input rows gives the two output rows between them, without a row in
 * scratch. */
#include "kernels/resize2d/nhwc/upsample_2x_bilinear.h"

enum {
    RANGE_FLOATS = 16384, /* of output */
    FAR_FLOATS = 1 << 19, /* output that does not fit L2 */
    FAR_CHANNELS = 64
};

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_resize_doubles(p, HG_RESIZE_BILINEAR);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double vectors = (double)p->out.n * (double)p->out.h * (double)p->out.w *
                           (double)HG_CEIL_DIV(p->out.c, hg_lanes(k));
    return HG_MAX(hg_traffic_ns(p) / 0.9, 0.35 * vectors) + 200.0;
}

/* The tables: gaps between input rows, the borders' included, of a range; ranges of an image. */
typedef struct blocking {
    int64_t gaps, ranges;
    bool
        far; /* pixels are wide and far enough that whole cache lines are worth more instructions */
} blocking;

static blocking blocking_of(const hg_problem *p)
{
    const int64_t row = p->out.w * p->out.c, all = p->in.h + 1;
    blocking b = {.gaps = hg_clamp(RANGE_FLOATS / (2 * row), 1, all)};
    b.ranges = HG_CEIL_DIV(all, b.gaps);
    b.far = p->out.c >= FAR_CHANNELS && p->out.n * p->out.h * row >= FAR_FLOATS;
    return b;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = sizeof(blocking), .ranges = {p->out.n * blocking_of(p).ranges}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    *(blocking *)tables = blocking_of(p);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_resize_2x_bilinear_ukernels *u = t->kernel->run.resize_2x_bilinear;
    const blocking *b = t->tables;
    const bool whole = p->in.c % hg_lanes(t->kernel) == 0;
    const bool cachelines = whole && (t->config.nontemporal == 1 || b->far);
    hg_resize_2x_bilinear_fn *const border = cachelines ? u->cachelines : u->any;
    hg_resize_2x_bilinear_fn *const inside = hg_resize_nontemporal(t) ? u->nontemporal : border;
    hg_resize_2x_bilinear_args a = {
        .width = p->in.w, .channels = p->in.c, .in_pixel = si->w, .out_pixel = so->w};
    for (int64_t i = begin; i < end; i++) {
        const float *in = t->input + i / b->ranges * si->n;
        float *out = t->output + i / b->ranges * so->n;
        const int64_t first = i % b->ranges * b->gaps, last = HG_MIN(first + b->gaps, p->in.h + 1);
        for (int64_t y = first; y < last; y++) { /* the gap above input row y */
            a.above = in + HG_MAX(y - 1, 0) * si->h;
            a.below = in + HG_MIN(y, p->in.h - 1) * si->h;
            a.upper = out + HG_MAX(2 * y - 1, 0) * so->h;
            a.lower = out + HG_MIN(2 * y, p->out.h - 1) * so->h;
            /* At the border the one row is written twice, which needs its lines in a cache. */
            (y > 0 && y < p->in.h ? inside : border)(&a);
        }
    }
}

const hg_algorithm hg_resize2d_nhwc_upsample_2x_bilinear = {.name = "upsample_2x_bilinear",
                                                            .supports = supports,
                                                            .configs =
                                                                hg_resize_nontemporal_configs,
                                                            .cost = cost,
                                                            .size = size,
                                                            .prepare = prepare,
                                                            .run = run};
