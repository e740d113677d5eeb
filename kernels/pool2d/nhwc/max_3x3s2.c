/* 3x3 windows of stride 2: bands of output rows, whole pixels, so that rows are read once. */
#include "kernels/pool2d/nhwc/slide.h"

/* Rows of a band: one row in 2 * BAND is read twice. */
enum { BAND = 14 };

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    /* Every window must reach into the input, and start where the third tap of the one before is.
     */
    const hg_pad *pad = &p->pad;
    return pad->top < 2 && pad->left < 2 && (p->out.h - 1) * 2 - pad->top < p->in.h &&
           (p->out.w - 1) * 2 - pad->left < p->in.w;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_pool_spans_size(p),
                        .scratch = sizeof(float) * (size_t)(p->out.w * p->out.c),
                        .stages = 1,
                        .ranges = {p->out.n * HG_CEIL_DIV(p->out.h, (int64_t)BAND)}};
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_pool_span *spans = t->tables;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int64_t bands = HG_CEIL_DIV(p->out.h, (int64_t)BAND);
    int64_t whole[2];
    hg_pool_whole_columns(p, whole);
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / bands, y = i % bands * BAND;
        const hg_pool_slide_args a = {.input = t->input + n * si->n,
                                      .output = t->output + n * so->n + y * so->h,
                                      .buffer = t->scratch,
                                      .rows = spans + y,
                                      .columns = spans + p->out.h,
                                      .whole = {whole[0], whole[1]},
                                      .height = HG_MIN(p->out.h - y, (int64_t)BAND),
                                      .width = p->out.w,
                                      .channels = p->out.c,
                                      .in_row = si->h,
                                      .in_pixel = si->w,
                                      .out_row = so->h,
                                      .out_pixel = so->w};
        t->kernel->run.pool_slide(&a);
    }
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    const double used = (double)p->in.c / (double)HG_ROUND_UP(p->in.c, lanes);
    return hg_pool_cost(p, 0.8 * hg_isa_model_of(k->isa)->rate * used);
}

const hg_algorithm hg_pool2d_nhwc_max_3x3s2 = {.name = "max_3x3s2",
                                               .supports = supports,
                                               .cost = cost,
                                               .size = size,
                                               .prepare = hg_pool_prepare_spans,
                                               .run = run};
