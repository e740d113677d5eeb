/* Implicit GEMM: the loop nest around the tiles. Contracts: igemm.h.
 *
 *     for block of pixels (block * MR of one phase, over the whole batch)
 *       for phase
 *         for chunk of panels                            one range of work ends here
 *           build row pointers of the block
 *           for panel (NR output channels of one group)  its weights stay in L1 or L2
 *             for tile of MR pixels
 *               microkernel
 *
 * Packed weights: [class of taps][panel][tap of the class][C/groups][NR], zero beyond the channels
 * of a group. Within a panel a tile reads them in order. config.block = tiles per range,
 * config.panels = panels per range. */
#include "kernels/conv2d/nhwc/igemm.h"

#include <string.h>

#include "kernels/activation/activation.h"
#include "kernels/conv2d/nhwc/igemm_rows.h"
#include "kernels/geometry.h"

typedef hg_igemm_blocking blocking;

enum {
    MAX_TAPS = 1 << 14,
    MAX_PHASES = 1 << 12,     /* per axis */
    INPUT_BYTES = 96 << 10,   /* of a block: with a panel of weights, well inside 512 KiB of L2 */
    POINTER_BYTES = 64 << 10, /* of a block */
    MAX_MERGED = 64           /* channels of a row of taps seen as one tap */
};

static bool transposed(const hg_problem *p)
{
    return p->op == HG_OP_CONV_TRANSPOSE2D;
}

static hg_size2 periods(const hg_problem *p)
{
    if (!transposed(p)) return (hg_size2){1, 1};
    return (hg_size2){hg_phase_period(p->stride.h, p->dilation.h),
                      hg_phase_period(p->stride.w, p->dilation.w)};
}

/* ---- Sizes ---- */

static int64_t default_block(const hg_problem *p, const blocking *b)
{
    const hg_size2 period = periods(p);
    const int64_t taps_y = HG_CEIL_DIV(p->kernel.h, period.h);
    const int64_t taps_x = HG_CEIL_DIV(p->kernel.w, period.w);
    const int64_t step = transposed(p) ? 1 : HG_MIN(p->stride.w, taps_x);
    const int64_t input = b->mr * taps_y * step * p->in.c * (int64_t)sizeof(float);
    const int64_t pointers = b->mr * b->taps * (int64_t)sizeof(void *);
    return hg_clamp(HG_MIN(INPUT_BYTES / input, POINTER_BYTES / pointers), 4, 64);
}

/* Panels per range such that there is work for 16 threads. */
static int64_t default_chunk(const blocking *b)
{
    const int64_t ranges = HG_MAX(b->blocks * b->phases_y * b->phases_x, 1);
    return HG_CEIL_DIV(b->panels, hg_clamp(HG_CEIL_DIV(32, ranges), 1, b->panels));
}

/* Few channels: the taps of a row together make a reduction of useful length. */
static int64_t merged_taps(const hg_problem *p)
{
    const bool dense = p->in.strides.w == p->in.c && p->dilation.w == 1 && p->groups == 1;
    const int64_t row = p->kernel.w * p->in.c;
    return dense && !transposed(p) && p->kernel.w > 1 && row <= MAX_MERGED ? row : 0;
}

