/* Pooling of NCHW planes: bands of rows that stay in L1, with copies of what touches the left and
 * right edge, so that kernels know whole windows only. */
#include "kernels/pool2d/pool_planes.h"

#include <math.h>

enum {
    BAND_BYTES = 24 * 1024, /* of input, strips and buffer */
    MOST_BYTES = 1024 * 1024,
    LONG_BAND = 64, /* output rows where rows are read once, whether in L1 or not */
    MIN_BAND = 8,   /* output rows */
    LEAST_WIDTH = 3 /* vectors straight from the input that pay for two strips */
};

typedef struct reach {
    int64_t h, w; /* rows and columns that a window spans */
} reach;

static reach reach_of(const hg_problem *p)
{
    return (reach){(p->kernel.h - 1) * p->dilation.h + 1, (p->kernel.w - 1) * p->dilation.w + 1};
}

static hg_planes_way way_of(const hg_problem *p)
{
    const hg_size2 k = p->kernel, s = p->stride, d = p->dilation;
    const bool even = k.h == k.w && s.h == s.w && d.h == 1 && d.w == 1;
    const bool begin_inside = p->pad.top < 2 && p->pad.left < 2 &&
                              (p->out.h - 1) * s.h - p->pad.top < p->in.h &&
                              (p->out.w - 1) * s.w - p->pad.left < p->in.w;
    if (even && p->out.w >= HG_PLANES_LANES) {
        if (p->op == HG_OP_MAX_POOL2D && k.h == 3 && s.h == 2 && begin_inside)
            return HG_PLANES_K3S2;
        if (p->op == HG_OP_AVG_POOL2D && k.h == 3 && s.h == 1 && p->pad.left == 1 &&
            p->out.w == p->in.w && p->out.w >= 2 * HG_PLANES_LANES && p->out.h > 1)
            return HG_PLANES_AVG3;
        if (p->op == HG_OP_MAX_POOL2D && k.h == 5 && s.h == 1 && p->pad.left == 2 &&
            p->out.w == p->in.w)
            return HG_PLANES_ROWS5;
        if (k.h == 2 && s.h == 2) return HG_PLANES_WALK;
        if ((k.h == 3 && s.h <= 2) || (k.h == 5 && s.h == 1)) return HG_PLANES_WALK;
    }
    return s.w == 1 && d.w == 1 && k.w >= 4 ? HG_PLANES_PARTS : HG_PLANES_PASSES;
}

/* Without strips, and of a buffer there is one row at most. */
static bool reads_once(const hg_problem *p)
{
    return way_of(p) == HG_PLANES_K3S2 || way_of(p) == HG_PLANES_AVG3;
}

static int64_t strip_pitch(const hg_problem *p, int64_t outputs)
{
    if (outputs == 0) return 0;
    const int64_t lanes = HG_ROUND_UP(outputs, (int64_t)HG_PLANES_LANES);
    return HG_ROUND_UP((lanes - 1) * p->stride.w + reach_of(p).w + HG_PLANES_SLACK,
                       (int64_t)HG_PLANES_LANES);
}

/* Strip whose first output is x. */
static hg_pool_strip strip_at(const hg_problem *p, int64_t x, int64_t outputs)
{
    const int64_t first = x * p->stride.w - p->pad.left;
    const int64_t end = first + (outputs - 1) * p->stride.w + reach_of(p).w;
    const int64_t column = HG_MAX(first, 0);
    return (hg_pool_strip){.pitch = strip_pitch(p, outputs),
                           .x = x,
                           .outputs = outputs,
                           .column = column,
                           .floats = HG_MAX(HG_MIN(end, p->in.w) - column, 0),
                           .offset = column - first};
}

/* Floats behind the first that the taps of one vector reach. Where stride 2 has an even number of
 * taps, or just one, the last are loaded with a neighbour that nobody needs. */
static int64_t vector_reach(const hg_problem *p)
{
    const bool exact = p->stride.w != 2 || way_of(p) == HG_PLANES_WALK;
    return (HG_PLANES_LANES - 1) * p->stride.w + reach_of(p).w - 1 + !exact;
}

/* One strip for all outputs, or one for each edge that windows reach beyond. */
static void cut_columns(const hg_problem *p, hg_pool_strip strips[2])
{
    const int64_t lanes = HG_PLANES_LANES, s = p->stride.w;
    const int64_t left = HG_ROUND_UP(HG_CEIL_DIV(p->pad.left, s), lanes);
    const int64_t last = p->in.w - 1 + p->pad.left - vector_reach(p); /* begin of a vector's taps */
    const int64_t fit = last < left * s ? left : HG_MIN(last / s + lanes, p->out.w);
    const int64_t rest = HG_ROUND_UP(p->out.w - fit, lanes);
    strips[0] = strip_at(p, 0, p->out.w);
    strips[1] = (hg_pool_strip){.x = p->out.w};
    if (reads_once(p) || way_of(p) == HG_PLANES_ROWS5) {
        strips[0] = (hg_pool_strip){0};
        return;
    }
    if (way_of(p) == HG_PLANES_PARTS || p->out.w - left - rest < LEAST_WIDTH * lanes) return;
    strips[0] = left ? strip_at(p, 0, left) : (hg_pool_strip){0};
    if (rest) strips[1] = strip_at(p, p->out.w - rest, rest);
}

