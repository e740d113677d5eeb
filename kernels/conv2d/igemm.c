/* Implicit GEMM: the loop nest around the tiles. Contracts: igemm.h.
 *
 *     for block of pixels (block * MR of one phase, over the whole batch)
 *       for phase
 *         for chunk of panels (split panels)             one range of work ends here
 *           build row pointers of the block
 *           for panel (NR output channels of one group)  its weights stay in L1 or L2
 *             for tile of MR pixels
 *               microkernel
 *
 * Packed weights: [class of taps][panel][tap of the class][C/groups][NR], zero beyond the channels
 * of a group. Within a panel a tile reads them in order. config.block = tiles per range,
 * config.split = panels per range. */
#include "kernels/conv2d/igemm.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/igemm_point.h"
#include "kernels/conv_transpose2d/conv_transpose2d.h"

enum {
    MAX_TAPS = 1 << 14,
    MAX_PHASES = 1 << 12,     /* per axis */
    INPUT_BYTES = 96 << 10,   /* of a block: with a panel of weights, well inside 512 KiB of L2 */
    POINTER_BYTES = 64 << 10, /* of a block */
    MAX_FUSED = 64            /* channels of a row of taps seen as one tap */
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

/* ------------------------------------------------------------------------------------------
 * Sizes
 * ------------------------------------------------------------------------------------------ */

static int64_t default_block(const hg_problem *p, const shape *s)
{
    const hg_size2 period = periods(p);
    const int64_t taps_y = HG_CEIL_DIV(p->kernel.h, period.h);
    const int64_t taps_x = HG_CEIL_DIV(p->kernel.w, period.w);
    const int64_t step = transposed(p) ? 1 : HG_MIN(p->stride.w, taps_x);
    const int64_t input = s->mr * taps_y * step * p->in.c * (int64_t)sizeof(float);
    const int64_t pointers = s->mr * s->taps * (int64_t)sizeof(void *);
    return hg_clamp(HG_MIN(INPUT_BYTES / input, POINTER_BYTES / pointers), 4, 64);
}

/* Panels per range such that there is work for 16 threads. */
static int64_t default_chunk(const shape *s)
{
    const int64_t ranges = HG_MAX(s->blocks * s->phases_y * s->phases_x, 1);
    return HG_CEIL_DIV(s->panels, hg_clamp(HG_CEIL_DIV(32, ranges), 1, s->panels));
}

/* Few channels: the taps of a row together make a reduction of useful length. */
static int64_t fused(const hg_problem *p)
{
    const bool dense = p->in.strides.w == p->in.c && p->dilation.w == 1 && p->groups == 1;
    const int64_t row = p->kernel.w * p->in.c;
    return dense && !transposed(p) && p->kernel.w > 1 && row <= MAX_FUSED ? row : 0;
}

static shape shape_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    const hg_size2 period = periods(p);
    shape s = {.mr = k->tile.mr, .nr = k->tile.nr};
    s.c_group = p->in.c / p->groups;
    s.k_group = p->out.c / p->groups;
    s.group_panels = HG_CEIL_DIV(s.k_group, s.nr);
    s.panels = p->groups * s.group_panels;
    s.phases_y = transposed(p) ? hg_phase_count(p->stride.h, p->out.h) : 1;
    s.phases_x = transposed(p) ? hg_phase_count(p->stride.w, p->out.w) : 1;
    s.pixels = p->out.n * HG_CEIL_DIV(p->out.h, s.phases_y) * HG_CEIL_DIV(p->out.w, s.phases_x);
    s.taps = HG_CEIL_DIV(p->kernel.h, period.h) * HG_CEIL_DIV(p->kernel.w, period.w);
    s.all_taps = p->kernel.h * p->kernel.w;
    s.fused = fused(p);
    if (s.fused) s.taps = p->kernel.h;
    const int64_t tiles = HG_CEIL_DIV(s.pixels, s.mr);
    s.block = c->block > 0 ? hg_clamp(c->block, 1, 1024) : default_block(p, &s);
    s.block = hg_clamp(s.block, 1, HG_MAX(tiles, 1));
    s.blocks = HG_CEIL_DIV(tiles, s.block);
    s.chunk = c->split > 0 ? HG_MIN(c->split, s.panels) : default_chunk(&s);
    s.chunks = HG_CEIL_DIV(s.panels, s.chunk);
    return s;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    /* Groups narrower than a panel are packed with zeros; not without limit. */
    const double padding = (double)(s.panels * s.nr) / (double)p->out.c;
    const double packed = 4.0 * padding * (double)p->out.c * (double)hg_problem_reduction(p);
    return s.all_taps <= MAX_TAPS && s.phases_y <= MAX_PHASES && s.phases_x <= MAX_PHASES &&
           (padding <= 4.0 || packed <= 0x1p26);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const shape s = shape_of(p, k, &(hg_config){0});
    const int64_t tiles = HG_CEIL_DIV(s.pixels, s.mr);
    const int32_t split = (int32_t)HG_MIN(s.chunk, INT32_MAX);
    int n = 0;
    list[n++] = (hg_config){.block = (int32_t)s.block, .split = split};
    for (int32_t block = 1; block <= 64; block *= 2) {
        const shape other = shape_of(p, k, &(hg_config){.block = block});
        if (block != s.block && block <= tiles && n < HG_MAX_CONFIGS - 2)
            list[n++] = (hg_config){.block = block, .split = (int32_t)other.chunk};
    }
    if (split != s.panels && s.panels <= INT32_MAX)
        list[n++] = (hg_config){.block = (int32_t)s.block, .split = (int32_t)s.panels};
    if (split != 1) list[n++] = (hg_config){.block = (int32_t)s.block, .split = 1};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    const double phases = (double)(s.phases_y * s.phases_x);
    const double tiles = (double)HG_CEIL_DIV(s.pixels, s.mr);
    const double columns = (double)(s.panels * s.nr) / (double)p->out.c;
    const double rows = tiles * (double)s.mr / (double)HG_MAX(s.pixels, 1);
    /* A tile reads its weights and its inputs for mr * vectors products. */
    const double lanes = hg_isa_model_of(k->isa)->lanes;
    const double vectors = (double)s.nr / lanes;
    const double loads = hg_isa_model_of(k->isa)->fma_lane ? vectors : (double)s.mr + vectors;
    const double reuse = HG_MIN(1.0, 0.75 * (double)s.mr * vectors / loads);
    /* Fewer than 12 sums in flight also mean more instructions per product. */
    const double sums = 0.5 + 0.5 * HG_MIN(1.0, (double)s.mr * vectors / 12.0);
    const double efficiency = sums * reuse * 0.85 * hg_isa_model_of(k->isa)->rate;
    return hg_conv_cost(p, hg_problem_flops(p) * columns * rows, efficiency) +
           phases * tiles * (double)s.panels * 12.0 +
           phases * (double)s.pixels * (double)s.taps * (double)s.chunks;
}

