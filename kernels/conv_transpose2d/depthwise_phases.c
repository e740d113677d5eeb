/* Transposed depthwise convolution: each phase is a depthwise convolution of stride 1 on the input,
 * run by the microkernels of conv2d (depthwise.h). Phases: conv_transpose2d.h.
 *
 *     for block of output rows (over the whole batch)      one range of work
 *       for phase of columns
 *         microkernel on the rows of the block
 *
 * Packed weights: [class of rows][class of columns][C/8][taps][taps][8], zero beyond C, the taps of
 * a class in reverse order: the input coordinate then grows with the tap. config.block = rows per
 * range. */
#include <string.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/depthwise.h"
#include "kernels/conv_transpose2d/conv_transpose2d.h"

enum {
    BLOCK = HG_DEPTHWISE_BLOCK,
    OUTPUT_BYTES = 64 << 10, /* of a range */
    LINES = 64,              /* output rows of a call */
    MAX_PHASES = 1 << 12
};

/* One axis; every class has room for the taps of the largest. */
typedef struct axis {
    int64_t kernel, phases, period, taps;
    int64_t step; /* of the input from one tap of a class to the next */
    hg_igemm_axis table;
} axis;

typedef struct shape {
    axis y, x;
    int64_t blocks; /* of channels */
    int64_t rows, block;
} shape;

static axis axis_of(int64_t stride, int64_t dilation, int64_t kernel, int64_t out)
{
    const int64_t period = hg_phase_period(stride, dilation);
    return (axis){.kernel = kernel,
                  .phases = hg_phase_count(stride, out),
                  .period = period,
                  .taps = HG_CEIL_DIV(kernel, period),
                  .step = period * dilation / stride};
}

static shape shape_of(const hg_problem *p, const hg_config *c)
{
    shape s = {.y = axis_of(p->stride.h, p->dilation.h, p->kernel.h, p->out.h),
               .x = axis_of(p->stride.w, p->dilation.w, p->kernel.w, p->out.w),
               .blocks = HG_CEIL_DIV(p->in.c, BLOCK),
               .rows = p->out.n * p->out.h};
    const int64_t row_bytes = p->out.w * p->out.c * (int64_t)sizeof(float);
    s.block = c->block > 0 ? c->block : HG_CEIL_DIV(OUTPUT_BYTES, row_bytes);
    s.block = HG_MAX(HG_MIN(s.block, s.rows), 1);
    return s;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const shape s = shape_of(p, &(hg_config){0});
    return s.y.phases <= MAX_PHASES && s.x.phases <= MAX_PHASES && p->kernel.h <= MAX_PHASES &&
           p->kernel.w <= MAX_PHASES;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    const shape s = shape_of(p, &(hg_config){0});
    int n = 0;
    list[n++] = (hg_config){.block = (int32_t)s.block};
    for (int32_t block = 1; block <= LINES && block <= s.rows; block *= 4)
        if (block != s.block) list[n++] = (hg_config){.block = block};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_conv_cost(p, hg_problem_flops(p), 0.25 * hg_isa_model_of(k->isa)->rate);
}

/* ---- Tables: phases and offsets of taps of both axes ---- */

static void open_tables(shape *s, void *memory)
{
    hg_igemm_phase *phase = memory;
    int64_t *offset = (int64_t *)(phase + s->y.phases + s->x.phases);
    s->y.table = (hg_igemm_axis){.phases = s->y.phases, .phase = phase, .offset = offset};
    s->x.table = (hg_igemm_axis){
        .phases = s->x.phases, .phase = phase + s->y.phases, .offset = offset + s->y.kernel};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *memory)
{
    (void)k;
    shape s = shape_of(p, c);
    open_tables(&s, memory);
    hg_phase_axis(p->stride.h, p->dilation.h, p->pad.top, p->out.h, p->kernel.h, &s.y.table);
    hg_phase_axis(p->stride.w, p->dilation.w, p->pad.left, p->out.w, p->kernel.w, &s.x.table);
}

static int64_t class_floats(const shape *s)
{
    return s->blocks * s->y.taps * s->x.taps * BLOCK;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k;
    const shape s = shape_of(p, c);
    const int64_t classes = HG_MIN(s.y.period, s.y.kernel) * HG_MIN(s.x.period, s.x.kernel);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(classes * class_floats(&s)),
                        .tables = sizeof(hg_igemm_phase) * (size_t)(s.y.phases + s.x.phases) +
                                  sizeof(int64_t) * (size_t)(s.y.kernel + s.x.kernel),
                        .stages = 1,
                        .ranges = {HG_CEIL_DIV(s.rows, s.block)}};
}

