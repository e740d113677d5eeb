/* Direct convolution: runs of pixels, blocks and panels. Contracts: direct.h.
 *
 *     for block of output rows, or of pixels where the whole batch is one run
 *       for chunk of panels                           one range of work
 *         for panel                                   its weights stay in L1 or L2
 *           for run of pixels                         microkernel
 *
 * Taps in padding are left out: a run's taps are a rectangle [ky) x [kx) of the filter. Rows of
 * pixels whose taps all lie inside the width are runs along the row; the columns at the left and
 * right edge are runs down the column, but for dilated windows, whose taps many columns share.
 *
 * config.block = pixels or rows per range, config.panels = panels per range, config.pack = 1: a
 * group's input under a range is copied to scratch first. */
#include "kernels/conv2d/nhwc/direct.h"

#include <string.h>

#include "kernels/activation/activation.h"
#include "kernels/conv2d/nhwc/direct_blocking.h"
#include "kernels/conv2d/nhwc/direct_pack.h"

enum {
    MAX_TAPS = 1 << 10,
    MAX_DOTS = 32,         /* columns of a group; more fill the lanes of units */
    WIDE = 4,              /* units of a panel; wider ones are */
    FEW_PIXELS = 4,        /* for outputs of at most so many */
    PAGE = 4 << 10,        /* from pixel to pixel, and */
    PACKED_BYTES = 4 << 20 /* of an image, that make packing worth it */
};

typedef hg_direct_blocking blocking;

/* ---- Plan time ---- */

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if (hg_direct_dots(k)) return p->out.c <= MAX_DOTS * p->groups;
    const int64_t unit = HG_DIRECT_UNIT(hg_lanes(k));
    if (k->tile.nr > WIDE * unit && p->out.n * p->out.h * p->out.w > FEW_PIXELS) return false;
    const int64_t columns = HG_ROUND_UP(p->out.c / p->groups, unit) * p->groups;
    const double packed = 4.0 * (double)columns * (double)hg_problem_reduction(p);
    return p->kernel.h * p->kernel.w <= MAX_TAPS && (columns <= 4 * p->out.c || packed <= 0x1p26);
}

/* A configuration with all that hg_direct_blocking_of makes of it. */
static hg_config settled(const hg_problem *p, const hg_kernel *k, int64_t block, int32_t pack)
{
    const blocking b =
        hg_direct_blocking_of(p, k, &(hg_config){.block = (int32_t)block, .pack = pack});
    return (hg_config){
        .block = (int32_t)HG_MIN(b.block, 1 << 30), .panels = (int32_t)b.chunk, .pack = b.packed};
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const int64_t pixel = (int64_t)sizeof(float) * p->in.strides.w;
    const bool far = pixel >= PAGE && pixel * p->in.w * p->in.h >= PACKED_BYTES;
    const hg_config usual = settled(p, k, 0, far), other = settled(p, k, 0, !far);
    const blocking b = hg_direct_blocking_of(p, k, &usual);
    int n = 0;
    list[n++] = usual;
    if (other.pack != usual.pack) list[n++] = other;
    for (int64_t block = HG_MAX(b.block / 4, 1); block <= 8 * b.block; block *= 2)
        if (block != b.block && block <= b.rows && block <= 1 << 30)
            list[n++] = settled(p, k, block, usual.pack);
    const int32_t panels[] = {(int32_t)b.panels, 1};
    for (size_t i = 0; i < HG_COUNT(panels); i++)
        if (panels[i] != usual.panels)
            list[n++] = (hg_config){.block = usual.block, .panels = panels[i], .pack = usual.pack};
    return n;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const blocking b = hg_direct_blocking_of(p, k, c);
    /* At least one: the list of a transposed convolution's phase without taps has a place, too. */
    const int64_t segments = HG_MAX(p->kernel.h * (b.joined ? 1 : p->kernel.w), 1);
    const int64_t weights =
        p->groups * b.units * b.unit * b.depth + (hg_direct_dots(k) ? HG_DIRECT_BEHIND : 0);
    const size_t packed = b.packed ? sizeof(float) * (size_t)(b.packed_rows * b.in.h) : 0;
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)weights,
                        .tables = sizeof(blocking),
                        .scratch = sizeof(hg_direct_segment) * (size_t)segments + packed,
                        .ranges = {b.blocks * b.chunks}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    *(blocking *)tables = hg_direct_blocking_of(p, k, c);
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    const blocking b = hg_direct_blocking_of(p, k, &(hg_config){0});
    words[0] = hg_direct_dots(k) ? 0 : (int32_t)b.group_panels;
    words[1] = (int32_t)b.unit;
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const int64_t taps = p->kernel.h * p->kernel.w;
    const int64_t k_step = p->in.c / p->groups * taps;
    const hg_direct_filter view = {filter, p->out.c, k_step, taps, p->kernel.w, 1};
    const int64_t panels = hg_direct_pack_panels(p, k);
    for (int64_t panel = 0; panel < panels; panel++)
        hg_direct_pack(p, k, &view, panel, (hg_span){0, p->in.c / p->groups}, packed);
}

