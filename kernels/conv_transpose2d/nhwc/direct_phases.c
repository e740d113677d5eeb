/* Transposed convolution by runs of pixels: each phase is a convolution of stride 1 whose outputs
 * lie `stride` apart, and is run as one (conv2d/nhwc/direct.c). Phases of a row that read the same
 * pixels are one convolution of as many times the channels: their outputs lie side by side.
 *
 *     for phase of rows
 *       for set of phases of columns      taps in reverse order: they ascend in the input
 *         ranges of the convolution
 *
 *     16x16, stride 8, padding 4, the first outputs of a row, their pixels of the input:
 *
 *         0 0 0 0 1 1 1 1 1 1 1 1 2 2 2 2 2 2 2 2          and the pixel before: pairs of them
 *         a a a a b b b b a a a a b b b b a a a a          two sets of 4 phases
 *         a a a a b b b b b b b b b b b b b b b b          one set of 8, from output 4 on, and the
 *                                                          rest of the row, pixel by pixel
 *
 * The second has fuller panels, the first all outputs in long runs: what costs less is chosen. */
#include "kernels/conv_transpose2d/nhwc/direct_phases.h"
#include "kernels/conv2d/nhwc/direct_blocking.h"
#include "kernels/conv2d/nhwc/direct_pack.h"
#include "kernels/conv2d/phases.h"

enum { MAX_PHASES = 1 << 10 };

/* A set of phases as a convolution, and where it lies. */
typedef struct phase {
    hg_problem conv;
    int64_t first, merged; /* output column of the first phase; phases */
    int64_t out, residual; /* the first pixel */
    int64_t ranges, end;   /* its own; with those of the phases before it */
    size_t weights;        /* where they begin */
    hg_transposed_phase y, x;
    hg_direct_blocking blocking; /* the convolution's tables */
} phase;

/* How the outputs of a row are cut. Where origin is not 0, sets begin with this output column:
 * those before it, and those behind the last whole `stride` of columns, are single pixels. */
typedef struct cut {
    bool merges;
    int64_t origin;
} cut;

/* ---- Plan time: phases ---- */

static int64_t phases_y(const hg_problem *p)
{
    return hg_phase_count(p->stride.h, p->out.h);
}

static int64_t phases_x(const hg_problem *p)
{
    return hg_phase_count(p->stride.w, p->out.w);
}

/* Neighbouring pixels must be side by side, as one pixel's channels are. */
static bool merges(const hg_problem *p, const hg_kernel *k)
{
    return p->groups == 1 && !hg_direct_dots(k) && p->out.strides.w == p->out.c &&
           (!p->post.residual || p->residual_strides.w == p->out.c);
}

static hg_transposed_phase column(const hg_problem *p, int64_t first)
{
    return hg_transposed_phase_of(first, p->stride.w, p->dilation.w, p->pad.left, p->out.w,
                                  p->kernel.w);
}

/* The end of the whole strides of columns. */
static int64_t whole_end(const hg_problem *p, const cut *c)
{
    return c->origin + (p->out.w - c->origin) / p->stride.w * p->stride.w;
}

/* The set of columns from `first` on. */
static void set_columns(const hg_problem *p, const cut *c, int64_t first, phase *f)
{
    const int64_t stride = p->stride.w, whole = whole_end(p, c);
    const bool before = first < c->origin, behind = c->origin && first >= whole;
    const int64_t end = before      ? c->origin
                        : behind    ? p->out.w
                        : c->origin ? c->origin + stride
                                    : phases_x(p);
    f->first = first;
    f->x = column(p, first);
    if (c->origin) f->x.count = before || behind ? 1 : (whole - c->origin) / stride;
    for (f->merged = 1; c->merges && first + f->merged < end; f->merged++) {
        const hg_transposed_phase next = column(p, first + f->merged);
        if (next.taps != f->x.taps || next.input != f->x.input) break;
        if (!c->origin && next.count != f->x.count) break;
    }
}

/* What follows from row and columns. */
static void set_conv(const hg_problem *p, int64_t row, phase *f)
{
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    f->y =
        hg_transposed_phase_of(row, p->stride.h, p->dilation.h, p->pad.top, p->out.h, p->kernel.h);
    hg_problem *c = &f->conv;
    *c = *p;
    c->op = HG_OP_CONV2D;
    c->kernel = (hg_size2){f->y.taps, f->x.taps};
    c->stride = (hg_size2){1, 1};
    c->dilation = (hg_size2){f->y.step, f->x.step};
    c->pad = (hg_pad){.top = -f->y.input, .left = -f->x.input};
    c->out.h = f->y.count, c->out.w = f->x.count;
    c->out.c *= f->merged;
    c->out.strides.h *= p->stride.h, c->out.strides.w *= p->stride.w;
    c->residual_strides.h *= p->stride.h, c->residual_strides.w *= p->stride.w;
    f->out = row * so->h + f->first * so->w;
    f->residual = row * sr->h + f->first * sr->w;
}

/* for (phase f = first_phase(p, c); f.merged; next_phase(p, c, &f)): rows, and sets in them. */
static phase first_phase(const hg_problem *p, const cut *c)
{
    phase f;
    set_columns(p, c, 0, &f);
    set_conv(p, 0, &f);
    return f;
}

static void next_phase(const hg_problem *p, const cut *c, phase *f)
{
    int64_t row = f->y.first, next = f->first + f->merged;
    if (c->origin && next == c->origin + p->stride.w) next = whole_end(p, c);
    if (next >= (c->origin ? p->out.w : phases_x(p))) row++, next = 0;
    if (row == phases_y(p)) {
        f->merged = 0;
        return;
    }
    set_columns(p, c, next, f);
    set_conv(p, row, f);
}

