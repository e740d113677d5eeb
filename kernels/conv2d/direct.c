/* Direct convolution: runs of pixels, blocks and panels. Contracts: direct.h.
 *
 *     for block of output rows, or of pixels where the whole batch is one run
 *       for chunk of panels (config.split panels)     one range of work
 *         for panel                                   its weights stay in L1 or L2
 *           for run of pixels                         microkernel
 *
 * Taps in padding are left out: a run's taps are a rectangle [ky) x [kx) of the filter. Rows of
 * pixels whose taps all lie inside the width are runs along the row; the columns at the left and
 * right edge are runs down the column.
 *
 * Packed weights: [panel][ky][kx][C/groups][columns of the panel], the panels of a group sharing
 * its blocks of 8 columns as evenly as can be. config.block = pixels or rows per range. */
#include "kernels/conv2d/direct.h"

#include <math.h>
#include <string.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/direct_shape.h"

enum {
    MAX_TAPS = 1 << 10,
    WIDE = 4 * VL,  /* columns of a panel; wider ones are */
    FEW_PIXELS = 4, /* for outputs of at most so many */
    LONG = 64       /* products of a pixel that make fetching the next ones worth it */
};

/* ---- Plan time ---- */

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if (dots(k)) return p->out.c <= HG_DIRECT_MAX_DOT * p->groups;
    if (k->tile.nr > WIDE && p->out.n * p->out.h * p->out.w > FEW_PIXELS) return false;
    const int64_t vectors = HG_CEIL_DIV(p->out.c / p->groups, VL) * p->groups;
    const double packed = 4.0 * VL * (double)vectors * (double)hg_problem_reduction(p);
    return p->kernel.h * p->kernel.w <= MAX_TAPS &&
           (vectors * VL <= 4 * p->out.c || packed <= 0x1p26);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const shape s = shape_of(p, k, &(hg_config){0});
    int n = 0;
    list[n++] = (hg_config){.block = (int32_t)HG_MIN(s.block, 1 << 30), .split = (int32_t)s.chunk};
    for (int64_t block = HG_MAX(s.block / 4, 1); block <= 8 * s.block; block *= 2) {
        if (block == s.block || block > s.lines || block > 1 << 30) continue;
        const shape other = shape_of(p, k, &(hg_config){.block = (int32_t)block});
        list[n++] = (hg_config){.block = (int32_t)block, .split = (int32_t)other.chunk};
    }
    if (s.chunk != s.panels)
        list[n++] = (hg_config){.block = list[0].block, .split = (int32_t)s.panels};
    if (s.chunk != 1) list[n++] = (hg_config){.block = list[0].block, .split = 1};
    return n;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const shape s = shape_of(p, k, c);
    const int64_t segments = p->kernel.h * (s.joined ? 1 : p->kernel.w);
    const int64_t columns = dots(k) ? s.k_group : s.vectors * VL;
    const int64_t weights = p->groups * columns * s.depth + (dots(k) ? VL : 0);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)weights,
                        .tables = sizeof(shape),
                        .scratch = sizeof(hg_direct_segment) * (size_t)segments,
                        .ranges = {s.blocks * s.chunks}};
}

_Static_assert(sizeof(shape) <= HG_DIRECT_TABLES, "direct_phases.c keeps one per phase");

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    *(shape *)tables = shape_of(p, k, c);
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    const shape s = shape_of(p, k, &(hg_config){0});
    words[0] = dots(k) ? 0 : (int32_t)s.group_panels;
}

/* First column of vector v: the last one ends with the group, over columns of the one before. */
static int64_t column_of(const shape *s, int64_t v)
{
    return v < s->vectors - 1 ? v * VL : HG_MAX(s->k_group - VL, 0);
}

/* A few channels of a column at a time, whose weights are neighbours: columns are often a multiple
 * of 4 KiB apart, and read side by side would share cache sets. What is written stays in L1.
 * Columns past a group narrower than a vector are zero. */
static void pack_panel(const hg_problem *p, const shape *s, int64_t panel,
                       const hg_direct_filter *f, float *packed)
{
    enum { AT_ONCE = 16 };
    int64_t first;
    const int64_t group = panel / s->group_panels;
    const int64_t nv = vectors_of(s, panel % s->group_panels, &first), columns = nv * VL;
    const int64_t there = s->k_group < VL ? s->k_group : columns;
    packed += (group * s->vectors + first) * VL * s->depth;
    if (there < columns) memset(packed, 0, sizeof(float) * (size_t)(columns * s->depth));
    for (int64_t begin = 0; begin < s->c_group; begin += AT_ONCE)
        for (int64_t j = 0; j < there; j++) {
            const int64_t column = group * s->k_group + column_of(s, first + j / VL) + j % VL;
            const int64_t end = HG_MIN(begin + AT_ONCE, s->c_group);
            const float *from = f->origin + column * f->k_step;
            float *to = packed + j;
            for (int64_t y = 0; y < p->kernel.h; y++)
                for (int64_t x = 0; x < p->kernel.w; x++, to += s->c_group * columns)
                    for (int64_t c = begin; c < end; c++)
                        to[c * columns] = from[c * f->c_step + y * f->y_step + x * f->x_step];
        }
}

