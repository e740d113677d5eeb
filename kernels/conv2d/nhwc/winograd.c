/* Winograd convolution: sizes, weight transform, and the loop over blocks of tiles. */
#include "kernels/conv2d/nhwc/winograd.h"

#include <string.h>

enum { NR = HG_WINOGRAD_NR, MAX_A = HG_WINOGRAD_MAX_A, L2_BYTES = 1 << 19 };

/* Everything about the blocks that follows from problem, kernel and config; begins the tables. */
typedef struct blocking {
    int m, a, planes;
    int64_t tiles_h, tiles_w;     /* of one of the dilation.h x dilation.w sub-images */
    int64_t tiles;                /* of one image */
    int64_t block, blocks;        /* tiles per range; blocks per image */
    size_t panels, chunk, chunks; /* of NR output channels; panels per range; chunks of them */
    size_t ldv, ldp;              /* floats per tile and plane */
    /* Floats per plane, of weights as well: one cache line more than a multiple of 4 KiB could be,
     * or the planes would share the same cache sets. */
    size_t plane_u, plane_v, plane_p;
} blocking;

enum { BLOCKING_BYTES = HG_ROUND_UP(sizeof(blocking), 64) };

/* Tiles per block so that both transformed blocks fill about three quarters of an L2 of 512 KiB.
 * Few tiles stay together all the same, for the weights then stream through the cache once; more of
 * them where the weights come from beyond the last-level cache or crowd it. */
static int64_t default_block(const hg_problem *p, int planes, int64_t tiles)
{
    enum { FEW = 12, MORE = 36, MOST = 96, CROWD_BYTES = 16 << 20 };
    const int64_t bytes = 4 * planes * (p->in.c + p->out.c);
    const int64_t weights = 4 * planes * p->in.c * p->out.c;
    const int64_t fitting = HG_MIN(L2_BYTES * 3 / 4 / bytes, MOST);
    const int64_t few = tiles <= FEW * 3 / 2 ? tiles : FEW;
    return HG_MAX(fitting, HG_MIN(tiles, weights > CROWD_BYTES ? MORE : few));
}

/* Tiles per block at most: the transformed blocks stay below the size of the layer itself, so that
 * the workspace stays below twice of it even with repacked copies of the tensors. */
static int64_t most_tiles(const hg_problem *p, int planes, int mr)
{
    const double layer = hg_problem_bytes(p) + 4.0 * (double)p->out.c * hg_problem_reduction(p);
    const double tile = 4.0 * planes * (double)(p->in.c + p->out.c);
    return (int64_t)HG_MAX(HG_MIN(0.8 * layer / tile, 1e6), mr);
}

/* Pixels of an input tile along one axis. */
static int tile_of(const hg_winograd_ukernels *ukernels)
{
    return ukernels->stride * (ukernels->m - 1) + ukernels->r;
}

static size_t plane_of_weights(const hg_problem *p)
{
    return HG_ROUND_UP((size_t)p->out.c, (size_t)NR) * (size_t)p->in.c + HG_CACHELINE;
}

