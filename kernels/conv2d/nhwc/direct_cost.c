#include <math.h>

#include "kernels/conv2d/nhwc/direct_blocking.h"

/* Products of a partial tile for each of its pixels' inputs, or as many as take its time: fewer
 * than 9 in flight wait for each other; those of the only pixel are taken as several sums, and
 * loads remain. */
static double filled(bool alone, int64_t pixels, int64_t units)
{
    if (alone && units <= 5) return 1.6 * (double)(units + 1);
    return (double)HG_MAX(pixels * units, 9);
}

/* Every tile reads the weights of its panel: from beyond L2 where they do not fit there. */
static double streamed_ns(const hg_direct_blocking *b, int64_t units)
{
    enum { NEAR_BYTES = 3 << 18, FAR_RATE = 29 /* bytes in 1 ns */ };
    const double bytes = 4.0 * (double)(b->depth * units * b->unit);
    return bytes > NEAR_BYTES ? bytes / FAR_RATE : 0.0;
}

/* ns of a tile of dots: vectors of products, which wait for each other where a tile has few sums,
 * then whole vectors of sums. The input comes from L2, and so do weights that L1 does not keep. */
static double dots_tile_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                           double pixels, int64_t columns)
{
    enum { L1_BYTES = 24 << 10, L2_RATE = 90 /* bytes in 1 ns */ };
    const hg_isa_model *isa = hg_isa_model_of(k->isa);
    /* Pieces of the input. A phase of a transposed convolution may have no taps. */
    const int64_t apart = b->joined ? 1 : HG_MAX(p->kernel.h * p->kernel.w, 1);
    const int64_t steps = apart * HG_CEIL_DIV(b->depth / apart, (int64_t)isa->lanes);
    const double latency = 1.3, lanes = (double)isa->lanes, sums = pixels * (double)columns;
    const double fma = HG_MAX(sums * 2.0 * lanes / 100.0 / isa->rate, latency);
    const bool far = 4 * b->depth * columns > L1_BYTES;
    const double lines = far ? 1.5 * pixels + 0.6 * (double)columns : pixels;
    return (double)steps * HG_MAX(fma, lines * 4.0 * lanes / L2_RATE) +
           0.75 * lanes * ceil(sums / lanes) + 0.4 * sums * (double)(apart - 1);
}

/* ns of a run of dots, as the microkernel cuts it: tiles, the last of which may repeat pixels, then
 * smaller ones. */
static double dots_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                      int64_t pixels, int64_t columns)
{
    enum { FEW = 4 };
    const int64_t mr = k->run.direct->mr[columns - 1];
    const bool repeats = pixels > mr && 2 * (pixels % mr) > mr;
    const int64_t whole = pixels / mr + repeats, rest = repeats ? 0 : pixels % mr;
    const int64_t fours = mr > FEW ? rest / FEW : 0;
    return (double)whole * dots_tile_ns(p, k, b, (double)mr, columns) +
           (double)fours * dots_tile_ns(p, k, b, FEW, columns) +
           (double)(rest - fours * FEW) * dots_tile_ns(p, k, b, 1, columns);
}

/* ns of a run on a panel of so many units, at 100 GFLOP/s. */
static double run_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                     int64_t pixels, int64_t units)
{
    if (pixels == 0) return 0.0;
    /* Dots lay the bias out like their sums first. */
    if (hg_direct_dots(k)) return 30.0 + dots_ns(p, k, b, pixels, units);
    /* As the microkernels cut: whole tiles, then a partial one, or two of like size. */
    const int64_t mr = k->run.direct->mr[units - 1], left = pixels % mr;
    const bool halves = left > 0 && left <= mr / 2 && pixels > mr;
    const int64_t whole = pixels / mr - halves, rest = pixels - whole * mr, first = (rest + 1) / 2;
    const int64_t tiles = whole + (left > 0) + halves;
    double products = (double)(whole * mr * units);
    if (halves)
        products += filled(false, first, units) + filled(false, rest - first, units);
    else if (left > 0)
        products += filled(b->alone, rest, units);
    const double fma = 2.0 * (double)b->unit / 100.0 / hg_isa_model_of(k->isa)->rate;
    const double loads = (double)(units + mr) / (double)(mr * units);
    const double busy = HG_MAX(1.0, 1.2 * loads) + 0.02 * loads;
    const double weights = (double)tiles * streamed_ns(b, units);
    const double overhead = 3.0 + (b->joined ? (double)p->kernel.h : (double)(p->kernel.h * 2));
    return 15.0 + (double)tiles * overhead + (double)pixels * hg_stored_ns(p) +
           HG_MAX(products * (double)b->depth * fma * busy, weights);
}

