/* A range is one row of output pixels, or a block of its channels where pixels alone give too few
 * ranges. */
#include "kernels/pool2d/nhwc/rows.h"

enum { CHANNEL_BLOCK = 128, ENOUGH_RANGES = 32 };

static int64_t channel_blocks(const hg_problem *p)
{
    const bool few = p->out.n * p->out.h < ENOUGH_RANGES;
    return few ? HG_CEIL_DIV(p->out.c, (int64_t)CHANNEL_BLOCK) : 1;
}

void hg_pool_rows_size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_pool_tables_size(p),
                        .ranges = {p->out.n * p->out.h * channel_blocks(p)}};
}

void hg_pool_rows_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_pool_tables *t = tables;
    hg_pool_prepare(p, k, c, t);
    t->blocks = channel_blocks(p);
    t->block = t->blocks == 1 ? p->out.c : CHANNEL_BLOCK;
}

/* Blocks side by side are one call, for longer runs of memory. */
void hg_pool_rows_run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_pool_tables *tables = t->tables;
    const int64_t blocks = tables->blocks, block = tables->block;
    hg_pool_args a = tables->args;
    for (int64_t i = begin, count; i < end; i += count) {
        const int64_t row = i / blocks, c = i % blocks * block;
        count = HG_MIN(end - i, blocks - i % blocks);
        a.channels = HG_MIN(p->out.c - c, count * block);
        hg_pool_set_row(t, row / p->out.h, row % p->out.h, c, &a);
        t->kernel->run.pool(&a);
    }
}

/* Lanes beyond the last channel do nothing. */
double hg_pool_rows_cost(const hg_problem *p, const hg_kernel *k, double efficiency)
{
    const double indexed = k->limits.only_indices ? 0.6 : 1.0;
    return hg_pool_cost(p, hg_rate(k) * efficiency * indexed * hg_lanes_used(k, p->in.c));
}
