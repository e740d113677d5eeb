/* Transposed convolution by Winograd: phases are convolutions of stride 1 whose outputs lie
 * `stride` apart (conv2d/phases.h), and those that read the same tiles share their transform.
 *
 * Along one axis, all phases have r or r - 1 taps, and windows of r pixels serve both: the tap that
 * is missing, first or last, is 0, and the planes of the point 0 or of infinity are then not
 * multiplied. Window number j of a view begins at input coordinate j + origin.
 *
 *     4x4, stride 2, padding 1: windows of 2 begin at -1, 0, 1, ... for even outputs, at 0, 1, ...
 *     for odd ones. Two views, or one whose odd outputs begin with window 1: a window more, but
 *     half of the transforms. What costs less is chosen, along each axis.
 *
 *     for view (rows, columns)
 *       blocks and chunks of its tiles               ranges of work */
#include "kernels/conv_transpose2d/nhwc/winograd.h"

#include <string.h>

#include "kernels/conv2d/nhwc/winograd_tiles.h"
#include "kernels/conv2d/phases.h"

enum { MAX_STRIDE = 8, MAX_VIEWS = 2 /* along an axis */ };

/* One phase along one axis. */
typedef struct axis_phase {
    hg_transposed_phase at;
    int64_t view, before; /* windows of its view before its first */
    hg_span taps, planes; /* of the r taps and a planes: those that are not 0 */
} axis_phase;

typedef struct axis {
    int64_t phases, views, origin, step;           /* the second view begins one pixel further on */
    int64_t windows[MAX_VIEWS], planes[MAX_VIEWS]; /* of a view; planes of all its phases */
    axis_phase phase[MAX_STRIDE];
} axis;

/* Views (rows, columns) in order, each with its phases in order. */
typedef struct arrangement {
    axis y, x;
} arrangement;

typedef struct view {
    hg_problem conv;
    hg_winograd_tiles tiles;
    int64_t first;       /* of its phases */
    int64_t ranges, end; /* its own; with those of the views before it */
    size_t weights;      /* where they begin */
} view;

/* The tables; the pixel that padding reads follows the phases. */
typedef struct tables {
    int64_t count; /* phases */
    view views[MAX_VIEWS * MAX_VIEWS];
    hg_winograd_phase phases[];
} tables;

/* ---- Plan time: geometry ---- */

typedef struct axis_problem {
    int64_t stride, dilation, begin, out, kernel;
} axis_problem;

/* Joined: one view whatever it costs in windows. */
static axis axis_of(const axis_problem *q, const hg_winograd_ukernels *u, bool joined)
{
    const int64_t r = u->r, a = hg_winograd_a(u);
    axis x = {.phases = hg_phase_count(q->stride, q->out), .origin = INT64_MAX};
    bool whole = false; /* is there a phase of r taps? their windows say where views begin */
    for (int64_t i = 0; i < x.phases; i++) {
        hg_transposed_phase *f = &x.phase[i].at;
        *f = hg_transposed_phase_of(i, q->stride, q->dilation, q->begin, q->out, q->kernel);
        if (f->taps == r && !whole) whole = true, x.origin = INT64_MAX;
        if ((f->taps == r) == whole) x.origin = HG_MIN(x.origin, f->input);
        x.step = f->step;
    }
    for (int64_t i = 0; i < x.phases; i++) {
        axis_phase *f = &x.phase[i];
        const int64_t later = f->at.input - x.origin, missing = r - f->at.taps;
        const int64_t front = missing ? later : 0; /* the missing tap is the first */
        f->taps = (hg_span){front, front + f->at.taps};
        f->planes = (hg_span){front, a - (missing - front)};
        if (later && !missing && joined) f->before = later;
        if (later && !missing && !joined) f->view = later;
        x.views = HG_MAX(x.views, f->view + 1);
        x.windows[f->view] = HG_MAX(x.windows[f->view], f->before + f->at.count);
        x.planes[f->view] += f->planes.end - f->planes.begin;
    }
    return x;
}

static axis_problem rows_of(const hg_problem *p)
{
    return (axis_problem){p->stride.h, p->dilation.h, p->pad.top, p->out.h, p->kernel.h};
}

static axis_problem columns_of(const hg_problem *p)
{
    return (axis_problem){p->stride.w, p->dilation.w, p->pad.left, p->out.w, p->kernel.w};
}