static blocking blocking_of(const hg_problem *p, const hg_kernel *k, const hg_config *config)
{
    const hg_winograd_ukernels *ukernels = k->run.winograd;
    blocking b = {.m = ukernels->m, .a = tile_of(ukernels)};
    b.planes = b.a * b.a;
    b.tiles_h = HG_CEIL_DIV(HG_CEIL_DIV(p->out.h, p->dilation.h), b.m);
    b.tiles_w = HG_CEIL_DIV(HG_CEIL_DIV(p->out.w, p->dilation.w), b.m);
    b.tiles = p->dilation.h * p->dilation.w * b.tiles_h * b.tiles_w;
    const int64_t most = most_tiles(p, b.planes, ukernels->mr);
    int64_t wanted = config->block ? config->block : default_block(p, b.planes, b.tiles);
    wanted = HG_MIN(wanted, most);
    const int64_t even = HG_CEIL_DIV(b.tiles, HG_CEIL_DIV(b.tiles, wanted));
    b.block = even > ukernels->mr ? HG_ROUND_UP(even, ukernels->mr) : even;
    b.blocks = HG_CEIL_DIV(b.tiles, b.block);
    b.panels = HG_CEIL_DIV((size_t)p->out.c, (size_t)NR);
    b.chunk = HG_CEIL_DIV(b.panels, (size_t)HG_MAX(config->parts, 1));
    b.chunks = HG_CEIL_DIV(b.panels, b.chunk);
    /* Whole vectors are written, and a tile begins with a cache line. */
    b.ldv = HG_ROUND_UP((size_t)p->in.c, (size_t)HG_MAX(hg_lanes(k), (int)HG_CACHELINE));
    b.ldp = b.chunk * NR;
    b.plane_u = plane_of_weights(p);
    b.plane_v = (size_t)b.block * b.ldv + HG_CACHELINE;
    b.plane_p = (size_t)b.block * b.ldp + HG_CACHELINE;
    return b;
}

/* ---- Plan time ---- */

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    (void)k;
    const int64_t tiles_most = INT32_MAX / (MAX_A * MAX_A);
    return p->dilation.h <= p->out.h && p->dilation.w <= p->out.w && p->in.c <= tiles_most;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const int32_t block = (int32_t)HG_MIN(b.block, 1 << 20);
    int n = 0;
    list[n++] = (hg_config){.block = block, .parts = 1};
    /* Work for several threads where there are few tiles; each range transforms its own input. */
    for (int32_t parts = 2; parts <= 8 && (size_t)parts <= b.panels; parts *= 2)
        if (p->in.n * b.blocks < 8) list[n++] = (hg_config){.block = block, .parts = parts};
    const int64_t twice = blocking_of(p, k, &(hg_config){.block = 2 * block}).block;
    const bool fills = p->in.c >= hg_lanes(k); /* else blocks are mostly zeros */
    if (twice > block && fills) list[n++] = (hg_config){.block = (int32_t)twice, .parts = 1};
    if (block >= 12) list[n++] = (hg_config){.block = block / 2, .parts = 1};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const double tiles = (double)p->out.n * (double)b.tiles, planes = b.planes;
    const double columns = (double)(b.panels * NR), channels = (double)p->in.c;
    const double rate = hg_rate(k);
    /* Rows of products come in groups of mr; in one of less than 4 sums wait for each other. */
    const int64_t mr = k->run.winograd->mr, rest = b.block % mr;
    const double rows = (double)(b.block - rest + (rest ? HG_MAX(rest, 4) : 0)) / (double)b.block;
    const double products = 2.0 * planes * tiles * channels * columns * rows;
    /* The last term is for finding a tile's pixels. */
    const double transforms = planes * tiles * (channels + columns + 8.0);
    /* Weights stream from the last-level cache, or past it from memory, mostly hidden by the
     * products. */
    const double packed = 4.0 * planes * channels * columns;
    const bool far = packed > 2e7;
    const double weights = 0.25 * packed * (double)b.blocks / (far ? 45.0 : 60.0);
    const double ns = products / (95.0 * rate) + transforms / (4.5 * rate) + weights + 500.0;
    /* What takes longer to pack than to run a few times is left to the tuner. */
    return HG_MAX(ns, packed / (far ? 5.0 : 10.0) / 4.0);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *s)
{
    const blocking b = blocking_of(p, k, c);
    *s = (hg_sizes){.weights = sizeof(float) * (size_t)b.planes * b.plane_u,
                    .tables = BLOCKING_BYTES + sizeof(float) * (size_t)p->in.c,
                    .scratch = sizeof(float) * (size_t)b.planes * (b.plane_v + b.plane_p),
                    .ranges = {p->in.n * b.blocks * (int64_t)b.chunks}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p;
    words[0] = k->run.winograd->m;
    words[1] = k->run.winograd->r;
    words[2] = k->run.winograd->stride;
}

/* The interpolation points of tiles of a pixels, without the last, infinity, and the factors that
 * make rows of G out of their powers: G[i][j] = factor * point^j. */
typedef struct point {
    double at, factor;
} point;

static const point points4[] = {{0, 1}, {1, .5}, {-1, .5}};
static const point points6[] = {
    {0, 1. / 4}, {1, -1. / 6}, {-1, -1. / 6}, {2, 1. / 24}, {-2, 1. / 24}};
static const point points8[] = {{0, 1},        {1, -2. / 9},   {-1, -2. / 9},  {2, 1. / 90},
                                {-2, 1. / 90}, {.5, 32. / 45}, {-.5, 32. / 45}};
/* Stride 2: of the even pixels. */
static const point points5[] = {{0, 1}, {1, 1}};
static const point points9[] = {{0, 1. / 2}, {1, -1. / 2}, {-1, -1. / 6}, {2, 1. / 6}};
static const point *const points_of[MAX_A + 1] = {
    [4] = points4, [5] = points5, [6] = points6, [8] = points8, [9] = points9};

/* The rows of the even pixels' taps, all taps at stride 1; then those of the odd pixels. */
static void make_g(const hg_winograd_ukernels *ukernels, double g[MAX_A][HG_WINOGRAD_MAX_R])
{
    const int a = tile_of(ukernels), s = ukernels->stride, taps = HG_CEIL_DIV(ukernels->r, s);
    const int finite = ukernels->m + taps - 2;
    for (int i = 0; i < finite; i++) {
        g[i][0] = points_of[a][i].factor;
        for (int j = 1; j < taps; j++) g[i][j * s] = g[i][(j - 1) * s] * points_of[a][i].at;
    }
    g[finite][(taps - 1) * s] = 1;
    for (int i = finite + 1; i < a; i++) g[i][1] = 1;
}

/* packed[plane][panel][c][NR], zeros in the last panel's excess. */
static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const hg_winograd_ukernels *ukernels = k->run.winograd;
    const int r = ukernels->r;
    const size_t channels = (size_t)p->in.c, outputs = (size_t)p->out.c, taps = (size_t)(r * r);
    const size_t panels = HG_CEIL_DIV(outputs, (size_t)NR), plane = plane_of_weights(p);
    double g[MAX_A][HG_WINOGRAD_MAX_R] = {{0}};
    make_g(ukernels, g);
    for (size_t panel = 0; panel < panels; panel++)
        for (size_t c = 0; c < channels; c++)
            ukernels->filters(g, filter + (panel * NR * channels + c) * taps, channels * taps,
                              HG_MIN(outputs - panel * NR, (size_t)NR),
                              packed + (panel * channels + c) * NR, plane);
}

