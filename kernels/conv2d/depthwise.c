/* Depthwise and few-channel grouped convolution: rows of taps, chunks and ranges. Contracts:
 * depthwise.h.
 *
 *     for block of output rows (over the whole batch)      one range of work
 *       for chunk of channels (config.split)
 *         microkernel: for step of columns                 its input rows stay in L1
 *           for row
 *             for vector of channels
 *
 * Packed weights: [K/8][kernel.h][kernel.w][channels of a group][8], zero beyond K. config.block =
 * rows per range.
 *
 * With a multiplier M the rows of input under a range are spread in scratch, each channel M times:
 * what is left is a layer of K channels with multiplier 1. */
#include "kernels/conv2d/depthwise.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"

enum {
    BLOCK = HG_DEPTHWISE_BLOCK,
    L1_BYTES = 21 << 10,     /* of the columns under a step of outputs and the weights, one chunk */
    COLUMNS = 7,             /* outputs of a step */
    LINES = 64,              /* output rows of a call */
    OUTPUT_BYTES = 32 << 10, /* of a range */
    NEAR_BYTES = 8 << 20,    /* of the layer: in the last-level cache */
    BEYOND_BYTES = 24 << 20, /* not in it, or only just */
    SPREAD_BYTES = 96 << 10, /* the same with a multiplier: neighbours spread some rows both, */
    SPREAD_ROWS = 4,         /* fewer of them with so many rows at least */
    MIN_CHUNK = 32,
    LINE = 16 /* channels of a cache line: two chunks share none where pixels begin with one */
};

typedef struct shape {
    int64_t group; /* channels of one */
    int64_t multiplier;
    int64_t taps, blocks; /* blocks of channels */
    int64_t rows, block;  /* output rows, and rows per range */
    int64_t spread;       /* rows of input in scratch; 0 with multiplier 1 */
    int64_t chunk;        /* channels at a time; a multiple of BLOCK */
} shape;

static shape shape_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    shape s = {.group = HG_MAX(k->limits.group_channels, 1),
               .multiplier = p->out.c / p->in.c,
               .taps = p->kernel.h * p->kernel.w,
               .blocks = HG_CEIL_DIV(p->out.c, BLOCK),
               .rows = p->out.n * p->out.h};
    const int64_t row_bytes = p->out.w * p->out.c * (int64_t)sizeof(float);
    const int64_t range_bytes = s.multiplier > 1 ? SPREAD_BYTES : OUTPUT_BYTES;
    s.block = c->block > 0 ? c->block : HG_CEIL_DIV(range_bytes, row_bytes);
    if (s.multiplier > 1 && c->block == 0) s.block = HG_MAX(s.block, SPREAD_ROWS);
    s.block = HG_MAX(HG_MIN(s.block, s.rows), 1);
    if (s.multiplier > 1) {
        s.block = HG_MIN(s.block, LINES);
        const int64_t window = (p->kernel.h - 1) * p->dilation.h + 1;
        s.spread = HG_MIN((HG_MIN(s.block, p->out.h) - 1) * p->stride.h + window, p->in.h);
    }
    const int64_t columns = HG_MIN((COLUMNS - 1) * p->stride.w + p->kernel.w, p->in.w);
    const int64_t column_bytes = HG_MIN(p->kernel.h, p->in.h) * columns * (int64_t)sizeof(float);
    const int64_t weight_bytes = s.taps * s.group * (int64_t)sizeof(float);
    const int64_t most = HG_MAX(L1_BYTES / (column_bytes + weight_bytes), MIN_CHUNK);
    const int64_t equal = HG_CEIL_DIV(p->out.c, HG_CEIL_DIV(p->out.c, most));
    s.chunk = c->split > 0 ? c->split : HG_ROUND_UP(equal, LINE);
    s.chunk = HG_ROUND_UP(HG_MIN(s.chunk, p->out.c), BLOCK);
    return s;
}

static size_t spread_bytes(const hg_problem *p, const shape *s)
{
    return sizeof(float) * (size_t)(s->spread * p->in.w * p->out.c);
}

