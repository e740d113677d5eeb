/* Resizing and argmax by rows of columns that stay in L1. Contract: rows.h. */
#include "kernels/resize_argmax2d/rows.h"

#include <math.h>
#include <string.h>

#include "kernels/resize_argmax2d/resize_argmax2d.h"

enum {
    RING_FLOATS = 6144, /* half of L1 */
    LEAST_ROWS = 8,     /* of output in a range */
    ENOUGH_ROWS = 16,   /* of input under it: the first `taps` are filtered in two ranges */
    WILD_WEIGHT = 1 << 20
};

/* ---- Plan time ---- */

/* How the output is cut. The tables: of the axes, then this, then what it leads to. */
typedef struct blocking {
    int64_t rows, row_blocks, columns, column_blocks; /* of output */
    int64_t ring, plane, stage_row;                   /* rows; floats, floats */
    bool wild;                                        /* weights so large that sums may overflow */
    hg_argmax_columns h;
    const int32_t *under; /* [2 * column_blocks]: pixels [from, to) that are staged */
} blocking;

/* An odd number of cache lines: planes that are walked do not meet in few sets of the cache. */
static int64_t spread(int64_t floats)
{
    const int64_t lines = HG_CEIL_DIV(floats, (int64_t)HG_CACHELINE);
    return (lines | 1) * HG_CACHELINE;
}

static blocking blocking_of(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_axes a = hg_resize_axes_of(p);
    const int64_t lanes = hg_lanes(k);
    blocking b = {.ring = a.v.taps, .h = {.taps = a.h.taps, .step = HG_ROUND_UP(p->out.w, lanes)}};
    const int64_t fit = RING_FLOATS / HG_MIN(b.ring * p->in.c, RING_FLOATS);
    const int64_t most = HG_MIN(HG_MAX(fit / lanes * lanes, lanes), b.h.step);
    b.column_blocks = HG_CEIL_DIV(b.h.step, most);
    b.columns = HG_ROUND_UP(HG_CEIL_DIV(b.h.step, b.column_blocks), lanes);
    b.column_blocks = HG_CEIL_DIV(b.h.step, b.columns);
    b.plane = spread(b.columns);
    b.stage_row = spread(p->in.w + lanes + a.h.taps);
    const double scale = (double)p->out.h / (double)p->in.h;
    const int64_t rows = (int64_t)HG_MIN(ENOUGH_ROWS * scale, (double)p->out.h);
    b.rows = HG_MIN(HG_MAX(rows, LEAST_ROWS), p->out.h);
    b.row_blocks = HG_CEIL_DIV(p->out.h, b.rows);
    return b;
}

static double scratch_floats(const hg_problem *p, const blocking *b)
{
    return ((double)b->ring * (double)b->plane + (double)b->stage_row) * (double)p->in.c +
           (double)HG_ARGMAX_ROWS * (double)b->plane;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k);
    return b.ring <= HG_RESIZE_MOST_TAPS && b.h.taps <= HG_RESIZE_MOST_TAPS &&
           scratch_floats(p, &b) < 0x1p28;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_resize_axes a = hg_resize_axes_of(p);
    const double v = (double)a.v.taps, h = (double)a.h.taps, c = (double)p->in.c;
    const double row = (double)p->out.n * c * (double)p->out.w;
    const double in_rows = HG_MIN((double)p->in.h, v * (double)p->out.h);
    const double steps = row * (in_rows * (h + 2.0) + (double)p->out.h * (v + 3.0));
    return HG_MAX(steps * 0.15 / (double)hg_lanes(k), hg_problem_bytes(p) / 45.0) + 500.0;
}

static size_t columns_bytes(const blocking *b, int64_t lanes)
{
    const size_t step = (size_t)b->h.step, groups = step / (size_t)lanes;
    return sizeof(float) * step * (size_t)b->h.taps + sizeof(int32_t) * step +
           sizeof(hg_argmax_group) * groups + sizeof(int32_t) * 2 * (size_t)b->column_blocks;
}

/* Scratch: the ring, the stage, the classes of some rows, and the input row in each row of the
 * ring. */
