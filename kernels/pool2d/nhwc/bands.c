#include "kernels/pool2d/nhwc/bands.h"

/* The tables, which spans and scales follow. */
typedef struct tables {
    hg_pool_slide_blocking blocking;
    int64_t bands, blocks; /* of an image, of its channels */
    hg_span whole;         /* columns whose windows no edge cuts */
} tables;

double hg_pool_pairs_share(const hg_problem *p)
{
    const hg_span whole =
        hg_outputs_inside(p->out.w, p->stride.w, p->pad.left, p->kernel.w, p->in.w);
    const int64_t pairs = HG_MAX(whole.end - whole.begin, 0) / 2;
    return 2.0 - 2.0 * (double)pairs / (double)p->out.w;
}

static tables tables_of(const hg_problem *p, const hg_kernel *k)
{
    tables t = {.blocking = ((const hg_pool_slide *)k->algorithm)->blocking_of(p)};
    t.bands = HG_CEIL_DIV(p->out.h, t.blocking.rows);
    t.blocks = HG_CEIL_DIV(p->out.c, t.blocking.channels);
    t.whole = hg_outputs_inside(p->out.w, p->stride.w, p->pad.left, p->kernel.w, p->in.w);
    return t;
}

void hg_pool_slide_size(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                        hg_sizes *sizes)
{
    (void)c;
    const tables t = tables_of(p, k);
    *sizes = (hg_sizes){.tables = sizeof t + hg_pool_scales_size(p, k),
                        .scratch = sizeof(float) * (size_t)t.blocking.buffer +
                                   sizeof(float *) * (size_t)t.blocking.ring,
                        .ranges = {p->out.n * t.bands * t.blocks}};
}

void hg_pool_slide_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                           void *memory)
{
    tables *t = memory;
    *t = tables_of(p, k);
    hg_pool_prepare_scales(p, k, c, t + 1);
}

void hg_pool_slide_run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = task->problem;
    const tables *t = task->tables;
    const hg_pool_slide_blocking *b = &t->blocking;
    const hg_pool_span *spans = (const hg_pool_span *)(t + 1);
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const hg_pool_scales scales = hg_pool_scales_of(p, spans);
    hg_pool_slide_args a = {.buffer = task->scratch,
                            .ring = b->ring,
                            .columns = spans + p->out.h,
                            .whole = t->whole,
                            .scale = scales.scale,
                            .width = p->out.w,
                            .in_height = p->in.h,
                            .in_width = p->in.w,
                            .left = p->pad.left,
                            .window = p->kernel,
                            .in_row = si->h,
                            .in_pixel = si->w,
                            .out_row = so->h,
                            .out_pixel = so->w};
    a.row = (void *)(a.buffer + b->buffer);
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % t->blocks * b->channels, y = i / t->blocks % t->bands * b->rows;
        const int64_t n = i / t->blocks / t->bands;
        a.input = task->input + n * si->n + c * si->c;
        a.output = task->output + n * so->n + y * so->h + c * so->c;
        a.rows = spans + y;
        a.scale_rows = scales.rows ? scales.rows + y : NULL;
        a.height = HG_MIN(p->out.h - y, b->rows);
        a.channels = HG_MIN(p->out.c - c, b->channels);
        a.top = y * p->stride.h - p->pad.top;
        task->kernel->run.pool_slide(&a);
    }
}