/* ---- Run time ---- */

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
static void open_panels(const hg_task *task, const blocking *b, panel *to)
{
    to->group = -1;
    to->next = NULL;
    to->top = 0;
    to->args.segments = task->scratch;
    to->args.n = (size_t)HG_MIN(b->k_group, b->unit);
    to->args.depth = (size_t)b->depth;
    to->args.ahead = b->ahead;
    to->args.plain = b->plain;
    to->args.alone = b->alone;
    to->args.post = task->problem->post;
}

static void set_panel(const hg_task *task, const blocking *b, int64_t group, int64_t at, panel *to)
{
    int64_t first;
    const int64_t units = hg_direct_panel(b, at, &first);
    const int64_t column = group * b->k_group + first * b->unit;
    to->run = task->kernel->run.direct->run[units - 1];
    to->out = task->output + column;
    to->residual = task->problem->post.residual ? task->residual + column : NULL;
    to->args.weights = task->weights + (group * b->units + first) * b->unit * b->depth;
    to->args.bias = task->bias + column;
    to->args.last = (size_t)(hg_direct_column(b, first + units - 1) - first * b->unit);
}

/* Where the panel's group lies under the rows of image n from `first` on. Its channels are short
 * pieces of pixels far apart: copied once, they are read by every tap from L1 or L2. */
static void set_input(const hg_task *task, const blocking *b, int64_t group, int64_t n,
                      int64_t first, panel *to)
{
    const hg_problem *p = task->problem;
    const hg_strides *si = &p->in.strides;
    const float *input = task->input + n * si->n + group * b->c_group;
    if (!b->packed) {
        to->input = input;
        return;
    }
    if (to->group == group) return;
    const int64_t segments = p->kernel.h * (b->joined ? 1 : p->kernel.w);
    float *packed = (float *)((hg_direct_segment *)task->scratch + segments);
    to->input = packed;
    to->group = group;
    to->next = group + 1 < p->groups ? input + b->c_group : NULL;
    to->top = HG_MAX(first * p->stride.h - p->pad.top, 0);
    const int64_t end = HG_MIN(to->top + b->packed_rows, p->in.h);
    for (int64_t y = to->top; y < end; y++)
        for (int64_t x = 0; x < p->in.w; x++, packed += b->c_group)
            memcpy(packed, input + y * si->h + x * si->w, sizeof(float) * (size_t)b->c_group);
}

/* What is packed next comes closer while row i of the block is computed. */
static void fetch_next(const hg_problem *p, const blocking *b, const panel *panel, int64_t i)
{
    const int64_t begin = panel->top + i * p->stride.h;
    const int64_t end = HG_MIN(begin + p->stride.h, p->in.h);
    for (int64_t y = begin; y < end; y++)
        for (int64_t x = 0; x < p->in.w; x++)
            for (int64_t c = 0; c < b->c_group; c += HG_CACHELINE)
                hg_prefetch(panel->next, y * p->in.strides.h + x * p->in.strides.w + c);
}

