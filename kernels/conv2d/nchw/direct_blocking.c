/* Bands, and cycles of their parts. Contract: direct_blocking.h. */
#include "kernels/conv2d/nchw/direct_blocking.h"

#include <math.h>

#include "kernels/conv2d/nchw/direct.h"
#include "kernels/geometry.h"

typedef hg_direct_nchw_blocking blocking;

enum {
    N = HG_DIRECT_NCHW_CHANNELS,
    STRIP_BYTES = 64 << 10,      /* of a band: L1, or L2 where that means fewer bands */
    MAX_STRIP_BYTES = 512 << 10, /* L2 */
    MAX_DEPTH = 1 << 14,
    FEW_VECTORS = 12,      /* of a band: a few tiles for each reading of the weights */
    FEW_ROWS = 6,          /* of a band: what lies under two bands is copied twice */
    FEW_CHANNELS = 16,     /* of a range: each fills the strips */
    RANGES = 32,           /* for 16 threads */
    LARGE_BYTES = 2 << 20, /* of input and output: beyond L2 */
    MIN_WORK = 1 << 16,    /* multiply-adds: a microsecond or so */
    CUTS = 8               /* heights of bands that are tried */
};

int64_t hg_direct_nchw_strips(const hg_problem *p, const blocking *b, int64_t rows)
{
    return (rows - 1) * b->below + hg_window_reach(p).h;
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
    return hg_is_pointwise(p) && p->in.strides.h == p->in.w && p->out.strides.h == p->out.w &&
           (!p->post.residual || p->residual_strides.h == p->out.w);
}

/* What follows from the lines of a band. */
static blocking in_bands(const hg_problem *p, const blocking *whole, int64_t lanes, int64_t block)
{
    blocking b = *whole;
    b.block = block;
    b.bands = HG_CEIL_DIV(b.lines, HG_MAX(block, 1));
    b.out_rows = b.flat ? 1 : block;
    b.width = b.flat ? block : p->out.w;
    b.lanes = HG_MIN(b.width, lanes);
    b.vectors = HG_CEIL_DIV(b.width, lanes);
    const int64_t reach = (p->kernel.w - 1) * p->dilation.w;
    const int64_t columns = (b.width - 1) * p->stride.w + reach + 1;
    b.left = hg_clamp(p->pad.left, 0, columns);
    b.inside = b.flat ? block : hg_clamp(p->pad.left + p->in.w, b.left, columns) - b.left;
    b.rows = hg_direct_nchw_strips(p, &b, b.out_rows);
    b.residues = p->kernel.w == 1 ? 1 : p->stride.w;
    b.pitch = HG_ROUND_UP(HG_MAX(b.width, lanes) + reach / p->stride.w, lanes);
    /* An odd number of cache lines: channels a power of two apart would share cache sets. */
    b.plane = (HG_CEIL_DIV(b.rows * b.pitch * b.residues, HG_CACHELINE) | 1) * HG_CACHELINE;
    b.bytes = (int64_t)sizeof(float) * (b.c_group * b.plane + b.pitch + lanes);
    return b;
}

/* Cycles of a tile of v vectors and n channels: products, which wait for those before them in their
 * sums, or two loads a cycle, of which those of inputs often straddle cache lines; and its end. */
static double tile_cycles(const blocking *b, int64_t v, int64_t n)
{
    const double loads = (1.5 * (double)v + (double)n + 1.0) / 2, sums = (double)(v * n);
    return (double)b->depth * HG_MAX(HG_MAX(sums / 2, loads), 4.0) + 10.0 + sums;
}

/* Cycles of the microkernel for the vectors of a band and n channels. */
static double block_cycles(const hg_kernel *k, const blocking *b, int64_t n)
{
    const int64_t whole = k->run.direct_nchw->vectors[n - 1], half = (whole + 1) / 2;
    const int64_t all = b->out_rows * b->vectors;
    int64_t tiles = HG_CEIL_DIV(HG_MAX(all - 2 * half, 0), whole), left = all - tiles * whole;
    if (left > half && left <= whole) tiles++, left = 0;
    return 20.0 + (double)tiles * tile_cycles(b, whole, n) +
           (double)HG_CEIL_DIV(left, half) * tile_cycles(b, half, n);
}

/* Cycles of an image. */
static double image_cycles(const hg_problem *p, const hg_kernel *k, const blocking *b)
{
    const double in_vectors = (double)b->inside / (double)hg_lanes(k);
    /* Pixels of a plane come from afar, rows of one follow each other. */
    const double row = b->flat            ? 10.0 + 2.0 * in_vectors
                       : p->stride.w == 1 ? 7.0 + in_vectors
                       : p->stride.w == 2 ? 12.0 + 2.2 * in_vectors
                                          : 10.0 + 1.5 * (double)b->inside;
    double cycles = (double)b->c_group * ((double)b->rows * row + 10.0) + 50.0;
    cycles += (double)(b->k_group / N) * block_cycles(k, b, N);
    if (b->k_group % N) cycles += block_cycles(k, b, b->k_group % N);
    const double bands = (double)b->lines / (double)b->block; /* the last may be smaller */
    return cycles * (double)p->groups * bands;
}

