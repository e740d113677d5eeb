/* Depthwise and few-channel grouped convolution: rows of taps, chunks and ranges. Contracts:
 * depthwise.h, depthwise_blocking.h.
 *
 *     for block of output rows (over the whole batch)      one range of work
 *       for chunk of channels (config.channels)
 *         microkernel: for step of columns                 its input rows stay in L1
 *           for row
 *             for vector of channels
 *
 * Packed weights: [K/B][kernel.h][kernel.w][channels of a group][B], zero beyond K. config.block =
 * rows per range.
 *
 * The input of a range is copied to scratch where
 * - there is a multiplier M: each channel M times. What is left is a layer of K channels with
 *   multiplier 1;
 * - config.pack = 1, and a range is then one chunk of a block. Pixels that are a power of two apart
 * meet in few sets of L1: of 1024 channels each begins in the first set, and the three rows of nine
 * columns under a step would want 27 ways where there are 8 or 12. Side by side they fill the sets
 * evenly. */
#include <string.h>

#include "kernels/activation/activation.h"
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/nhwc/depthwise_blocking.h"

/* Outputs whose taps lie on the same residue of columns are a row without dilation:
 *
 *     x = first + dilation*t:   x*stride + k*dilation - left = column + dilation*(t*stride + k - q)
 */
typedef struct phase {
    int64_t first, column;      /* output and column of the input that the phase begins at */
    int64_t left, width, count; /* of hg_depthwise_args */
} phase;

static phase phase_of(const hg_problem *p, int64_t first)
{
    const int64_t d = p->dilation.w, begin = first * p->stride.w - p->pad.left;
    const int64_t column = (begin % d + d) % d;
    const bool inside = column < p->in.w;
    return (phase){.first = first,
                   .column = inside ? column : 0,
                   .left = (column - begin) / d,
                   .width = inside ? (p->in.w - column - 1) / d + 1 : 0,
                   .count = (p->out.w - first - 1) / d + 1};
}

static int64_t phases_of(const hg_problem *p)
{
    return HG_MIN(p->dilation.w, p->out.w);
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const hg_depthwise_blocking b = hg_depthwise_blocking_of(p, k, c);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(b.blocks * b.taps * b.group * b.unit),
                        .tables = sizeof b + sizeof(phase) * (size_t)phases_of(p),
                        .scratch = hg_depthwise_copy_bytes(p, &b),
                        .stages = 1,
                        .ranges = {hg_depthwise_ranges_of(p, &b)}};
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    (void)p;
    words[0] = HG_MAX(k->limits.group_channels, 1);
    words[1] = HG_DEPTHWISE_BLOCK(hg_isa_model_of(k->isa)->lanes);
}

/* Lane `lane` of block b holds the weight of input channel `in` for output channel in ^ d, which is
 * in the same group: sizes of groups are powers of two. The sum for output channel o is then that
 * of the accumulators d at lanes o ^ d, and the kernels multiply inputs as they are loaded. */
static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const hg_depthwise_blocking b = hg_depthwise_blocking_of(p, k, &(hg_config){0});
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

/* The tables: the blocking, and behind it the phases. */
static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    hg_depthwise_blocking *b = tables;
    phase *phases = (phase *)(b + 1);
    *b = hg_depthwise_blocking_of(p, k, c);
    for (int64_t i = 0; i < phases_of(p); i++) phases[i] = phase_of(p, i);
}

/* Where the input of a range lies: in the tensor, or in scratch. */
typedef struct source {
    const float *input;
    hg_strides strides;
    int64_t row, channel; /* of the image that it begins with */
} source;

