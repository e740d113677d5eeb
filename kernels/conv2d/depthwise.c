/* Depthwise convolution: rows of taps, chunks and ranges. Contracts: depthwise.h.
 *
 *     for block of output rows (over the whole batch)      one range of work
 *       for chunk of channels (config.split)
 *         microkernel: for step of columns                 its input rows stay in L1
 *           for row
 *             for vector of channels
 *
 * Packed weights: [C/8][kernel.h][kernel.w][8], zero beyond C. config.block = rows per range. */
#include "kernels/conv2d/depthwise.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"

enum {
    BLOCK = HG_DEPTHWISE_BLOCK,
    INPUT_BYTES = 20 << 10,  /* of the columns under a step of outputs, one chunk: stays in L1 */
    COLUMNS = 7,             /* outputs of a step */
    LINES = 64,              /* output rows of a call */
    OUTPUT_BYTES = 32 << 10, /* of a range */
    MIN_CHUNK = 32
};

typedef struct shape {
    int64_t taps, blocks; /* blocks of channels */
    int64_t rows, block;  /* output rows, and rows per range */
    int64_t chunk;        /* channels at a time; a multiple of BLOCK */
} shape;

static shape shape_of(const hg_problem *p, const hg_config *c)
{
    shape s = {.taps = p->kernel.h * p->kernel.w,
               .blocks = HG_CEIL_DIV(p->in.c, BLOCK),
               .rows = p->out.n * p->out.h};
    const int64_t row_bytes = p->out.w * p->out.c * (int64_t)sizeof(float);
    s.block = c->block > 0 ? c->block : HG_CEIL_DIV(OUTPUT_BYTES, row_bytes);
    s.block = HG_MAX(HG_MIN(s.block, s.rows), 1);
    const int64_t columns = HG_MIN((COLUMNS - 1) * p->stride.w + p->kernel.w, p->in.w);
    const int64_t column_bytes = HG_MIN(p->kernel.h, p->in.h) * columns * (int64_t)sizeof(float);
    s.chunk = c->split > 0 ? c->split : HG_MAX(INPUT_BYTES / column_bytes, MIN_CHUNK);
    s.chunk = HG_ROUND_UP(HG_MIN(s.chunk, p->in.c), BLOCK);
    return s;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    (void)k;
    const shape s = shape_of(p, &(hg_config){0});
    const int32_t block = (int32_t)s.block, chunk = (int32_t)HG_MIN(s.chunk, INT32_MAX);
    const int32_t chunks[] = {32, 64, 128, 256, (int32_t)HG_MIN(p->in.c, INT32_MAX)};
    int n = 0;
    list[n++] = (hg_config){.block = block, .split = chunk};
    for (size_t i = 0; i < HG_COUNT(chunks); i++)
        if (chunks[i] != chunk && (chunks[i] < p->in.c || i + 1 == HG_COUNT(chunks)))
            list[n++] = (hg_config){.block = block, .split = chunks[i]};
    if (block > 1) list[n++] = (hg_config){.block = 1, .split = chunk};
    if (2 * (int64_t)block <= s.rows) list[n++] = (hg_config){.block = 2 * block, .split = chunk};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double tile = k->limits.kernel.w ? 0.5 : 0.25;
    return hg_conv_cost(p, hg_problem_flops(p), k->isa == HG_ISA_AVX2 ? tile : tile / 2);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    (void)k;
    const shape s = shape_of(p, c);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(s.blocks * s.taps * BLOCK),
                        .stages = 1,
                        .ranges = {HG_CEIL_DIV(s.rows, s.block)}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p, (void)k;
    memset(words, 0, 12 * sizeof words[0]);
    words[0] = 2; /* this packing */
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    (void)k;
    const shape s = shape_of(p, &(hg_config){0});
    for (int64_t b = 0; b < s.blocks; b++)
        for (int64_t t = 0; t < s.taps; t++)
            for (int64_t j = 0; j < BLOCK; j++, packed++) {
                const int64_t c = b * BLOCK + j;
                *packed = c < p->in.c ? filter[c * s.taps + t] : 0.0f;
            }
}

/* An output row at the channels from c on. */
static hg_depthwise_line line_of(const hg_task *t, const shape *s, int64_t row, int64_t c)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t first = oy * p->stride.h - p->pad.top;
    const hg_span taps = hg_taps_inside(first, p->kernel.h, p->dilation.h, p->in.h);
    hg_depthwise_line line = {
        .input = t->input + n * p->in.strides.n + c,
        .weights = t->weights + c * s->taps + taps.begin * p->kernel.w * BLOCK,
        .out = t->output + n * so->n + oy * so->h + c,
        .residual = p->post.residual ? t->residual + n * sr->n + oy * sr->h + c : NULL,
        .rows = taps.end - taps.begin};
    if (line.rows) line.input += (first + taps.begin * p->dilation.h) * p->in.strides.h;
    return line;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const shape s = shape_of(p, &t->config);
    hg_depthwise_args a = {.row_step = p->dilation.h * p->in.strides.h,
                           .pixel_step = p->in.strides.w,
                           .cols = p->kernel.w,
                           .width = p->in.w,
                           .left = p->pad.left,
                           .stride = p->stride.w,
                           .dilation = p->dilation.w,
                           .weight_step = p->kernel.w * BLOCK,
                           .block_step = s.taps * BLOCK,
                           .out_step = p->out.strides.w,
                           .residual_step = p->residual_strides.w,
                           .count = p->out.w,
                           .slope = p->post.slope,
                           .min = p->post.min,
                           .max = p->post.max};
    hg_depthwise_line lines[LINES];
    a.lines = lines;
    const int64_t last = HG_MIN(end * s.block, s.rows);
    for (int64_t row = begin * s.block; row < last; row += a.line_count) {
        a.line_count = HG_MIN(LINES, last - row);
        for (int64_t c = 0; c < p->in.c; c += s.chunk) {
            a.channels = (size_t)HG_MIN(s.chunk, p->in.c - c);
            a.bias = t->bias + c;
            for (int64_t i = 0; i < a.line_count; i++) lines[i] = line_of(t, &s, row + i, c);
            t->kernel->run.depthwise(&a);
        }
    }
}

const hg_algorithm hg_depthwise = {.name = "depthwise",
                                   .configs = configs,
                                   .cost = cost,
                                   .size = size,
                                   .form = form,
                                   .pack = pack,
                                   .run = run};