/* Lines of a band: as many as STRIP_BYTES hold; among the heights from there down to half as many
 * the one that wastes least. */
static int64_t default_block(const hg_problem *p, const hg_kernel *k, const blocking *whole)
{
    const int64_t lanes = hg_lanes(k);
    const blocking one = in_bands(p, whole, lanes, whole->flat ? lanes : 1);
    const int64_t row = one.c_group * one.pitch * one.residues * (int64_t)sizeof(float);
    const int64_t few =
        whole->flat ? FEW_VECTORS * lanes : HG_MAX(FEW_ROWS, HG_CEIL_DIV(FEW_VECTORS, one.vectors));
    const int64_t fit =
        whole->flat ? STRIP_BYTES / row * lanes : (STRIP_BYTES / row - one.rows) / one.below + 1;
    const int64_t most = HG_MAX(HG_CEIL_DIV(whole->lines, few), 1);
    const int64_t least = hg_clamp(HG_CEIL_DIV(whole->lines, HG_MAX(fit, few)), 1, most);
    int64_t best = HG_MAX(whole->lines, 1);
    double best_cycles = INFINITY;
    for (int64_t i = 0; i < CUTS; i++) {
        const int64_t bands = HG_MIN(least + i * HG_CEIL_DIV(least, CUTS), most);
        int64_t block = HG_CEIL_DIV(whole->lines, bands);
        if (whole->flat) block = HG_MIN(HG_ROUND_UP(block, lanes), whole->lines);
        const blocking b = in_bands(p, whole, lanes, HG_MAX(block, 1));
        const double cycles = image_cycles(p, k, &b);
        if (cycles < best_cycles) best = b.block, best_cycles = cycles;
    }
    return best;
}

/* Channels of a range: all of a group, but work for threads. */
static int64_t default_chunk(const hg_problem *p, const blocking *b)
{
    const double images = (double)(HG_MAX(p->out.n, 1) * p->groups * HG_MAX(b->bands, 1));
    const double work = (double)(b->k_group * b->depth * b->out_rows) * (double)b->width;
    const int64_t most = HG_MAX(b->k_group / FEW_CHANNELS, 1);
    const int64_t cuts = hg_clamp((int64_t)HG_MIN(RANGES / images, work / MIN_WORK), 1, most);
    return HG_ROUND_UP(HG_CEIL_DIV(b->k_group, cuts), N);
}

blocking hg_direct_nchw_blocking_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    /* Rows between the windows are left out of the strips. */
    const int64_t every = p->kernel.h == 1 ? p->stride.h : 1;
    blocking b = {.flat = is_flat(p),
                  .c_group = p->in.c / p->groups,
                  .k_group = p->out.c / p->groups,
                  .depth = hg_problem_reduction(p),
                  .every = every,
                  .below = p->stride.h / every};
    const int64_t lanes = hg_lanes(k);
    b.lines = b.flat ? p->out.h * p->out.w : p->out.h;
    int64_t block = c->block ? hg_clamp(c->block, 1, b.lines) : default_block(p, k, &b);
    if (b.flat && block < b.lines) block = HG_MIN(HG_ROUND_UP(block, lanes), b.lines);
    b = in_bands(p, &b, lanes, block);
    b.chunk = c->channels ? HG_MIN(HG_ROUND_UP(c->channels, N), HG_ROUND_UP(b.k_group, N))
                          : default_chunk(p, &b);
    b.chunks = HG_CEIL_DIV(b.k_group, b.chunk);
    return b;
}

/* Not rows that would leave half of each vector idle. */
bool hg_direct_nchw_fits(const hg_problem *p, const hg_kernel *k)
{
    if (!is_flat(p) && row_bytes(p) > MAX_STRIP_BYTES) return false;
    const blocking b = hg_direct_nchw_blocking_of(p, k, &(hg_config){0});
    return 2 * b.width > hg_lanes(k) && b.depth <= MAX_DEPTH && b.bytes <= MAX_STRIP_BYTES;
}

/* Repacking, which this is compared with, is faster than its estimate while tensors stay in L2. */
double hg_direct_nchw_cost(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = hg_direct_nchw_blocking_of(p, k, &(hg_config){0});
    const double peak = 100.0 * hg_rate(k);
    const double rate = 4.0 * (double)hg_lanes(k) / peak; /* ns of a cycle */
    const double caution = hg_problem_bytes(p) > LARGE_BYTES ? 1.11 : 1.24;
    const double ns = image_cycles(p, k, &b) * (double)p->out.n * rate * caution;
    return HG_MAX(ns, hg_roofline(p, 0.0, 1.0)) + 0.01 * ns; /* no ties */
}
