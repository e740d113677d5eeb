/* Depthwise convolution by one tap: each channel times its weight. Pixels side by side are a run of
 * floats whose weights and bias repeat, and are packed for as many pixels as fill whole vectors:
 *
 *     3 channels, 4 lanes      0 1 2 0 | 1 2 0 1 | 2 0 1 2 |      a period of 12 floats
 */
#include "kernels/conv2d/nhwc/scale.h"

#include "kernels/geometry.h"

enum {
    RANGE_FLOATS = 16384,
    LONG_PERIOD = 256, /* at least, so that loops over one are long */
    MOST_FLOATS = 4096 /* of a period: it stays in L1 */
};

/* The tables. */
typedef struct blocking {
    int64_t period;
    int64_t rows, width;    /* in all; floats of one */
    int64_t floats, blocks; /* of a range, whole periods; ranges of a row */
} blocking;

static int64_t period_of(const hg_problem *p, const hg_kernel *k)
{
    int64_t period = p->out.c;
    while (period % hg_lanes(k)) period *= 2; /* lanes are a power of two */
    return period * HG_CEIL_DIV((int64_t)LONG_PERIOD, period);
}

/* Rows of dense pixels that follow each other, over the whole batch? */
static bool joins(const hg_tensor *t, const hg_strides *s)
{
    return s->h == t->w * t->c && (t->n == 1 || s->n == t->h * s->h);
}

static blocking blocking_of(const hg_problem *p, const hg_kernel *k)
{
    const hg_tensor *out = &p->out;
    const bool joined = joins(out, &p->in.strides) && joins(out, &out->strides) &&
                        (!p->post.residual || joins(out, &p->residual_strides));
    const int64_t rows = out->n * out->h, row = out->w * out->c;
    blocking b = {.period = period_of(p, k),
                  .rows = joined ? HG_MIN(rows, 1) : rows,
                  .width = joined ? rows * row : row};
    b.floats = HG_MAX(RANGE_FLOATS / b.period, 1) * b.period;
    b.blocks = HG_CEIL_DIV(b.width, b.floats);
    return b;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const int64_t c = p->out.c;
    return hg_is_pointwise(p) && p->in.strides.w == c && p->out.strides.w == c &&
           (!p->post.residual || p->residual_strides.w == c) && c <= MOST_FLOATS &&
           period_of(p, k) <= MOST_FLOATS;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k);
    return hg_traffic_ns(p) + 10.0 * (double)(b.rows * b.blocks) + 200.0;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const blocking b = blocking_of(p, k);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)b.period,
                        .tables = sizeof b,
                        .repeats = b.period / p->out.c,
                        .ranges = {b.rows * b.blocks}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    words[0] = (int32_t)period_of(p, k);
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const int64_t period = period_of(p, k);
    for (int64_t i = 0; i < period; i++) packed[i] = filter[i % p->out.c];
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)c;
    *(blocking *)tables = blocking_of(p, k);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const blocking *b = t->tables;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides, *sr = &p->residual_strides;
    hg_scale_args a = {
        .weights = t->weights, .bias = t->bias, .period = b->period, .post = p->post};
    for (int64_t i = begin; i < end; i++) {
        const int64_t row = i / b->blocks, at = i % b->blocks * b->floats;
        const int64_t n = row / p->out.h, y = row % p->out.h;
        a.input = t->input + n * si->n + y * si->h + at;
        a.output = t->output + n * so->n + y * so->h + at;
        if (p->post.residual) a.residual = t->residual + n * sr->n + y * sr->h + at;
        a.count = HG_MIN(b->floats, b->width - at);
        t->kernel->run.scale(&a);
    }
}

const hg_algorithm hg_conv2d_nhwc_scale = {.name = "scale",
                                           .supports = supports,
                                           .cost = cost,
                                           .size = size,
                                           .form = form,
                                           .pack = pack,
                                           .prepare = prepare,
                                           .run = run};