/* How a plan cuts planes, and its scratch: pointers, then floats. */
typedef struct cut {
    hg_planes_way way;
    hg_pool_strip strips[2];
    int64_t rows, bands;                        /* output rows of a band */
    int64_t band_rows;                          /* input rows of a band, at most */
    int64_t nothing, copies, parts, buffer_row; /* floats; of one row */
    int64_t pointers, floats;
} cut;

static cut cut_of(const hg_problem *p)
{
    const int64_t lanes = HG_PLANES_LANES, h = reach_of(p).h;
    cut s = {.way = way_of(p)};
    cut_columns(p, s.strips);
    const bool walks = s.way == HG_PLANES_WALK;
    s.copies = s.strips[0].pitch + s.strips[1].pitch;
    s.parts = s.way == HG_PLANES_PARTS ? s.strips[0].pitch : 0;
    s.buffer_row = walks ? 0 : HG_ROUND_UP(p->out.w, lanes);
    s.nothing = walks ? HG_MAX(p->in.w, s.copies) + HG_PLANES_SLACK : 0;
    const int64_t row = s.copies + s.parts + s.buffer_row + HG_MIN(p->in.w, p->out.w * p->stride.w);
    const int64_t rows = (BAND_BYTES / ((int64_t)sizeof(float) * row) - h) / p->stride.h + 1;
    s.bands = HG_CEIL_DIV(p->out.h, HG_MAX(rows, reads_once(p) ? LONG_BAND : MIN_BAND));
    s.rows = HG_CEIL_DIV(p->out.h, s.bands);
    s.bands = HG_CEIL_DIV(p->out.h, s.rows);
    s.band_rows = (s.rows - 1) * p->stride.h + h;
    if (reads_once(p)) {
        s.nothing = HG_ROUND_UP(p->in.w, lanes);
        s.floats = s.buffer_row + s.nothing;
        return s;
    }
    s.pointers = walks ? 3 * (s.band_rows + p->stride.h) : 0;
    s.floats = s.nothing + (s.copies + s.parts) * HG_MIN(s.band_rows, p->in.h) +
               s.buffer_row * s.band_rows;
    return s;
}

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const reach r = reach_of(p);
    if (r.h > 4096 || r.w > 4096 || p->stride.h > 4096 || p->stride.w > 4096) return false;
    /* Sliding windows on repacked channels are faster there. */
    const int64_t most = p->op == HG_OP_AVG_POOL2D ? 6 : 7;
    if (way_of(p) == HG_PLANES_PARTS && p->kernel.w > most) return false;
    return cut_of(p).floats * (int64_t)sizeof(float) <= MOST_BYTES;
}

/* ---- Tables: spans, then for averages where the scales of each row begin, then the scales ---- */

static size_t spans_size(const hg_problem *p)
{
    return HG_ROUND_UP(hg_pool_table_size(p), sizeof(int64_t));
}

static int64_t scale_pitch(const hg_problem *p)
{
    return HG_ROUND_UP(p->out.w, (int64_t)HG_PLANES_LANES);
}

static size_t scales_size(const hg_problem *p)
{
    if (p->op != HG_OP_AVG_POOL2D) return 0;
    const int64_t distinct = HG_MIN(p->kernel.h, p->out.h);
    return sizeof(int64_t) * (size_t)p->out.h + sizeof(float) * (size_t)(distinct * scale_pitch(p));
}

static void set_scales(const hg_problem *p, const hg_pool_span *columns, int32_t extent, float *row)
{
    for (int64_t x = 0; x < scale_pitch(p); x++) {
        const double taps = (double)extent * columns[HG_MIN(x, p->out.w - 1)].extent;
        row[x] = 1.0f / (float)(p->pool.divisor > 0 ? (double)p->pool.divisor : taps);
    }
}

/* Rows whose windows are as high share their scales. */
static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_pool_prepare(p, k, c, tables);
    if (p->op != HG_OP_AVG_POOL2D) return;
    const hg_pool_span *rows = tables, *columns = rows + p->out.h;
    int64_t *scale_rows = (void *)((char *)tables + spans_size(p)), used = 0;
    float *scales = (void *)(scale_rows + p->out.h);
    for (int64_t y = 0; y < p->out.h; y++) {
        int64_t like = y ? y - 1 : 0;
        while (like > 0 && rows[like].extent != rows[y].extent) like--;
        if (like < y && rows[like].extent == rows[y].extent) {
            scale_rows[y] = scale_rows[like];
            continue;
        }
        scale_rows[y] = used;
        set_scales(p, columns, rows[y].extent, scales + used);
        used += scale_pitch(p);
    }
}

