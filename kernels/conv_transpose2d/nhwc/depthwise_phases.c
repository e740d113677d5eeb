/* Transposed depthwise convolution: each phase is a depthwise convolution of stride 1 on the input,
 * run by the microkernels of conv2d (depthwise.h). Phases: conv2d/phases.h.
 *
 *     for block of output rows (over the whole batch)      one range of work
 *       for phase of columns
 *         microkernel on the rows of the block
 *
 * Packed weights: [class of rows][class of columns][C/B][taps][taps][B], zero beyond C, the taps of
 * a class in reverse order: the input coordinate then grows with the tap. config.block = rows per
 * range. The tables are the blocking and the phases of both axes. */
#include <string.h>

#include "kernels/activation/activation.h"
#include "kernels/conv2d/nhwc/depthwise.h"
#include "kernels/conv2d/phases.h"

enum {
    OUTPUT_BYTES = 64 << 10, /* of a range */
    LINES = 64,              /* output rows of a call */
    MAX_PHASES = 1 << 12
};

/* One axis; every class has room for the taps of the largest. */
typedef struct axis {
    int64_t kernel, phases, period, classes, taps;
    int64_t step; /* of the input from one tap of a class to the next */
} axis;

typedef hg_transposed_phase phase;

typedef struct blocking {
    axis y, x;
    int64_t unit, blocks; /* channels of a block of packed weights; blocks */
    int64_t rows, block;
} blocking;

static axis axis_of(int64_t stride, int64_t dilation, int64_t kernel, int64_t out)
{
    const int64_t period = hg_phase_period(stride, dilation);
    return (axis){.kernel = kernel,
                  .phases = hg_phase_count(stride, out),
                  .period = period,
                  .classes = HG_MIN(period, kernel),
                  .taps = HG_CEIL_DIV(kernel, period),
                  .step = period * dilation / stride};
}

static blocking blocking_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    blocking b = {.y = axis_of(p->stride.h, p->dilation.h, p->kernel.h, p->out.h),
                  .x = axis_of(p->stride.w, p->dilation.w, p->kernel.w, p->out.w),
                  .unit = HG_DEPTHWISE_BLOCK(hg_lanes(k)),
                  .rows = p->out.n * p->out.h};
    const int64_t row_bytes = p->out.w * p->out.c * (int64_t)sizeof(float);
    b.blocks = HG_CEIL_DIV(p->in.c, b.unit);
    b.block = c->block > 0 ? c->block : HG_CEIL_DIV(OUTPUT_BYTES, row_bytes);
    b.block = HG_MAX(HG_MIN(b.block, b.rows), 1);
    return b;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    return b.y.phases <= MAX_PHASES && b.x.phases <= MAX_PHASES && p->kernel.h <= MAX_PHASES &&
           p->kernel.w <= MAX_PHASES;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    int n = 0;
    list[n++] = (hg_config){.block = (int32_t)b.block};
    for (int32_t block = 1; block <= LINES && block <= b.rows; block *= 4)
        if (block != b.block) list[n++] = (hg_config){.block = block};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    enum { FAR_BYTES = 16 << 20, MOST_PASSES = 6 };
    const double share = 0.4 * hg_rate(k) * hg_lanes_used(k, p->in.c);
    const double ns = hg_roofline(p, hg_problem_flops(p), share);
    /* Every phase of columns writes a part of each line: those that no cache keeps come back. */
    const bool far = 4.0 * hg_tensor_elements(&p->out) > FAR_BYTES;
    return far ? HG_MAX(ns, hg_traffic_ns(p) * (double)HG_MIN(p->stride.w, MOST_PASSES)) : ns;
}

static int64_t class_floats(const blocking *b)
{
    return b->blocks * b->y.taps * b->x.taps * b->unit;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const blocking b = blocking_of(p, k, c);
    const int64_t classes = b.y.classes * b.x.classes;
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(classes * class_floats(&b)),
                        .tables = sizeof b + sizeof(phase) * (size_t)(b.y.phases + b.x.phases),
                        .ranges = {HG_CEIL_DIV(b.rows, b.block)}};
}

/* ---- Tables ---- */

static phase *phases_of_y(const blocking *b)
{
    return (phase *)(b + 1);
}

static phase *phases_of_x(const blocking *b)
{
    return phases_of_y(b) + b->y.phases;
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    blocking *b = tables;
    *b = blocking_of(p, k, c);
    for (int64_t i = 0; i < b->y.phases; i++)
        phases_of_y(b)[i] = hg_transposed_phase_of(i, p->stride.h, p->dilation.h, p->pad.top,
                                                   p->out.h, p->kernel.h);
    for (int64_t i = 0; i < b->x.phases; i++)
        phases_of_x(b)[i] = hg_transposed_phase_of(i, p->stride.w, p->dilation.w, p->pad.left,
                                                   p->out.w, p->kernel.w);
}

