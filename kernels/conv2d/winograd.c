/* Winograd convolution: sizes, weight transform, and the loop over blocks of tiles. */
#include "kernels/conv2d/winograd.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"

enum {
    NR = HG_WINOGRAD_NR,
    VL = 8,    /* transformed channels are rounded up to this */
    LINE = 16, /* floats per cache line */
    MAX_A = HG_WINOGRAD_MAX_A,
    L2_BYTES = 1 << 19
};

/* Everything about the blocks that follows from problem, kernel and config. */
typedef struct geometry {
    int m, a, planes;
    int64_t tiles_h, tiles_w, tiles; /* of one image */
    int64_t block, blocks;           /* tiles per range; ranges per image */
    size_t ldv, ldp, panels;         /* floats per tile and plane */
    size_t plane_v, plane_p;         /* floats per plane: one line more than a multiple of 4 KiB
                                        could be, or the planes would share the same cache sets */
} geometry;

/* Tiles per block so that both transformed blocks fill about three quarters of an L2 of 512 KiB. */
static int64_t default_block(const hg_problem *p, int planes)
{
    const int64_t bytes = 4 * planes * (p->in.c + p->out.c);
    return HG_MIN(HG_MAX(L2_BYTES * 3 / 4 / bytes, 6), 96);
}

static geometry geometry_of(const hg_problem *p, const hg_kernel *k, const hg_config *config)
{
    geometry g = {.m = k->run.winograd->m};
    g.a = g.m + 2;
    g.planes = g.a * g.a;
    g.tiles_h = HG_CEIL_DIV(p->out.h, g.m);
    g.tiles_w = HG_CEIL_DIV(p->out.w, g.m);
    g.tiles = g.tiles_h * g.tiles_w;
    const int64_t wanted = config->block ? config->block : default_block(p, g.planes);
    g.blocks = HG_CEIL_DIV(g.tiles, wanted);
    g.block = HG_CEIL_DIV(g.tiles, g.blocks); /* even shares */
    g.blocks = HG_CEIL_DIV(g.tiles, g.block);
    g.ldv = HG_ROUND_UP((size_t)p->in.c, (size_t)VL);
    g.panels = HG_CEIL_DIV((size_t)p->out.c, (size_t)NR);
    g.ldp = g.panels * NR;
    g.plane_v = HG_ROUND_UP((size_t)g.block * g.ldv, (size_t)LINE) + LINE;
    g.plane_p = HG_ROUND_UP((size_t)g.block * g.ldp, (size_t)LINE) + LINE;
    return g;
}

/* ---- Plan time ---- */

static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const int m = k->run.winograd->m;
    return p->accuracy != HG_STRICT && (m < 6 || p->accuracy == HG_RELAXED);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const int64_t m = k->run.winograd->m, base = default_block(p, (int)((m + 2) * (m + 2)));
    const int64_t tiles = HG_CEIL_DIV(p->out.h, m) * HG_CEIL_DIV(p->out.w, m);
    int n = 0;
    list[n++] = (hg_config){.block = 0};
    if (base < tiles) list[n++] = (hg_config){.block = (int32_t)(2 * base)};
    if (base >= 12) list[n++] = (hg_config){.block = (int32_t)(base / 2)};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const geometry g = geometry_of(p, k, &(hg_config){0});
    const double tiles = (double)p->out.n * (double)g.tiles, planes = g.planes;
    const double products = 2.0 * planes * tiles * (double)p->in.c * (double)g.ldp;
    const double transforms = planes * tiles * (double)(p->in.c + p->out.c);
    const double weights = 4.0 * planes * (double)p->in.c * (double)g.ldp;
    return products / 75.0 + transforms / 1.5 + weights / 40.0 + 2000.0;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *s)
{
    const geometry g = geometry_of(p, k, c);
    *s = (hg_sizes){.weights = sizeof(float) * (size_t)g.planes * g.panels * (size_t)p->in.c * NR,
                    .tables = sizeof(float) * (size_t)p->in.c,
                    .scratch = sizeof(float) * (size_t)g.planes * (g.plane_v + g.plane_p),
                    .ranges = {p->in.n * g.blocks}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p;
    words[0] = k->run.winograd->m;
}

/* Rows of G for F(2), F(4) and F(6). */
static const double g2[4][3] = {{1, 0, 0}, {.5, .5, .5}, {.5, -.5, .5}, {0, 0, 1}};
static const double g4[6][3] = {{1. / 4, 0, 0},
                                {-1. / 6, -1. / 6, -1. / 6},
                                {-1. / 6, 1. / 6, -1. / 6},
                                {1. / 24, 1. / 12, 1. / 6},
                                {1. / 24, -1. / 12, 1. / 6},
                                {0, 0, 1}};
static const double g6[8][3] = {{1, 0, 0},
                                {-2. / 9, -2. / 9, -2. / 9},
                                {-2. / 9, 2. / 9, -2. / 9},
                                {1. / 90, 1. / 45, 2. / 45},
                                {1. / 90, -1. / 45, 2. / 45},
                                {32. / 45, 16. / 45, 8. / 45},
                                {32. / 45, -16. / 45, 8. / 45},
                                {0, 0, 1}};

/* u = G g G^T, stored with `plane` floats from position to position. */
static void transform_filter(const double (*g)[3], int a, const float *filter, float *u,
                             size_t plane)
{
    double rows[MAX_A][3];
    for (int i = 0; i < a; i++)
        for (int x = 0; x < 3; x++)
            rows[i][x] = g[i][0] * (double)filter[x] + g[i][1] * (double)filter[3 + x] +
                         g[i][2] * (double)filter[6 + x];
    for (int i = 0; i < a; i++)
        for (int j = 0; j < a; j++, u += plane)
            *u = (float)(rows[i][0] * g[j][0] + rows[i][1] * g[j][1] + rows[i][2] * g[j][2]);
}

/* packed[plane][panel][c][NR], zeros in the last panel's excess. */
static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const int m = k->run.winograd->m;
    const double(*const g)[3] = m == 2 ? g2 : m == 4 ? g4 : g6;
    const size_t channels = (size_t)p->in.c, panels = HG_CEIL_DIV((size_t)p->out.c, (size_t)NR);
    const size_t plane = panels * channels * NR;
    memset(packed, 0, sizeof(float) * (size_t)((m + 2) * (m + 2)) * plane);
    for (size_t o = 0; o < (size_t)p->out.c; o++)
        for (size_t c = 0; c < channels; c++)
            transform_filter(g, m + 2, filter + (o * channels + c) * 9,
                             packed + (o / NR * channels + c) * NR + o % NR, plane);
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    memset(tables, 0, sizeof(float) * (size_t)p->in.c); /* the pixel that padding reads */
}

