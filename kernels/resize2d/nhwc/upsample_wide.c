/* First along y, while the rows are narrow, then along x from the scratch into the output, where
 * the neighbours of a pixel stay in registers for all outputs between them and every line of the
 * output is written at once.
 *
 *            input rows                scratch: up to 4 rows          output rows
 *            iy, iy + 1  ----y---->    between iy and iy + 1  ---x--> oy, oy + 1, ...
 */
#include "kernels/resize2d/nhwc/upsample_wide.h"

#include <math.h>

enum {
    GROUP = 4,            /* output rows that are made together */
    NARROW_FLOATS = 6144, /* of their rows in scratch: they stay in L1 */
    LEAST_PIXELS = 8,     /* of a row in scratch */
    RANGE_FLOATS = 32768, /* of output */
    NEAR_FLOATS = 1 << 18 /* output that stays in L2 */
};

/* May a weight between others be 0, as where a shrunk filter crosses 0 at a pixel? Images that are
 * widened hardly have such. */
static bool may_have_holes(const hg_resize_attr *r)
{
    const bool lobes = r->mode != HG_RESIZE_BILINEAR && r->mode != HG_RESIZE_AREA;
    return lobes && (r->antialias || r->cubic_a > 0.0);
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_axes a = hg_resize_axes_of(p);
    return !may_have_holes(&p->resize) && p->resize.mode != HG_RESIZE_NEAREST &&
           p->resize.coordinates != HG_TF_CROP_AND_RESIZE && p->out.w >= 3 * p->in.w &&
           p->in.c >= hg_lanes(k) && a.v.taps <= HG_RESIZE_WIDE_TAPS &&
           a.h.taps <= HG_RESIZE_WIDE_TAPS;
}

/* Outputs between the same pixels are a loop for each line of their channels. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double lanes = hg_lanes(k);
    const double rows = (double)p->out.n * (double)p->out.h;
    const double vectors = rows * (double)p->out.w * (double)p->out.c / lanes;
    const double narrow = (double)p->in.w / (double)p->out.w;
    const hg_resize_axes a = hg_resize_axes_of(p);
    const double products = (double)a.v.taps * narrow + (double)a.h.taps;
    const double loops = rows * (double)p->in.w * (double)HG_CEIL_DIV(p->out.c, 16);
    return HG_MAX(hg_traffic_ns(p) / 0.8, 0.16 * vectors * (products + 1.0) + 8.0 * loops) + 200.0;
}

/* Output of few lines per pixel is written in order; then prefetches help, unless it is in L2. */
static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const bool in_order = p->in.c <= 3 * hg_lanes(k);
    const bool far = p->out.n * p->out.h * p->out.w * p->out.c > NEAR_FLOATS;
    list[0] = (hg_config){.ahead = in_order && far};
    list[1] = (hg_config){.ahead = 1};
    return in_order && !far ? 2 : 1;
}

/* Input pixels from one output of a row to the next; no more than that where the sizes decide. A
 * given scale may be any, whatever the sizes. */
static double step_of(const hg_problem *p)
{
    const double in = (double)p->in.w, scale = p->resize.scale_w;
    if (scale == 0.0) return in / (double)p->out.w;
    return p->resize.coordinates == HG_ALIGN_CORNERS ? fabs((in - 1.0) / (in * scale - 1.0))
                                                     : 1.0 / scale;
}

/* How a plan cuts its output: rows of a range, and blocks of columns whose sources fit scratch. */
typedef struct blocking {
    int64_t rows, row_blocks;
    int64_t columns, column_blocks, sources; /* of a block at most */
} blocking;

static blocking blocking_of(const hg_problem *p)
{
    const int64_t most = NARROW_FLOATS / (GROUP * p->in.c), fitting = HG_MAX(most, LEAST_PIXELS);
    blocking b = {.rows = HG_MAX(RANGE_FLOATS / (p->out.w * p->out.c), GROUP)};
    b.rows = HG_MIN(HG_ROUND_UP(b.rows, (int64_t)GROUP), p->out.h);
    b.row_blocks = HG_CEIL_DIV(p->out.h, b.rows);
    b.sources = HG_MIN(fitting + HG_RESIZE_WIDE_TAPS + 1, p->in.w);
    const double most_columns = b.sources == p->in.w ? INFINITY : (double)fitting / step_of(p);
    b.columns = (int64_t)fmax(fmin(most_columns, (double)p->out.w), 1.0);
    b.column_blocks = HG_CEIL_DIV(p->out.w, b.columns);
    return b;
}