static blocking blocking_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    const hg_size2 period = periods(p);
    blocking b = {.mr = k->tile.mr, .nr = k->tile.nr};
    b.c_group = p->in.c / p->groups;
    b.k_group = p->out.c / p->groups;
    b.group_panels = HG_CEIL_DIV(b.k_group, b.nr);
    b.panels = p->groups * b.group_panels;
    b.phases_y = transposed(p) ? hg_phase_count(p->stride.h, p->out.h) : 1;
    b.phases_x = transposed(p) ? hg_phase_count(p->stride.w, p->out.w) : 1;
    b.pixels = p->out.n * HG_CEIL_DIV(p->out.h, b.phases_y) * HG_CEIL_DIV(p->out.w, b.phases_x);
    b.taps = HG_CEIL_DIV(p->kernel.h, period.h) * HG_CEIL_DIV(p->kernel.w, period.w);
    b.all_taps = p->kernel.h * p->kernel.w;
    b.merged_taps = merged_taps(p);
    if (b.merged_taps) b.taps = p->kernel.h;
    const int64_t tiles = HG_CEIL_DIV(b.pixels, b.mr);
    b.block = c->block > 0 ? hg_clamp(c->block, 1, 1024) : default_block(p, &b);
    b.block = hg_clamp(b.block, 1, HG_MAX(tiles, 1));
    b.blocks = HG_CEIL_DIV(tiles, b.block);
    b.chunk = c->panels > 0 ? HG_MIN(c->panels, b.panels) : default_chunk(&b);
    b.chunks = HG_CEIL_DIV(b.panels, b.chunk);
    return b;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    /* Groups narrower than a panel are packed with zeros; not without limit. */
    const double padding = (double)(b.panels * b.nr) / (double)p->out.c;
    const double packed = 4.0 * padding * (double)p->out.c * (double)hg_problem_reduction(p);
    return b.all_taps <= MAX_TAPS && b.phases_y <= MAX_PHASES && b.phases_x <= MAX_PHASES &&
           (padding <= 4.0 || packed <= 0x1p26);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const int64_t tiles = HG_CEIL_DIV(b.pixels, b.mr);
    const int32_t panels = (int32_t)HG_MIN(b.chunk, INT32_MAX);
    int n = 0;
    list[n++] = (hg_config){.block = (int32_t)b.block, .panels = panels};
    for (int32_t block = 1; block <= 64; block *= 2) {
        const blocking other = blocking_of(p, k, &(hg_config){.block = block});
        if (block != b.block && block <= tiles && n < HG_MAX_CONFIGS - 2)
            list[n++] = (hg_config){.block = block, .panels = (int32_t)other.chunk};
    }
    if (panels != b.panels && b.panels <= INT32_MAX)
        list[n++] = (hg_config){.block = (int32_t)b.block, .panels = (int32_t)b.panels};
    if (panels != 1) list[n++] = (hg_config){.block = (int32_t)b.block, .panels = 1};
    return n;
}

/* Taps along an axis that lie inside for some output. */
static int64_t live_taps(int64_t out, int64_t stride, int64_t pad, int64_t dilation, int64_t kernel,
                         int64_t in)
{
    int64_t live = 0;
    for (int64_t k = 0; k < kernel; k++) {
        const hg_span outputs = hg_outputs_inside(out, stride, pad - k * dilation, 1, in);
        live += outputs.end > outputs.begin;
    }
    return live;
}

/* Tiles leave out the taps that are padding for all of their pixels. */
static double live_share(const hg_problem *p)
{
    if (transposed(p)) return 1.0;
    const int64_t y =
        live_taps(p->out.h, p->stride.h, p->pad.top, p->dilation.h, p->kernel.h, p->in.h);
    const int64_t x =
        live_taps(p->out.w, p->stride.w, p->pad.left, p->dilation.w, p->kernel.w, p->in.w);
    return (double)(y * x) / (double)(p->kernel.h * p->kernel.w);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const double phases = (double)(b.phases_y * b.phases_x);
    const double tiles = (double)HG_CEIL_DIV(b.pixels, b.mr);
    const double columns = (double)(b.panels * b.nr) / (double)p->out.c;
    const double rows = tiles * (double)b.mr / (double)HG_MAX(b.pixels, 1);
    /* A tile reads its weights and its inputs for mr * vectors products. */
    const double lanes = hg_lanes(k);
    const double vectors = (double)b.nr / lanes;
    const double loads = hg_isa_model_of(k->isa)->fma_lane ? vectors : (double)b.mr + vectors;
    const double shared = hg_isa_model_of(k->isa)->registers < 32 ? 0.85 : 0.95;
    const double reuse = HG_MIN(1.0, shared * (double)b.mr * vectors / loads);
    /* Fewer than 12 sums in flight also mean more instructions per product. */
    const double sums = 0.5 + 0.5 * HG_MIN(1.0, (double)b.mr * vectors / 12.0);
    const double efficiency = sums * reuse * 0.9 * hg_rate(k);
    const double flops = hg_problem_flops(p) * live_share(p) * columns * rows;
    return 200.0 + hg_overlapped(flops / (100.0 * efficiency), hg_traffic_ns(p)) +
           phases * (tiles * 12.0 + (double)b.pixels * (5.0 + hg_stored_ns(p))) * (double)b.panels +
           0.4 * phases * (double)b.pixels * (double)b.taps * (double)b.chunks;
}

