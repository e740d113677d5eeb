#include "kernels/pool2d/nchw/bands.h"

#include <math.h>

enum {
    BAND_BYTES = 24 * 1024, /* of input, strips and buffer */
    MOST_BYTES = 1024 * 1024,
    MOST_REACH = 4096,
    LEAST_WIDTH = 3 /* vectors straight from the input that pay for two strips */
};

/* Rows and columns that a window spans. */
static hg_size2 reach_of(const hg_problem *p)
{
    return (hg_size2){(p->kernel.h - 1) * p->dilation.h + 1, (p->kernel.w - 1) * p->dilation.w + 1};
}

static int64_t lanes_of(const hg_kernel *k)
{
    return hg_isa_model_of(k->isa)->lanes;
}

int64_t hg_pool_slack(const hg_kernel *k)
{
    return 4 * lanes_of(k);
}

int64_t hg_pool_row_floats(const hg_problem *p, const hg_kernel *k)
{
    return HG_ROUND_UP(p->out.w, lanes_of(k));
}

/* ---- Strips ---- */

/* Strip whose first output is x. */
static hg_pool_strip strip_at(const hg_problem *p, const hg_kernel *k, int64_t x, int64_t outputs)
{
    if (outputs == 0) return (hg_pool_strip){.x = x};
    const int64_t lanes = lanes_of(k), s = p->stride.w, reach = reach_of(p).w;
    const int64_t first = x * s - p->pad.left, end = first + (outputs - 1) * s + reach;
    const int64_t column = HG_MAX(first, 0);
    const int64_t floats = (HG_ROUND_UP(outputs, lanes) - 1) * s + reach + hg_pool_slack(k);
    return (hg_pool_strip){.pitch = HG_ROUND_UP(floats, lanes),
                           .x = x,
                           .outputs = outputs,
                           .column = column,
                           .floats = HG_MAX(HG_MIN(end, p->in.w) - column, 0),
                           .offset = column - first};
}

void hg_pool_one_strip(const hg_problem *p, const hg_kernel *k, hg_pool_strip strips[2])
{
    strips[0] = strip_at(p, k, 0, p->out.w);
    strips[1] = strip_at(p, k, p->out.w, 0);
}

void hg_pool_edge_strips(const hg_problem *p, const hg_kernel *k, bool exact,
                         hg_pool_strip strips[2])
{
    const int64_t lanes = lanes_of(k), s = p->stride.w;
    const int64_t left = HG_ROUND_UP(HG_CEIL_DIV(p->pad.left, s), lanes);
    const int64_t reach = (lanes - 1) * s + reach_of(p).w - 1 + !exact; /* of a vector's taps */
    const int64_t last = p->in.w - 1 + p->pad.left - reach;             /* where they may begin */
    const int64_t fit = last < left * s ? left : HG_MIN(last / s + lanes, p->out.w);
    const int64_t rest = HG_ROUND_UP(p->out.w - fit, lanes);
    hg_pool_one_strip(p, k, strips);
    if (p->out.w - left - rest < LEAST_WIDTH * lanes) return;
    strips[0] = strip_at(p, k, 0, left);
    strips[1] = strip_at(p, k, p->out.w - rest, rest);
}

/* ---- Bands ---- */

void hg_pool_bands_cut(const hg_problem *p, int64_t row_floats, int64_t least, hg_pool_bands *b)
{
    const int64_t reach = reach_of(p).h;
    const int64_t copies = b->strips[0].pitch + b->strips[1].pitch;
    const int64_t parts = b->parts ? b->strips[0].pitch : 0;
    const int64_t rows =
        (BAND_BYTES / ((int64_t)sizeof(float) * row_floats) - reach) / p->stride.h + 1;
    b->rows = HG_CEIL_DIV(p->out.h, HG_CEIL_DIV(p->out.h, HG_MAX(rows, least)));
    b->count = HG_CEIL_DIV(p->out.h, b->rows);
    b->in_rows = (b->rows - 1) * p->stride.h + reach;
    b->pointers = b->pieces * (b->in_rows + p->stride.h);
    b->floats = b->nothing + (copies + parts) * HG_MIN(b->in_rows, p->in.h) +
                b->buffer_row * (b->one_row ? 1 : b->in_rows);
}

bool hg_pool_bands_fit(const hg_problem *p, const hg_pool_bands *b)
{
    const hg_size2 r = reach_of(p);
    return r.h <= MOST_REACH && r.w <= MOST_REACH && p->stride.h <= MOST_REACH &&
           p->stride.w <= MOST_REACH && b->floats * (int64_t)sizeof(float) <= MOST_BYTES;
}

