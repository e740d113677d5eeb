/* Part of direct.c: how a problem is cut into blocks and panels, and what that costs. */
#ifndef HG_DIRECT_SHAPE_H
#define HG_DIRECT_SHAPE_H

#include <math.h>

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/direct.h"

enum {
    VL = HG_DIRECT_BLOCK,
    PIXEL_BYTES = 64 << 10, /* of the input of a block of pixels, between L1 and L2 */
    MOST_BYTES = 256 << 10, /* the same where that is few pixels */
    ROW_BYTES = 192 << 10,  /* of the input under a block of rows, of one group: well inside L2 */
    BLOCK_BYTES = 1 << 20,  /* of all groups: L2 or little more */
    LONG = 64,              /* products of a pixel that make fetching the next ones worth it */
    CRUMB = 1 << 16,        /* multiply-adds: a microsecond or so */
    MANY = 96,              /* pixels that pay for a pass over the weights */
    HEAVY_BYTES = 8 << 20,  /* of weights, that L3 may not keep */
    FEW = 64                /* stay together all the same */
};

/* Everything that follows from problem, kernel and config; kept in the plan's tables. */
typedef struct shape {
    bool flat;                /* the batch is one run of pixels */
    bool packed;              /* a group's input under a range is copied to scratch, side by side */
    bool joined;              /* a row of taps is side by side in the input */
    bool ahead, plain, alone; /* as hg_direct_args */
    hg_strides in;            /* of the input as the microkernel reads it */
    int64_t c_group, depth;   /* products per output */
    int64_t k_group, vectors, group_panels, panels;
    int64_t each, more;             /* vectors of a panel; so many panels have one more */
    int64_t inner_begin, inner_end; /* columns whose taps all lie inside the width */
    int64_t lines, block, blocks;   /* pixels (flat), or rows of an image; per range; ranges */
    int64_t image_blocks;           /* blocks of an image, or of the batch (flat) */
    int64_t chunk, chunks;          /* panels per range */
    int64_t packed_rows;            /* input rows of a block */
} shape;

/* Kernels of dots have no panels of blocks. */
static bool dots(const hg_kernel *k)
{
    return k->tile.nr == 0;
}

static bool is_flat(const hg_problem *p)
{
    const hg_tensor *in = &p->in, *out = &p->out;
    const hg_strides *r = &p->residual_strides;
    const bool same = p->kernel.h * p->kernel.w == 1 && p->stride.h * p->stride.w == 1 &&
                      p->pad.top == 0 && p->pad.left == 0 && in->h == out->h && in->w == out->w;
    return same && in->strides.h == in->w * in->strides.w &&
           out->strides.h == out->w * out->strides.w && in->strides.n == in->h * in->strides.h &&
           out->strides.n == out->h * out->strides.h &&
           (!p->post.residual || (r->h == out->w * r->w && r->n == out->h * r->h));
}

static int64_t default_block(const hg_problem *p, const shape *s)
{
    const int64_t pixel = s->c_group * (int64_t)sizeof(float), row = p->in.w * pixel;
    const int64_t window = (p->kernel.h - 1) * p->dilation.h + 1;
    if (!s->flat) {
        /* Groups take their part of each pixel in turn: what lies beside it is to be there still.
         * But every block reads all weights. */
        const int64_t weights = (int64_t)sizeof(float) * s->depth * p->out.c;
        const int64_t whole =
            p->groups > 1 && !s->packed ? HG_MAX(BLOCK_BYTES, 4 * weights) : INT64_MAX;
        const int64_t rows = HG_MIN(ROW_BYTES / row, whole / (row * p->groups));
        return HG_MAX((rows - window) / p->stride.h + 1, HG_CEIL_DIV(FEW, p->out.w));
    }
    if (s->lines <= FEW) return s->lines;
    /* Every block reads all weights. */
    const int64_t twice = pixel * p->out.c > HEAVY_BYTES ? 2 : 1;
    int64_t most = HG_MAX(PIXEL_BYTES / pixel, twice * HG_MIN(MANY, MOST_BYTES / pixel));
    if (s->panels == 1) most = HG_MAX(most, s->lines / 16); /* read once: work for threads only */
    /* Blocks of like size, whole tiles each. */
    const int64_t even = HG_CEIL_DIV(s->lines, HG_CEIL_DIV(s->lines, HG_MAX(most, 12)));
    return HG_ROUND_UP(even, 12);
}