/* ---- Tables: blocking, phases, offsets of taps, a row of zeros ---- */

static size_t zero_bytes(const hg_problem *p, const blocking *b)
{
    return sizeof(float) * (size_t)HG_MAX(p->in.c, b->merged_taps);
}

static size_t table_bytes(const hg_problem *p, const blocking *b)
{
    return sizeof(hg_igemm_tables) + sizeof(hg_phase) * (size_t)(b->phases_y + b->phases_x) +
           sizeof(int64_t) * (size_t)(p->kernel.h + p->kernel.w) + zero_bytes(p, b);
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *memory)
{
    const blocking b = blocking_of(p, k, c);
    hg_igemm_tables *t = memory;
    hg_phase *phase = (hg_phase *)(t + 1);
    int64_t *offset = (int64_t *)(phase + b.phases_y + b.phases_x);
    *t = (hg_igemm_tables){
        .blocking = b,
        .y = {.phases = b.phases_y, .phase = phase, .offset = offset},
        .x = {.phases = b.phases_x, .phase = phase + b.phases_y, .offset = offset + p->kernel.h},
        .zero = (float *)(offset + p->kernel.h + p->kernel.w)};
    memset(t->zero, 0, zero_bytes(p, &b));
    void (*const fill)(int64_t, int64_t, int64_t, int64_t, int64_t, hg_phases *) =
        transposed(p) ? hg_phase_axis : hg_window_axis;
    fill(p->stride.h, p->dilation.h, p->pad.top, p->out.h, p->kernel.h, &t->y);
    fill(p->stride.w, p->dilation.w, p->pad.left, p->out.w, p->kernel.w, &t->x);
    hg_phases_inside(p->in.h, &t->y);
    hg_phases_inside(p->in.w, &t->x);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const blocking b = blocking_of(p, k, c);
    const int64_t weights = b.all_taps * b.panels * b.c_group * b.nr;
    const int64_t pointers = b.block * b.mr * (b.taps + 2); /* rows, out, residual */
    *sizes =
        (hg_sizes){.weights = sizeof(float) * (size_t)weights,
                   .tables = table_bytes(p, &b),
                   .scratch = sizeof(void *) * (size_t)pointers +
                              sizeof(float) * (size_t)(b.block * b.mr * b.taps * b.merged_taps),
                   .ranges = {b.blocks * b.phases_y * b.phases_x * b.chunks}};
}

/* ---- Weights ---- */

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    const hg_size2 period = periods(p);
    words[0] = k->tile.nr;
    /* Beyond the kernel every period gives the same classes: one per tap. */
    words[1] = (int32_t)HG_MIN(period.h, p->kernel.h);
    words[2] = (int32_t)HG_MIN(period.w, p->kernel.w);
}

/* One class of taps, those from (y, x) on a period apart, of one panel: per tap [C/groups][NR],
 * zero beyond. A few channels of all columns at a time: what is read and written stays in L1.
 * Returns the end. */
static float *pack_class(const hg_problem *p, const blocking *b, int64_t panel, int64_t y,
                         int64_t x, hg_size2 period, const float *filter, float *packed)
{
    enum { AT_ONCE = 8 };
    const int64_t column = panel % b->group_panels * b->nr;
    const int64_t first = panel / b->group_panels * b->k_group + column;
    const int64_t columns = HG_MIN(b->nr, b->k_group - column);
    const int64_t taps_y = HG_CEIL_DIV(p->kernel.h - y, period.h);
    const int64_t taps_x = HG_CEIL_DIV(p->kernel.w - x, period.w);
    const int64_t tap = b->c_group * b->nr; /* floats of one */
    for (int64_t begin = 0; begin < b->c_group; begin += AT_ONCE)
        for (int64_t t = 0; t < taps_y * taps_x; t++) {
            const int64_t ky = y + t / taps_x * period.h, kx = x + t % taps_x * period.w;
            const float *from = filter + first * b->c_group * b->all_taps + ky * p->kernel.w + kx;
            for (int64_t c = begin; c < HG_MIN(begin + AT_ONCE, b->c_group); c++) {
                float *to = packed + t * tap + c * b->nr;
                for (int64_t j = 0; j < b->nr; j++)
                    to[j] = j < columns ? from[(j * b->c_group + c) * b->all_taps] : 0.0f;
            }
        }
    return packed + taps_y * taps_x * tap;
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const hg_size2 period = periods(p);
    for (int64_t y = 0; y < HG_MIN(period.h, p->kernel.h); y++)
        for (int64_t x = 0; x < HG_MIN(period.w, p->kernel.w); x++)
            for (int64_t panel = 0; panel < b.panels; panel++)
                packed = pack_class(p, &b, panel, y, x, period, filter, packed);
}