/* ------------------------------------------------------------------------------------------
 * Tables: phases, offsets of taps, a row of zeros
 * ------------------------------------------------------------------------------------------ */

static size_t table_bytes(const hg_problem *p, const shape *s)
{
    return sizeof(hg_igemm_phase) * (size_t)(s->phases_y + s->phases_x) +
           sizeof(int64_t) * (size_t)(p->kernel.h + p->kernel.w) +
           sizeof(float) * (size_t)HG_MAX(p->in.c, s->fused);
}

static tables open_tables(const hg_problem *p, const shape *s, void *memory)
{
    const bool t = transposed(p);
    hg_igemm_phase *phase = memory;
    int64_t *offset = (int64_t *)(phase + s->phases_y + s->phases_x);
    return (tables){.y = {s->phases_y, t ? p->stride.h : 1, t ? 1 : p->stride.h, phase, offset},
                    .x = {s->phases_x, t ? p->stride.w : 1, t ? 1 : p->stride.w,
                          phase + s->phases_y, offset + p->kernel.h},
                    .zero = (float *)(offset + p->kernel.h + p->kernel.w)};
}

static void window_axis(int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                        hg_igemm_axis *axis)
{
    axis->phase[0] = (hg_igemm_phase){.first = 0, .count = out, .start = 0, .taps = kernel};
    for (int64_t k = 0; k < kernel; k++) axis->offset[k] = k * dilation - begin;
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *memory)
{
    const shape s = shape_of(p, k, c);
    tables t = open_tables(p, &s, memory);
    memset(t.zero, 0, sizeof(float) * (size_t)HG_MAX(p->in.c, s.fused));
    if (transposed(p)) {
        hg_phase_axis(p->stride.h, p->dilation.h, p->pad.top, p->out.h, p->kernel.h, &t.y);
        hg_phase_axis(p->stride.w, p->dilation.w, p->pad.left, p->out.w, p->kernel.w, &t.x);
    } else {
        window_axis(p->dilation.h, p->pad.top, p->out.h, p->kernel.h, &t.y);
        window_axis(p->dilation.w, p->pad.left, p->out.w, p->kernel.w, &t.x);
    }
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const shape s = shape_of(p, k, c);
    const int64_t weights = s.all_taps * s.panels * s.c_group * s.nr;
    const int64_t pointers = s.block * s.mr * (s.taps + 2); /* rows, out, residual */
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)weights,
                        .tables = table_bytes(p, &s),
                        .scratch = sizeof(void *) * (size_t)pointers +
                                   sizeof(float) * (size_t)(s.block * s.mr * s.taps * s.fused),
                        .stages = 1,
                        .ranges = {s.blocks * s.phases_y * s.phases_x * s.chunks}};
}

