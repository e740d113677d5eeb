/* Sliding windows of stride 1: bands of rows, one cache line of channels at a time, so that the
 * cost per pixel hardly grows with the window. */
#include "kernels/pool2d/pool_slide.h"

/* Bytes of a band's buffer that stay in the nearest caches, beside input and output. */
enum { BUFFER_BYTES = 64 * 1024, MIN_BANDS = 3 };

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    /* Windows without neighbours share nothing. Every window must reach into the input. */
    if (p->out.h == 1 && p->out.w == 1) return false;
    const hg_pad *pad = &p->pad;
    return p->pool.adaptive == false && pad->top < p->kernel.h && pad->left < p->kernel.w &&
           p->out.h - 1 - pad->top < p->in.h && p->out.w - 1 - pad->left < p->in.w;
}

/* Output rows of one band. A band repeats kernel.h - 1 rows of the band before it. */
static int64_t band_rows(const hg_problem *p)
{
    const int64_t row_bytes = p->out.w * HG_SLIDE_CHANNELS * (int64_t)sizeof(float);
    const int64_t fit = BUFFER_BYTES / row_bytes - (p->kernel.h - 1);
    return HG_MIN(HG_MAX(fit, MIN_BANDS * p->kernel.h), p->out.h);
}

static int64_t bands(const hg_problem *p)
{
    return HG_CEIL_DIV(p->out.h, band_rows(p));
}

static int64_t blocks(const hg_problem *p)
{
    return HG_CEIL_DIV(p->out.c, (int64_t)HG_SLIDE_CHANNELS);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const int64_t in_rows = HG_MIN(band_rows(p) + p->kernel.h - 1, p->in.h);
    *sizes = (hg_sizes){.tables = hg_pool_table_size(p),
                        .scratch = sizeof(float) *
                                   (size_t)(((in_rows + 1) * HG_SLIDE_CHANNELS + 1) * p->out.w),
                        .stages = 1,
                        .ranges = {p->out.n * bands(p) * blocks(p)}};
}

/* A range is a band of rows of one image, for a block of channels. */
static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_pool_span *spans = t->tables;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int64_t n_blocks = blocks(p), n_bands = bands(p), rows = band_rows(p);
    const int64_t in_rows = HG_MIN(rows + p->kernel.h - 1, p->in.h);
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % n_blocks * HG_SLIDE_CHANNELS, band = i / n_blocks % n_bands;
        const int64_t n = i / n_blocks / n_bands, y = band * rows;
        const int64_t height = HG_MIN(rows, p->out.h - y);
        const hg_pool_span *last = spans + y + height - 1;
        const int64_t first = spans[y].first;
        const hg_pool_slide_args a = {.input = t->input + n * si->n + first * si->h + c * si->c,
                                      .output = t->output + n * so->n + y * so->h + c * so->c,
                                      .edge = t->scratch,
                                      .buffer = (float *)t->scratch + p->out.w * HG_SLIDE_CHANNELS,
                                      .scales = (float *)t->scratch +
                                                (in_rows + 1) * p->out.w * HG_SLIDE_CHANNELS,
                                      .rows = spans + y,
                                      .columns = spans + p->out.h,
                                      .height = height,
                                      .width = p->out.w,
                                      .channels = HG_MIN(p->out.c - c, (int64_t)HG_SLIDE_CHANNELS),
                                      .first_row = first,
                                      .in_rows = last->first + last->taps - first,
                                      .in_width = p->in.w,
                                      .window = p->kernel,
                                      .in_row = si->h,
                                      .in_pixel = si->w,
                                      .out_row = so->h,
                                      .out_pixel = so->w,
                                      .divisor = (double)p->pool.divisor};
        t->kernel->run.pool_slide(&a);
    }
}

/* Per output about 4 operations along either axis, whatever the window. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = k->isa == HG_ISA_AVX2 ? 8 : 4;
    const double used = (double)p->in.c / (double)HG_ROUND_UP(p->in.c, lanes);
    const double outputs =
        (double)p->out.n * (double)p->out.h * (double)p->out.w * (double)p->out.c;
    const double efficiency = (k->isa == HG_ISA_AVX2 ? 0.4 : 0.2) * used;
    const double compute = 8.0 * outputs / (100.0 * efficiency);
    return HG_MAX(compute, hg_problem_bytes(p) / 50.0) + 300.0;
}

const hg_algorithm hg_pool_slide = {.name = "pool-slide",
                                    .supports = supports,
                                    .cost = cost,
                                    .size = size,
                                    .prepare = hg_pool_prepare,
                                    .run = run};