/* ---- Running ---- */

/* First column of a panel; of the one past the last, all columns. */
static int64_t panel_column(const blocking *b, int64_t panel)
{
    return panel / b->group_panels * b->k_group + panel % b->group_panels * b->nr;
}

/* Panels [begin, end) of the pixels. */
static void multiply(const hg_task *task, const hg_igemm_tables *t, const hg_igemm_pixels *px,
                     int64_t begin, int64_t end)
{
    const hg_problem *p = task->problem;
    const blocking *b = &t->blocking;
    const int64_t products = px->y->taps * px->x->taps * b->c_group, taps = hg_igemm_taps(t, px);
    /* Taps in the classes before this one: whole rows of classes, then within the row. */
    const int64_t before = px->y->start * p->kernel.w + px->y->taps * px->x->start;
    const float *class_weights = task->weights + before * b->panels * b->c_group * b->nr;
    hg_igemm_args a = {.zero = t->zero,
                       .taps = (size_t)taps,
                       .channels = (size_t)(b->merged_taps ? b->merged_taps : b->c_group),
                       .post = p->post};
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t group = panel / b->group_panels;
        const int64_t column = panel % b->group_panels * b->nr;
        a.channel = (size_t)(group * b->c_group);
        a.column = (size_t)(group * b->k_group + column);
        a.n = (int)HG_MIN(b->nr, b->k_group - column);
        a.weights = class_weights + panel * products * b->nr;
        a.bias = task->bias + a.column;
        for (int64_t i = 0; i < px->count; i += b->mr) {
            a.rows = px->rows + i * taps;
            a.out = px->out + i;
            a.residual = p->post.residual ? px->residual + i : NULL;
            a.m = (int)HG_MIN(b->mr, px->count - i);
            task->kernel->run.igemm->run(&a);
        }
    }
    const int64_t first = panel_column(b, begin), columns = panel_column(b, end) - first;
    for (int64_t i = 0; task->activate && i < px->count; i++)
        hg_finish_pixel(task, px->out[i] + first, first, columns);
}

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_igemm_tables *t = task->tables;
    const blocking *b = &t->blocking;
    const int64_t pixels = b->block * b->mr, phases = b->phases_y * b->phases_x;
    hg_igemm_pixels px = {.rows = task->scratch};
    px.out = (float **)(px.rows + pixels * b->taps);
    px.residual = (const float **)(px.out + pixels);
    int64_t pointed = -1; /* what the pointers are of */
    for (int64_t r = begin; r < end; r++) {
        const int64_t chunk = r % b->chunks, rest = r / b->chunks, phase = rest % phases;
        if (rest != pointed) {
            pointed = rest;
            px.y = &t->y.phase[phase / b->phases_x];
            px.x = &t->x.phase[phase % b->phases_x];
            px.first = rest / phases * pixels;
            px.count = HG_MIN(pixels, task->problem->out.n * px.y->count * px.x->count - px.first);
            px.windows = (float *)(px.residual + pixels);
            if (px.count > 0) hg_igemm_point(task, t, &px);
        }
        /* Phases differ by a row or column of pixels: there may be none. */
        if (px.count > 0)
            multiply(task, t, &px, chunk * b->chunk, HG_MIN((chunk + 1) * b->chunk, b->panels));
    }
}

const hg_algorithm hg_conv2d_nhwc_igemm = {.name = "igemm",
                                           .supports = supports,
                                           .configs = configs,
                                           .cost = cost,
                                           .size = size,
                                           .form = form,
                                           .pack = pack,
                                           .prepare = prepare,
                                           .run = run,
                                           .finishes = true};
