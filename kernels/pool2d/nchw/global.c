/* One window over the whole plane. */
#include "kernels/pool2d/nchw/planes.h"

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return p->out.h == 1 && p->out.w == 1;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_cost(p, 0.3 * hg_rate(k));
}

/* Planes of a range: enough floats to hide the call, few enough for all threads. */
static int64_t planes_of_range(const hg_problem *p)
{
    const int64_t planes = 16384 / HG_MAX(p->in.h * p->in.w, 1) / 8 * 8;
    return hg_clamp(planes, 8, 256);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_pool_tables_size(p),
                        .ranges = {p->out.n * HG_CEIL_DIV(p->out.c, planes_of_range(p))}};
}

/* Rows that follow each other are one long row. */
static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_pool_tables *t = tables;
    hg_pool_prepare(p, k, c, t);
    t->block = planes_of_range(p);
    t->blocks = HG_CEIL_DIV(p->out.c, t->block);
    t->args.in_pixel = p->in.strides.c;
    t->args.out_pixel = p->out.strides.c;
    hg_pool_span *row = (hg_pool_span *)(t + 1), *column = row + 1;
    if (p->in.strides.h != p->in.w || p->kernel.w != p->in.w || p->in.h * p->in.w > INT32_MAX)
        return;
    column->taps *= row->taps;
    row->taps = 1;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_pool_tables *tables = t->tables;
    hg_pool_args a = tables->args;
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % tables->blocks * tables->block;
        hg_pool_set_row(t, i / tables->blocks, 0, c, &a);
        a.channels = HG_MIN(t->problem->out.c - c, tables->block);
        t->kernel->run.pool(&a);
    }
}

const hg_algorithm hg_pool2d_nchw_global = {.name = "global",
                                            .supports = supports,
                                            .cost = cost,
                                            .size = size,
                                            .prepare = prepare,
                                            .run = run};