/* ---- Runs ---- */

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k, (void)c;
    const cut s = cut_of(p);
    *sizes = (hg_sizes){.tables = spans_size(p) + scales_size(p),
                        .scratch =
                            sizeof(float *) * (size_t)s.pointers + sizeof(float) * (size_t)s.floats,
                        .stages = 1,
                        .ranges = {p->out.n * p->out.c * s.bands}};
}

/* What all bands share. Scratch is the identity all over; kernels leave it so around the copies. */
static hg_pool_planes_args common_args(const hg_task *t, const cut *s)
{
    const hg_problem *p = t->problem;
    const float identity = p->op == HG_OP_AVG_POOL2D ? 0.0f : -INFINITY;
    const int64_t copied = HG_MIN(s->band_rows, p->in.h);
    const int64_t *scale_rows = (const void *)((const char *)t->tables + spans_size(p));
    const float **pointers = t->scratch;
    float *at = (void *)(pointers + s->pointers);
    for (int64_t i = 0; i < s->floats; i++) at[i] = identity;
    hg_pool_planes_args a = {.in_plane = p->in.strides.c,
                             .out_plane = p->out.strides.c,
                             .scales = (const void *)(scale_rows + p->out.h),
                             .way = s->way,
                             .strips = {s->strips[0], s->strips[1]},
                             .rows = pointers,
                             .nothing = at,
                             .buffer_row = s->buffer_row,
                             .in_row = p->in.strides.h,
                             .in_width = p->in.w,
                             .left = p->pad.left,
                             .width = p->out.w,
                             .out_row = p->out.strides.h,
                             .window = p->kernel,
                             .stride = p->stride,
                             .dilation = p->dilation};
    at += s->nothing;
    a.strips[0].rows = at;
    a.strips[1].rows = at += s->strips[0].pitch * copied;
    a.parts = at += s->strips[1].pitch * copied;
    a.buffer = at + s->parts * copied;
    return a;
}

/* Output rows from y on. */
static void aim_band(const hg_problem *p, const cut *s, int64_t y, hg_pool_planes_args *a)
{
    a->height = HG_MIN(s->rows, p->out.h - y);
    const int64_t first = y * p->stride.h - p->pad.top;
    const int64_t last = first + (a->height - 1) * p->stride.h + reach_of(p).h;
    const int64_t row = HG_MIN(HG_MAX(first, 0), p->in.h);
    a->band_rows = last - first;
    a->above = HG_MIN(row, last) - first;
    a->in_rows = HG_MAX(HG_MIN(last, p->in.h) - row, 0);
    a->input += HG_MIN(row, p->in.h - 1) * p->in.strides.h;
    a->output += y * p->out.strides.h;
}

/* A range is a band of one plane. Whole planes of an image go together. */
static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    const int64_t *scale_rows = (const void *)((const char *)t->tables + spans_size(p));
    const cut s = cut_of(p);
    hg_pool_planes_args a = common_args(t, &s);
    for (int64_t i = begin; i < end; i += a.planes) {
        const int64_t plane = i / s.bands, y = i % s.bands * s.rows;
        const int64_t n = plane / p->out.c, c = plane % p->out.c;
        a.planes = s.bands == 1 ? HG_MIN(p->out.c - c, end - i) : 1;
        a.input = t->input + n * si->n + c * si->c;
        a.output = t->output + n * so->n + c * so->c;
        a.scale_rows = scale_rows + y;
        aim_band(p, &s, y, &a);
        t->kernel->run.pool_planes(&a);
    }
}

/* Steps of 8 lanes: taps of all rows across, and of all outputs down. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_planes_way way = way_of(p);
    const double planes = (double)p->out.n * (double)p->out.c;
    const double vectors = (double)HG_CEIL_DIV(p->out.w, (int64_t)HG_PLANES_LANES);
    const double kw = (double)p->kernel.w, kh = (double)p->kernel.h;
    const double taps = way == HG_PLANES_PARTS ? 5.0 : kw;
    const double loads = p->stride.w == 1 ? 1.0 : p->stride.w == 2 ? 2.0 : 10.0;
    const double down = p->stride.h == 1 ? HG_MIN(kh, 4.0) : kh;
    const double steps = (double)p->in.h * (taps * loads + 2.0) + (double)p->out.h * (down + 1.0);
    const double isa = 1.0 / hg_isa_model_of(k->isa)->rate;
    const bool small = way == HG_PLANES_ROWS5 || (way == HG_PLANES_WALK && kw > 2.0);
    const double each = isa * (small ? 0.2 : 0.35);
    if (reads_once(p)) return hg_pool_cost(p, 0.9 / isa);
    return HG_MAX(planes * (vectors * steps * each + 20.0), hg_problem_bytes(p) / 30.0) + 200.0;
}

const hg_algorithm hg_pool_planes = {.name = "pool-planes-any",
                                     .supports = supports,
                                     .cost = cost,
                                     .size = size,
                                     .prepare = prepare,
                                     .run = run};
