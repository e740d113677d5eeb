/* Every output is four products of the input as it lies. A row in scratch is worth its stores where
 * several rows of output share it; where images shrink, none do.
 *
 *            upper   a---b          x first, then y; neighbours of an output row read other pixels
 *                    |   |  -> o
 *            lower   c---d
 */
#include "kernels/resize2d/nhwc/bilinear.h"

enum { RANGE_FLOATS = 16384 /* of output */ };

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const hg_resize_axes a = hg_resize_axes_of(p);
    return p->resize.mode != HG_RESIZE_NEAREST && p->resize.coordinates != HG_TF_CROP_AND_RESIZE &&
           p->in.c > 1 && a.v.taps <= 2 && a.h.taps <= 2;
}

/* Four loads and six operations a vector, or four channels, and what a pixel's weights cost. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double pixels = (double)p->out.n * (double)p->out.h * (double)p->out.w;
    const double pixel = p->out.c < hg_lanes(k)
                             ? 0.9 * (double)HG_CEIL_DIV(p->out.c, HG_BILINEAR_QUAD) + 1.1
                             : 1.6 * (double)HG_CEIL_DIV(p->out.c, hg_lanes(k)) + 1.5;
    return hg_overlapped(pixels * pixel, hg_traffic_ns(p) / 0.8) + 200.0;
}

/* The tables: of the axes, then this, then the taps of all rows and of all columns. */
typedef struct blocking {
    int64_t rows, ranges; /* of a range; of an image */
    int64_t quads;        /* of hg_resize_bilinear_args */
} blocking;

static blocking blocking_of(const hg_problem *p)
{
    blocking b = {.rows = hg_clamp(RANGE_FLOATS / (p->out.w * p->out.c), 1, p->out.h)};
    b.ranges = HG_CEIL_DIV(p->out.h, b.rows);
    return b;
}

static hg_resize_two_taps *taps_of(blocking *b)
{
    return (hg_resize_two_taps *)(b + 1);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_resize_axes_of(p).bytes + sizeof(blocking) +
                                  sizeof(hg_resize_two_taps) * (size_t)(p->out.h + p->out.w),
                        .ranges = {p->out.n * blocking_of(p).ranges}};
}

static void fill_taps(const hg_resize_axis *a, int64_t step, hg_resize_two_taps *taps)
{
    for (int64_t o = 0; o < a->out; o++) {
        const float w = a->weight[o];
        const bool two = a->count[o] == 2;
        taps[o].first = a->first[o] * step;
        taps[o].second = taps[o].first + (two ? step : 0);
        taps[o].weight[0] = two ? w : 0.5f * w;
        taps[o].weight[1] = two ? a->weight[a->out + o] : 0.5f * w;
    }
}

/* Pixels of fewer floats are read and written with what follows them, in dense rows. */
static int64_t quads_of(const hg_problem *p, const hg_resize_two_taps *across)
{
    const int64_t c = p->in.c, quad = HG_BILINEAR_QUAD;
    if (c >= quad) return p->out.w;
    const bool dense = p->in.strides.w == c && p->out.strides.w == c;
    if (!dense || p->out.w * c < quad) return 0;
    int64_t n = (p->out.w * c - quad) / c + 1;
    while (n > 0 && across[n - 1].second + quad > p->in.w * c) n--;
    return n;
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_resize_prepare(p, k, c, tables);
    const hg_resize_axes *a = tables;
    blocking *b = hg_resize_behind(tables);
    *b = blocking_of(p);
    fill_taps(&a->v, p->in.strides.h, taps_of(b));
    fill_taps(&a->h, p->in.strides.w, taps_of(b) + p->out.h);
    b->quads = quads_of(p, taps_of(b) + p->out.h);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_resize_bilinear_ukernels *u = t->kernel->run.resize_bilinear;
    hg_resize_bilinear_fn *const row = hg_resize_nontemporal(t) ? u->nontemporal : u->any;
    blocking *b = hg_resize_behind(t->tables);
    const hg_resize_two_taps *v = taps_of(b);
    hg_resize_bilinear_args a = {.across = v + p->out.h,
                                 .width = p->out.w,
                                 .channels = p->out.c,
                                 .out_pixel = p->out.strides.w,
                                 .quads = b->quads};
    for (int64_t i = begin; i < end; i++) {
        const float *in = t->input + i / b->ranges * p->in.strides.n;
        float *out = t->output + i / b->ranges * p->out.strides.n;
        const int64_t first = i % b->ranges * b->rows, last = HG_MIN(first + b->rows, p->out.h);
        for (int64_t y = first; y < last; y++) {
            a.y = v + y;
            a.upper = in + a.y->first;
            a.lower = in + a.y->second;
            a.output = out + y * p->out.strides.h;
            row(&a);
        }
    }
}

const hg_algorithm hg_resize2d_nhwc_bilinear = {.name = "bilinear",
                                                .supports = supports,
                                                .configs = hg_resize_nontemporal_configs,
                                                .cost = cost,
                                                .size = size,
                                                .prepare = prepare,
                                                .run = run};