static shape shape_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    shape s = {.flat = is_flat(p),
               .in = p->in.strides,
               .c_group = p->in.c / p->groups,
               .k_group = p->out.c / p->groups};
    s.packed = c->pack == 1 && !s.flat && p->groups > 1 && !dots(k);
    if (s.packed) s.in = (hg_strides){.h = p->in.w * s.c_group, .w = s.c_group};
    s.joined = s.in.w == s.c_group && p->dilation.w == 1;
    s.depth = s.c_group * p->kernel.h * p->kernel.w;
    const hg_post *post = &p->post;
    s.ahead = s.flat && s.depth >= LONG;
    s.plain =
        !post->residual && post->slope == 1.0f && post->min == -INFINITY && post->max == INFINITY;
    s.alone = p->out.n * p->out.h * p->out.w == 1;
    s.vectors = dots(k) ? 1 : HG_CEIL_DIV(s.k_group, VL);
    /* No panel of a single vector but where it is the only one: see column_of. */
    const int64_t widest = dots(k) ? 1 : k->tile.nr / VL;
    s.group_panels = widest == 2 ? HG_MAX(s.vectors / 2, 1) : HG_CEIL_DIV(s.vectors, widest);
    s.panels = p->groups * s.group_panels;
    s.each = s.vectors / s.group_panels;
    s.more = s.vectors % s.group_panels;
    const int64_t reach = p->in.w - 1 - (p->kernel.w - 1) * p->dilation.w + p->pad.left;
    s.inner_begin = HG_MIN(HG_CEIL_DIV(HG_MAX(p->pad.left, 0), p->stride.w), p->out.w);
    s.inner_end = reach < 0 ? 0 : reach / p->stride.w + 1;
    s.inner_end = hg_clamp(s.inner_end, s.inner_begin, p->out.w);
    s.lines = s.flat ? p->out.n * p->out.h * p->out.w : p->out.h;
    const int64_t wanted = c->block ? c->block : default_block(p, &s);
    s.block = hg_clamp(wanted, 1, HG_MAX(s.lines, 1));
    s.image_blocks = HG_CEIL_DIV(s.lines, s.block);
    const int64_t window = (p->kernel.h - 1) * p->dilation.h + 1;
    s.packed_rows = HG_MIN((s.block - 1) * p->stride.h + window, p->in.h);
    s.blocks = s.image_blocks * (s.flat ? 1 : p->out.n);
    /* Work for 16 threads, but not in crumbs. */
    const int64_t work = s.block * (s.flat ? 1 : p->out.w) * s.depth * p->out.c;
    const int64_t most = HG_MIN(HG_CEIL_DIV(32, HG_MAX(s.blocks, 1)), work / CRUMB);
    const int64_t cuts = hg_clamp(most, 1, s.panels);
    s.chunk = c->split ? HG_MIN(c->split, s.panels) : HG_CEIL_DIV(s.panels, cuts);
    s.chunks = HG_CEIL_DIV(s.panels, s.chunk);
    return s;
}

/* Panel i of a group: its first vector of columns, and how many it has. */
static int64_t vectors_of(const shape *s, int64_t i, int64_t *first)
{
    *first = i * s->each + HG_MIN(i, s->more);
    return s->each + (i < s->more);
}

/* Multiply-adds per product of a part of a tile, or as many as take its time: fewer than 9 in
 * flight wait for each other; those of the only pixel are split into several sums, and loads
 * remain. */
static double filled(bool alone, int64_t pixels, int64_t nv)
{
    if (alone && nv <= 5) return 1.6 * (double)(nv + 1);
    return (double)HG_MAX(pixels * nv, 9);
}