/* [K][ky][kx][C/groups], and zeros for whole vectors to end in. */
static void pack_dots(const hg_problem *p, const shape *s, const hg_direct_filter *f, float *packed)
{
    for (int64_t k = 0; k < p->out.c; k++)
        for (int64_t y = 0; y < p->kernel.h; y++)
            for (int64_t x = 0; x < p->kernel.w; x++)
                for (int64_t c = 0; c < s->c_group; c++)
                    *packed++ =
                        f->origin[k * f->k_step + c * f->c_step + y * f->y_step + x * f->x_step];
    for (int i = 0; i < VL; i++) *packed++ = 0.0f;
}

void hg_direct_pack(const hg_problem *p, const hg_kernel *k, const hg_direct_filter *filter,
                    float *packed)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    if (dots(k)) {
        pack_dots(p, &s, filter, packed);
        return;
    }
    for (int64_t panel = 0; panel < s.panels; panel++) pack_panel(p, &s, panel, filter, packed);
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const int64_t taps = p->kernel.h * p->kernel.w;
    const hg_direct_filter view = {filter, p->in.c / p->groups * taps, taps, p->kernel.w, 1};
    hg_direct_pack(p, k, &view, packed);
}

/* ---- Run time ---- */

typedef struct taps {
    int64_t begin, end; /* of one axis of the filter */
} taps;

/* The taps of one axis that lie inside the input. */
static taps taps_inside(int64_t at, int64_t stride, int64_t pad, int64_t dilation, int64_t kernel,
                        int64_t in)
{
    const int64_t base = at * stride - pad, before = HG_MAX(-base, 0);
    const int64_t begin = HG_MIN(HG_CEIL_DIV(before, dilation), kernel);
    const int64_t end = base >= in ? 0 : (in - 1 - base) / dilation + 1;
    return (taps){begin, clamp(end, begin, kernel)};
}

typedef struct pixel {
    int64_t n, y, x;
} pixel;

/* One panel: what all of its runs share, and the arguments that each of them completes. */
typedef struct panel {
    void (*run)(const hg_direct_args *args);
    hg_direct_args args;
    const float *input; /* the group's first channel */
    float *out;         /* the panel's first column of the first pixel */
    const float *residual;
} panel;

/* What all panels share. */
static void open_panels(const hg_task *task, const shape *s, panel *to)
{
    const hg_tensor *out = &task->problem->out;
    const hg_post *post = &task->problem->post;
    to->args.segments = task->scratch;
    to->args.n = (size_t)HG_MIN(s->k_group, VL);
    to->args.depth = (size_t)s->depth;
    to->args.ahead = s->flat && s->depth >= LONG;
    to->args.plain =
        !post->residual && post->slope == 1.0f && post->min == -INFINITY && post->max == INFINITY;
    to->args.alone = out->n * out->h * out->w == 1;
    to->args.slope = post->slope;
    to->args.min = post->min;
    to->args.max = post->max;
}

static void aim_panel(const hg_task *task, const shape *s, int64_t group, int64_t at, panel *to)
{
    int64_t first;
    const int64_t nv = vectors_of(s, at, &first);
    const int64_t column = group * s->k_group + first * VL;
    const bool dot = dots(task->kernel);
    const int64_t width = dot ? s->k_group : VL; /* columns per vector */
    to->run = task->kernel->run.direct->run[dot ? s->k_group - 1 : nv - 1];
    to->input = task->input + group * s->c_group;
    to->out = task->output + column;
    to->residual = task->problem->post.residual ? task->residual + column : NULL;
    to->args.weights = task->weights + (group * s->vectors + first) * width * s->depth;
    to->args.bias = task->bias + column;
    to->args.last = (size_t)(column_of(s, first + nv - 1) - first * VL);
}

/* `count` pixels from number `first` of the batch on, as if they were of one row. */
static void run_flat(const hg_task *task, const shape *s, panel *panel, int64_t first,
                     int64_t count)
{
    const hg_problem *p = task->problem;
    hg_direct_segment *segment = task->scratch;
    hg_direct_args *args = &panel->args;
    *segment = (hg_direct_segment){panel->input + first * p->in.strides.w, 0, (size_t)s->depth};
    args->segment_count = 1;
    args->pixels = (size_t)count;
    args->step = (size_t)p->in.strides.w;
    args->out = panel->out + first * p->out.strides.w;
    args->out_step = (size_t)p->out.strides.w;
    args->residual = panel->residual;
    if (args->residual) args->residual += first * p->residual_strides.w;
    args->residual_step = (size_t)p->residual_strides.w;
    panel->run(args);
}

