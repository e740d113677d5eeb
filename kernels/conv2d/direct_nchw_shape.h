/* Part of direct_nchw.c: how a problem is cut into bands, and what that costs. */
#ifndef HG_DIRECT_NCHW_SHAPE_H
#define HG_DIRECT_NCHW_SHAPE_H

#include <math.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/direct_nchw.h"

enum {
    N = HG_DIRECT_NCHW_CHANNELS,
    STRIP_BYTES = 64 << 10,      /* of a band: L1, or L2 where that means fewer bands */
    MAX_STRIP_BYTES = 512 << 10, /* L2 */
    MAX_DEPTH = 1 << 14,
    FEWEST = 8, /* channels, and products of a tap, that are worth a transform of the tiles */
    MANY_PRODUCTS = 256,
    SLACK = 8,             /* floats that may be written after the strips */
    LINE = 16,             /* floats of a cache line */
    FEW_VECTORS = 12,      /* of a band: a few tiles for each reading of the weights */
    FEW_ROWS = 6,          /* of a band: what lies under two bands is copied twice */
    FEW_CHANNELS = 16,     /* of a range: each fills the strips */
    RANGES = 32,           /* for 16 threads */
    LARGE_BYTES = 2 << 20, /* of input and output: beyond L2 */
    CRUMB = 1 << 16,       /* multiply-adds: a microsecond or so */
    CUTS = 8               /* heights of bands that are tried */
};

/* Everything that follows from problem, kernel and config; begins the plan's tables. */
typedef struct shape {
    bool flat; /* lines are pixels */
    int64_t c_group, k_group, depth;
    int64_t lines, block, bands; /* of an image, of a band; bands of an image */
    int64_t chunk, chunks;       /* output channels of a group per range */
    int64_t out_rows, width;     /* rows of outputs of a band, columns of each */
    int64_t vectors, lanes;      /* of a row of outputs, of each */
    int64_t left, inside;        /* zeros before the input, and columns of it, in a row */
    int64_t rows, pitch, plane;  /* of the strips; plane: floats of a channel */
    int64_t residues;            /* of the columns that taps want */
} shape;

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return HG_MAX(low, HG_MIN(v, high));
}

/* Input rows from strip to strip: those between the windows are left out. */
static int64_t row_step(const hg_problem *p)
{
    return p->kernel.h == 1 ? p->stride.h : 1;
}

/* Strips from an output row to the next. */
static int64_t strip_stride(const hg_problem *p)
{
    return p->stride.h / row_step(p);
}

static int64_t strips_under(const hg_problem *p, int64_t rows)
{
    return (rows - 1) * strip_stride(p) + (p->kernel.h - 1) * p->dilation.h + 1;
}

static int64_t strip_bytes(const shape *s)
{
    return (int64_t)sizeof(float) * (s->c_group * s->plane + s->pitch + SLACK);
}

/* Under one row of outputs. In double: any numbers may come here. */
static double row_bytes(const hg_problem *p)
{
    const double rows = (double)(p->kernel.h - 1) * (double)p->dilation.h + 1;
    const double columns = (double)p->out.w * (double)(p->kernel.w == 1 ? 1 : p->stride.w) +
                           (double)(p->kernel.w - 1) * (double)p->dilation.w;
    return (double)sizeof(float) * (double)(p->in.c / p->groups) * rows * columns;
}

static bool is_flat(const hg_problem *p)
{
    const hg_tensor *in = &p->in, *out = &p->out;
    return p->kernel.h * p->kernel.w == 1 && p->stride.h * p->stride.w == 1 && in->h == out->h &&
           in->w == out->w && p->pad.top == 0 && p->pad.left == 0 && in->strides.h == in->w &&
           out->strides.h == out->w && (!p->post.residual || p->residual_strides.h == out->w);
}

/* What follows from the lines of a band. */
static shape cut(const hg_problem *p, const shape *whole, int64_t lanes, int64_t block)
{
    shape s = *whole;
    s.block = block;
    s.bands = HG_CEIL_DIV(s.lines, HG_MAX(block, 1));
    s.out_rows = s.flat ? 1 : block;
    s.width = s.flat ? block : p->out.w;
    s.lanes = HG_MIN(s.width, lanes);
    s.vectors = HG_CEIL_DIV(s.width, lanes);
    const int64_t reach = (p->kernel.w - 1) * p->dilation.w;
    const int64_t columns = (s.width - 1) * p->stride.w + reach + 1;
    s.left = clamp(p->pad.left, 0, columns);
    s.inside = s.flat ? block : clamp(p->pad.left + p->in.w, s.left, columns) - s.left;
    s.rows = strips_under(p, s.out_rows);
    s.residues = p->kernel.w == 1 ? 1 : p->stride.w;
    s.pitch = HG_ROUND_UP(HG_MAX(s.width, lanes) + reach / p->stride.w, lanes);
    /* An odd number of lines: channels a power of two apart would share cache sets. */
    s.plane = (HG_CEIL_DIV(s.rows * s.pitch * s.residues, LINE) | 1) * LINE;
    return s;
}

/* Cycles of a tile of v vectors and n channels: products, which wait for those before them in their
 * sums, or two loads a cycle, of which those of inputs often straddle cache lines; and its end. */
static double tile_cycles(const shape *s, int64_t v, int64_t n)
{
    const double loads = (1.5 * (double)v + (double)n + 1.0) / 2, sums = (double)(v * n);
    return (double)s->depth * HG_MAX(HG_MAX(sums / 2, loads), 4.0) + 10.0 + sums;
}