/* `count` pixels from number `first` of the batch on, as if they were of one row. */
static void run_flat(const hg_task *task, const blocking *b, panel *panel, int64_t first,
                     int64_t count)
{
    const hg_problem *p = task->problem;
    hg_direct_segment *segment = task->scratch;
    hg_direct_args *args = &panel->args;
    *segment = (hg_direct_segment){panel->input + first * p->in.strides.w, 0, (size_t)b->depth};
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
static void run_pixels(const hg_task *task, const blocking *b, panel *panel, pixel at,
                       int64_t count, bool down, hg_span ky, hg_span kx)
{
    const hg_problem *p = task->problem;
    const hg_strides *si = &b->in, *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t y = at.y * p->stride.h - p->pad.top, x = at.x * p->stride.w - p->pad.left;
    const int64_t along = b->joined ? kx.end - kx.begin : 1; /* taps of a segment */
    hg_direct_segment *segment = task->scratch;
    hg_direct_args *args = &panel->args;
    args->segment_count = 0;
    for (int64_t i = ky.begin; i < ky.end; i++)
        for (int64_t j = kx.begin; j < kx.end; j += along)
            segment[args->segment_count++] = (hg_direct_segment){
                panel->input + (y + i * p->dilation.h - panel->top) * si->h +
                    (x + j * p->dilation.w) * si->w,
                (size_t)((i * p->kernel.w + j) * b->c_group), (size_t)(along * b->c_group)};
    args->pixels = (size_t)count;
    args->step = (size_t)(down ? p->stride.h * si->h : p->stride.w * si->w);
    args->out = panel->out + at.n * so->n + at.y * so->h + at.x * so->w;
    args->out_step = (size_t)(down ? so->h : so->w);
    args->residual = panel->residual;
    if (args->residual) args->residual += at.n * sr->n + at.y * sr->h + at.x * sr->w;
    args->residual_step = (size_t)(down ? sr->h : sr->w);
    panel->run(args);
}

static hg_span taps_y(const hg_problem *p, int64_t y)
{
    return hg_taps_inside(y * p->stride.h - p->pad.top, p->kernel.h, p->dilation.h, p->in.h);
}

static hg_span taps_x(const hg_problem *p, int64_t x)
{
    return hg_taps_inside(x * p->stride.w - p->pad.left, p->kernel.w, p->dilation.w, p->in.w);
}

/* The last output of an axis plus one, or the first whose taps are others than those of `at`. */
static int64_t same_taps(int64_t at, int64_t out, int64_t stride, int64_t pad, int64_t kernel,
                         int64_t dilation, int64_t in)
{
    const int64_t end = hg_taps_change(at, at * stride - pad, kernel, dilation, stride, in);
    return HG_MIN(end, out);
}

/* Rows of a block, of columns that have their taps in common: row by row. */
static void run_along(const hg_task *task, const blocking *b, panel *panel, int64_t n, hg_span rows,
                      hg_span columns)
{
    const hg_span kx = taps_x(task->problem, columns.begin);
    for (int64_t y = rows.begin; y < rows.end; y++)
        run_pixels(task, b, panel, (pixel){n, y, columns.begin}, columns.end - columns.begin, false,
                   taps_y(task->problem, y), kx);
}

/* Rows of a block, of one column: those together that have their taps in common. */
static void run_down(const hg_task *task, const blocking *b, panel *panel, int64_t n, hg_span rows,
                     int64_t x)
{
    const hg_problem *p = task->problem;
    const hg_span kx = taps_x(p, x);
    for (int64_t y = rows.begin, next; y < rows.end; y = next) {
        next = same_taps(y, rows.end, p->stride.h, p->pad.top, p->kernel.h, p->dilation.h, p->in.h);
        run_pixels(task, b, panel, (pixel){n, y, x}, next - y, true, taps_y(p, y), kx);
    }
}

/* Rows of a block, of columns that some taps lie outside of: in runs the longer way. Only far
 * dilated windows have many such columns in common. */
static void run_edge(const hg_task *task, const blocking *b, panel *panel, int64_t n, hg_span rows,
                     hg_span columns)
{
    const hg_problem *p = task->problem;
    for (int64_t x = columns.begin, next; x < columns.end; x = next) {
        next = same_taps(x, columns.end, p->stride.w, p->pad.left, p->kernel.w, p->dilation.w,
                         p->in.w);
        if (next - x >= rows.end - rows.begin)
            run_along(task, b, panel, n, rows, (hg_span){x, next});
        else
            for (int64_t i = x; i < next; i++) run_down(task, b, panel, n, rows, i);
    }
}

static void run_rows(const hg_task *task, const blocking *b, panel *panel, int64_t n, hg_span rows)
{
    const hg_problem *p = task->problem;
    const hg_span inside = b->inside;
    for (int64_t y = rows.begin; inside.begin < inside.end && y < rows.end; y++) {
        if (b->packed && panel->next) fetch_next(p, b, panel, y - rows.begin);
        run_along(task, b, panel, n, (hg_span){y, y + 1}, inside);
    }
    run_edge(task, b, panel, n, rows, (hg_span){0, inside.begin});
    run_edge(task, b, panel, n, rows, (hg_span){inside.end, p->out.w});
}

/* First column of panel i of all groups; of the one past the last, all columns. */
static int64_t panel_column(const blocking *b, int64_t i)
{
    int64_t first;
    hg_direct_panel(b, i % b->group_panels, &first);
    return i / b->group_panels * b->k_group + first * b->unit;
}

/* The columns of panels [begin, end), of rows or flat pixels [first, last). */
static void finish_block(const hg_task *task, const blocking *b, int64_t n, int64_t first,
                         int64_t last, int64_t begin, int64_t end)
{
    const hg_problem *p = task->problem;
    const int64_t c = panel_column(b, begin), channels = panel_column(b, end) - c;
    hg_block at = {.n = n,
                   .y = first,
                   .c = c,
                   .rows = last - first,
                   .columns = p->out.w,
                   .channels = channels};
    if (b->flat) at.y = 0, at.rows = 1, at.x = first, at.columns = last - first;
    hg_finish(task, at);
}

/* One block of rows, or of pixels, on panels [begin, end). */
static void run_block(const hg_task *task, const blocking *b, int64_t block, int64_t begin,
                      int64_t end)
{
    const int64_t n = b->flat ? 0 : block / b->image_blocks;
    const int64_t first = (block - n * b->image_blocks) * b->block;
    const int64_t last = HG_MIN(first + b->block, b->rows);
    panel panel;
    open_panels(task, b, &panel);
    for (int64_t i = begin; i < end; i++) {
        const int64_t group = b->panels == b->group_panels ? 0 : i / b->group_panels;
        set_panel(task, b, group, i - group * b->group_panels, &panel);
        set_input(task, b, group, n, first, &panel);
        if (b->flat)
            run_flat(task, b, &panel, first, last - first);
        else
            run_rows(task, b, &panel, n, (hg_span){first, last});
    }
    if (task->activate) finish_block(task, b, n, first, last, begin, end);
}

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const blocking *b = task->tables;
    for (int64_t r = begin; r < end; r++) {
        int64_t block = r, panel = 0;
        if (b->chunks > 1) { /* a division takes as long as a small layer's products */
            block = r / b->chunks;
            panel = (r - block * b->chunks) * b->chunk;
        }
        run_block(task, b, block, panel, HG_MIN(panel + b->chunk, b->panels));
    }
}

const hg_algorithm hg_conv2d_nhwc_direct = {.name = "direct",
                                            .supports = supports,
                                            .configs = configs,
                                            .cost = hg_direct_cost,
                                            .size = size,
                                            .form = form,
                                            .pack = pack,
                                            .prepare = prepare,
                                            .run = run,
                                            .finishes = true};