/* ------------------------------------------------------------------------------------------
 * Weights
 * ------------------------------------------------------------------------------------------ */

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    const hg_size2 period = periods(p);
    memset(words, 0, 12 * sizeof words[0]);
    words[0] = 1; /* this packing */
    words[1] = k->tile.nr;
    /* Beyond the kernel every period gives the same classes: one per tap. */
    words[2] = (int32_t)HG_MIN(period.h, p->kernel.h);
    words[3] = (int32_t)HG_MIN(period.w, p->kernel.w);
}

/* One class of taps, those from (y, x) on a period apart, of one panel: per tap [C/groups][NR],
 * zero beyond. A few channels of all columns at a time: what is read and written stays in L1.
 * Returns the end. */
static float *pack_class(const hg_problem *p, const shape *s, int64_t panel, int64_t y, int64_t x,
                         hg_size2 period, const float *filter, float *packed)
{
    enum { AT_ONCE = 8 };
    const int64_t column = panel % s->group_panels * s->nr;
    const int64_t first = panel / s->group_panels * s->k_group + column;
    const int64_t columns = HG_MIN(s->nr, s->k_group - column);
    const int64_t taps_y = HG_CEIL_DIV(p->kernel.h - y, period.h);
    const int64_t taps_x = HG_CEIL_DIV(p->kernel.w - x, period.w);
    const int64_t tap = s->c_group * s->nr; /* floats of one */
    for (int64_t begin = 0; begin < s->c_group; begin += AT_ONCE)
        for (int64_t t = 0; t < taps_y * taps_x; t++) {
            const int64_t ky = y + t / taps_x * period.h, kx = x + t % taps_x * period.w;
            const float *from = filter + first * s->c_group * s->all_taps + ky * p->kernel.w + kx;
            for (int64_t c = begin; c < HG_MIN(begin + AT_ONCE, s->c_group); c++) {
                float *to = packed + t * tap + c * s->nr;
                for (int64_t j = 0; j < s->nr; j++)
                    to[j] = j < columns ? from[(j * s->c_group + c) * s->all_taps] : 0.0f;
            }
        }
    return packed + taps_y * taps_x * tap;
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    const hg_size2 period = periods(p);
    for (int64_t y = 0; y < HG_MIN(period.h, p->kernel.h); y++)
        for (int64_t x = 0; x < HG_MIN(period.w, p->kernel.w); x++)
            for (int64_t panel = 0; panel < s.panels; panel++)
                packed = pack_class(p, &s, panel, y, x, period, filter, packed);
}

