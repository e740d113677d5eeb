/* 2x2 windows of stride 2 without padding: a range is one channel of one image. */
#include "kernels/pool2d/nchw/planes.h"

/* The divisor is 4. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_pool_places_fit(p) && p->pool.divisor == 0;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double rows = (double)p->out.n * (double)p->out.c * (double)p->out.h;
    const double efficiency = k->limits.only_indices ? 0.24 : 0.4;
    const double calls = (double)p->out.n * (double)p->out.c;
    return HG_MAX(hg_pool_cost(p, efficiency * hg_rate(k)), 3.0 * rows + 10.0 * calls);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_pool_tables_size(p), .ranges = {p->out.n * p->out.c}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_pool_tables *t = tables;
    hg_pool_prepare(p, k, c, t);
    t->args.channels = 1;
    t->args.height = p->out.h;
    t->args.in_down = 2 * p->in.strides.h;
    t->args.out_down = p->out.strides.h;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const int64_t channels = t->problem->out.c;
    hg_pool_args a = ((const hg_pool_tables *)t->tables)->args;
    for (int64_t i = begin; i < end; i++) {
        hg_pool_set_row(t, i / channels, 0, i % channels, &a);
        t->kernel->run.pool(&a);
    }
}

const hg_algorithm hg_pool2d_nchw_2x2s2 = {.name = "2x2s2",
                                           .supports = supports,
                                           .cost = cost,
                                           .size = size,
                                           .prepare = prepare,
                                           .run = run};