void hg_pool_bands_size(const hg_problem *p, const hg_kernel *k, const hg_pool_bands *b,
                        hg_sizes *sizes)
{
    *sizes = (hg_sizes){.tables = hg_pool_scales_size(p, k),
                        .scratch = sizeof(float *) * (size_t)b->pointers +
                                   sizeof(float) * (size_t)b->floats,
                        .stages = 1,
                        .ranges = {p->out.n * p->out.c * b->count}};
}

/* What all bands share. Scratch is the identity all over; kernels leave it so around the copies. */
static hg_pool_band_args common_args(const hg_task *t, const hg_pool_bands *b)
{
    const hg_problem *p = t->problem;
    const float identity = p->op == HG_OP_AVG_POOL2D ? 0.0f : -INFINITY;
    const int64_t copied = HG_MIN(b->in_rows, p->in.h);
    const float **pointers = t->scratch;
    float *at = (void *)(pointers + b->pointers);
    for (int64_t i = 0; i < b->floats; i++) at[i] = identity;
    hg_pool_band_args a = {.in_plane = p->in.strides.c,
                           .out_plane = p->out.strides.c,
                           .scales = hg_pool_scales_of(p, t->tables),
                           .strips = {b->strips[0], b->strips[1]},
                           .rows = pointers,
                           .nothing = at,
                           .buffer_row = b->buffer_row,
                           .in_row = p->in.strides.h,
                           .in_width = p->in.w,
                           .left = p->pad.left,
                           .width = p->out.w,
                           .out_row = p->out.strides.h,
                           .window = p->kernel,
                           .stride = p->stride,
                           .dilation = p->dilation};
    at += b->nothing;
    a.strips[0].rows = at;
    a.strips[1].rows = at += b->strips[0].pitch * copied;
    a.parts = at += b->strips[1].pitch * copied;
    a.buffer = at + (b->parts ? b->strips[0].pitch * copied : 0);
    return a;
}

/* Output rows from y on. */
static void set_band(const hg_problem *p, const hg_pool_bands *b, int64_t y, hg_pool_band_args *a)
{
    a->height = HG_MIN(b->rows, p->out.h - y);
    const int64_t first = y * p->stride.h - p->pad.top;
    const int64_t last = first + (a->height - 1) * p->stride.h + reach_of(p).h;
    const int64_t row = HG_MIN(HG_MAX(first, 0), p->in.h);
    a->band_rows = last - first;
    a->above = HG_MIN(row, last) - first;
    a->in_rows = HG_MAX(HG_MIN(last, p->in.h) - row, 0);
    a->input += HG_MIN(row, p->in.h - 1) * p->in.strides.h;
    a->output += y * p->out.strides.h;
}

/* Whole planes of an image go together. */
void hg_pool_bands_run(const hg_task *t, const hg_pool_bands *b, int64_t begin, int64_t end)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides;
    hg_pool_band_args a = common_args(t, b);
    const int64_t *scale_rows = a.scales.rows;
    for (int64_t i = begin; i < end; i += a.planes) {
        const int64_t plane = i / b->count, y = i % b->count * b->rows;
        const int64_t n = plane / p->out.c, c = plane % p->out.c;
        a.planes = b->count == 1 ? HG_MIN(p->out.c - c, end - i) : 1;
        a.input = t->input + n * si->n + c * si->c;
        a.output = t->output + n * so->n + c * so->c;
        if (scale_rows) a.scales.rows = scale_rows + y;
        set_band(p, b, y, &a);
        t->kernel->run.pool_band(&a);
    }
}

/* Steps of a vector: taps of all rows across, and of all outputs down. */
double hg_pool_bands_cost(const hg_problem *p, const hg_kernel *k, double taps, double step_ns)
{
    const hg_isa_model *isa = hg_isa_model_of(k->isa);
    const double planes = (double)p->out.n * (double)p->out.c, kh = (double)p->kernel.h;
    const double vectors = (double)HG_CEIL_DIV(p->out.w, (int64_t)isa->lanes);
    const double loads = p->stride.w == 1 ? 1.0 : p->stride.w == 2 ? 2.0 : 10.0;
    const double down = p->stride.h == 1 ? HG_MIN(kh, 4.0) : kh;
    const double steps = (double)p->in.h * (taps * loads + 2.0) + (double)p->out.h * (down + 1.0);
    const double each = step_ns * isa->lanes / (8.0 * isa->rate);
    return HG_MAX(planes * (vectors * steps * each + 20.0), hg_problem_bytes(p) / 30.0) + 200.0;
}