/* ------------------------------------------------------------------------------------------
 * Running
 * ------------------------------------------------------------------------------------------ */

/* Panels [begin, end) of the pixels. */
static void multiply(const hg_task *task, const shape *s, const tables *t, const pixels *px,
                     int64_t begin, int64_t end)
{
    const hg_problem *p = task->problem;
    const int64_t products = px->y->taps * px->x->taps * s->c_group;
    const int64_t taps = s->fused ? px->y->taps : px->y->taps * px->x->taps;
    /* Taps in the classes before this one: whole rows of classes, then within the row. */
    const int64_t before = px->y->start * p->kernel.w + px->y->taps * px->x->start;
    const float *class_weights = task->weights + before * s->panels * s->c_group * s->nr;
    hg_igemm_args a = {.zero = t->zero,
                       .taps = (size_t)taps,
                       .channels = (size_t)(s->fused ? s->fused : s->c_group),
                       .slope = p->post.slope,
                       .min = p->post.min,
                       .max = p->post.max};
    for (int64_t panel = begin; panel < end; panel++) {
        const int64_t group = panel / s->group_panels;
        const int64_t column = panel % s->group_panels * s->nr;
        a.channel = (size_t)(group * s->c_group);
        a.column = (size_t)(group * s->k_group + column);
        a.n = (int)HG_MIN(s->nr, s->k_group - column);
        a.weights = class_weights + panel * products * s->nr;
        a.bias = task->bias + a.column;
        for (int64_t i = 0; i < px->count; i += s->mr) {
            a.rows = px->rows + i * taps;
            a.out = px->out + i;
            a.residual = p->post.residual ? px->residual + i : NULL;
            a.m = (int)HG_MIN(s->mr, px->count - i);
            task->kernel->run.igemm(&a);
        }
    }
}

static void run(const hg_task *task, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = task->problem;
    const shape s = shape_of(p, task->kernel, &task->config);
    /* The tables are only read from here on. */
    const tables t = open_tables(p, &s, (void *)(uintptr_t)task->tables);
    const float **rows = task->scratch;
    float **out = (float **)(rows + s.block * s.mr * s.taps);
    const float **residual = (const float **)(out + s.block * s.mr);
    for (int64_t r = begin; r < end; r++) {
        const int64_t chunk = r % s.chunks, rest = r / s.chunks;
        const int64_t phases = s.phases_y * s.phases_x, phase = rest % phases;
        pixels px = {.y = &t.y.phase[phase / s.phases_x],
                     .x = &t.x.phase[phase % s.phases_x],
                     .first = rest / phases * s.block * s.mr,
                     .rows = rows,
                     .out = out,
                     .residual = residual,
                     .windows = (float *)(residual + s.block * s.mr)};
        const int64_t all = p->out.n * px.y->count * px.x->count;
        px.count = HG_MIN(s.block * s.mr, all - px.first);
        if (px.count <= 0) continue; /* phases differ by a row or column of pixels */
        point(task, &t, &s, &px);
        multiply(task, &s, &t, &px, chunk * s.chunk, HG_MIN((chunk + 1) * s.chunk, s.panels));
    }
}

const hg_algorithm hg_igemm = {.name = "igemm",
                               .supports = supports,
                               .configs = configs,
                               .cost = cost,
                               .size = size,
                               .form = form,
                               .pack = pack,
                               .prepare = prepare,
                               .run = run};
