/* Padding, row by row. Contract of the microkernel: pad2d.h. */
#include "kernels/common/attr.h"
#include "kernels/pad2d/pad2d.h"

enum { RANGE_FLOATS = 16384, LONG_RUN = 256 /* stores past the caches may pay */ };

/* The tables: this, then the sources of all output rows, then those of all columns. */
typedef struct plan {
    int64_t rows, blocks, ranges; /* of a range; of an image or plane; of all */
    int64_t left, middle, right;
} plan;

/* Floats of a column, and planes of an image. */
static int64_t unit_of(const hg_problem *p)
{
    return p->in.layout == HG_NHWC ? p->in.c : 1;
}

static int64_t planes_of(const hg_problem *p)
{
    return p->in.layout == HG_NHWC ? 1 : p->in.c;
}

static plan plan_of(const hg_problem *p)
{
    const int64_t width = p->out.w, row = width * unit_of(p);
    plan a = {.rows = HG_MIN(HG_MAX(RANGE_FLOATS / row, 1), p->out.h)};
    a.blocks = HG_CEIL_DIV(p->out.h, a.rows);
    a.ranges = p->in.n * planes_of(p) * a.blocks;
    a.left = hg_clamp(p->pad.left, 0, width);
    a.middle = hg_clamp(p->pad.left + p->in.w, a.left, width) - a.left;
    a.right = width - a.left - a.middle;
    return a;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    list[0] = (hg_config){0};
    list[1] = (hg_config){.nontemporal = 1};
    return p->out.w * unit_of(p) >= LONG_RUN ? 2 : 1;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const plan a = plan_of(p);
    const double rows = (double)p->out.n * (double)planes_of(p) * (double)p->out.h;
    const bool dense = p->in.strides.w == unit_of(p) && p->out.strides.w == unit_of(p);
    const double calls = 2.0 + (double)(a.left + a.right + (dense ? 0 : a.middle));
    return hg_traffic_ns(p) + 2.0 * rows * calls + 200.0;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = sizeof(plan) + (size_t)(p->out.h + p->out.w) * sizeof(int32_t),
                        .ranges = {plan_of(p).ranges}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    plan *a = tables;
    int32_t *sources = (int32_t *)(a + 1), *columns = sources + p->out.h;
    *a = plan_of(p);
    for (int64_t y = 0; y < p->out.h; y++)
        sources[y] = (int32_t)hg_pad_source(p->border.mode, y - p->pad.top, p->in.h);
    for (int64_t x = 0; x < p->out.w; x++)
        columns[x] = (int32_t)hg_pad_source(p->border.mode, x - p->pad.left, p->in.w);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const plan *a = t->tables;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int32_t *sources = (const int32_t *)(a + 1);
    const int64_t planes = planes_of(p);
    hg_pad_rows_args args = {.columns = sources + p->out.h,
                             .left = a->left,
                             .middle = a->middle,
                             .right = a->right,
                             .unit = unit_of(p),
                             .in_row = si->h,
                             .in_unit = si->w,
                             .out_row = so->h,
                             .out_unit = so->w,
                             .value = p->border.value,
                             .nontemporal = t->config.nontemporal};
    for (int64_t i = begin; i < end; i++) {
        const int64_t y = i % a->blocks * a->rows, plane = i / a->blocks;
        const int64_t n = plane / planes, c = plane % planes;
        args.input = t->input + n * si->n + c * si->c;
        args.output = t->output + n * so->n + c * so->c + y * so->h;
        args.sources = sources + y;
        args.rows = HG_MIN(a->rows, p->out.h - y);
        t->kernel->run.pad_rows(&args);
    }
}

const hg_algorithm hg_pad2d_rows = {
    .name = "rows", .configs = configs, .cost = cost, .size = size, .prepare = prepare, .run = run};
