/* Winograd convolution: sizes, cost, and the loop over blocks of tiles. Contract: winograd_tiles.h.
 */
#include "kernels/conv2d/nhwc/winograd_tiles.h"

#include <math.h>
#include <string.h>

#include "kernels/activation/activation.h"

enum {
    NR = HG_WINOGRAD_NR,
    MAX_A = HG_WINOGRAD_MAX_A,
    MAX_M = HG_WINOGRAD_MAX_M,
    L2_BYTES = 1 << 19
};

/* ---- Plan time ---- */

/* Tiles per block so that both transformed blocks fill about three quarters of an L2 of 512 KiB.
 * Few tiles stay together all the same, for the weights then stream through the cache once; more of
 * them where the weights come from beyond the last-level cache or crowd it. */
static int64_t default_block(const hg_problem *p, int planes, int64_t tiles)
{
    enum { FEW = 12, MORE = 36, MOST = 96, CROWD_BYTES = 16 << 20 };
    const int64_t channels = p->in.c / p->groups, outputs = p->out.c / p->groups;
    const int64_t bytes = 4 * planes * (channels + outputs);
    const int64_t weights = 4 * planes * channels * outputs;
    const int64_t fitting = HG_MIN(L2_BYTES * 3 / 4 / bytes, MOST);
    const int64_t few = tiles <= FEW * 3 / 2 ? tiles : FEW;
    return HG_MAX(fitting, HG_MIN(tiles, weights > CROWD_BYTES ? MORE : few));
}

/* Tiles per block at most: the transformed blocks stay below the size of the layer itself, so that
 * the workspace stays below twice of it even with repacked copies of the tensors. */
static int64_t most_tiles(const hg_problem *p, int planes, int mr)
{
    const double layer = hg_problem_bytes(p) + 4.0 * (double)p->out.c * hg_problem_reduction(p);
    const double tile = 4.0 * planes * (double)((p->in.c + p->out.c) / p->groups);
    return (int64_t)HG_MAX(HG_MIN(0.8 * layer / tile, 1e6), mr);
}

hg_winograd_tiles hg_winograd_tiles_of(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                                       int64_t phases)
{
    const hg_winograd_ukernels *ukernels = k->run.winograd;
    hg_winograd_tiles b = {.m = ukernels->m, .a = hg_winograd_a(ukernels)};
    b.planes = b.a * b.a;
    b.tiles_h = HG_CEIL_DIV(HG_CEIL_DIV(p->out.h, p->dilation.h), b.m);
    b.tiles_w = HG_CEIL_DIV(HG_CEIL_DIV(p->out.w, p->dilation.w), b.m);
    b.tiles = p->in.n * p->dilation.h * p->dilation.w * b.tiles_h * b.tiles_w;
    const int64_t most = most_tiles(p, b.planes, ukernels->mr);
    int64_t wanted = c->block ? c->block : default_block(p, b.planes, b.tiles);
    wanted = HG_MIN(wanted, most);
    const int64_t even = HG_CEIL_DIV(b.tiles, HG_MAX(HG_CEIL_DIV(b.tiles, wanted), 1));
    b.block = even > ukernels->mr ? HG_MIN(HG_ROUND_UP(even, ukernels->mr), b.tiles)
                                  : HG_MAX(even, 1); /* there may be no image */
    b.blocks = HG_CEIL_DIV(b.tiles, b.block);
    const size_t channels = (size_t)(p->in.c / p->groups);
    b.panels = HG_CEIL_DIV((size_t)(p->out.c / p->groups), (size_t)NR);
    b.all = b.panels * (size_t)phases;
    b.chunk = HG_CEIL_DIV(b.all, (size_t)HG_MAX(c->parts, 1));
    b.chunks = HG_CEIL_DIV(b.all, b.chunk);
    /* Whole vectors are written, and a tile begins with a cache line. */
    b.ldv = HG_ROUND_UP(channels, (size_t)HG_MAX(hg_lanes(k), (int)HG_CACHELINE));
    b.ldp = HG_MIN(b.chunk, b.panels) * NR;
    b.plane_u = b.panels * NR * channels + HG_CACHELINE;
    b.plane_v = (size_t)b.block * b.ldv + HG_CACHELINE;
    b.plane_p = (size_t)b.block * b.ldp + HG_CACHELINE;
    return b;
}