/* ns of the phases of the first `rows` rows. */
static double cost_of(const hg_problem *p, const hg_kernel *k, const cut *c, int64_t rows)
{
    double ns = 0.0;
    for (phase f = first_phase(p, c); f.merged && f.y.first < rows; next_phase(p, c, &f))
        ns += hg_conv2d_nhwc_direct.cost(&f.conv, k);
    return ns;
}

/* The origin from which most phases read the same pixels is where the window's first tap falls on
 * the first output. */
static cut cut_of(const hg_problem *p, const hg_kernel *k)
{
    const int64_t stride = p->stride.w;
    const cut plain = {merges(p, k), 0};
    const cut turned = {true, (stride - p->pad.left % stride) % stride};
    if (!plain.merges || p->dilation.w > 1 || turned.origin <= 0 ||
        turned.origin + stride > p->out.w)
        return plain;
    return cost_of(p, k, &turned, 1) < cost_of(p, k, &plain, 1) ? turned : plain;
}

/* ---- Plan time: what an algorithm has ---- */

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if (p->out.h < 1 || p->out.w < 1 || phases_y(p) > MAX_PHASES || phases_x(p) > MAX_PHASES ||
        phases_y(p) * phases_x(p) > MAX_PHASES)
        return false;
    phase f = first_phase(p, &(cut){false, 0});
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
    const cut c = cut_of(p, k);
    return cost_of(p, k, &c, phases_y(p));
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *config, hg_sizes *sizes)
{
    const cut c = cut_of(p, k);
    *sizes = (hg_sizes){.repeats = 1};
    for (phase f = first_phase(p, &c); f.merged; next_phase(p, &c, &f)) {
        hg_sizes s;
        hg_conv2d_nhwc_direct.size(&f.conv, k, config, &s);
        sizes->tables += sizeof(phase);
        sizes->weights += HG_ROUND_UP(s.weights, (size_t)32);
        sizes->scratch = HG_MAX(sizes->scratch, s.scratch);
        sizes->ranges[0] += s.ranges[0];
        sizes->repeats = HG_MAX(sizes->repeats, f.merged);
    }
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *config, void *tables)
{
    const cut c = cut_of(p, k);
    phase *to = tables;
    int64_t ranges = 0;
    size_t weights = 0;
    for (phase f = first_phase(p, &c); f.merged; next_phase(p, &c, &f)) {
        hg_sizes s;
        hg_conv2d_nhwc_direct.size(&f.conv, k, config, &s);
        hg_conv2d_nhwc_direct.prepare(&f.conv, k, config, &f.blocking);
        f.ranges = s.ranges[0];
        f.end = ranges += f.ranges;
        f.weights = weights;
        weights += HG_ROUND_UP(s.weights, (size_t)32) / sizeof(float);
        *to++ = f;
    }
}

/* Phases have their places by stride, padding and size; their panels by the kernel. Which of them
 * merge depends on how many columns the last stride has, too. */
static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    hg_conv2d_nhwc_direct.form(p, k, words);
    const cut c = cut_of(p, k);
    /* Sets of several widths are shared out in panels each in its own way: by their widest. */
    if (c.merges) words[0] = k->tile.nr;
    const int64_t merges = c.merges ? 1 + p->out.w % p->stride.w : 0;
    const int64_t more[] = {merges,        c.origin,   p->stride.h, p->stride.w, p->dilation.h,
                            p->dilation.w, p->pad.top, p->pad.left, phases_y(p), phases_x(p)};
    for (size_t i = 0; i < HG_COUNT(more); i++) words[2 + i] = (int32_t)more[i];
}

/* Of every phase one panel of the weights of some input channels. */
static void pack_panel(const hg_problem *p, const hg_kernel *k, const cut *c, const float *filter,
                       int64_t panel, hg_span channels, float *packed)
{
    const int64_t taps = p->kernel.h * p->kernel.w;
    for (phase f = first_phase(p, c); f.merged; next_phase(p, c, &f)) {
        hg_sizes s;
        hg_conv2d_nhwc_direct.size(&f.conv, k, &(hg_config){0}, &s);
        const hg_direct_filter view = {.origin = filter + f.y.last * p->kernel.w + f.x.last,
                                       .channels = p->out.c,
                                       .k_step = p->in.c / p->groups * taps,
                                       .c_step = taps,
                                       .y_step = -f.y.period * p->kernel.w,
                                       .x_step = -f.x.period};
        if (f.y.taps > 0 && f.x.taps > 0)
            hg_direct_pack(&f.conv, k, &view, panel, channels, packed);
        packed += HG_ROUND_UP(s.weights, (size_t)32) / sizeof(float);
    }
}

/* Some channels of a panel at a time: each phase takes some taps of every kernel, and cache lines
 * hold those of several phases. */
static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    enum { AT_ONCE = 16 };
    const cut c = cut_of(p, k);
    const int64_t channels = p->in.c / p->groups;
    int64_t panels = 0;
    for (phase f = first_phase(p, &c); f.merged; next_phase(p, &c, &f))
        if (f.y.taps > 0 && f.x.taps > 0)
            panels = HG_MAX(panels, hg_direct_pack_panels(&f.conv, k));
    for (int64_t panel = 0; panel < panels; panel++)
        for (int64_t begin = 0; begin < channels; begin += AT_ONCE)
            pack_panel(p, k, &c, filter, panel, (hg_span){begin, HG_MIN(begin + AT_ONCE, channels)},
                       packed);
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
