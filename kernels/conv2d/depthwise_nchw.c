/* Depthwise convolution on NCHW tensors: planes, blocks of rows and ranges. Contract of the
 * microkernels: depthwise_nchw.h.
 *
 *     for block of output rows, over all planes         config.block rows: one range of work
 *         microkernel: for rows, for vectors of columns
 *
 * Weights are used as they come. The tables are masks, and a row of zeros. */
#include "kernels/conv2d/depthwise_nchw.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"

enum {
    OUTPUT_BYTES = 32 << 10, /* of a range */
    ROWS = 4,                /* of a block at least */
    LANES = HG_DEPTHWISE_LANES,
    IN_LANES = 4 /* inputs of a row at least: a vector of NEON, which has no masks */
};

static int64_t block_of(const hg_problem *p, const hg_config *c)
{
    const int64_t row_bytes = p->out.w * (int64_t)sizeof(float);
    return c->block > 0 ? c->block : HG_MAX(HG_CEIL_DIV(OUTPUT_BYTES, row_bytes), ROWS);
}

/* Narrower rows would leave lanes idle: repacking to NHWC is faster. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    return p->out.w >= LANES && (k->isa == HG_ISA_AVX2 || p->in.w >= IN_LANES);
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    return hg_conv_cost(p, hg_problem_flops(p), 0.5 * hg_isa_model_of(k->isa)->rate);
}

static int64_t mask_words(const hg_problem *p)
{
    return HG_CEIL_DIV(p->out.w, LANES) * HG_DEPTHWISE_LOADS * LANES;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k;
    const int64_t rows = p->out.n * p->out.c * p->out.h;
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(p->out.c * p->kernel.h * p->kernel.w),
                        .tables = sizeof(float) * (size_t)(mask_words(p) + p->in.w),
                        .stages = 1,
                        .ranges = {HG_CEIL_DIV(rows, block_of(p, c))}};
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    int32_t *mask = tables;
    for (int64_t tile = 0; tile < p->out.w; tile += LANES)
        for (int i = 0; i < HG_DEPTHWISE_LOADS; i++)
            for (int64_t lane = 0; lane < LANES; lane++) {
                const int64_t x = HG_MIN(tile, p->out.w - LANES) * p->stride.w - p->pad.left;
                const int64_t column = x + hg_depthwise_load_column(i, p->stride.w) + lane;
                *mask++ = column >= 0 && column < p->in.w ? -1 : 0;
            }
    memset(mask, 0, sizeof(float) * (size_t)p->in.w);
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p, (void)k;
    memset(words, 0, 12 * sizeof words[0]);
    words[0] = 9; /* as given */
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    (void)k;
    memcpy(packed, filter, sizeof(float) * (size_t)(p->out.c * p->kernel.h * p->kernel.w));
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides, *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t taps = p->kernel.h * p->kernel.w, multiplier = p->out.c / p->in.c;
    const int32_t *masks = t->tables;
    hg_depthwise_plane plane = {.zeros = (const float *)(masks + mask_words(p)),
                                .masks = masks,
                                .in_row = si->h,
                                .in_height = p->in.h,
                                .in_width = p->in.w,
                                .left = p->pad.left,
                                .out_row = so->h,
                                .residual_row = sr->h,
                                .width = p->out.w,
                                .slope = p->post.slope,
                                .min = p->post.min,
                                .max = p->post.max};
    const int64_t block = block_of(p, &t->config);
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
    }
}

const hg_algorithm hg_depthwise_nchw = {.name = "depthwise_nchw",
                                        .supports = supports,
                                        .cost = cost,
                                        .size = size,
                                        .form = form,
                                        .pack = pack,
                                        .prepare = prepare,
                                        .run = run};