bool hg_winograd_fits(const hg_problem *p)
{
    const int64_t tiles_most = INT32_MAX / (MAX_A * MAX_A);
    return p->dilation.h <= p->out.h && p->dilation.w <= p->out.w && p->in.c <= tiles_most;
}

int hg_winograd_configs(const hg_problem *p, const hg_kernel *k, int64_t phases,
                        hg_config list[HG_MAX_CONFIGS])
{
    const hg_winograd_tiles b = hg_winograd_tiles_of(p, k, &(hg_config){0}, phases);
    const int32_t block = (int32_t)HG_MIN(b.block, 1 << 20);
    int n = 0;
    list[n++] = (hg_config){.block = block, .parts = 1};
    /* Work for several threads where there are few tiles; each range transforms its own input. */
    for (int32_t parts = 2; parts <= 8 && (size_t)parts <= b.all; parts *= 2)
        if (p->groups * b.blocks < 8) list[n++] = (hg_config){.block = block, .parts = parts};
    const int64_t twice =
        hg_winograd_tiles_of(p, k, &(hg_config){.block = 2 * block}, phases).block;
    const bool fills = p->in.c / p->groups >= hg_lanes(k); /* else blocks are mostly zeros */
    if (twice > block && fills) list[n++] = (hg_config){.block = (int32_t)twice, .parts = 1};
    if (block >= 12) list[n++] = (hg_config){.block = block / 2, .parts = 1};
    return n;
}

/* ns of the products: weights stream past them, from beyond L2 or from memory. */
static double products_ns(double products, double packed, double rate)
{
    enum { NEAR_BYTES = 1 << 19, FAR_BYTES = 20 << 20 };
    const double of_bytes = packed > FAR_BYTES ? 26.0 : 45.0; /* in 1 ns */
    const double streamed = packed > NEAR_BYTES ? packed / of_bytes : 0.0, ns = products / rate;
    return HG_MAX(ns, streamed) + 0.25 * HG_MIN(ns, streamed);
}

double hg_winograd_cost(const hg_problem *p, const hg_kernel *k, int64_t phases, int64_t multiplied)
{
    enum { NEAR_BYTES = 1 << 20, SPILL_BYTES = 3 << 20 };
    enum { FAR_RATE = 13, SPILL_RATE = 12 /* bytes in 1 ns */ };
    const hg_winograd_tiles b = hg_winograd_tiles_of(p, k, &(hg_config){0}, phases);
    const double tiles = (double)(p->groups * b.tiles), all = (double)phases;
    const double columns = (double)(b.panels * NR), channels = (double)(p->in.c / p->groups);
    const double lanes = (double)hg_lanes(k), rate = hg_rate(k);
    /* Rows of products come in groups of like size, mr at most; in one of less than 4 sums wait for
     * each other. */
    const int64_t groups = HG_CEIL_DIV(b.block, k->run.winograd->mr);
    const double rows = (double)HG_MAX(groups * 4, b.block) / (double)b.block;
    const double products = 2.0 * (double)multiplied * tiles * channels * columns * rows;
    const double packed = 4.0 * (double)(multiplied * p->groups) * channels * columns;
    /* Each plane of a tile lies elsewhere: finding it takes longer than its few vectors. Products
     * are written before they are read. */
    const double elements = 0.03 * lanes * ceil(channels / lanes) + 0.11 * all * columns;
    const double plane = 5.2 * 0.5 * (1.0 + all) + elements / HG_MIN(rate, 1.0);
    /* Pixels scattered over the tensors come from beyond L2 as slowly as they are asked for. */
    const double bytes = 4.0 * (hg_tensor_elements(&p->in) + all * hg_tensor_elements(&p->out));
    const double pixels = bytes > NEAR_BYTES ? bytes / FAR_RATE : 0.0;
    /* What a block transforms is written and read again: from far beyond L2 where outputs are many.
     */
    const double of_tile = 4.0 * (double)b.planes * (channels + columns);
    const double spilled =
        of_tile * (double)b.block > SPILL_BYTES ? 2.0 * tiles * all * of_tile / SPILL_RATE : 0.0;
    const double ns = products_ns(products, packed, 83.0 * rate) +
                      tiles * (3.0 + (double)b.planes * plane) + pixels + spilled + 500.0;
    /* What takes longer to pack than to run a few times is left to the tuner. */
    return HG_MAX(ns, packed / (packed > 2e7 ? 5.0 : 10.0) / 4.0);
}