static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)c;
    const blocking b = blocking_of(p, k);
    *sizes =
        (hg_sizes){.tables = hg_resize_axes_of(p).bytes + sizeof b + columns_bytes(&b, hg_lanes(k)),
                   .scratch = sizeof(float) * (size_t)scratch_floats(p, &b) +
                              (sizeof(int64_t) + sizeof(bool)) * (size_t)b.ring,
                   .ranges = {p->out.n * b.row_blocks * b.column_blocks}};
}

/* Outputs [x, x + lanes), of which those beyond the width take what the last takes. */
static hg_argmax_group group_of(const hg_resize_axis *h, int64_t x, int64_t lanes, int32_t *place)
{
    int32_t low = INT32_MAX, high = 0;
    for (int64_t i = 0; i < lanes; i++) {
        place[i] = h->first[HG_MIN(x + i, h->out - 1)];
        low = HG_MIN(low, place[i]);
        high = HG_MAX(high, place[i]);
    }
    for (int64_t i = 0; i < lanes; i++) place[i] -= low;
    return (hg_argmax_group){low, high - low < lanes};
}

/* The pixels under the outputs [x, end). */
static void find_under(const hg_resize_axis *h, int64_t x, int64_t end, int32_t under[2])
{
    under[0] = INT32_MAX, under[1] = 0;
    for (; x < HG_MIN(end, h->out); x++) {
        if (h->count[x] == 0) continue;
        under[0] = HG_MIN(under[0], h->first[x]);
        under[1] = HG_MAX(under[1], h->first[x] + h->count[x]);
    }
    under[0] = HG_MIN(under[0], under[1]);
}

static bool any_wild(const hg_resize_axis *axis)
{
    bool wild = false;
    for (int64_t i = 0; i < axis->taps * axis->out; i++)
        wild |= !(fabsf(axis->weight[i]) < WILD_WEIGHT);
    return wild;
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_resize_prepare(p, k, c, tables);
    const hg_resize_axis *h = &((hg_resize_axes *)tables)->h;
    const int64_t lanes = hg_lanes(k);
    blocking *b = hg_resize_behind(tables);
    *b = blocking_of(p, k);
    b->wild = any_wild(h) || any_wild(&((hg_resize_axes *)tables)->v);
    float *weight = (float *)(b + 1);
    int32_t *place = (int32_t *)(weight + b->h.taps * b->h.step);
    hg_argmax_group *group = (hg_argmax_group *)(place + b->h.step);
    int32_t *under = (int32_t *)(group + b->h.step / lanes);
    for (int64_t i = 0; i < b->h.taps; i++)
        for (int64_t x = 0; x < b->h.step; x++)
            weight[i * b->h.step + x] = x < h->out ? h->weight[i * h->out + x] : 0.0f;
    for (int64_t x = 0; x < b->h.step; x += lanes)
        group[x / lanes] = group_of(h, x, lanes, place + x);
    for (int64_t i = 0; i < b->column_blocks; i++)
        find_under(h, i * b->columns, (i + 1) * b->columns, under + 2 * i);
    b->h.group = group, b->h.place = place, b->h.weight = weight, b->under = under;
}

/* ---- Run time ---- */

/* The parts of a worker's scratch, and the block that they serve. */
typedef struct state {
    const hg_task *t;
    const blocking *b;
    const hg_argmax_ukernels *u;
    const float *image;
    int64_t block; /* of columns */
    float *ring, *stage;
    int32_t *classes;
    int64_t *held; /* the input row in each row of the ring, or -1 */
    bool *tame;    /* ... and whether all of it is */
} state;

static state open_state(const hg_task *t)
{
    const blocking *b = hg_resize_behind(t->tables);
    const int64_t channels = t->problem->in.c;
    state s = {.t = t, .b = b, .u = t->kernel->run.resize_argmax, .ring = t->scratch};
    s.stage = s.ring + b->ring * channels * b->plane;
    s.classes = (int32_t *)(s.stage + channels * b->stage_row);
    s.held = (int64_t *)(void *)(s.classes + HG_ARGMAX_ROWS * b->plane);
    s.tame = (bool *)(s.held + b->ring);
    return s;
}