/* Input pixels [begin, end). */
typedef struct span {
    int32_t begin, end;
} span;

/* The tables: of the axes, the blocking, and the input pixels under each block of columns. */
static span *spans_of(const blocking *b)
{
    return (span *)(b + 1);
}

/* Taps of weight 0 are not in the tables, so that the last column's may end before another's. */
static span sources_of(const hg_resize_axis *h, int64_t x, int64_t x_end)
{
    span s = {h->first[x], 0};
    for (; x < x_end; x++) {
        s.begin = HG_MIN(s.begin, h->first[x]);
        s.end = HG_MAX(s.end, h->first[x] + h->count[x]);
    }
    return s;
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_resize_prepare(p, k, c, tables);
    const hg_resize_axes *a = tables;
    blocking *b = hg_resize_behind(tables);
    *b = blocking_of(p);
    for (int64_t i = 0; i < b->column_blocks; i++)
        spans_of(b)[i] = sources_of(&a->h, i * b->columns, HG_MIN((i + 1) * b->columns, p->out.w));
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const blocking b = blocking_of(p);
    *sizes = (hg_sizes){.tables = hg_resize_axes_of(p).bytes + sizeof b +
                                  sizeof(span) * (size_t)b.column_blocks,
                        .scratch = sizeof(float) * (size_t)(GROUP * b.sources * p->in.c),
                        .ranges = {p->out.n * b.row_blocks}};
}

/* Output rows [oy, oy + height), columns [x, x_end). */
static void run_block(const hg_task *t, const blocking *b, const float *in, float *out, int64_t oy,
                      int64_t height, int64_t x, int64_t x_end)
{
    const hg_problem *p = t->problem;
    const hg_resize_wide_ukernels *u = t->kernel->run.resize_wide;
    const hg_resize_axes *axes = t->tables;
    const hg_resize_axis v = axes->v, h = axes->h;
    const span source = spans_of(b)[x / b->columns];
    const float *rows[HG_RESIZE_WIDE_TAPS];
    for (int64_t k = 0; k < v.count[oy]; k++)
        rows[k] = in + (v.first[oy] + k) * p->in.strides.h + source.begin * p->in.strides.w;
    const hg_resize_along_y_args down = {.rows = rows,
                                         .output = t->scratch,
                                         .weight = v.weight + oy,
                                         .weight_step = v.out,
                                         .taps = v.count[oy],
                                         .width = source.end - source.begin,
                                         .channels = p->in.c,
                                         .height = height,
                                         .in_pixel = p->in.strides.w,
                                         .out_pixel = p->in.c,
                                         .out_row = b->sources * p->in.c};
    u->along_y(&down);
    hg_resize_wide_args across = {.first = h.first + x,
                                  .count = h.count + x,
                                  .same = h.same + x,
                                  .weight = h.weight + x,
                                  .weight_step = h.out,
                                  .width = x_end - x,
                                  .channels = p->in.c,
                                  .out_pixel = p->out.strides.w,
                                  .in_first = source.begin};
    for (int64_t y = 0; y < height; y++) {
        across.input = (const float *)t->scratch + y * down.out_row;
        across.output = out + (oy + y) * p->out.strides.h + x * p->out.strides.w;
        (t->config.ahead == 1 ? u->along_x_ahead : u->along_x)(&across);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_resize_axes *axes = t->tables;
    const blocking *b = hg_resize_behind(axes);
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / b->row_blocks, first = i % b->row_blocks * b->rows;
        const int64_t last = HG_MIN(first + b->rows, p->out.h);
        const float *in = t->input + n * p->in.strides.n;
        float *out = t->output + n * p->out.strides.n;
        for (int64_t oy = first, height; oy < last; oy += height) {
            height = HG_MIN(HG_MIN(axes->v.same[oy], GROUP), last - oy);
            for (int64_t x = 0; x < p->out.w; x += b->columns)
                run_block(t, b, in, out, oy, height, x, HG_MIN(x + b->columns, p->out.w));
        }
    }
}

const hg_algorithm hg_resize2d_nhwc_upsample_wide = {.name = "upsample_wide",
                                                     .supports = supports,
                                                     .configs = configs,
                                                     .cost = cost,
                                                     .size = size,
                                                     .prepare = prepare,
                                                     .run = run};
