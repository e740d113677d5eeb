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
 * its blocks of 8 columns as evenly as can be. config.block = pixels or rows per range,
 * config.pack = 1: a group's input under a range is copied to scratch first. */
#include "kernels/conv2d/direct.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/direct_shape.h"
#include "kernels/conv2d/direct_weights.h"

enum {
    MAX_TAPS = 1 << 10,
    WIDE = 4 * VL,         /* columns of a panel; wider ones are */
    FEW_PIXELS = 4,        /* for outputs of at most so many */
    PAGE = 4 << 10,        /* from pixel to pixel, and */
    PACKED_BYTES = 4 << 20 /* of an image, that make packing worth it */
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

/* A configuration with all that shape_of makes of it. */
static hg_config settled(const hg_problem *p, const hg_kernel *k, int64_t block, int32_t pack)
{
    const shape s = shape_of(p, k, &(hg_config){.block = (int32_t)block, .pack = pack});
    return (hg_config){
        .block = (int32_t)HG_MIN(s.block, 1 << 30), .split = (int32_t)s.chunk, .pack = s.packed};
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const int64_t pixel = (int64_t)sizeof(float) * p->in.strides.w;
    const bool far = pixel >= PAGE && pixel * p->in.w * p->in.h >= PACKED_BYTES;
    const hg_config usual = settled(p, k, 0, far), other = settled(p, k, 0, !far);
    const shape s = shape_of(p, k, &usual);
    int n = 0;
    list[n++] = usual;
    if (other.pack != usual.pack) list[n++] = other;
    for (int64_t block = HG_MAX(s.block / 4, 1); block <= 8 * s.block; block *= 2)
        if (block != s.block && block <= s.lines && block <= 1 << 30)
            list[n++] = settled(p, k, block, usual.pack);
    const int32_t splits[] = {(int32_t)s.panels, 1};
    for (size_t i = 0; i < HG_COUNT(splits); i++)
        if (splits[i] != usual.split)
            list[n++] = (hg_config){.block = usual.block, .split = splits[i], .pack = usual.pack};
    return n;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const shape s = shape_of(p, k, c);
    /* At least one: the list of a transposed convolution's phase without taps has a place, too. */
    const int64_t segments = HG_MAX(p->kernel.h * (s.joined ? 1 : p->kernel.w), 1);
    const int64_t columns = dots(k) ? s.k_group : s.vectors * VL;
    const int64_t weights = p->groups * columns * s.depth + (dots(k) ? VL : 0);
    const size_t packed = s.packed ? sizeof(float) * (size_t)(s.packed_rows * s.in.h) : 0;
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)weights,
                        .tables = sizeof(shape),
                        .scratch = sizeof(hg_direct_segment) * (size_t)segments + packed,
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
    return (taps){begin, hg_clamp(end, begin, kernel)};
}

typedef struct pixel {
    int64_t n, y, x;
} pixel;

/* One panel: what all of its runs share, and the arguments that each of them completes. */
typedef struct panel {
    void (*run)(const hg_direct_args *args);
    hg_direct_args args;
    const float *input; /* row `top` of the image, the group's first channel */
    const float *next;  /* packing: the group after it, in the caller's tensor, or NULL */
    int64_t top, group; /* packing: the group that lies in scratch, or -1 */
    float *out;         /* the panel's first column of the first pixel */
    const float *residual;
} panel;

/* What all panels share. */
static void open_panels(const hg_task *task, const shape *s, panel *to)
{
    const hg_post *post = &task->problem->post;
    to->group = -1;
    to->next = NULL;
    to->top = 0;
    to->args.segments = task->scratch;
    to->args.n = (size_t)HG_MIN(s->k_group, VL);
    to->args.depth = (size_t)s->depth;
    to->args.ahead = s->ahead;
    to->args.plain = s->plain;
    to->args.alone = s->alone;
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
    to->out = task->output + column;
    to->residual = task->problem->post.residual ? task->residual + column : NULL;
    to->args.weights = task->weights + (group * s->vectors + first) * width * s->depth;
    to->args.bias = task->bias + column;
    to->args.last = (size_t)(column_of(s, first + nv - 1) - first * VL);
}

/* Where the panel's group lies under the rows of image n from `first` on. Its channels are short
 * pieces of pixels far apart: copied once, they are read by every tap from L1 or L2. */
static void aim_input(const hg_task *task, const shape *s, int64_t group, int64_t n, int64_t first,
                      panel *to)
{
    const hg_problem *p = task->problem;
    const hg_strides *si = &p->in.strides;
    const float *input = task->input + n * si->n + group * s->c_group;
    if (!s->packed) {
        to->input = input;
        return;
    }
    if (to->group == group) return;
    const int64_t segments = p->kernel.h * (s->joined ? 1 : p->kernel.w);
    float *packed = (float *)((hg_direct_segment *)task->scratch + segments);
    to->input = packed;
    to->group = group;
    to->next = group + 1 < p->groups ? input + s->c_group : NULL;
    to->top = HG_MAX(first * p->stride.h - p->pad.top, 0);
    const int64_t end = HG_MIN(to->top + s->packed_rows, p->in.h);
    for (int64_t y = to->top; y < end; y++)
        for (int64_t x = 0; x < p->in.w; x++, packed += s->c_group)
            memcpy(packed, input + y * si->h + x * si->w, sizeof(float) * (size_t)s->c_group);
}

/* What is packed next comes closer while row i of the block is computed. */
static void fetch_next(const hg_problem *p, const shape *s, const panel *panel, int64_t i)
{
    enum { LINE = 16 };
    const int64_t begin = panel->top + i * p->stride.h;
    const int64_t end = HG_MIN(begin + p->stride.h, p->in.h);
    for (int64_t y = begin; y < end; y++)
        for (int64_t x = 0; x < p->in.w; x++)
            for (int64_t c = 0; c < s->c_group; c += LINE)
                hg_prefetch(panel->next, y * p->in.strides.h + x * p->in.strides.w + c);
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
    const hg_strides *si = &s->in, *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t y = at.y * p->stride.h - p->pad.top, x = at.x * p->stride.w - p->pad.left;
    const int64_t along = s->joined ? kx.end - kx.begin : 1; /* taps of a segment */
    hg_direct_segment *segment = task->scratch;
    hg_direct_args *args = &panel->args;
    args->segment_count = 0;
    for (int64_t i = ky.begin; i < ky.end; i++)
        for (int64_t j = kx.begin; j < kx.end; j += along)
            segment[args->segment_count++] = (hg_direct_segment){
                panel->input + (y + i * p->dilation.h - panel->top) * si->h +
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
        for (int64_t y = begin; y < end; y++) {
            if (s->packed && panel->next) fetch_next(p, s, panel, y - begin);
            run_pixels(task, s, panel, (pixel){n, y, s->inner_begin}, s->inner_end - s->inner_begin,
                       false, taps_y(p, y), all);
        }
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
        aim_input(task, s, group, n, first, &panel);
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
        int64_t block = r, panel = 0;
        if (s->chunks > 1) { /* a division takes as long as a small layer's products */
            block = r / s->chunks;
            panel = (r - block * s->chunks) * s->chunk;
        }
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
