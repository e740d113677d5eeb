/* 3x3 windows of stride 1: bands of output rows, many channels at a time, so that rows are read
 * once and as they lie in memory. */
#include "kernels/pool2d/nhwc/slide.h"

/* Rows of a band at most, which reads two rows of the band before it again; floats kept between
 * rows. */
enum { BAND = 40, KEPT = 32768 };

/* Channels of a range, whole cache lines: what is kept stays in the second cache. */
static int64_t block(const hg_problem *p)
{
    const int64_t blocks = HG_CEIL_DIV(2 * p->out.w * p->out.c, (int64_t)KEPT);
    return HG_MIN(HG_ROUND_UP(HG_CEIL_DIV(p->out.c, blocks), (int64_t)HG_CACHELINE), p->out.c);
}

/* Output rows of a range: bands of equal height. */
static int64_t band(const hg_problem *p)
{
    return HG_MAX(HG_CEIL_DIV(p->out.h, HG_CEIL_DIV(p->out.h, (int64_t)BAND)), 1);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const int64_t bands = HG_CEIL_DIV(p->out.h, band(p));
    const int64_t floats = (2 * p->out.w + 1) * block(p);
    *sizes = (hg_sizes){.tables = hg_pool_scales_size(p, k),
                        .scratch = sizeof(float) * (size_t)floats,
                        .stages = 1,
                        .ranges = {p->out.n * bands * HG_CEIL_DIV(p->out.c, block(p))}};
}

/* A range is a band of rows of one image, for a block of channels. */
static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_pool_span *spans = t->tables;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int64_t n_blocks = HG_CEIL_DIV(p->out.c, block(p));
    const int64_t n_bands = HG_CEIL_DIV(p->out.h, band(p));
    const hg_pool_scales scales = hg_pool_scales_of(p, t->tables);
    int64_t whole[2];
    hg_pool_whole_columns(p, whole);
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % n_blocks * block(p), y = i / n_blocks % n_bands * band(p);
        const int64_t n = i / n_blocks / n_bands;
        const hg_pool_slide_args a = {.input = t->input + n * si->n + c * si->c,
                                      .output = t->output + n * so->n + y * so->h + c * so->c,
                                      .buffer = t->scratch,
                                      .scale_rows = scales.rows + y,
                                      .scale = scales.scale,
                                      .columns = spans + p->out.h,
                                      .whole = {whole[0], whole[1]},
                                      .height = HG_MIN(p->out.h - y, band(p)),
                                      .width = p->out.w,
                                      .channels = HG_MIN(p->out.c - c, block(p)),
                                      .in_height = p->in.h,
                                      .in_width = p->in.w,
                                      .top = y - p->pad.top,
                                      .left = p->pad.left,
                                      .window = p->kernel,
                                      .in_row = si->h,
                                      .in_pixel = si->w,
                                      .out_row = so->h,
                                      .out_pixel = so->w};
        t->kernel->run.pool_slide(&a);
    }
}

/* Sliding by cache lines of channels pays for each of its short rows, and with pixels whole KiB
 * apart finds its lines in few sets of the nearest cache; else it is as fast or faster. Lanes
 * beyond the last whole vector are a pass of their own here. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    const bool better = p->out.w <= 20 || p->in.c <= HG_SLIDE_CHANNELS || p->in.c % 256 == 0;
    return (better && p->in.c % lanes == 0 ? 0.9 : 1.1) * hg_pool_slide_cost(p, k);
}

const hg_algorithm hg_pool2d_nhwc_avg_3x3s1 = {.name = "avg_3x3s1",
                                               .supports = hg_pool_slide_supports,
                                               .cost = cost,
                                               .size = size,
                                               .prepare = hg_pool_prepare_scales,
                                               .run = run};