/* ---- Weights ---- */

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    words[0] = (int32_t)b.y.classes;
    words[1] = (int32_t)b.x.classes;
    words[2] = (int32_t)b.unit;
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const int64_t unit = b.unit, classes = b.y.classes * b.x.classes;
    memset(packed, 0, sizeof(float) * (size_t)(classes * class_floats(&b)));
    for (int64_t ky = 0; ky < b.y.kernel; ky++)
        for (int64_t kx = 0; kx < b.x.kernel; kx++) {
            const int64_t cy = ky % b.y.period, cx = kx % b.x.period;
            const int64_t taps_x = hg_class_taps(b.x.kernel, b.x.period, cx);
            const int64_t tx = taps_x - 1 - kx / b.x.period;
            const int64_t ty = hg_class_taps(b.y.kernel, b.y.period, cy) - 1 - ky / b.y.period;
            float *to =
                packed + (cy * b.x.classes + cx) * class_floats(&b) + (ty * taps_x + tx) * unit;
            for (int64_t i = 0; i < b.blocks * unit; i++) {
                const int64_t block = i / unit;
                const int64_t first = p->in.c < unit ? 0 : HG_MIN(block * unit, p->in.c - unit);
                const int64_t c = first + i % unit;
                if (c < p->in.c)
                    to[block * b.y.taps * b.x.taps * unit + i % unit] =
                        filter[(c * b.y.kernel + ky) * b.x.kernel + kx];
            }
        }
}

/* ---- Run time ---- */

/* An output row in one phase of columns. */
static hg_depthwise_line line_of(const hg_task *t, const blocking *b, int64_t row, const phase *x)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const phase *y = &phases_of_y(b)[oy % b->y.phases];
    const int64_t first = oy / b->y.phases + y->input;
    const hg_span taps = hg_taps_inside(first, y->taps, b->y.step, p->in.h);
    const int64_t at = n * sr->n + oy * sr->h + x->first * sr->w;
    hg_depthwise_line line = {.input = t->input + n * p->in.strides.n,
                              .weights = t->weights +
                                         (y->class * b->x.classes + x->class) * class_floats(b) +
                                         taps.begin * x->taps * b->unit,
                              .out = t->output + n * so->n + oy * so->h + x->first * so->w,
                              .residual = p->post.residual ? t->residual + at : NULL,
                              .rows = taps.end - taps.begin};
    if (line.rows) line.input += (first + taps.begin * b->y.step) * p->in.strides.h;
    return line;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const blocking *b = t->tables;
    hg_depthwise_line lines[LINES];
    hg_depthwise_args a = {.lines = lines,
                           .row_step = b->y.step * p->in.strides.h,
                           .pixel_step = p->in.strides.w,
                           .width = p->in.w,
                           .stride = 1,
                           .dilation = b->x.step,
                           .block_step = b->y.taps * b->x.taps * b->unit,
                           .bias = t->bias,
                           .out_step = p->stride.w * p->out.strides.w,
                           .residual_step = p->stride.w * p->residual_strides.w,
                           .channels = (size_t)p->in.c,
                           .overlap = p->in.c >= b->unit,
                           .post = p->post};
    const int64_t lines_each = HG_MIN(LINES, b->block);
    const int64_t last = HG_MIN(end * b->block, b->rows);
    for (int64_t row = begin * b->block; row < last; row += a.line_count) {
        a.line_count = HG_MIN(lines_each, last - row);
        for (int64_t f = 0; f < b->x.phases; f++) {
            const phase *x = &phases_of_x(b)[f];
            a.cols = x->taps;
            a.left = -x->input;
            a.weight_step = x->taps * b->unit;
            a.count = x->count;
            for (int64_t i = 0; i < a.line_count; i++) lines[i] = line_of(t, b, row + i, x);
            t->kernel->run.depthwise(&a);
        }
        for (int64_t i = row; t->activate && i < row + a.line_count; i++)
            hg_finish(t, (hg_block){i / p->out.h, i % p->out.h, 0, 0, 1, p->out.w, p->out.c});
    }
}

const hg_algorithm hg_conv_transpose2d_nhwc_depthwise_phases = {.name = "depthwise_phases",
                                                                .supports = supports,
                                                                .configs = configs,
                                                                .cost = cost,
                                                                .size = size,
                                                                .form = form,
                                                                .pack = pack,
                                                                .prepare = prepare,
                                                                .run = run,
                                                                .finishes = true};
