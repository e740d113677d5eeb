/* Four input rows give the two output rows between the middle ones, first along y into two rows of
 * scratch, then along x. Beyond the image its border pixels repeat. */
#include "kernels/resize2d/nhwc/upsample_2x_cubic.h"

enum {
    ROW_FLOATS = 4096,    /* of a row in scratch: both stay in L1 */
    RANGE_FLOATS = 65536, /* of output */
    AXIS_WEIGHTS = 8 * HG_RESIZE_GAP_KINDS
};

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_resize_doubles(p, HG_RESIZE_BICUBIC);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double vectors = (double)p->out.n * (double)p->out.h * (double)p->out.w *
                           (double)HG_CEIL_DIV(p->out.c, hg_lanes(k));
    return HG_MAX(hg_traffic_ns(p) / 0.9, 0.9 * vectors) + 200.0;
}

/* The tables, which weights follow: how an image is cut, gaps between its rows and its columns,
 * those at the borders included. */
typedef struct blocking {
    int64_t rows, row_blocks;       /* gaps of a range */
    int64_t columns, column_blocks; /* gaps whose sources fit scratch */
} blocking;

static blocking blocking_of(const hg_problem *p)
{
    const int64_t gaps_y = p->in.h + 1, gaps_x = p->in.w + 1;
    const int64_t rows = HG_MAX(RANGE_FLOATS / (2 * p->out.w * p->out.c), 1);
    const int64_t columns = HG_MAX(ROW_FLOATS / p->in.c - HG_RESIZE_GAP_AROUND, 4);
    blocking s = {.row_blocks = HG_CEIL_DIV(gaps_y, rows),
                  .column_blocks = HG_CEIL_DIV(gaps_x, columns)};
    s.rows = HG_CEIL_DIV(gaps_y, s.row_blocks);
    s.row_blocks = HG_CEIL_DIV(gaps_y, s.rows);
    s.columns = HG_CEIL_DIV(gaps_x, s.column_blocks);
    s.column_blocks = HG_CEIL_DIV(gaps_x, s.columns);
    return s;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const blocking s = blocking_of(p);
    *sizes = (hg_sizes){.tables = sizeof s + 2 * AXIS_WEIGHTS * sizeof(float),
                        .scratch = 2 * sizeof(float) *
                                   (size_t)((s.columns + HG_RESIZE_GAP_AROUND) * p->in.c),
                        .ranges = {p->out.n * s.row_blocks}};
}

/* Both outputs of each kind of gap between `in` pixels. */
static void fill_axis(const double weight[4], int64_t in, float *table)
{
    const int64_t gaps[HG_RESIZE_GAP_KINDS] = {0, 1, HG_RESIZE_GAP_INSIDE, in - 1, in};
    for (int i = 0; i < HG_RESIZE_GAP_KINDS; i++, table += 8) {
        hg_resize_share(weight, false, gaps[i] - HG_RESIZE_GAP_BEFORE, in, table);
        hg_resize_share(weight, true, gaps[i] - HG_RESIZE_GAP_BEFORE, in, table + 4);
    }
}

/* Of the vertical, then of the horizontal axis. */
static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    blocking *s = tables;
    float *weights = (float *)(s + 1);
    double weight[4];
    *s = blocking_of(p);
    hg_resize_quarters(&p->resize, weight);
    fill_axis(weight, p->in.h, weights);
    fill_axis(weight, p->in.w, weights + AXIS_WEIGHTS);
}

/* The two output rows of gap y, above input row y; one of them at the borders. */
static void run_gap(const hg_task *t, const blocking *s, const float *in, float *out, int64_t y)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const float *weight = (const float *)(s + 1);
    hg_resize_2x_cubic_args a = {.down = weight + 8 * hg_resize_gap_kind(y, p->in.h),
                                 .across = weight + AXIS_WEIGHTS,
                                 .scratch = t->scratch,
                                 .upper = y > 0 ? out + (2 * y - 1) * so->h : NULL,
                                 .lower = y < p->in.h ? out + 2 * y * so->h : NULL,
                                 .width = p->in.w,
                                 .channels = p->in.c,
                                 .in_pixel = si->w,
                                 .out_pixel = so->w,
                                 .nontemporal = hg_resize_nontemporal(t)};
    for (int k = 0; k < 4; k++)
        a.rows[k] = in + hg_clamp(y - HG_RESIZE_GAP_BEFORE + k, 0, p->in.h - 1) * si->h;
    for (int64_t x = 0; x <= p->in.w; x += s->columns) {
        a.begin = x;
        a.end = HG_MIN(x + s->columns, p->in.w + 1);
        t->kernel->run.resize_2x_cubic(&a);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const blocking *s = t->tables;
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / s->row_blocks, first = i % s->row_blocks * s->rows;
        const int64_t last = HG_MIN(first + s->rows, p->in.h + 1);
        for (int64_t y = first; y < last; y++)
            run_gap(t, s, t->input + n * p->in.strides.n, t->output + n * p->out.strides.n, y);
    }
}

const hg_algorithm hg_resize2d_nhwc_upsample_2x_cubic = {.name = "upsample_2x_cubic",
                                                         .supports = supports,
                                                         .configs = hg_resize_nontemporal_configs,
                                                         .cost = cost,
                                                         .size = size,
                                                         .prepare = prepare,
                                                         .run = run};