/* Tables: the blocking, and the pixel that padding reads. */
static const float *zeros_of(const blocking *b)
{
    return (const float *)(const void *)((const char *)b + BLOCKING_BYTES);
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    memset(tables, 0, BLOCKING_BYTES + sizeof(float) * (size_t)p->in.c);
    *(blocking *)tables = blocking_of(p, k, c);
}

/* ---- Run time ---- */

/* First output of a tile, and the distance of its neighbours: dilation splits an image into
 * dilation.h x dilation.w sub-images, each an undilated convolution of its own. */
typedef struct origin {
    int64_t n, y, x;
} origin;

static origin origin_of(const hg_problem *p, const blocking *b, int64_t n, int64_t tile)
{
    const int64_t per_image = b->tiles_h * b->tiles_w, image = tile / per_image;
    const int64_t row = tile % per_image / b->tiles_w, column = tile % b->tiles_w;
    return (origin){n, image / p->dilation.w + p->dilation.h * b->m * row,
                    image % p->dilation.w + p->dilation.w * b->m * column};
}

/* Offsets of `count` coordinates from `first` on, `step` apart; -1 where they lie outside. */
static void offsets_along(int64_t first, int64_t step, int count, int64_t extent, int64_t stride,
                          int64_t at[MAX_A])
{
    for (int i = 0; i < count; i++, first += step)
        at[i] = first >= 0 && first < extent ? first * stride : -1;
}

