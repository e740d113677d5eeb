/* Depthwise and few-channel grouped convolution: rows of taps, chunks and ranges. Contracts:
 * depthwise.h.
 *
 *     for block of output rows (over the whole batch)      one range of work
 *       for chunk of channels (config.channels)
 *         microkernel: for step of columns                 its input rows stay in L1
 *           for row
 *             for vector of channels
 *
 * Packed weights: [K/B][kernel.h][kernel.w][channels of a group][B], zero beyond K. config.block =
 * rows per range. The tables are the blocking.
 *
 * With a multiplier M the rows of input under a range are spread in scratch, each channel M times:
 * what is left is a layer of K channels with multiplier 1. */
#include "kernels/conv2d/nhwc/depthwise.h"

#include <string.h>

#include "kernels/conv2d/conv2d.h"

enum {
    L1_BYTES = 21 << 10,     /* of the columns under a step of outputs and the weights, one chunk */
    COLUMNS = 7,             /* outputs of a step */
    LINES = 64,              /* output rows of a call */
    OUTPUT_BYTES = 32 << 10, /* of a range */
    NEAR_BYTES = 8 << 20,    /* of the layer: in the last-level cache */
    BEYOND_BYTES = 24 << 20, /* not in it, or only just */
    SPREAD_BYTES = 96 << 10, /* the same with a multiplier: neighbours spread some rows both, */
    SPREAD_ROWS = 4,         /* fewer of them with so many rows at least */
    MIN_CHUNK = 32
};

typedef struct blocking {
    int64_t unit;  /* channels of a block of packed weights */
    int64_t group; /* channels of one */
    int64_t multiplier;
    int64_t taps, blocks; /* blocks of channels */
    int64_t rows, block;  /* output rows, and rows per range */
    int64_t spread;       /* rows of input in scratch; 0 with multiplier 1 */
    int64_t chunk;        /* channels at a time; a multiple of unit */
} blocking;

static blocking blocking_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    blocking b = {.unit = HG_DEPTHWISE_BLOCK(hg_isa_model_of(k->isa)->lanes),
                  .group = HG_MAX(k->limits.group_channels, 1),
                  .multiplier = p->out.c / p->in.c,
                  .taps = p->kernel.h * p->kernel.w,
                  .rows = p->out.n * p->out.h};
    b.blocks = HG_CEIL_DIV(p->out.c, b.unit);
    const int64_t row_bytes = p->out.w * p->out.c * (int64_t)sizeof(float);
    const int64_t range_bytes = b.multiplier > 1 ? SPREAD_BYTES : OUTPUT_BYTES;
    b.block = c->block > 0 ? c->block : HG_CEIL_DIV(range_bytes, row_bytes);
    if (b.multiplier > 1 && c->block == 0) b.block = HG_MAX(b.block, SPREAD_ROWS);
    b.block = HG_MAX(HG_MIN(b.block, b.rows), 1);
    if (b.multiplier > 1) {
        b.block = HG_MIN(b.block, LINES);
        const int64_t rows = HG_MIN(b.block, p->out.h);
        b.spread = HG_MIN((rows - 1) * p->stride.h + hg_window_reach(p).h, p->in.h);
    }
    const int64_t columns = HG_MIN((COLUMNS - 1) * p->stride.w + p->kernel.w, p->in.w);
    const int64_t column_bytes = HG_MIN(p->kernel.h, p->in.h) * columns * (int64_t)sizeof(float);
    const int64_t weight_bytes = b.taps * b.group * (int64_t)sizeof(float);
    const int64_t most = HG_MAX(L1_BYTES / (column_bytes + weight_bytes), MIN_CHUNK);
    const int64_t equal = HG_CEIL_DIV(p->out.c, HG_CEIL_DIV(p->out.c, most));
    /* Two chunks share no cache line where pixels begin with one. */
    b.chunk = c->channels > 0 ? c->channels : HG_ROUND_UP(equal, HG_CACHELINE);
    b.chunk = HG_ROUND_UP(HG_MIN(b.chunk, p->out.c), b.unit);
    return b;
}

static size_t spread_bytes(const hg_problem *p, const blocking *b)
{
    return sizeof(float) * (size_t)(b->spread * p->in.w * p->out.c);
}