size_t hg_winograd_weight_bytes(const hg_winograd_tiles *b)
{
    return sizeof(float) * (size_t)b->planes * b->plane_u;
}

size_t hg_winograd_scratch_bytes(const hg_winograd_tiles *b)
{
    return sizeof(float) * (size_t)b->planes * (b->plane_v + b->plane_p);
}

/* ---- Run time ---- */

/* First output of a tile, and the distance of its neighbours: dilation splits an image into
 * dilation.h x dilation.w sub-images, each an undilated convolution of its own. */
typedef struct origin {
    int64_t n, y, x;
} origin;

static origin origin_of(const hg_problem *p, const hg_winograd_tiles *b, int64_t tile)
{
    const int64_t per_part = b->tiles_h * b->tiles_w, parts = p->dilation.h * p->dilation.w;
    const int64_t part = tile / per_part % parts;
    const int64_t row = tile % per_part / b->tiles_w, column = tile % b->tiles_w;
    return (origin){tile / per_part / parts, part / p->dilation.w + p->dilation.h * b->m * row,
                    part % p->dilation.w + p->dilation.w * b->m * column};
}

/* Offsets of `count` coordinates from `first` on, `step` apart; -1 where they lie outside. */
static void offsets_along(int64_t first, int64_t step, int count, int64_t extent, int64_t stride,
                          int64_t at[MAX_A])
{
    for (int i = 0; i < count; i++, first += step)
        at[i] = first >= 0 && first < extent ? first * stride : -1;
}

/* The a x a input pixels of a tile; padding reads zeros. */
static void find_pixels(const hg_task *t, const hg_winograd_tiles *b, const float *zeros, origin o,
                        const float *pixel[MAX_A * MAX_A])
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides;
    const float *image = t->input + o.n * si->n;
    int64_t y[MAX_A], x[MAX_A];
    offsets_along(o.y * p->stride.h - p->pad.top, p->dilation.h, b->a, p->in.h, si->h, y);
    offsets_along(o.x * p->stride.w - p->pad.left, p->dilation.w, b->a, p->in.w, si->w, x);
    for (int i = 0; i < b->a; i++)
        for (int j = 0; j < b->a; j++)
            *pixel++ = y[i] >= 0 && x[j] >= 0 ? image + y[i] + x[j] : zeros;
}

/* The m x m output pixels of a tile from channel c on, NULL outside the phase's outputs. */
static void find_outputs(const hg_task *t, const hg_winograd_tiles *b, const hg_winograd_phase *f,
                         origin at, size_t c, float *out[], const float *residual[])
{
    const hg_problem *p = t->problem;
    const hg_strides *o = &p->out.strides, *r = &p->residual_strides;
    float *const first = t->output + f->out + at.n * o->n + c;
    int64_t y[MAX_A], x[MAX_A];
    offsets_along(at.y - f->before.h, p->dilation.h, b->m, f->count.h, o->h, y);
    offsets_along(at.x - f->before.w, p->dilation.w, b->m, f->count.w, o->w, x);
    for (int i = 0; i < b->m; i++)
        for (int j = 0; j < b->m; j++) *out++ = y[i] >= 0 && x[j] >= 0 ? first + y[i] + x[j] : NULL;
    if (!p->post.residual) return;
    const float *const added = t->residual + f->residual + at.n * r->n + c;
    offsets_along(at.y - f->before.h, p->dilation.h, b->m, f->count.h, r->h, y);
    offsets_along(at.x - f->before.w, p->dilation.w, b->m, f->count.w, r->w, x);
    for (int i = 0; i < b->m; i++)
        for (int j = 0; j < b->m; j++)
            *residual++ = y[i] >= 0 && x[j] >= 0 ? added + y[i] + x[j] : NULL;
}