/* ---- Weights ---- */

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)k;
    const shape s = shape_of(p, &(hg_config){0});
    memset(words, 0, 12 * sizeof words[0]);
    words[0] = 4; /* this packing */
    words[1] = (int32_t)HG_MIN(s.y.period, s.y.kernel);
    words[2] = (int32_t)HG_MIN(s.x.period, s.x.kernel);
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    (void)k;
    const shape s = shape_of(p, &(hg_config){0});
    const int64_t classes_x = HG_MIN(s.x.period, s.x.kernel);
    const int64_t classes = HG_MIN(s.y.period, s.y.kernel) * classes_x;
    memset(packed, 0, sizeof(float) * (size_t)(classes * class_floats(&s)));
    for (int64_t ky = 0; ky < s.y.kernel; ky++)
        for (int64_t kx = 0; kx < s.x.kernel; kx++) {
            const int64_t cy = ky % s.y.period, cx = kx % s.x.period;
            const int64_t taps_y = (s.y.kernel - cy - 1) / s.y.period + 1;
            const int64_t taps_x = (s.x.kernel - cx - 1) / s.x.period + 1;
            const int64_t ty = taps_y - 1 - ky / s.y.period, tx = taps_x - 1 - kx / s.x.period;
            float *to =
                packed + (cy * classes_x + cx) * class_floats(&s) + (ty * taps_x + tx) * BLOCK;
            for (int64_t i = 0; i < s.blocks * BLOCK; i++) {
                const int64_t b = i / BLOCK;
                const int64_t first = p->in.c < BLOCK ? 0 : HG_MIN(b * BLOCK, p->in.c - BLOCK);
                const int64_t c = first + i % BLOCK;
                if (c < p->in.c)
                    to[b * s.y.taps * s.x.taps * BLOCK + i % BLOCK] =
                        filter[(c * s.y.kernel + ky) * s.x.kernel + kx];
            }
        }
}

/* The class of taps of a phase: the first kernel % period classes have one tap more. */
static int64_t class_of(const axis *a, const hg_igemm_phase *phase)
{
    const int64_t longer = a->kernel % a->period;
    const int64_t start = phase->start, all = longer * a->taps;
    if (longer == 0 || start < all) return start / a->taps;
    return longer + (start - all) / HG_MAX(a->kernel / a->period, 1);
}

/* What a phase without taps has none of does not matter: the class is then 0. */
static int64_t first_input(const axis *a, const hg_igemm_phase *phase)
{
    return phase->taps ? a->table.offset[phase->start + phase->taps - 1] : 0;
}

/* ---- Running ---- */

/* An output row in one phase of columns. */
static hg_depthwise_line line_of(const hg_task *t, const shape *s, int64_t row,
                                 const hg_igemm_phase *x)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const hg_igemm_phase *y = &s->y.table.phase[oy % s->y.phases];
    const int64_t first = oy / s->y.phases + first_input(&s->y, y);
    const hg_span taps = hg_taps_inside(first, y->taps, s->y.step, p->in.h);
    const int64_t classes_x = HG_MIN(s->x.period, s->x.kernel);
    const int64_t class = class_of(&s->y, y) * classes_x + class_of(&s->x, x);
    const int64_t at = n * sr->n + oy * sr->h + x->first * sr->w;
    hg_depthwise_line line = {.input = t->input + n * p->in.strides.n,
                              .weights = t->weights + class * class_floats(s) +
                                         taps.begin * x->taps * BLOCK,
                              .out = t->output + n * so->n + oy * so->h + x->first * so->w,
                              .residual = p->post.residual ? t->residual + at : NULL,
                              .rows = taps.end - taps.begin};
    if (line.rows) line.input += (first + taps.begin * s->y.step) * p->in.strides.h;
    return line;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    shape s = shape_of(p, &t->config);
    open_tables(&s, (void *)(uintptr_t)t->tables); /* only read from here on */
    hg_depthwise_line lines[LINES];
    hg_depthwise_args a = {.lines = lines,
                           .row_step = s.y.step * p->in.strides.h,
                           .pixel_step = p->in.strides.w,
                           .width = p->in.w,
                           .stride = 1,
                           .dilation = s.x.step,
                           .block_step = s.y.taps * s.x.taps * BLOCK,
                           .bias = t->bias,
                           .out_step = p->stride.w * p->out.strides.w,
                           .residual_step = p->stride.w * p->residual_strides.w,
                           .channels = (size_t)p->in.c,
                           .overlap = p->in.c >= BLOCK,
                           .slope = p->post.slope,
                           .min = p->post.min,
                           .max = p->post.max};
    const int64_t lines_each = HG_MIN(LINES, s.block);
    const int64_t last = HG_MIN(end * s.block, s.rows);
    for (int64_t row = begin * s.block; row < last; row += a.line_count) {
        a.line_count = HG_MIN(lines_each, last - row);
        for (int64_t f = 0; f < s.x.phases; f++) {
            const hg_igemm_phase *x = &s.x.table.phase[f];
            a.cols = x->taps;
            a.left = -first_input(&s.x, x);
            a.weight_step = x->taps * BLOCK;
            a.count = x->count;
            for (int64_t i = 0; i < a.line_count; i++) lines[i] = line_of(t, &s, row + i, x);
            t->kernel->run.depthwise(&a);
        }
    }
}

const hg_algorithm hg_depthwise_phases = {.name = "depthwise_phases",
                                          .supports = supports,
                                          .configs = configs,
                                          .cost = cost,
                                          .size = size,
                                          .form = form,
                                          .pack = pack,
                                          .prepare = prepare,
                                          .run = run};