/* View number `index` as a convolution. */
static hg_problem conv_of(const hg_problem *p, const hg_kernel *k, const arrangement *r,
                          int64_t index)
{
    const int64_t vy = index / r->x.views, vx = index % r->x.views, taps = k->run.winograd->r;
    hg_problem c = *p;
    c.op = HG_OP_CONV2D;
    c.kernel = (hg_size2){taps, taps};
    c.stride = (hg_size2){1, 1};
    c.dilation = (hg_size2){r->y.step, r->x.step};
    c.pad = (hg_pad){.top = -(r->y.origin + vy), .left = -(r->x.origin + vx)};
    c.out.h = r->y.windows[vy], c.out.w = r->x.windows[vx];
    c.out.strides.h *= p->stride.h, c.out.strides.w *= p->stride.w;
    c.residual_strides.h *= p->stride.h, c.residual_strides.w *= p->stride.w;
    return c;
}

static bool in_view(const arrangement *r, int64_t index, int64_t fy, int64_t fx)
{
    return r->y.phase[fy].view * r->x.views + r->x.phase[fx].view == index;
}

static int64_t count_phases(const arrangement *r, int64_t index)
{
    int64_t n = 0;
    for (int64_t i = 0; i < r->y.phases * r->x.phases; i++)
        n += in_view(r, index, i / r->x.phases, i % r->x.phases);
    return n;
}

static int64_t views_of(const arrangement *r)
{
    return r->y.views * r->x.views;
}

static double cost_of(const hg_problem *p, const hg_kernel *k, const arrangement *r)
{
    double ns = 0;
    for (int64_t i = 0; i < views_of(r); i++) {
        const hg_problem conv = conv_of(p, k, r, i);
        const int64_t planes = r->y.planes[i / r->x.views] * r->x.planes[i % r->x.views];
        ns += hg_winograd_cost(&conv, k, count_phases(r, i), planes);
    }
    return ns;
}

/* The cheapest way to join views. */
static arrangement arrange(const hg_problem *p, const hg_kernel *k)
{
    const axis_problem rows = rows_of(p), columns = columns_of(p);
    arrangement best = {axis_of(&rows, k->run.winograd, true),
                        axis_of(&columns, k->run.winograd, true)};
    double least = cost_of(p, k, &best);
    for (int apart = 1; apart < 4; apart++) {
        const arrangement r = {axis_of(&rows, k->run.winograd, !(apart & 1)),
                               axis_of(&columns, k->run.winograd, !(apart & 2))};
        const double ns = cost_of(p, k, &r);
        if (ns < least) least = ns, best = r;
    }
    return best;
}

/* ---- Plan time: what an algorithm has ---- */

