/* Pooling, reference: scalar, any layout and strides, every window and index convention. */
#include <math.h>

#include "kernels/pool2d/pool2d.h"
#include "kernels/reference.h"

/* The taps of one output element. */
typedef struct window {
    const float *first;
    int64_t y, x; /* coordinates of the first tap */
    int64_t rows, columns, row_step, column_step;
    float divisor;
} window;

static float max_of(const hg_problem *p, const window *w, hg_size2 *at)
{
    float acc = -INFINITY;
    *at = (hg_size2){w->y, w->x};
    for (int64_t ky = 0; ky < w->rows; ky++) {
        for (int64_t kx = 0; kx < w->columns; kx++) {
            const float v = w->first[ky * w->row_step + kx * w->column_step];
            if (v > acc || isnan(v)) {
                acc = v;
                *at = (hg_size2){w->y + ky * p->dilation.h, w->x + kx * p->dilation.w};
            }
        }
    }
    return acc;
}

static float average_of(const window *w)
{
    float acc = 0.0f;
    for (int64_t ky = 0; ky < w->rows; ky++)
        for (int64_t kx = 0; kx < w->columns; kx++)
            acc += w->first[ky * w->row_step + kx * w->column_step];
    return acc / w->divisor;
}

/* Powers 1 and 2 sum in f32, as the SIMD kernels do; others in double, whose range they need. */
static float norm_of(const hg_problem *p, const window *w)
{
    const float power = p->pool.p;
    const bool absolute = p->pool.form == HG_LP_ABSOLUTE;
    float acc = 0.0f;
    double wide = 0.0;
    for (int64_t ky = 0; ky < w->rows; ky++) {
        for (int64_t kx = 0; kx < w->columns; kx++) {
            const float tap = w->first[ky * w->row_step + kx * w->column_step];
            const float v = absolute ? fabsf(tap) : tap;
            if (power == 1.0f)
                acc += v;
            else if (power == 2.0f)
                acc += v * v;
            else
                wide += pow((double)v, (double)power);
        }
    }
    if (power == 1.0f) return acc;
    if (power == 2.0f) return sqrtf(acc);
    /* pow(-inf, 1/p) would be +inf where the sum has no root. */
    return wide < 0.0 ? NAN : (float)pow(wide, 1.0 / (double)power);
}

static void store_index(const hg_task *t, int64_t offset, int64_t index)
{
    if (t->problem->pool.index_type == HG_INDEX_I32)
        ((int32_t *)t->indices)[offset] = (int32_t)index;
    else
        ((int64_t *)t->indices)[offset] = index;
}

static window window_at(const hg_task *t, const hg_output *o)
{
    const hg_problem *p = t->problem;
    const hg_pool_span *row = (const hg_pool_span *)t->tables + o->y;
    const hg_pool_span *column = (const hg_pool_span *)t->tables + p->out.h + o->x;
    const hg_strides *s = &p->in.strides;
    const hg_pool_args scale = {.divisor = (double)p->pool.divisor, .row_extent = row->extent};
    return (window){.first = t->input + o->n * s->n + row->first * s->h + column->first * s->w +
                             o->c * s->c,
                    .y = row->first,
                    .x = column->first,
                    .rows = row->taps,
                    .columns = column->taps,
                    .row_step = p->dilation.h * s->h,
                    .column_step = p->dilation.w * s->w,
                    .divisor = hg_pool_divisor(&scale, column)};
}

static float element(const hg_task *t, const void *data, const hg_output *o)
{
    (void)data;
    const hg_problem *p = t->problem;
    const window w = window_at(t, o);
    if (p->op == HG_OP_AVG_POOL2D) return average_of(&w);
    if (p->op == HG_OP_LP_POOL2D) return norm_of(p, &w);
    hg_size2 at;
    const float most = max_of(p, &w, &at);
    if (!p->pool.indices) return most;
    const hg_strides s = hg_pool_rule(p).at;
    const bool empty = w.rows == 0 || w.columns == 0;
    const int64_t index = o->n * s.n + at.h * s.h + at.w * s.w + o->c * s.c;
    store_index(t, o->offset, empty ? -1 : index);
    return most;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    hg_each_output(t, begin, end, NULL, element);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    *sizes = (hg_sizes){.tables = hg_pool_spans_size(p), .ranges = {p->out.n * p->out.h}};
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    return hg_pool_cost(p, 0.01);
}

static const hg_algorithm reference = {
    .name = "reference", .cost = cost, .size = size, .prepare = hg_pool_prepare_spans, .run = run};

const hg_kernel hg_pool2d_ref[] = {
    HG_REFERENCE(max_pool2d, HG_OP_MAX_POOL2D, 1, &reference),
    HG_REFERENCE(avg_pool2d, HG_OP_AVG_POOL2D, 1, &reference),
    HG_REFERENCE(lp_pool2d, HG_OP_LP_POOL2D, 1, &reference),
    {.name = NULL},
};