/* ns of a run on a panel of nv vectors, at 100 GFLOP/s. */
static double run_ns(const hg_problem *p, const hg_kernel *k, const shape *s, int64_t pixels,
                     int64_t nv)
{
    if (pixels == 0) return 0.0;
    const int64_t lanes = hg_isa_model_of(k->isa)->lanes;
    if (dots(k)) { /* so many products at a time, then the sums of lanes */
        const double n = (double)s->k_group, steps = (double)HG_CEIL_DIV(s->depth, lanes) + 1.0;
        return 15.0 + (double)pixels * n * (steps * 0.22 + 1.0);
    }
    /* As the microkernels cut: whole tiles, then one part, or two of like size. */
    const int64_t mr = k->run.direct->mr[nv - 1], left = pixels % mr;
    const bool halves = left > 0 && left <= mr / 2 && pixels > mr;
    const int64_t whole = pixels / mr - halves, part = pixels - whole * mr, first = (part + 1) / 2;
    const int64_t tiles = whole + (left > 0) + halves;
    double vectors = (double)(whole * mr * nv);
    if (halves)
        vectors += filled(false, first, nv) + filled(false, part - first, nv);
    else if (left > 0)
        vectors += filled(s->alone, part, nv);
    const double fma = 2.0 * VL / 100.0 * (8.0 / (double)lanes);
    const double loads = (double)(nv + mr) / (double)(mr * nv);
    const double busy = HG_MAX(1.0, 1.45 * loads) + 0.02 * loads;
    const double overhead = 3.0 + (s->joined ? (double)p->kernel.h : (double)(p->kernel.h * 2));
    return 15.0 + (double)tiles * overhead + vectors * (double)s->depth * fma * busy;
}

/* Outputs along an axis that some taps of lie outside for, and how many of theirs. */
typedef struct brim {
    int64_t outputs, taps;
} brim;

/* Adds those of one side, where the outermost window reaches `beyond` pixels outside; every next
 * one reaches `stride` less. */
static void add_side(brim *b, int64_t beyond, int64_t out, int64_t stride, int64_t dilation,
                     int64_t kernel)
{
    const int64_t n = HG_MIN(HG_CEIL_DIV(HG_MAX(beyond, 0), stride), out);
    const int64_t first = HG_MIN(HG_CEIL_DIV(HG_MAX(beyond, 0), dilation), kernel);
    const int64_t least = beyond - (n - 1) * stride;
    const int64_t last = HG_MIN(HG_CEIL_DIV(HG_MAX(least, 0), dilation), kernel);
    b->outputs = HG_MIN(b->outputs + n, out);
    b->taps += n * (first + last) / 2;
}

static brim brim_of(int64_t out, int64_t stride, int64_t pad, int64_t dilation, int64_t kernel,
                    int64_t in)
{
    const int64_t end = (out - 1) * stride - pad + (kernel - 1) * dilation - (in - 1);
    brim b = {0, 0};
    add_side(&b, pad, out, stride, dilation, kernel);
    add_side(&b, end, out, stride, dilation, kernel);
    return b;
}

/* The share of the brim's taps that lies inside. */
static double share(const brim *b, int64_t kernel)
{
    const int64_t all = b->outputs * kernel;
    return all > b->taps ? 1.0 - (double)b->taps / (double)all : 0.0;
}

/* ns of one image on a panel of nv vectors: rows, and columns at the edges whose rows go together
 * where all taps of a column lie inside. */
static double image_ns(const hg_problem *p, const hg_kernel *k, const shape *s, int64_t nv)
{
    const brim high =
        brim_of(p->out.h, p->stride.h, p->pad.top, p->dilation.h, p->kernel.h, p->in.h);
    const brim wide =
        brim_of(p->out.w, p->stride.w, p->pad.left, p->dilation.w, p->kernel.w, p->in.w);
    const int64_t whole = s->lines - high.outputs, blocks = HG_CEIL_DIV(s->lines, s->block);
    const double part = share(&high, p->kernel.h) * (double)high.outputs;
    const double row = run_ns(p, k, s, s->inner_end - s->inner_begin, nv);
    const double column = (double)blocks * run_ns(p, k, s, HG_CEIL_DIV(whole, blocks), nv) +
                          part * run_ns(p, k, s, 1, nv);
    return ((double)whole + part) * row + share(&wide, p->kernel.w) * (double)wide.outputs * column;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    if (s.lines == 0) return 0.0;
    const int64_t blocks = HG_CEIL_DIV(s.lines, s.block), lines = HG_CEIL_DIV(s.lines, blocks);
    double ns = 0.0;
    for (int64_t panel = 0, first; panel < s.group_panels; panel++) {
        const int64_t nv = vectors_of(&s, panel, &first);
        ns += s.flat ? (double)blocks * run_ns(p, k, &s, lines, nv) : image_ns(p, k, &s, nv);
    }
    const double images = (double)(s.flat ? p->groups : p->out.n * p->groups);
    return HG_MAX(ns * images / 0.97, hg_conv_cost(p, 0.0, 1.0)) + 0.01 * ns; /* no ties */
}

#endif