/* Spread rows that would be more than the layer belong to tall windows of a few rows. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    return (double)spread_bytes(p, &s) <= hg_problem_bytes(p) + SPREAD_BYTES;
}

/* Steps of stride 2 leave loads the time to prefetch, which pays where the input is in memory. */
static bool prefetches(const hg_problem *p, const hg_kernel *k, double bytes)
{
    return k->isa == HG_ISA_AVX2 && k->limits.stride.w == 2 && hg_problem_bytes(p) >= bytes;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const shape s = shape_of(p, k, &(hg_config){0});
    const int32_t block = (int32_t)s.block, chunk = (int32_t)HG_MIN(s.chunk, INT32_MAX);
    const int32_t chunks[] = {32, 64, 128, 256, (int32_t)HG_MIN(p->out.c, INT32_MAX)};
    const hg_config usual = {
        .block = block, .split = chunk, .ahead = prefetches(p, k, BEYOND_BYTES)};
    int n = 0;
    list[n++] = usual;
    for (size_t i = 0; i < HG_COUNT(chunks); i++) {
        list[n] = usual, list[n].split = chunks[i];
        n += chunks[i] != chunk && (chunks[i] < p->out.c || i + 1 == HG_COUNT(chunks));
    }
    if (block > 1) list[n] = usual, list[n++].block = 1;
    if (2 * (int64_t)block <= s.rows && s.multiplier == 1)
        list[n] = usual, list[n++].block = 2 * block;
    if (prefetches(p, k, NEAR_BYTES)) list[n] = usual, list[n++].ahead = !usual.ahead;
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double tile = k->limits.group_channels ? 0.9 : k->limits.kernel.w ? 0.7 : 0.25;
    const shape s = shape_of(p, k, &(hg_config){0});
    const double spread =
        s.multiplier > 1 ? (double)spread_bytes(p, &s) * (double)s.rows / (double)s.block : 0.0;
    return hg_conv_cost(p, hg_problem_flops(p) + spread, tile * hg_isa_model_of(k->isa)->rate);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const shape s = shape_of(p, k, c);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(s.blocks * s.taps * s.group * BLOCK),
                        .scratch = spread_bytes(p, &s),
                        .stages = 1,
                        .ranges = {HG_CEIL_DIV(s.rows, s.block)}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p;
    memset(words, 0, 12 * sizeof words[0]);
    words[0] = 3; /* this packing */
    words[1] = HG_MAX(k->limits.group_channels, 1);
}

/* Lane `lane` of block b holds the weight of input channel `in` for output channel in ^ d, which is
 * in the same group: sizes of groups are powers of two. The sum for output channel o is then that
 * of the accumulators d at lanes o ^ d, and the kernels multiply inputs as they are loaded. */
static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const shape s = shape_of(p, k, &(hg_config){0});
    for (int64_t b = 0; b < s.blocks; b++) {
        const int64_t first = p->out.c < BLOCK ? 0 : HG_MIN(b * BLOCK, p->out.c - BLOCK);
        for (int64_t t = 0; t < s.taps; t++)
            for (int64_t d = 0; d < s.group; d++)
                for (int64_t lane = 0; lane < BLOCK; lane++, packed++) {
                    const int64_t in = first + lane, out = in ^ d;
                    const bool inside = in < p->out.c && out < p->out.c;
                    *packed = inside ? filter[(out * s.group + in % s.group) * s.taps + t] : 0.0f;
                }
    }
}

/* Outputs whose taps lie on the same residue of columns are a row without dilation:
 *
 *     x = first + dilation*t:   x*stride + k*dilation - left = column + dilation*(t*stride + k - q)
 */
typedef struct phase {
    int64_t first, column; /* output and column of the input that the phase begins at */
} phase;

static phase phase_of(const hg_problem *p, int64_t first, hg_depthwise_args *a)
{
    const int64_t d = p->dilation.w, begin = first * p->stride.w - p->pad.left;
    const int64_t column = (begin % d + d) % d;
    a->left = (column - begin) / d;
    a->width = column < p->in.w ? (p->in.w - column - 1) / d + 1 : 0;
    a->count = (p->out.w - first - 1) / d + 1;
    return (phase){first, a->width ? column : 0};
}

/* Where the input of some output rows lies: in the tensor, or spread in scratch. */
typedef struct source {
    const float *input;
    int64_t first; /* row of the image that it begins with */
    hg_strides strides;
} source;