/* `count` pixels from `at` on, along the row or down the column, which share their taps. */
static void run_pixels(const hg_task *task, const shape *s, panel *panel, pixel at, int64_t count,
                       bool down, taps ky, taps kx)
{
    const hg_problem *p = task->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t y = at.y * p->stride.h - p->pad.top, x = at.x * p->stride.w - p->pad.left;
    const int64_t along = s->joined ? kx.end - kx.begin : 1; /* taps of a segment */
    hg_direct_segment *segment = task->scratch;
    hg_direct_args *args = &panel->args;
    args->segment_count = 0;
    for (int64_t i = ky.begin; i < ky.end; i++)
        for (int64_t j = kx.begin; j < kx.end; j += along)
            segment[args->segment_count++] = (hg_direct_segment){
                panel->input + at.n * si->n + (y + i * p->dilation.h) * si->h +
                    (x + j * p->dilation.w) * si->w,
                (size_t)((i * p->kernel.w + j) * s->c_group), (size_t)(along * s->c_group)};
    args->pixels = (size_t)count;
    args->step = (size_t)(down ? p->stride.h * si->h : p->stride.w * si->w);
    args->out = panel->out + at.n * so->n + at.y * so->h + at.x * so->w;
    args->out_step = (size_t)(down ? so->h : so->w);
    args->residual = panel->residual;
    if (args->residual) args->residual += at.n * sr->n + at.y * sr->h + at.x * sr->w;
    args->residual_step = (size_t)(down ? sr->h : sr->w);
    panel->run(args);
}

static taps taps_y(const hg_problem *p, int64_t y)
{
    return taps_inside(y, p->stride.h, p->pad.top, p->dilation.h, p->kernel.h, p->in.h);
}

static taps taps_x(const hg_problem *p, int64_t x)
{
    return taps_inside(x, p->stride.w, p->pad.left, p->dilation.w, p->kernel.w, p->in.w);
}

/* Rows [begin, end) of column x, which some taps of a row lie outside of. Rows that all taps of a
 * column lie inside of go together. */
static void run_edge(const hg_task *task, const shape *s, panel *panel, int64_t n, int64_t x,
                     int64_t begin, int64_t end)
{
    const hg_problem *p = task->problem;
    const taps kx = taps_x(p, x);
    for (int64_t y = begin, next; y < end; y = next) {
        const taps ky = taps_y(p, y);
        next = y + 1;
        if (ky.end - ky.begin == p->kernel.h)
            while (next < end && taps_y(p, next).end == p->kernel.h) next++;
        run_pixels(task, s, panel, (pixel){n, y, x}, next - y, true, ky, kx);
    }
}

static void run_rows(const hg_task *task, const shape *s, panel *panel, int64_t n, int64_t begin,
                     int64_t end)
{
    const hg_problem *p = task->problem;
    const taps all = {0, p->kernel.w};
    if (s->inner_begin < s->inner_end)
        for (int64_t y = begin; y < end; y++)
            run_pixels(task, s, panel, (pixel){n, y, s->inner_begin}, s->inner_end - s->inner_begin,
                       false, taps_y(p, y), all);
    for (int64_t x = 0; x < s->inner_begin; x++) run_edge(task, s, panel, n, x, begin, end);
    for (int64_t x = s->inner_end; x < p->out.w; x++) run_edge(task, s, panel, n, x, begin, end);
}

/* One block of lines on panels [begin, end). */
static void run_block(const hg_task *task, const shape *s, int64_t block, int64_t begin,
                      int64_t end)
{
    const int64_t n = s->flat ? 0 : block / s->image_blocks;
    const int64_t first = (block - n * s->image_blocks) * s->block;
    const int64_t last = HG_MIN(first + s->block, s->lines);
    panel panel;
    open_panels(task, s, &panel);
    for (int64_t i = begin; i < end; i++) {
        const int64_t group = s->panels == s->group_panels ? 0 : i / s->group_panels;
        aim_panel(task, s, group, i - group * s->group_panels, &panel);
        if (s->flat)
            run_flat(task, s, &panel, first, last - first);
        else
            run_rows(task, s, &panel, n, first, last);
    }
}

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const shape *s = task->tables;
    for (int64_t r = begin; r < end; r++) {
        const int64_t block = s->chunks == 1 ? r : r / s->chunks;
        const int64_t panel = (r - block * s->chunks) * s->chunk;
        run_block(task, s, block, panel, HG_MIN(panel + s->chunk, s->panels));
    }
}

const hg_algorithm hg_direct = {.name = "direct",
                                .supports = supports,
                                .configs = configs,
                                .cost = cost,
                                .size = size,
                                .form = form,
                                .pack = pack,
                                .prepare = prepare,
                                .run = run};