/* Cycles of the microkernel for the vectors of a band and n channels. */
static double block_cycles(const hg_kernel *k, const shape *s, int64_t n)
{
    const int64_t whole = k->run.direct_nchw->vectors[n - 1], half = (whole + 1) / 2;
    const int64_t all = s->out_rows * s->vectors;
    int64_t tiles = HG_CEIL_DIV(HG_MAX(all - 2 * half, 0), whole), left = all - tiles * whole;
    if (left > half && left <= whole) tiles++, left = 0;
    return 20.0 + (double)tiles * tile_cycles(s, whole, n) +
           (double)HG_CEIL_DIV(left, half) * tile_cycles(s, half, n);
}

/* Cycles of an image. */
static double image_cycles(const hg_problem *p, const hg_kernel *k, const shape *s)
{
    const double in_vectors = (double)s->inside / (double)k->run.direct_nchw->lanes;
    /* Pixels of a plane come from afar, rows of one follow each other. */
    const double row = s->flat            ? 10.0 + 2.0 * in_vectors
                       : p->stride.w == 1 ? 7.0 + in_vectors
                       : p->stride.w == 2 ? 12.0 + 2.2 * in_vectors
                                          : 10.0 + 1.5 * (double)s->inside;
    double cycles = (double)s->c_group * ((double)s->rows * row + 10.0) + 50.0;
    cycles += (double)(s->k_group / N) * block_cycles(k, s, N);
    if (s->k_group % N) cycles += block_cycles(k, s, s->k_group % N);
    const double bands = (double)s->lines / (double)s->block; /* the last may be smaller */
    return cycles * (double)p->groups * bands;
}

/* Lines of a band: as many as STRIP_BYTES hold; among the heights from there down to half as many
 * the one that wastes least. */
static int64_t default_block(const hg_problem *p, const hg_kernel *k, const shape *whole)
{
    const int64_t lanes = k->run.direct_nchw->lanes;
    const shape one = cut(p, whole, lanes, whole->flat ? lanes : 1);
    const int64_t row = one.c_group * one.pitch * one.residues * (int64_t)sizeof(float);
    const int64_t few =
        whole->flat ? FEW_VECTORS * lanes : HG_MAX(FEW_ROWS, HG_CEIL_DIV(FEW_VECTORS, one.vectors));
    const int64_t fit = whole->flat ? STRIP_BYTES / row * lanes
                                    : (STRIP_BYTES / row - one.rows) / strip_stride(p) + 1;
    const int64_t most = HG_MAX(HG_CEIL_DIV(whole->lines, few), 1);
    const int64_t least = clamp(HG_CEIL_DIV(whole->lines, HG_MAX(fit, few)), 1, most);
    int64_t best = HG_MAX(whole->lines, 1);
    double best_cycles = INFINITY;
    for (int64_t i = 0; i < CUTS; i++) {
        const int64_t bands = HG_MIN(least + i * HG_CEIL_DIV(least, CUTS), most);
        int64_t block = HG_CEIL_DIV(whole->lines, bands);
        if (whole->flat) block = HG_MIN(HG_ROUND_UP(block, lanes), whole->lines);
        const shape s = cut(p, whole, lanes, HG_MAX(block, 1));
        const double cycles = image_cycles(p, k, &s);
        if (cycles < best_cycles) best = s.block, best_cycles = cycles;
    }
    return best;
}

/* Channels of a range: all of a group, but work for threads. */
static int64_t default_chunk(const hg_problem *p, const shape *s)
{
    const double images = (double)(HG_MAX(p->out.n, 1) * p->groups * HG_MAX(s->bands, 1));
    const double work = (double)(s->k_group * s->depth * s->out_rows) * (double)s->width;
    const int64_t most = HG_MAX(s->k_group / FEW_CHANNELS, 1);
    const int64_t cuts = clamp((int64_t)HG_MIN(RANGES / images, work / CRUMB), 1, most);
    return HG_ROUND_UP(HG_CEIL_DIV(s->k_group, cuts), N);
}

static shape shape_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    shape s = {.flat = is_flat(p),
               .c_group = p->in.c / p->groups,
               .k_group = p->out.c / p->groups,
               .depth = hg_problem_reduction(p)};
    const int64_t lanes = k->run.direct_nchw->lanes;
    s.lines = s.flat ? p->out.h * p->out.w : p->out.h;
    int64_t block = c->block ? clamp(c->block, 1, s.lines) : default_block(p, k, &s);
    if (s.flat && block < s.lines) block = HG_MIN(HG_ROUND_UP(block, lanes), s.lines);
    s = cut(p, &s, lanes, block);
    s.chunk = c->split ? HG_MIN(HG_ROUND_UP(c->split, N), HG_ROUND_UP(s.k_group, N))
                       : default_chunk(p, &s);
    s.chunks = HG_CEIL_DIV(s.k_group, s.chunk);
    return s;
}

/* Repacking, which this is compared with, is faster than its estimate while tensors stay in L2. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    const double peak = 100.0 * hg_isa_model_of(k->isa)->rate;
    const double rate = 4.0 * (double)k->run.direct_nchw->lanes / peak; /* ns of a cycle */
    const double caution = hg_problem_bytes(p) > LARGE_BYTES ? 1.11 : 1.24;
    const double ns = image_cycles(p, k, &s) * (double)p->out.n * rate * caution;
    return HG_MAX(ns, hg_conv_cost(p, 0.0, 1.0)) + 0.01 * ns; /* no ties */
}

#endif
