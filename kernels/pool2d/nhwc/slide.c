/* Sliding windows of stride 1: bands of rows, one cache line of channels at a time, so that the
 * cost per pixel hardly grows with the window. */
#include "kernels/pool2d/nhwc/slide.h"

enum { BAND = 32, MIN_BANDS = 4 }; /* output rows of a range; in windows */

bool hg_pool_slide_supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    if (p->out.h == 1 && p->out.w == 1) return false;
    const hg_pad *pad = &p->pad;
    return p->pool.adaptive == false && pad->top < p->kernel.h && pad->left < p->kernel.w &&
           p->out.h - 1 - pad->top < p->in.h && p->out.w - 1 - pad->left < p->in.w;
}

/* Output rows of one band. A band repeats kernel.h - 1 rows of the band before it. */
static int64_t band_rows(const hg_problem *p)
{
    return HG_MIN(HG_MAX(MIN_BANDS * p->kernel.h, BAND), p->out.h);
}

/* The rows that one step needs stay in the nearest cache. */
static int64_t ring_rows(const hg_problem *p)
{
    return p->kernel.h - 1 + hg_slide_step(p->kernel.h);
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
    (void)c;
    const int64_t row = HG_SLIDE_CHANNELS * p->out.w;
    *sizes = (hg_sizes){.tables = hg_pool_scales_size(p, k),
                        .scratch = sizeof(float) * (size_t)((ring_rows(p) + 1) * row) +
                                   sizeof(float *) * (size_t)ring_rows(p),
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
    const int64_t n_blocks = blocks(p), n_bands = bands(p), band = band_rows(p);
    const int64_t row = HG_SLIDE_CHANNELS * p->out.w;
    const hg_pool_scales scales = hg_pool_scales_of(p, t->tables);
    float *buffer = t->scratch;
    const float **rows = (const float **)(buffer + (ring_rows(p) + 1) * row);
    for (int64_t i = begin; i < end; i++) {
        const int64_t c = i % n_blocks * HG_SLIDE_CHANNELS, y = i / n_blocks % n_bands * band;
        const int64_t n = i / n_blocks / n_bands;
        const hg_pool_slide_args a = {.input = t->input + n * si->n + c * si->c,
                                      .output = t->output + n * so->n + y * so->h + c * so->c,
                                      .buffer = buffer,
                                      .row = rows,
                                      .ring = ring_rows(p),
                                      .columns = spans + p->out.h,
                                      .scale_rows = scales.rows ? scales.rows + y : NULL,
                                      .scale = scales.scale,
                                      .height = HG_MIN(p->out.h - y, band),
                                      .width = p->out.w,
                                      .channels = HG_MIN(p->out.c - c, (int64_t)HG_SLIDE_CHANNELS),
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

/* Per output about 4 operations along either axis, whatever the window. */
double hg_pool_slide_cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    const double used = (double)p->in.c / (double)HG_ROUND_UP(p->in.c, lanes);
    const double outputs =
        (double)p->out.n * (double)p->out.h * (double)p->out.w * (double)p->out.c;
    const double efficiency = 0.4 * hg_isa_model_of(k->isa)->rate * used;
    const double compute = 8.0 * outputs / (100.0 * efficiency);
    return HG_MAX(compute, hg_problem_bytes(p) / 50.0) + 300.0;
}

const hg_algorithm hg_pool2d_nhwc_slide = {.name = "slide",
                                           .supports = hg_pool_slide_supports,
                                           .cost = hg_pool_slide_cost,
                                           .size = size,
                                           .prepare = hg_pool_prepare_scales,
                                           .run = run};