/* The a x a input pixels of a tile; padding reads zeros. */
static void find_pixels(const hg_task *t, const blocking *b, origin o,
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
            *pixel++ = y[i] >= 0 && x[j] >= 0 ? image + y[i] + x[j] : zeros_of(b);
}

/* The m x m output pixels of a tile from channel c on, NULL beyond the output. */
static void find_outputs(const hg_task *t, const blocking *b, origin at, size_t c, float *out[],
                         const float *residual[])
{
    const hg_problem *p = t->problem;
    const hg_strides *o = &p->out.strides, *r = &p->residual_strides;
    for (int i = 0; i < b->m; i++)
        for (int j = 0; j < b->m; j++) {
            const int64_t y = at.y + i * p->dilation.h, x = at.x + j * p->dilation.w;
            const bool inside = y < p->out.h && x < p->out.w;
            *out++ = inside ? t->output + at.n * o->n + y * o->h + x * o->w + c : NULL;
            *residual++ =
                inside && t->residual ? t->residual + at.n * r->n + y * r->h + x * r->w + c : NULL;
        }
}

/* One block of tiles, one chunk of panels. */
static void run_block(const hg_task *t, const blocking *b, int64_t n, int64_t first, size_t panel)
{
    const hg_problem *p = t->problem;
    const hg_winograd_ukernels *ukernels = t->kernel->run.winograd;
    const size_t channels = (size_t)p->in.c, c0 = panel * NR;
    const size_t count = (size_t)HG_MIN(b->block, b->tiles - first);
    const size_t panels = HG_MIN(b->chunk, b->panels - panel);
    float *const v = t->scratch, *const product = v + (size_t)b->planes * b->plane_v;
    for (size_t i = 0; i < count; i++) {
        const float *pixel[MAX_A * MAX_A];
        find_pixels(t, b, origin_of(p, b, n, first + (int64_t)i), pixel);
        ukernels->input(pixel, channels, v + i * b->ldv, b->plane_v);
    }
    for (size_t plane = 0; plane < (size_t)b->planes; plane++)
        ukernels->multiply(v + plane * b->plane_v, b->ldv,
                           t->weights + plane * b->plane_u + panel * channels * NR, channels,
                           panels, product + plane * b->plane_p, b->ldp, count);
    for (size_t i = 0; i < count; i++) {
        float *out[HG_WINOGRAD_MAX_M * HG_WINOGRAD_MAX_M];
        const float *residual[HG_WINOGRAD_MAX_M * HG_WINOGRAD_MAX_M];
        find_outputs(t, b, origin_of(p, b, n, first + (int64_t)i), c0, out, residual);
        const hg_winograd_out to = {.out = out,
                                    .residual = p->post.residual ? residual : NULL,
                                    .bias = t->bias + c0,
                                    .channels = HG_MIN((size_t)p->out.c - c0, panels * NR),
                                    .post = p->post};
        ukernels->output(product + i * b->ldp, b->plane_p, &to);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const blocking *b = t->tables;
    const int64_t chunks = (int64_t)b->chunks;
    for (int64_t i = begin; i < end; i++) {
        const int64_t block = i / chunks;
        run_block(t, b, block / b->blocks, block % b->blocks * b->block,
                  (size_t)(i % chunks) * b->chunk);
    }
}

const hg_algorithm hg_conv2d_nhwc_winograd = {.name = "winograd",
                                              .supports = supports,
                                              .configs = configs,
                                              .cost = cost,
                                              .size = size,
                                              .form = form,
                                              .pack = pack,
                                              .prepare = prepare,
                                              .run = run};