static bool has(hg_span span, int64_t i)
{
    return i >= span.begin && i < span.end;
}

/* Tiles [first, first + count), whose transformed pixels are in scratch. */
typedef struct block {
    int64_t first;
    size_t count;
} block;

/* `panels` of a phase from number `panel` on. */
static void run_phase(const hg_task *t, const hg_winograd_tiles *b, const hg_winograd_phase *phase,
                      const float *weights, const block *at, size_t panel, size_t panels)
{
    const hg_problem *p = t->problem;
    const hg_winograd_ukernels *ukernels = t->kernel->run.winograd;
    const size_t channels = (size_t)p->in.c, c0 = panel * NR;
    const float *const v = t->scratch;
    float *const product = (float *)t->scratch + (size_t)b->planes * b->plane_v;
    for (size_t plane = 0; plane < (size_t)b->planes; plane++)
        if (has(phase->rows, (int64_t)plane / b->a) && has(phase->columns, (int64_t)plane % b->a))
            ukernels->multiply(v + plane * b->plane_v, b->ldv,
                               weights + plane * b->plane_u + panel * channels * NR, channels,
                               panels, product + plane * b->plane_p, b->ldp, at->count);
        else
            memset(product + plane * b->plane_p, 0, sizeof(float) * at->count * b->ldp);
    for (size_t i = 0; i < at->count; i++) {
        float *out[MAX_M * MAX_M];
        const float *residual[MAX_M * MAX_M];
        find_outputs(t, b, phase, origin_of(p, b, at->first + (int64_t)i), c0, out, residual);
        const hg_winograd_out to = {.out = out,
                                    .residual = p->post.residual ? residual : NULL,
                                    .bias = t->bias + c0,
                                    .channels = HG_MIN((size_t)p->out.c - c0, panels * NR),
                                    .post = p->post};
        ukernels->output(product + i * b->ldp, b->plane_p, &to);
        for (int j = 0; t->activate && j < b->m * b->m; j++)
            if (out[j]) hg_finish_pixel(t, out[j], (int64_t)c0, (int64_t)to.channels);
    }
}

/* One block of tiles, one chunk of panels. */
static void run_block(const hg_task *t, const hg_winograd_tiles *b, const hg_winograd_phase *phases,
                      const float *zeros, const block *at, size_t begin, size_t end)
{
    float *const v = t->scratch;
    for (size_t i = 0; i < at->count; i++) {
        const float *pixel[MAX_A * MAX_A];
        find_pixels(t, b, zeros, origin_of(t->problem, b, at->first + (int64_t)i), pixel);
        t->kernel->run.winograd->input(pixel, (size_t)t->problem->in.c, v + i * b->ldv, b->plane_v);
    }
    for (size_t now; begin < end; begin += now) {
        const size_t phase = begin / b->panels, panel = begin % b->panels;
        now = HG_MIN(end - begin, b->panels - panel);
        run_phase(t, b, &phases[phase], t->weights + phase * (size_t)b->planes * b->plane_u, at,
                  panel, now);
    }
}

void hg_winograd_run(const hg_task *task, const hg_winograd_tiles *b,
                     const hg_winograd_phase *phases, const float *zeros, int64_t begin,
                     int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i / (int64_t)b->chunks * b->block;
        const size_t panel = (size_t)(i % (int64_t)b->chunks) * b->chunk;
        const block at = {first, (size_t)HG_MIN(b->block, b->tiles - first)};
        run_block(task, b, phases, zeros, &at, panel, HG_MIN(panel + b->chunk, b->all));
    }
}
