/* Depthwise convolution on NCHW tensors: planes, blocks of rows and ranges. Contract of the
 * microkernels: depthwise.h.
 *
 *     for block of output rows, over all planes         config.block rows: one range of work
 *         microkernel: for rows, for vectors of columns
 *
 * Weights are used as they come. The tables are what all calls share, masks, and a row of zeros. */
#include "kernels/conv2d/nchw/depthwise.h"

#include <string.h>

#include "kernels/activation/activation.h"
#include "kernels/conv2d/conv2d.h"

enum {
    OUTPUT_BYTES = 32 << 10, /* of a range */
    ROWS = 4,                /* of a block at least */
    SHORT = 4                /* lanes of vectors that have no masks */
};

typedef struct tables {
    int64_t block;
    hg_depthwise_plane plane;
} tables;

enum { MASKS = HG_ROUND_UP(sizeof(tables), sizeof(float) * HG_CACHELINE) }; /* begin there */

static int64_t block_of(const hg_problem *p, const hg_config *c)
{
    const int64_t row_bytes = p->out.w * (int64_t)sizeof(float);
    return c->block > 0 ? c->block : HG_MAX(HG_CEIL_DIV(OUTPUT_BYTES, row_bytes), ROWS);
}

/* Narrower rows would leave lanes idle: repacking to NHWC is faster. Vectors without masks must
 * find their lanes inside the input. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const int lanes = hg_lanes(k);
    return p->out.w >= HG_DEPTHWISE_NCHW_TILE(lanes) && (lanes > SHORT || p->in.w >= lanes);
}

/* By tiles, the last of which may be a part of one, and what each row takes beside them. Stride 2
 * is bound by shuffles. */
static double cost(const hg_problem *p, const hg_kernel *k)
{
    const int64_t width = HG_DEPTHWISE_NCHW_TILE(hg_lanes(k));
    const double rows = (double)p->out.n * (double)p->out.c * (double)p->out.h;
    const double flops = 2.0 * (double)(p->kernel.h * p->kernel.w * width);
    const double tile = flops / (100.0 * hg_rate(k) * (p->stride.w > 1 ? 0.3 : 0.7));
    const double row = 2.6 + (double)HG_CEIL_DIV(p->out.w, width) * tile;
    return HG_MAX(rows * row, hg_traffic_ns(p)) + 200.0;
}

static int64_t mask_words(const hg_problem *p, const hg_kernel *k)
{
    const int tile = HG_DEPTHWISE_NCHW_TILE(hg_lanes(k));
    return HG_CEIL_DIV(p->out.w, tile) * HG_DEPTHWISE_NCHW_LOADS * tile;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const int64_t rows = p->out.n * p->out.c * p->out.h;
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(p->out.c * p->kernel.h * p->kernel.w),
                        .tables = MASKS + sizeof(float) * (size_t)(mask_words(p, k) + p->in.w),
                        .ranges = {HG_CEIL_DIV(rows, block_of(p, c))}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *memory)
{
    const int lanes = hg_lanes(k), tile = HG_DEPTHWISE_NCHW_TILE(lanes);
    tables *t = memory;
    int32_t *mask = (void *)((char *)memory + MASKS);
    t->block = block_of(p, c);
    t->plane = (hg_depthwise_plane){.masks = mask,
                                    .zeros = (const float *)(mask + mask_words(p, k)),
                                    .in_row = p->in.strides.h,
                                    .in_height = p->in.h,
                                    .in_width = p->in.w,
                                    .left = p->pad.left,
                                    .out_row = p->out.strides.h,
                                    .residual_row = p->residual_strides.h,
                                    .width = p->out.w,
                                    .post = p->post};
    for (int64_t begin = 0; begin < p->out.w; begin += tile)
        for (int i = 0; i < tile / lanes * HG_DEPTHWISE_NCHW_LOADS; i++) {
            const int64_t first = HG_MIN(begin, p->out.w - tile) * p->stride.w - p->pad.left;
            const int v = i / HG_DEPTHWISE_NCHW_LOADS, load = i % HG_DEPTHWISE_NCHW_LOADS;
            const int64_t column = first + hg_depthwise_nchw_column(v, load, p->stride.w, lanes);
            for (int64_t x = column; x < column + lanes; x++)
                *mask++ = x >= 0 && x < p->in.w ? -1 : 0;
        }
    memset(mask, 0, sizeof(float) * (size_t)p->in.w);
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t taps = p->kernel.h * p->kernel.w, multiplier = p->out.c / p->in.c;
    const tables *tables = t->tables;
    const int64_t block = tables->block;
    hg_depthwise_plane plane = tables->plane;
    const int64_t last = HG_MIN(end * block, p->out.n * p->out.c * p->out.h);
    for (int64_t row = begin * block; row < last; row += plane.rows) {
        const int64_t y = row % p->out.h, c = row / p->out.h % p->out.c;
        const int64_t n = row / p->out.h / p->out.c;
        plane.rows = HG_MIN(p->out.h - y, last - row);
        plane.input = t->input + n * si->n + c / multiplier * si->c;
        plane.first = y * p->stride.h - p->pad.top;
        plane.weights = t->weights + c * taps;
        plane.bias = t->bias[c];
        plane.out = t->output + n * so->n + c * so->c + y * so->h;
        if (p->post.residual) plane.residual = t->residual + n * sr->n + c * sr->c + y * sr->h;
        t->kernel->run.depthwise_plane(&plane);
        hg_finish(t, (hg_block){n, y, 0, c, plane.rows, p->out.w, 1});
    }
}

const hg_algorithm hg_conv2d_nchw_depthwise = {.name = "depthwise",
                                               .supports = supports,
                                               .cost = cost,
                                               .size = size,
                                               .pack = hg_conv_pack_as_given,
                                               .prepare = prepare,
                                               .run = run,
                                               .finishes = true};
