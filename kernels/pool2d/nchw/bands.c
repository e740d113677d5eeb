#include "kernels/pool2d/nchw/bands.h"

#include <math.h>

#include "kernels/geometry.h"

enum {
    BAND_BYTES = 24 * 1024, /* of input, strips and buffer */
    MOST_BYTES = 1024 * 1024,
    MOST_REACH = 4096,
    LEAST_WIDTH = 3 /* vectors straight from the input that pay for two strips */
};

/* The tables: how planes are cut, what all calls share, then the scales. The first pointers of the
 * arguments are into scratch: they are set at run time. */
typedef struct blocking {
    int64_t rows, count, in_rows; /* output rows of a band, bands of a plane, input rows at most */
    int64_t copied;               /* rows of a strip */
    bool parts;                   /* as in hg_pool_bands */
    int64_t nothing;              /* floats; behind them the strips, the parts and the buffer */
    int64_t pointers, floats;     /* of scratch */
    hg_pool_band_args args;
} blocking;

/* Floats that may be read behind the last window of a strip. */
static int64_t slack_of(const hg_kernel *k)
{
    return 4 * hg_lanes(k);
}

/* ---- Strips ---- */

/* Strip whose first output is x. */
static hg_pool_strip strip_at(const hg_problem *p, const hg_kernel *k, int64_t x, int64_t outputs)
{
    if (outputs == 0) return (hg_pool_strip){.x = x};
    const int64_t lanes = hg_lanes(k), s = p->stride.w, reach = hg_window_reach(p).w;
    const int64_t first = x * s - p->pad.left, end = first + (outputs - 1) * s + reach;
    const int64_t column = HG_MAX(first, 0);
    const int64_t floats = (HG_ROUND_UP(outputs, lanes) - 1) * s + reach + slack_of(k);
    return (hg_pool_strip){.pitch = HG_ROUND_UP(floats, lanes),
                           .x = x,
                           .outputs = outputs,
                           .column = column,
                           .floats = HG_MAX(HG_MIN(end, p->in.w) - column, 0),
                           .offset = column - first};
}

static void set_strips(const hg_problem *p, const hg_kernel *k, const hg_pool_bands *a,
                       hg_pool_strip strips[2])
{
    const int64_t lanes = hg_lanes(k), s = p->stride.w;
    strips[0] = strip_at(p, k, 0, a->strips == HG_NO_STRIPS ? 0 : p->out.w);
    strips[1] = strip_at(p, k, p->out.w, 0);
    if (a->strips != HG_EDGE_STRIPS) return;
    const bool pairs = a->pairs && s == 2;
    const int64_t left = HG_ROUND_UP(HG_CEIL_DIV(p->pad.left, s), lanes);
    const int64_t reach =
        (lanes - 1) * s + hg_window_reach(p).w - 1 + pairs; /* of a vector's taps */
    const int64_t last = p->in.w - 1 + p->pad.left - reach; /* where they may begin */
    const int64_t fit = last < left * s ? left : HG_MIN(last / s + lanes, p->out.w);
    const int64_t rest = HG_ROUND_UP(p->out.w - fit, lanes);
    if (p->out.w - left - rest < LEAST_WIDTH * lanes) return;
    strips[0] = strip_at(p, k, 0, left);
    strips[1] = strip_at(p, k, p->out.w - rest, rest);
}

/* ---- Bands ---- */

/* What decides how many rows stay in L1: input, strips and buffer per row of a band. */
static blocking blocking_of(const hg_problem *p, const hg_kernel *k)
{
    const hg_pool_bands *a = (const hg_pool_bands *)k->algorithm;
    const hg_size2 reach = hg_window_reach(p);
    blocking b = {.parts = a->parts,
                  .args = {.in_plane = p->in.strides.c,
                           .out_plane = p->out.strides.c,
                           .in_row = p->in.strides.h,
                           .in_width = p->in.w,
                           .left = p->pad.left,
                           .width = p->out.w,
                           .out_row = p->out.strides.h,
                           .window = p->kernel,
                           .stride = p->stride,
                           .dilation = p->dilation}};
    set_strips(p, k, a, b.args.strips);
    if (a->buffer != HG_NO_BUFFER) b.args.buffer_row = HG_ROUND_UP(p->out.w, hg_lanes(k));
    const int64_t strips = b.args.strips[0].pitch + b.args.strips[1].pitch;
    const int64_t copies = strips + (a->parts ? b.args.strips[0].pitch : 0);
    const int64_t row = copies + b.args.buffer_row + HG_MIN(p->in.w, p->out.w * p->stride.w);
    const int64_t fit = BAND_BYTES / ((int64_t)sizeof(float) * row);
    const int64_t rows = HG_MAX((fit - reach.h) / p->stride.h + 1, a->least);
    b.rows = HG_CEIL_DIV(p->out.h, HG_CEIL_DIV(p->out.h, rows));
    b.count = HG_CEIL_DIV(p->out.h, b.rows);
    b.in_rows = (b.rows - 1) * p->stride.h + reach.h;
    b.copied = HG_MIN(b.in_rows, p->in.h);
    b.nothing = a->nothing ? HG_MAX(p->in.w, strips) + slack_of(k) : 0;
    b.pointers = a->pieces * (b.in_rows + p->stride.h);
    b.floats = b.nothing + copies * b.copied +
               b.args.buffer_row * (a->buffer == HG_BUFFER_ROW ? 1 : b.in_rows);
    return b;
}