/* Spread rows that would be more than the layer belong to tall windows of a few rows. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    return (double)spread_bytes(p, &b) <= hg_problem_bytes(p) + SPREAD_BYTES;
}

/* Steps of stride 2 leave loads the time to prefetch, which pays where the input is in memory. */
static bool prefetches(const hg_problem *p, const hg_kernel *k, double bytes)
{
    return k->limits.stride.w == 2 && hg_problem_bytes(p) >= bytes;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const int32_t block = (int32_t)b.block, chunk = (int32_t)HG_MIN(b.chunk, INT32_MAX);
    const int32_t chunks[] = {32, 64, 128, 256, (int32_t)HG_MIN(p->out.c, INT32_MAX)};
    const hg_config usual = {
        .block = block, .channels = chunk, .ahead = prefetches(p, k, BEYOND_BYTES)};
    int n = 0;
    list[n++] = usual;
    for (size_t i = 0; i < HG_COUNT(chunks); i++) {
        list[n] = usual, list[n].channels = chunks[i];
        n += chunks[i] != chunk && (chunks[i] < p->out.c || i + 1 == HG_COUNT(chunks));
    }
    if (block > 1) list[n] = usual, list[n++].block = 1;
    if (2 * (int64_t)block <= b.rows && b.multiplier == 1)
        list[n] = usual, list[n++].block = 2 * block;
    if (prefetches(p, k, NEAR_BYTES)) list[n] = usual, list[n++].ahead = !usual.ahead;
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const double tile = k->limits.group_channels ? 0.9 : k->limits.kernel.w ? 0.7 : 0.25;
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const double spread =
        b.multiplier > 1 ? (double)spread_bytes(p, &b) * (double)b.rows / (double)b.block : 0.0;
    return hg_conv_cost(p, hg_problem_flops(p) + spread, tile * hg_isa_model_of(k->isa)->rate);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const blocking b = blocking_of(p, k, c);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(b.blocks * b.taps * b.group * b.unit),
                        .tables = sizeof b,
                        .scratch = spread_bytes(p, &b),
                        .stages = 1,
                        .ranges = {HG_CEIL_DIV(b.rows, b.block)}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p;
    memset(words, 0, 12 * sizeof words[0]);
    words[0] = 3; /* this packing */
    words[1] = HG_MAX(k->limits.group_channels, 1);
    words[2] = HG_DEPTHWISE_BLOCK(hg_isa_model_of(k->isa)->lanes);
}

/* Lane `lane` of block b holds the weight of input channel `in` for output channel in ^ d, which is
 * in the same group: sizes of groups are powers of two. The sum for output channel o is then that
 * of the accumulators d at lanes o ^ d, and the kernels multiply inputs as they are loaded. */
static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    for (int64_t block = 0; block < b.blocks; block++) {
        const int64_t first = p->out.c < b.unit ? 0 : HG_MIN(block * b.unit, p->out.c - b.unit);
        for (int64_t t = 0; t < b.taps; t++)
            for (int64_t d = 0; d < b.group; d++)
                for (int64_t lane = 0; lane < b.unit; lane++, packed++) {
                    const int64_t in = first + lane, out = in ^ d;
                    const bool inside = in < p->out.c && out < p->out.c;
                    *packed = inside ? filter[(out * b.group + in % b.group) * b.taps + t] : 0.0f;
                }
    }
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    *(blocking *)tables = blocking_of(p, k, c);
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
static hg_depthwise_line line_of(const hg_task *t, const blocking *b, const source *in, phase f,
                                 int64_t row, int64_t c)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t first = oy * p->stride.h - p->pad.top;
    const hg_span taps = hg_taps_inside(first, p->kernel.h, p->dilation.h, p->in.h);
    hg_depthwise_line line = {
        .input = in->input + n * in->strides.n + f.column * in->strides.w + c,
        .weights = t->weights + (c * b->taps + taps.begin * p->kernel.w * b->unit) * b->group,
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
static source spread(const hg_task *t, const blocking *b, int64_t row, int64_t count)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h, m = b->multiplier, c = p->in.c;
    const int64_t top = oy * p->stride.h - p->pad.top;
    const int64_t begin = HG_MIN(HG_MAX(top, 0), p->in.h);
    const int64_t end = HG_MIN(top + (count - 1) * p->stride.h + hg_window_reach(p).h, p->in.h);
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
    const blocking *b = t->tables;
    const int64_t phases = HG_MIN(p->dilation.w, p->out.w);
    source in = {t->input, 0, p->in.strides};
    hg_depthwise_args a = {.cols = p->kernel.w,
                           .stride = p->stride.w,
                           .dilation = 1,
                           .weight_step = p->kernel.w * b->group * b->unit,
                           .block_step = b->taps * b->group * b->unit,
                           .out_step = p->out.strides.w * p->dilation.w,
                           .residual_step = p->residual_strides.w * p->dilation.w,
                           .overlap = p->out.c >= b->unit,
                           .ahead = t->config.ahead == 1,
                           .post = p->post};
    hg_depthwise_line lines[LINES];
    a.lines = lines;
    const int64_t last = HG_MIN(end * b->block, b->rows);
    for (int64_t row = begin * b->block; row < last; row += a.line_count) {
        a.line_count = HG_MIN(LINES, last - row);
        if (b->multiplier > 1) {
            a.line_count = HG_MIN(HG_MIN(b->block, last - row), p->out.h - row % p->out.h);
            in = spread(t, b, row, a.line_count);
        }
        a.row_step = p->dilation.h * in.strides.h;
        a.pixel_step = p->dilation.w * in.strides.w;
        for (int64_t c = 0; c < p->out.c; c += b->chunk) {
            a.channels = (size_t)HG_MIN(b->chunk, p->out.c - c);
            a.bias = t->bias + c;
            for (int64_t first = 0; first < phases; first++) {
                const phase f = phase_of(p, first, &a);
                for (int64_t i = 0; i < a.line_count; i++)
                    lines[i] = line_of(t, b, &in, f, row + i, c);
                t->kernel->run.depthwise(&a);
            }
        }
    }
}

const hg_algorithm hg_conv2d_nhwc_depthwise = {.name = "depthwise",
                                               .supports = supports,
                                               .configs = configs,
                                               .cost = cost,
                                               .size = size,
                                               .form = form,
                                               .pack = pack,
                                               .prepare = prepare,
                                               .run = run};