/* An output row at the channels from c on. */
static hg_depthwise_line line_of(const hg_task *t, const hg_depthwise_blocking *b, const source *in,
                                 const phase *f, int64_t row, int64_t c)
{
    const hg_problem *p = t->problem;
    const int64_t n = row / p->out.h, oy = row % p->out.h;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t first = oy * p->stride.h - p->pad.top;
    const hg_span taps = hg_taps_inside(first, p->kernel.h, p->dilation.h, p->in.h);
    hg_depthwise_line line = {
        .input = in->input + n * in->strides.n + f->column * in->strides.w + c - in->channel,
        .weights = t->weights + (c * b->taps + taps.begin * p->kernel.w * b->unit) * b->group,
        .out = t->output + n * so->n + oy * so->h + f->first * so->w + c,
        .rows = taps.end - taps.begin};
    if (p->post.residual)
        line.residual = t->residual + n * sr->n + oy * sr->h + f->first * sr->w + c;
    if (line.rows) line.input += (first + taps.begin * p->dilation.h - in->row) * in->strides.h;
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
    case 1:
        memcpy(to, from, sizeof(float) * (size_t)count);
        break;
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

/* The input under output rows [row, row + count) of one image, the channels of a range from c on.
 */
static source copy(const hg_task *t, const hg_depthwise_blocking *b, int64_t row, int64_t count,
                   int64_t c)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides;
    const int64_t m = b->multiplier, channels = HG_MIN(b->width, p->out.c - c);
    const int64_t top = row % p->out.h * p->stride.h - p->pad.top;
    const int64_t begin = HG_MIN(HG_MAX(top, 0), p->in.h);
    const int64_t end = HG_MIN(top + (count - 1) * p->stride.h + hg_window_reach(p).h, p->in.h);
    const float *image = t->input + row / p->out.h * si->n + c / m;
    float *to = t->scratch;
    for (int64_t y = begin; y < end; y++)
        for (int64_t x = 0; x < p->in.w; x++, to += channels)
            repeat_pixel(image + y * si->h + x * si->w, to, channels / m, m);
    return (source){t->scratch, {.h = p->in.w * channels, .w = channels, .c = 1}, begin, c};
}

/* `count` output rows, at most HG_DEPTHWISE_LINES, at the channels of one chunk. */
static void run_chunk(const hg_task *t, const hg_depthwise_blocking *b, const source *in,
                      hg_depthwise_args *a, int64_t row, int64_t count, int64_t c)
{
    const hg_problem *p = t->problem;
    const phase *f = (const phase *)(b + 1), *const last = f + phases_of(p);
    hg_depthwise_line lines[HG_DEPTHWISE_LINES];
    a->lines = lines;
    a->line_count = count;
    a->row_step = p->dilation.h * in->strides.h;
    a->pixel_step = p->dilation.w * in->strides.w;
    a->channels = (size_t)HG_MIN(b->chunk, p->out.c - c);
    a->bias = t->bias + c;
    for (; f < last; f++) {
        a->left = f->left, a->width = f->width, a->count = f->count;
        for (int64_t i = 0; i < count; i++) lines[i] = line_of(t, b, in, f, row + i, c);
        t->kernel->run.depthwise(a);
    }
}

/* Output rows [row, end), the channels of a range from `first` on. */
static void run_rows(const hg_task *t, const hg_depthwise_blocking *b, hg_depthwise_args *a,
                     int64_t row, int64_t end, int64_t first)
{
    const hg_problem *p = t->problem;
    const int64_t last = HG_MIN(first + b->width, p->out.c);
    source in = {t->input, p->in.strides, 0, 0};
    for (int64_t count; row < end; row += count) {
        count = HG_MIN(b->lines, end - row);
        if (b->copied) {
            count = HG_MIN(HG_MIN(b->block, count), p->out.h - row % p->out.h);
            in = copy(t, b, row, count, first);
        }
        for (int64_t c = first; c < last; c += b->chunk) run_chunk(t, b, &in, a, row, count, c);
        for (int64_t i = row; t->activate && i < row + count; i++)
            hg_finish(t,
                      (hg_block){i / p->out.h, i % p->out.h, 0, first, 1, p->out.w, last - first});
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const hg_problem *p = t->problem;
    const hg_depthwise_blocking *b = t->tables;
    hg_depthwise_args a = {.cols = p->kernel.w,
                           .stride = p->stride.w,
                           .dilation = 1,
                           .weight_step = p->kernel.w * b->group * b->unit,
                           .block_step = b->taps * b->group * b->unit,
                           .out_step = p->out.strides.w * p->dilation.w,
                           .residual_step = p->residual_strides.w * p->dilation.w,
                           .overlap = p->out.c >= b->unit,
                           .ahead = t->config.ahead == 1 ? p->stride.h : 0,
                           .post = p->post};
    const int64_t parts = HG_CEIL_DIV(p->out.c, b->width);
    if (parts == 1) {
        run_rows(t, b, &a, begin * b->block, HG_MIN(end * b->block, b->rows), 0);
        return;
    }
    for (int64_t i = begin; i < end; i++) {
        const int64_t row = i / parts * b->block;
        run_rows(t, b, &a, row, HG_MIN(row + b->block, b->rows), i % parts * b->width);
    }
}

const hg_algorithm hg_conv2d_nhwc_depthwise = {.name = "depthwise",
                                               .supports = hg_depthwise_supports,
                                               .configs = hg_depthwise_configs,
                                               .cost = hg_depthwise_cost,
                                               .size = size,
                                               .form = form,
                                               .pack = pack,
                                               .prepare = prepare,
                                               .run = run,
                                               .finishes = true};