bool hg_pool_bands_fit(const hg_problem *p, const hg_kernel *k)
{
    const hg_size2 r = hg_window_reach(p);
    return r.h <= MOST_REACH && r.w <= MOST_REACH && p->stride.h <= MOST_REACH &&
           p->stride.w <= MOST_REACH &&
           blocking_of(p, k).floats * (int64_t)sizeof(float) <= MOST_BYTES;
}

void hg_pool_bands_size(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                        hg_sizes *sizes)
{
    (void)c;
    const blocking b = blocking_of(p, k);
    *sizes = (hg_sizes){.tables = sizeof b + hg_pool_scales_size(p, k),
                        .scratch =
                            sizeof(float *) * (size_t)b.pointers + sizeof(float) * (size_t)b.floats,
                        .ranges = {p->out.n * p->out.c * b.count}};
}

void hg_pool_bands_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                           void *tables)
{
    blocking *b = tables;
    *b = blocking_of(p, k);
    hg_pool_prepare_scales(p, k, c, b + 1);
    b->args.scales = hg_pool_scales_of(p, b + 1);
}

/* What all bands share. Scratch is the identity all over; kernels leave it so around the copies. */
static hg_pool_band_args common_args(const hg_task *t, const blocking *b)
{
    const float identity = t->problem->op == HG_OP_AVG_POOL2D ? 0.0f : -INFINITY;
    hg_pool_band_args a = b->args;
    a.rows = t->scratch;
    float *at = (void *)(a.rows + b->pointers);
    for (int64_t i = 0; i < b->floats; i++) at[i] = identity;
    a.nothing = at;
    a.strips[0].rows = at += b->nothing;
    a.strips[1].rows = at += a.strips[0].pitch * b->copied;
    a.parts = at += a.strips[1].pitch * b->copied;
    a.buffer = at + (b->parts ? a.strips[0].pitch * b->copied : 0);
    return a;
}

/* Output rows from y on. */
static void set_band(const hg_problem *p, const blocking *b, int64_t y, hg_pool_band_args *a)
{
    a->height = HG_MIN(b->rows, p->out.h - y);
    const int64_t first = y * p->stride.h - p->pad.top;
    const int64_t last = first + (a->height - 1) * p->stride.h + hg_window_reach(p).h;
    const int64_t row = HG_MIN(HG_MAX(first, 0), p->in.h);
    a->band_rows = last - first;
    a->above = HG_MIN(row, last) - first;
    a->in_rows = HG_MAX(HG_MIN(last, p->in.h) - row, 0);
    a->input += HG_MIN(row, p->in.h - 1) * p->in.strides.h;
    a->output += y * p->out.strides.h;
}

/* Whole planes of an image go together. */
void hg_pool_bands_run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const blocking *b = t->tables;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    hg_pool_band_args a = common_args(t, b);
    for (int64_t i = begin; i < end; i += a.planes) {
        const int64_t plane = i / b->count, y = i % b->count * b->rows;
        const int64_t n = plane / p->out.c, c = plane % p->out.c;
        a.planes = b->count == 1 ? HG_MIN(p->out.c - c, end - i) : 1;
        a.input = t->input + n * si->n + c * si->c;
        a.output = t->output + n * so->n + c * so->c;
        if (a.scales.rows) a.scales.rows = b->args.scales.rows + y;
        set_band(p, b, y, &a);
        t->kernel->run.pool_band(&a);
    }
}

/* Steps of a vector: taps of all rows across, and of all outputs down. Of stride 1 neighbours come
 * by loads, of which half or more cross cache lines, else by shuffles. */
double hg_pool_bands_cost(const hg_problem *p, const hg_kernel *k, double taps, double step_ns)
{
    const hg_isa_model *isa = hg_isa_model_of(k->isa);
    const double planes = (double)p->out.n * (double)p->out.c, kh = (double)p->kernel.h;
    const double vectors = (double)HG_CEIL_DIV(p->out.w, (int64_t)isa->lanes);
    const double loads = p->stride.w == 1 ? 1.0 : p->stride.w == 2 ? 2.0 : 10.0;
    const double down = p->stride.h == 1 ? HG_MIN(kh, 4.0) : kh;
    const double steps = (double)p->in.h * (taps * loads + 2.0) + (double)p->out.h * (down + 1.0);
    const double neighbours = p->stride.w == 1 ? HG_MIN(1.15 * isa->shuffles, 1.0) : isa->shuffles;
    const double each = step_ns * isa->lanes / (8.0 * isa->rate * neighbours);
    return HG_MAX(planes * (vectors * steps * each + 50.0), hg_problem_bytes(p) / 30.0) + 200.0;
}