/* All phases have r or r - 1 taps; dilated ones only where there is one phase. */
static bool fits(const axis_problem *q, int64_t r)
{
    return q->stride <= MAX_STRIDE && q->kernel >= q->stride &&
           HG_CEIL_DIV(q->kernel, q->stride) == r && (q->stride == 1 || q->dilation == 1);
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const axis_problem rows = rows_of(p), columns = columns_of(p);
    const int64_t r = k->run.winograd->r;
    if (p->out.h < 1 || p->out.w < 1 || !fits(&rows, r) || !fits(&columns, r)) return false;
    const arrangement joined = {axis_of(&rows, k->run.winograd, true),
                                axis_of(&columns, k->run.winograd, true)};
    const hg_problem conv = conv_of(p, k, &joined, 0);
    return hg_winograd_fits(&conv);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const arrangement r = arrange(p, k);
    const hg_problem conv = conv_of(p, k, &r, 0);
    return hg_winograd_configs(&conv, k, count_phases(&r, 0), list);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const arrangement r = arrange(p, k);
    return cost_of(p, k, &r);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const arrangement r = arrange(p, k);
    const int64_t phases = r.y.phases * r.x.phases;
    *sizes = (hg_sizes){.tables = sizeof(tables) + sizeof(hg_winograd_phase) * (size_t)phases +
                                  sizeof(float) * (size_t)p->in.c};
    for (int64_t i = 0; i < views_of(&r); i++) {
        const hg_problem conv = conv_of(p, k, &r, i);
        const int64_t n = count_phases(&r, i);
        const hg_winograd_tiles b = hg_winograd_tiles_of(&conv, k, c, n);
        sizes->weights += (size_t)n * hg_winograd_weight_bytes(&b);
        sizes->scratch = HG_MAX(sizes->scratch, hg_winograd_scratch_bytes(&b));
        sizes->ranges[0] += b.blocks * (int64_t)b.chunks;
    }
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *to)
{
    const arrangement r = arrange(p, k);
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    tables *t = to;
    *t = (tables){.count = 0};
    int64_t ranges = 0;
    size_t weights = 0;
    for (int64_t i = 0; i < views_of(&r); i++) {
        view *v = &t->views[i];
        *v = (view){.conv = conv_of(p, k, &r, i), .first = t->count, .weights = weights};
        v->tiles = hg_winograd_tiles_of(&v->conv, k, c, count_phases(&r, i));
        v->ranges = v->tiles.blocks * (int64_t)v->tiles.chunks;
        v->end = ranges += v->ranges;
        for (int64_t f = 0; f < r.y.phases * r.x.phases; f++) {
            const int64_t fy = f / r.x.phases, fx = f % r.x.phases;
            const axis_phase *y = &r.y.phase[fy], *x = &r.x.phase[fx];
            if (!in_view(&r, i, fy, fx)) continue;
            weights += hg_winograd_weight_bytes(&v->tiles) / sizeof(float);
            t->phases[t->count++] = (hg_winograd_phase){.count = {y->at.count, x->at.count},
                                                        .before = {y->before, x->before},
                                                        .out = fy * so->h + fx * so->w,
                                                        .residual = fy * sr->h + fx * sr->w,
                                                        .rows = y->planes,
                                                        .columns = x->planes};
        }
    }
    memset(&t->phases[t->count], 0, sizeof(float) * (size_t)p->in.c);
}

/* Phases have their taps and places by stride, padding and size. */
static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    const arrangement r = arrange(p, k);
    const int64_t all[] = {k->run.winograd->m, k->run.winograd->r, p->stride.h, p->stride.w,
                           p->pad.top,         p->pad.left,        r.y.phases,  r.x.phases,
                           r.y.views,          r.x.views};
    for (size_t i = 0; i < HG_COUNT(all); i++) words[i] = (int32_t)all[i];
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const arrangement r = arrange(p, k);
    const int64_t taps = p->kernel.h * p->kernel.w;
    for (int64_t i = 0; i < views_of(&r); i++) {
        const hg_problem conv = conv_of(p, k, &r, i);
        const hg_winograd_tiles b = hg_winograd_tiles_of(&conv, k, &(hg_config){0}, 1);
        for (int64_t f = 0; f < r.y.phases * r.x.phases; f++) {
            const int64_t fy = f / r.x.phases, fx = f % r.x.phases;
            const axis_phase *y = &r.y.phase[fy], *x = &r.x.phase[fx];
            if (!in_view(&r, i, fy, fx)) continue;
            const hg_winograd_filter reversed = {.origin =
                                                     filter + y->at.last * p->kernel.w + x->at.last,
                                                 .k_step = p->in.c * taps,
                                                 .c_step = taps,
                                                 .y_step = -y->at.period * p->kernel.w,
                                                 .x_step = -x->at.period,
                                                 .rows = y->taps,
                                                 .columns = x->taps};
            hg_winograd_pack(&conv, k, &reversed, packed);
            packed += hg_winograd_weight_bytes(&b) / sizeof(float);
        }
    }
}

/* ---- Run time ---- */

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const tables *t = task->tables;
    const float *zeros = (const float *)(const void *)&t->phases[t->count];
    const view *v = t->views;
    for (; begin < end; v++) {
        if (v->end <= begin) continue;
        const int64_t before = v->end - v->ranges, stop = HG_MIN(end, v->end);
        hg_task conv = *task;
        conv.problem = &v->conv;
        conv.weights = task->weights + v->weights;
        hg_winograd_run(&conv, &v->tiles, &t->phases[v->first], zeros, begin - before,
                        stop - before);
        begin = stop;
    }
}

const hg_algorithm hg_conv_transpose2d_nhwc_winograd = {.name = "winograd",
                                                        .supports = supports,
                                                        .configs = configs,
                                                        .cost = cost,
                                                        .size = size,
                                                        .form = form,
                                                        .pack = pack,
                                                        .prepare = prepare,
                                                        .run = run,
                                                        .finishes = true};
