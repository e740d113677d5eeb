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

/* Every tile reads the weights of its taps: from L2 where L1 does not keep them, or from beyond it.
 */
static double streamed_ns(const hg_direct_blocking *b, int64_t units, double taps)
{
    enum { L1_BYTES = 24 << 10, L2_BYTES = 3 << 18 };
    enum { L2_RATE = 120, FAR_RATE = 50 /* bytes in 1 ns */ };
    const double bytes = 4.0 * taps * (double)(b->depth * units * b->unit);
    return bytes <= L1_BYTES ? 0.0 : bytes / (bytes > L2_BYTES ? FAR_RATE : L2_RATE);
}

/* ns of a tile of dots with a share of the taps: vectors of products, which wait for each other
 * where a tile has few sums, then whole vectors of sums. The input comes from L2, and so do weights
 * that L1 does not keep. */
static double dots_tile_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                           double taps, double pixels, int64_t columns)
{
    enum { L1_BYTES = 24 << 10, L2_RATE = 90 /* bytes in 1 ns */ };
    const hg_isa_model *isa = hg_isa_model_of(k->isa);
    /* Pieces of the input, each of whole vectors and a rest. A phase of a transposed convolution
     * may have no taps. */
    const int64_t apart = HG_MAX(p->kernel.h * (b->joined ? 1 : p->kernel.w), 1);
    const int64_t piece = b->depth / apart, steps = apart * HG_CEIL_DIV(piece, (int64_t)isa->lanes);
    const double rest = piece % isa->lanes ? 0.2 * (pixels + (double)columns) : 0.0;
    const double latency = 1.3, lanes = (double)isa->lanes, sums = pixels * (double)columns;
    const double fma = HG_MAX(sums * 2.0 * lanes / 100.0 / isa->rate, latency);
    const bool far = 4 * b->depth * columns > L1_BYTES;
    const double lines = far ? 1.5 * pixels + 0.6 * (double)columns : pixels;
    return taps * (double)steps * HG_MAX(fma, lines * 4.0 * lanes / L2_RATE) +
           0.45 * lanes * ceil(sums / lanes) + taps * (1.0 + rest) * (double)apart;
}

/* ns of a run of dots, as the microkernel cuts it: tiles, the last of which may repeat pixels, then
 * smaller ones. */
static double dots_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                      double taps, int64_t pixels, int64_t columns)
{
    enum { FEW = 4 };
    const int64_t mr = k->run.direct->mr[columns - 1];
    const bool repeats = pixels > mr && 2 * (pixels % mr) > mr;
    const int64_t whole = pixels / mr + repeats, rest = repeats ? 0 : pixels % mr;
    const int64_t fours = mr > FEW ? rest / FEW : 0;
    return (double)whole * dots_tile_ns(p, k, b, taps, (double)mr, columns) +
           (double)fours * dots_tile_ns(p, k, b, taps, FEW, columns) +
           (double)(rest - fours * FEW) * dots_tile_ns(p, k, b, taps, 1, columns);
}

/* ns of a run on a panel of so many units with a share of the taps, at 100 GFLOP/s. */
static double run_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                     double taps, int64_t pixels, int64_t units)
{
    if (pixels == 0) return 0.0;
    /* Dots lay the bias out like their sums first. */
    if (hg_direct_dots(k)) return 30.0 + dots_ns(p, k, b, taps, pixels, units);
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
    const double weights = (double)tiles * streamed_ns(b, units, taps);
    const double overhead = 3.0 + (b->joined ? (double)p->kernel.h : (double)(p->kernel.h * 2));
    return 15.0 + (double)tiles * overhead + (double)pixels * hg_stored_ns(p) +
           HG_MAX(taps * products * (double)b->depth * fma * busy, weights);
}

/* ns of `rows` rows of `columns` columns which have that share of all taps in common: row by row,
 * or column by column in blocks, as run_edge of direct.c cuts. */
static double part_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                      hg_size2 part, bool edge, int64_t units, double share)
{
    if (!edge || part.w >= b->block) return (double)part.h * run_ns(p, k, b, share, part.w, units);
    const int64_t runs = HG_CEIL_DIV(part.h, b->block);
    return (double)(part.w * runs) * run_ns(p, k, b, share, HG_CEIL_DIV(part.h, runs), units);
}

/* ns of one image on a panel of so many units. */
static double image_ns(const hg_problem *p, const hg_kernel *k, const hg_direct_blocking *b,
                       int64_t units)
{
    const double taps = (double)HG_MAX(p->kernel.h * p->kernel.w, 1);
    double ns = 15.0;
    for (int64_t x = 0, right; x < p->out.w; x = right) {
        const int64_t left = x * p->stride.w - p->pad.left;
        const hg_span kx = hg_taps_inside(left, p->kernel.w, p->dilation.w, p->in.w);
        right = HG_MIN(hg_taps_change(x, left, p->kernel.w, p->dilation.w, p->stride.w, p->in.w),
                       p->out.w);
        for (int64_t y = 0, bottom; y < p->out.h; y = bottom) {
            const int64_t top = y * p->stride.h - p->pad.top;
            const hg_span ky = hg_taps_inside(top, p->kernel.h, p->dilation.h, p->in.h);
            bottom = HG_MIN(
                hg_taps_change(y, top, p->kernel.h, p->dilation.h, p->stride.h, p->in.h), p->out.h);
            ns += part_ns(p, k, b, (hg_size2){bottom - y, right - x}, x != b->inside.begin, units,
                          (double)((ky.end - ky.begin) * (kx.end - kx.begin)) / taps);
        }
    }
    return ns;
}

double hg_direct_cost(const hg_problem *p, const hg_kernel *k)
{
    const hg_direct_blocking b = hg_direct_blocking_of(p, k, &(hg_config){0});
    if (b.rows == 0) return 0.0;
    const int64_t blocks = HG_CEIL_DIV(b.rows, b.block), rows = HG_CEIL_DIV(b.rows, blocks);
    const int64_t panels[] = {b.group_panels - b.more, b.more}; /* of `each` units, of one more */
    double ns = 0.0;
    for (int64_t i = 0; i < 2; i++)
        if (panels[i] > 0)
            ns += (double)panels[i] *
                  (b.flat ? (double)blocks * run_ns(p, k, &b, 1.0, rows, b.each + i)
                          : image_ns(p, k, &b, b.each + i));
    const double images = (double)(b.flat ? p->groups : p->out.n * p->groups);
    return hg_overlapped(ns * images / 0.97, hg_traffic_ns(p));
}
