/* One window over the whole plane. */
#include "kernels/pool2d/nchw/planes.h"

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return p->out.h == 1 && p->out.w == 1;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_pool_cost(p, 0.3 * hg_isa_model_of(k->isa)->rate);
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
    *sizes = (hg_sizes){.tables = hg_pool_spans_size(p),
                        .stages = 1,
                        .ranges = {p->out.n * HG_CEIL_DIV(p->out.c, planes_of_range(p))}};
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_index_rule r = hg_pool_rule(p);
    const int64_t planes = planes_of_range(p), blocks = HG_CEIL_DIV(p->out.c, planes);
    const bool joined =
        p->in.strides.h == p->in.w && p->kernel.w == p->in.w && p->in.h * p->in.w <= INT32_MAX;
    hg_pool_args a = hg_pool_args_of(t, &r);
    /* Rows that follow each other are one long row. */
    const hg_pool_span whole = {0, joined ? (int32_t)(p->kernel.h * p->kernel.w) : 0,
                                a.columns->extent};
    if (joined) a.columns = &whole;
    a.in_pixel = p->in.strides.c;
    a.out_pixel = p->out.strides.c;
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % blocks * planes;
        hg_pool_set_row(t, &r, i / blocks, 0, c, &a);
        if (joined) a.rows = 1;
        a.channels = HG_MIN(p->out.c - c, planes);
        t->kernel->run.pool(&a);
    }
}

const hg_algorithm hg_pool2d_nchw_global = {.name = "global",
                                            .supports = supports,
                                            .cost = cost,
                                            .size = size,
                                            .prepare = hg_pool_prepare_spans,
                                            .run = run};