/* Outputs along an axis that some taps of lie outside for, and how many of theirs. */
typedef struct border {
    int64_t outputs, taps;
} border;

/* Adds those of one side, where the outermost window reaches `beyond` pixels outside; every next
 * one reaches `stride` less. */
static void add_side(border *b, int64_t beyond, int64_t out, int64_t stride, int64_t dilation,
                     int64_t kernel)
{
    const int64_t n = HG_MIN(HG_CEIL_DIV(HG_MAX(beyond, 0), stride), out);
    const int64_t first = HG_MIN(HG_CEIL_DIV(HG_MAX(beyond, 0), dilation), kernel);
    const int64_t least = beyond - (n - 1) * stride;
    const int64_t last = HG_MIN(HG_CEIL_DIV(HG_MAX(least, 0), dilation), kernel);
    b->outputs = HG_MIN(b->outputs + n, out);
    b->taps += n * (first + last) / 2;
}

static border border_of(int64_t out, int64_t stride, int64_t pad, int64_t dilation, int64_t kernel,
                        int64_t in)
{
    const int64_t end = (out - 1) * stride - pad + (kernel - 1) * dilation - (in - 1);
    border b = {0, 0};
    add_side(&b, pad, out, stride, dilation, kernel);
    add_side(&b, end, out, stride, dilation, kernel);
    return b;
}

/* The share of the border's taps that lies inside. */
static double share(const border *b, int64_t kernel)
{
    const int64_t all = b->outputs * kernel;
    return all > b->taps ? 1.0 - (double)b->taps / (double)all : 0.0;
}

/* ns of one image on a panel of so many units: rows, and columns at the edges whose rows go
 * together where all taps of a column lie inside. */
static double image_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                       int64_t units)
{
    const border high =
        border_of(p->out.h, p->stride.h, p->pad.top, p->dilation.h, p->kernel.h, p->in.h);
    const border wide =
        border_of(p->out.w, p->stride.w, p->pad.left, p->dilation.w, p->kernel.w, p->in.w);
    const int64_t whole = b->rows - high.outputs, blocks = HG_CEIL_DIV(b->rows, b->block);
    const double partly = share(&high, p->kernel.h) * (double)high.outputs;
    const double row = run_ns(p, k, b, b->inside.end - b->inside.begin, units);
    const double column = (double)blocks * run_ns(p, k, b, HG_CEIL_DIV(whole, blocks), units) +
                          partly * run_ns(p, k, b, 1, units);
    /* Where hardly a tap lies inside, the shares leave of a call less than it costs. */
    return 15.0 + ((double)whole + partly) * row +
           share(&wide, p->kernel.w) * (double)wide.outputs * column;
}

double hg_direct_cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_direct_blocking b = hg_direct_blocking_of(p, k, &(hg_config){0});
    if (b.rows == 0) return 0.0;
    const int64_t blocks = HG_CEIL_DIV(b.rows, b.block), rows = HG_CEIL_DIV(b.rows, blocks);
    double ns = 0.0;
    for (int64_t panel = 0, first; panel < b.group_panels; panel++) {
        const int64_t units = hg_direct_panel(&b, panel, &first);
        ns += b.flat ? (double)blocks * run_ns(p, k, &b, rows, units) : image_ns(p, k, &b, units);
    }
    const double images = (double)(b.flat ? p->groups : p->out.n * p->groups);
    return HG_MAX(ns * images / 0.97, hg_roofline(p, 0.0, 1.0)) + 0.01 * ns; /* no ties */
}