/* ---- Run time ---- */

/* The a x a input pixels of a tile; padding reads zeros. */
static void find_pixels(const hg_task *t, const geometry *g, int64_t n, int64_t tile,
                        const float *pixel[MAX_A * MAX_A])
{
    const hg_problem *p = t->problem;
    const int64_t y0 = tile / g->tiles_w * g->m - p->pad.top;
    const int64_t x0 = tile % g->tiles_w * g->m - p->pad.left;
    const float *image = t->input + n * p->in.strides.n;
    for (int64_t y = y0; y < y0 + g->a; y++)
        for (int64_t x = x0; x < x0 + g->a; x++) {
            const bool inside = y >= 0 && y < p->in.h && x >= 0 && x < p->in.w;
            *pixel++ = inside ? image + y * p->in.strides.h + x * p->in.strides.w : t->tables;
        }
}

/* The m x m output pixels of a tile, NULL beyond the output. */
static void find_outputs(const hg_task *t, const geometry *g, int64_t n, int64_t tile, float *out[],
                         const float *residual[])
{
    const hg_problem *p = t->problem;
    const int64_t y0 = tile / g->tiles_w * g->m, x0 = tile % g->tiles_w * g->m;
    const hg_strides *o = &p->out.strides, *r = &p->residual_strides;
    for (int64_t y = y0; y < y0 + g->m; y++)
        for (int64_t x = x0; x < x0 + g->m; x++) {
            const bool inside = y < p->out.h && x < p->out.w;
            *out++ = inside ? t->output + n * o->n + y * o->h + x * o->w : NULL;
            *residual++ =
                inside && t->residual ? t->residual + n * r->n + y * r->h + x * r->w : NULL;
        }
}

static void run_block(const hg_task *t, const geometry *g, int64_t n, int64_t first, int64_t count)
{
    const hg_problem *p = t->problem;
    const hg_winograd_steps *steps = t->kernel->run.winograd;
    const size_t channels = (size_t)p->in.c;
    float *const v = t->scratch, *const product = v + (size_t)g->planes * g->plane_v;
    for (int64_t i = 0; i < count; i++) {
        const float *pixel[MAX_A * MAX_A];
        find_pixels(t, g, n, first + i, pixel);
        steps->input(pixel, channels, v + (size_t)i * g->ldv, g->plane_v);
    }
    for (size_t plane = 0; plane < (size_t)g->planes; plane++)
        steps->multiply(v + plane * g->plane_v, g->ldv,
                        t->weights + plane * g->panels * channels * NR, channels, g->panels,
                        product + plane * g->plane_p, g->ldp, (size_t)count);
    for (int64_t i = 0; i < count; i++) {
        float *out[HG_WINOGRAD_MAX_M * HG_WINOGRAD_MAX_M];
        const float *residual[HG_WINOGRAD_MAX_M * HG_WINOGRAD_MAX_M];
        find_outputs(t, g, n, first + i, out, residual);
        const hg_winograd_out to = {out,           p->post.residual ? residual : NULL,
                                    t->bias,       (size_t)p->out.c,
                                    p->post.slope, p->post.min,
                                    p->post.max};
        steps->output(product + (size_t)i * g->ldp, g->plane_p, &to);
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const geometry g = geometry_of(t->problem, t->kernel, &t->config);
    for (int64_t i = begin; i < end; i++) {
        const int64_t first = i % g.blocks * g.block;
        run_block(t, &g, i / g.blocks, first, HG_MIN(g.block, g.tiles - first));
    }
}

const hg_algorithm hg_winograd = {.name = "winograd",
                                  .supports = supports,
                                  .configs = configs,
                                  .cost = cost,
                                  .size = size,
                                  .form = form,
                                  .pack = pack,
                                  .prepare = prepare,
                                  .run = run};
