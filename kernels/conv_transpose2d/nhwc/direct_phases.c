/* Transposed convolution by runs of pixels: each phase is a convolution of stride 1 whose outputs
 * lie `stride` apart, and is run as one (conv2d/nhwc/direct.c).
 *
 *     for phase (rows, columns)         its taps in reverse order, so that they ascend in the input
 *       ranges of the convolution */
#include "kernels/conv_transpose2d/nhwc/direct_phases.h"
#include "kernels/conv2d/nhwc/direct_blocking.h"
#include "kernels/conv2d/nhwc/direct_pack.h"
#include "kernels/conv2d/phases.h"

enum { MAX_PHASES = 1 << 10 };

/* A phase as a convolution, and where it lies. */
typedef struct phase {
    hg_problem conv;
    int64_t out, residual; /* its first pixel */
    int64_t ranges, end;   /* its own; with those of the phases before it */
    size_t weights;        /* where they begin */
    hg_transposed_phase y, x;
    hg_direct_blocking blocking; /* the convolution's tables */
} phase;

static int64_t phases_y(const hg_problem *p)
{
    return hg_phase_count(p->stride.h, p->out.h);
}

static int64_t phases_x(const hg_problem *p)
{
    return hg_phase_count(p->stride.w, p->out.w);
}

static void set_phase(const hg_problem *p, int64_t index, phase *f)
{
    const int64_t fy = index / phases_x(p), fx = index % phases_x(p);
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    f->y =
        hg_transposed_phase_of(fy, p->stride.h, p->dilation.h, p->pad.top, p->out.h, p->kernel.h);
    f->x =
        hg_transposed_phase_of(fx, p->stride.w, p->dilation.w, p->pad.left, p->out.w, p->kernel.w);
    hg_problem *c = &f->conv;
    *c = *p;
    c->op = HG_OP_CONV2D;
    c->kernel = (hg_size2){f->y.taps, f->x.taps};
    c->stride = (hg_size2){1, 1};
    c->dilation = (hg_size2){f->y.step, f->x.step};
    c->pad = (hg_pad){.top = -f->y.input, .left = -f->x.input};
    c->out.h = f->y.count, c->out.w = f->x.count;
    c->out.strides.h *= p->stride.h, c->out.strides.w *= p->stride.w;
    c->residual_strides.h *= p->stride.h, c->residual_strides.w *= p->stride.w;
    f->out = fy * so->h + fx * so->w;
    f->residual = fy * sr->h + fx * sr->w;
}

/* ---- Plan time ---- */

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if (p->out.h < 1 || p->out.w < 1 || phases_y(p) > MAX_PHASES || phases_x(p) > MAX_PHASES ||
        phases_y(p) * phases_x(p) > MAX_PHASES)
        return false;
    phase f;
    set_phase(p, 0, &f);
    f.conv.kernel = (hg_size2){HG_CEIL_DIV(p->kernel.h, f.y.period),
                               HG_CEIL_DIV(p->kernel.w, f.x.period)}; /* the most of a phase */
    return hg_conv2d_nhwc_direct.supports(&f.conv, k);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    int n = 0;
    list[n++] = (hg_config){0};
    for (int32_t block = 1; block <= 64; block *= 4)
        if (block < HG_CEIL_DIV(p->out.h, p->stride.h)) list[n++] = (hg_config){.block = block};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t count = phases_y(p) * phases_x(p);
    double ns = 0.0;
    phase f;
    for (int64_t i = 0; i < count; i++) {
        set_phase(p, i, &f);
        ns += hg_conv2d_nhwc_direct.cost(&f.conv, k);
    }
    return ns;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const int64_t count = phases_y(p) * phases_x(p);
    *sizes = (hg_sizes){.tables = sizeof(phase) * (size_t)count};
    for (int64_t i = 0; i < count; i++) {
        phase f;
        hg_sizes s;
        set_phase(p, i, &f);
        hg_conv2d_nhwc_direct.size(&f.conv, k, c, &s);
        sizes->weights += HG_ROUND_UP(s.weights, (size_t)32);
        sizes->scratch = HG_MAX(sizes->scratch, s.scratch);
        sizes->ranges[0] += s.ranges[0];
    }
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    phase *f = tables;
    int64_t ranges = 0;
    size_t weights = 0;
    for (int64_t i = 0; i < phases_y(p) * phases_x(p); i++, f++) {
        hg_sizes s;
        set_phase(p, i, f);
        hg_conv2d_nhwc_direct.size(&f->conv, k, c, &s);
        hg_conv2d_nhwc_direct.prepare(&f->conv, k, c, &f->blocking);
        f->ranges = s.ranges[0];
        f->end = ranges += f->ranges;
        f->weights = weights;
        weights += HG_ROUND_UP(s.weights, (size_t)32) / sizeof(float);
    }
}

/* Phases have their places by stride, padding and size; their panels by the kernel. */
static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    hg_conv2d_nhwc_direct.form(p, k, words);
    const int64_t more[] = {p->stride.h, p->stride.w, p->dilation.h, p->dilation.w,
                            p->pad.top,  p->pad.left, phases_y(p),   phases_x(p)};
    for (size_t i = 0; i < HG_COUNT(more); i++) words[4 + i] = (int32_t)more[i];
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const int64_t taps = p->kernel.h * p->kernel.w;
    for (int64_t i = 0; i < phases_y(p) * phases_x(p); i++) {
        phase f;
        hg_sizes s;
        set_phase(p, i, &f);
        hg_conv2d_nhwc_direct.size(&f.conv, k, &(hg_config){0}, &s);
        const hg_direct_filter view = {.origin = filter + f.y.last * p->kernel.w + f.x.last,
                                       .k_step = p->in.c / p->groups * taps,
                                       .c_step = taps,
                                       .y_step = -f.y.period * p->kernel.w,
                                       .x_step = -f.x.period};
        if (f.y.taps > 0 && f.x.taps > 0) hg_direct_pack(&f.conv, k, &view, packed);
        packed += HG_ROUND_UP(s.weights, (size_t)32) / sizeof(float);
    }
}

/* ---- Run time ---- */

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    const phase *f = task->tables;
    for (; f->end <= begin; f++) continue;
    for (; begin < end; f++) {
        const int64_t before = f->end - f->ranges, stop = HG_MIN(end, f->end);
        hg_task conv = *task;
        conv.problem = &f->conv;
        conv.tables = &f->blocking;
        conv.weights = task->weights + f->weights;
        conv.output = task->output + f->out;
        conv.residual = task->problem->post.residual ? task->residual + f->residual : NULL;
        hg_conv2d_nhwc_direct.run(&conv, stage, begin - before, stop - before);
        begin = stop;
    }
}

const hg_algorithm hg_conv_transpose2d_nhwc_direct_phases = {.name = "direct_phases",
                                                             .supports = supports,
                                                             .configs = configs,
                                                             .cost = cost,
                                                             .size = size,
                                                             .form = form,
                                                             .pack = pack,
                                                             .prepare = prepare,
                                                             .run = run,
                                                             .finishes = true};