/* An output row at the channels from c on. */
static hg_depthwise_line line_of(const hg_task *t, const shape *s, const source *in, phase f,
                                 int64_t row, int64_t c)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t first = oy * p->stride.h - p->pad.top;
    const hg_span taps = hg_taps_inside(first, p->kernel.h, p->dilation.h, p->in.h);
    hg_depthwise_line line = {
        .input = in->input + n * in->strides.n + f.column * in->strides.w + c,
        .weights = t->weights + (c * s->taps + taps.begin * p->kernel.w * BLOCK) * s->group,
        .out = t->output + n * so->n + oy * so->h + f.first * so->w + c,
        .rows = taps.end - taps.begin};
    if (p->post.residual)
        line.residual = t->residual + n * sr->n + oy * sr->h + f.first * sr->w + c;
    if (line.rows) line.input += (first + taps.begin * p->dilation.h - in->first) * in->strides.h;
    return line;
}

/* Each of `count` floats m times; m is a constant where that is a common multiplier. */
HG_INLINE void repeat(const float *from, float *to, int64_t count, int64_t m)
{
    for (int64_t i = 0; i < count; i++)
        for (int64_t j = 0; j < m; j++) to[i * m + j] = from[i];
}

static void repeat_pixel(const float *from, float *to, int64_t count, int64_t m)
{
    switch (m) {
    case 2:
        repeat(from, to, count, 2);
        break;
    case 3:
        repeat(from, to, count, 3);
        break;
    case 4:
        repeat(from, to, count, 4);
        break;
    case 8:
        repeat(from, to, count, 8);
        break;
    default:
        repeat(from, to, count, m);
    }
}

/* The input under output rows [row, row + count) of one image, each channel `multiplier` times. */
static source spread(const hg_task *t, const shape *s, int64_t row, int64_t count)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h, m = s->multiplier, c = p->in.c;
    const int64_t top = oy * p->stride.h - p->pad.top;
    const int64_t window = (p->kernel.h - 1) * p->dilation.h + 1;
    const int64_t begin = HG_MIN(HG_MAX(top, 0), p->in.h);
    const int64_t end = HG_MIN(top + (count - 1) * p->stride.h + window, p->in.h);
    float *to = t->scratch;
    for (int64_t y = begin; y < end; y++)
        for (int64_t x = 0; x < p->in.w; x++, to += c * m) {
            const hg_strides *si = &p->in.strides;
            repeat_pixel(t->input + n * si->n + y * si->h + x * si->w, to, c, m);
        }
    return (source){t->scratch, begin, {.h = p->in.w * c * m, .w = c * m, .c = 1}};
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const shape s = shape_of(p, t->kernel, &t->config);
    const int64_t phases = HG_MIN(p->dilation.w, p->out.w);
    source in = {t->input, 0, p->in.strides};
    hg_depthwise_args a = {.cols = p->kernel.w,
                           .stride = p->stride.w,
                           .dilation = 1,
                           .weight_step = p->kernel.w * s.group * BLOCK,
                           .block_step = s.taps * s.group * BLOCK,
                           .out_step = p->out.strides.w * p->dilation.w,
                           .residual_step = p->residual_strides.w * p->dilation.w,
                           .overlap = p->out.c >= BLOCK,
                           .ahead = t->config.ahead == 1,
                           .slope = p->post.slope,
                           .min = p->post.min,
                           .max = p->post.max};
    hg_depthwise_line lines[LINES];
    a.lines = lines;
    const int64_t last = HG_MIN(end * s.block, s.rows);
    for (int64_t row = begin * s.block; row < last; row += a.line_count) {
        a.line_count = HG_MIN(LINES, last - row);
        if (s.multiplier > 1) {
            a.line_count = HG_MIN(HG_MIN(s.block, last - row), p->out.h - row % p->out.h);
            in = spread(t, &s, row, a.line_count);
        }
        a.row_step = p->dilation.h * in.strides.h;
        a.pixel_step = p->dilation.w * in.strides.w;
        for (int64_t c = 0; c < p->out.c; c += s.chunk) {
            a.channels = (size_t)HG_MIN(s.chunk, p->out.c - c);
            a.bias = t->bias + c;
            for (int64_t first = 0; first < phases; first++) {
                const phase f = phase_of(p, first, &a);
                for (int64_t i = 0; i < a.line_count; i++)
                    lines[i] = line_of(t, &s, &in, f, row + i, c);
                t->kernel->run.depthwise(&a);
            }
        }
    }
}

const hg_algorithm hg_depthwise = {.name = "depthwise",
                                   .supports = supports,
                                   .configs = configs,
                                   .cost = cost,
                                   .size = size,
                                   .form = form,
                                   .pack = pack,
                                   .run = run};