/* The pixels of an input row under the block, in planes. */
static void stage(const state *s, int64_t iy)
{
    const hg_problem *p = s->t->problem;
    const hg_strides *si = &p->in.strides;
    const int64_t from = s->b->under[2 * s->block], to = s->b->under[2 * s->block + 1];
    if (from == to) return;
    const float *row = s->image + iy * si->h + from * si->w;
    float *out = s->stage + from;
    if (p->in.layout == HG_NHWC) {
        hg_transpose_of(s->u->transposer, sizeof *out)(row, si->w, out, s->b->stage_row, to - from,
                                                       p->in.c);
        return;
    }
    for (int64_t c = 0; c < p->in.c; c++)
        memcpy(out + c * s->b->stage_row, row + c * si->c, (size_t)(to - from) * sizeof *out);
}

/* The input row in the ring. */
static const float *row_of(const state *s, int64_t iy, int64_t width, bool *tame)
{
    const blocking *b = s->b;
    const int64_t slot = iy % b->ring, channels = s->t->problem->in.c;
    float *ring = s->ring + slot * channels * b->plane;
    if (s->held[slot] != iy) {
        stage(s, iy);
        s->held[slot] = iy;
        s->tame[slot] = !s->u->along_x(&(hg_argmax_along_x_args){.columns = b->h,
                                                                 .stage = s->stage,
                                                                 .ring = ring,
                                                                 .channels = channels,
                                                                 .stage_row = b->stage_row,
                                                                 .plane = b->plane,
                                                                 .x = s->block * b->columns,
                                                                 .width = width});
    }
    *tame = *tame && s->tame[slot];
    return ring;
}

/* `height` rows of classes from output row oy on, which have the same taps. */
static void find_classes(const state *s, int64_t oy, int64_t height, int64_t width)
{
    const blocking *b = s->b;
    const hg_resize_axis *v = &((const hg_resize_axes *)s->t->tables)->v;
    const float *rows[HG_RESIZE_MOST_TAPS];
    float weight[HG_RESIZE_MOST_TAPS]; /* of one output row: rows without are left out */
    hg_argmax_classes_args a = {.rows = rows,
                                .weight = v->holes ? weight : v->weight + oy,
                                .classes = s->classes,
                                .weight_step = v->holes ? 1 : v->out,
                                .channels = s->t->problem->in.c,
                                .plane = b->plane,
                                .width = width,
                                .height = height,
                                .tame = !b->wild};
    for (int64_t k = 0; k < v->count[oy]; k++) {
        weight[a.taps] = v->weight[k * v->out + oy];
        if (weight[a.taps] != 0.0f) rows[a.taps++] = row_of(s, v->first[oy] + k, width, &a.tame);
    }
    if (a.taps)
        s->u->classes(&a);
    else
        memset(s->classes, 0, (size_t)(height * b->plane) * sizeof *s->classes);
}

static void run_block(state *s, int64_t n, int64_t y, int64_t y_end)
{
    const hg_problem *p = s->t->problem;
    const hg_strides *so = &p->out.strides;
    const hg_resize_axis *v = &((const hg_resize_axes *)s->t->tables)->v;
    const int64_t x = s->block * s->b->columns;
    const int64_t width = HG_MIN(s->b->columns, s->b->h.step - x); /* whole vectors */
    s->image = s->t->input + n * p->in.strides.n;
    for (int64_t i = 0; i < s->b->ring; i++) s->held[i] = -1;
    for (int64_t oy = y, height; oy < y_end; oy += height) {
        height = HG_MIN(HG_MIN(v->same[oy], HG_ARGMAX_ROWS), y_end - oy);
        find_classes(s, oy, height, width);
        for (int64_t i = 0; i < height; i++)
            hg_put_classes(p->out.dtype, s->t->output, n * so->n + (oy + i) * so->h + x * so->w,
                           so->w, s->classes + i * s->b->plane, HG_MIN(width, p->out.w - x));
    }
}

static void run(const hg_task *t, int stage_, int64_t begin, int64_t end)
{
    (void)stage_;
    state s = open_state(t);
    for (int64_t i = begin; i < end; i++) {
        const int64_t rest = i / s.b->column_blocks, y = rest % s.b->row_blocks * s.b->rows;
        s.block = i % s.b->column_blocks;
        run_block(&s, rest / s.b->row_blocks, y, HG_MIN(y + s.b->rows, t->problem->out.h));
    }
}

const hg_algorithm hg_resize_argmax2d_rows = {.name = "argmax_rows",
                                              .supports = supports,
                                              .cost = cost,
                                              .size = size,
                                              .prepare = prepare,
                                              .run = run};
