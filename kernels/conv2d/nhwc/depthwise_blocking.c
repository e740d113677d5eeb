/* Contract: depthwise_blocking.h. */
#include "kernels/conv2d/nhwc/depthwise_blocking.h"

#include <math.h>

enum {
    L1_BYTES = 21 << 10,     /* of the columns under a step of outputs and the weights, one chunk */
    WAY_BYTES = 4 << 10,     /* of L1 */
    CROWDED = 16,            /* pixels in one set that cost more than a copy, */
    CROWDED_LINES = 36,      /* at stride 2, of vectors that are lines: each is missed once */
    COLUMNS = 7,             /* outputs of a step */
    OUTPUT_BYTES = 32 << 10, /* of a range */
    NEAR_BYTES = 8 << 20,    /* of the layer: in the last-level cache */
    BEYOND_BYTES = 24 << 20, /* not in it, or only just */
    COPY_BYTES = 96 << 10,   /* of input in scratch: neighbours copy some rows both, */
    COPY_ROWS = 4,           /* fewer of them with so many rows at least */
    MIN_CHUNK = 32,          /* two lines, ... */
    NEARLY = 8,              /* so many less will do */
    NARROW = 32,             /* channels of pixels of groups: fewer leave lines half used */
    LINES_FLOATS = 4 << 10,  /* of the rows of a call, then */
    COPY_CHUNK = 64,         /* of copies, which fill all sets evenly and so may take more of L1: */
    COPY_L1_BYTES = 47 << 10
};

/* Of a row without dilation. */
static int64_t columns_of_step(const hg_problem *p)
{
    const int64_t row = HG_CEIL_DIV(p->in.w, p->dilation.w);
    return HG_MIN((COLUMNS - 1) * p->stride.w + p->kernel.w, row);
}

static int64_t rows_of_step(const hg_problem *p)
{
    return HG_MIN(p->kernel.h, HG_CEIL_DIV(p->in.h, p->dilation.h));
}

/* Channels that stay in L1 with what a step needs of them, in equal chunks. Lines come in pairs
 * from beyond L1: what fits is counted in pairs, which takes 0.9 to 1.0 of the time. Two chunks
 * share no cache line where pixels begin with one. */
static int64_t chunk_of(const hg_problem *p, const hg_depthwise_blocking *b, bool copied)
{
    const int64_t pixels = rows_of_step(p) * columns_of_step(p);
    const int64_t bytes = (pixels + b->taps * b->group) * (int64_t)sizeof(float);
    const bool wide = copied && COPY_CHUNK * bytes <= COPY_L1_BYTES;
    const int64_t fit = HG_MAX(L1_BYTES / bytes, wide ? COPY_CHUNK : MIN_CHUNK);
    const int64_t most = (fit + NEARLY) / MIN_CHUNK * MIN_CHUNK;
    return HG_ROUND_UP(HG_CEIL_DIV(p->out.c, HG_CEIL_DIV(p->out.c, most)), HG_CACHELINE);
}

/* Pixels under a step that meet in the same sets of L1, where the next row of outputs reads most of
 * them again. */
static int64_t pixels_per_set(const hg_problem *p, const hg_depthwise_blocking *b)
{
    if (p->kernel.h < 2 * p->stride.h) return 0;
    const int64_t step = p->in.strides.w * p->dilation.w * (int64_t)sizeof(float);
    const int64_t shared = step & -step; /* the largest power of two that divides it */
    const int64_t places = HG_MAX(WAY_BYTES / shared, 1);
    const int64_t room = HG_MAX(WAY_BYTES / (b->chunk * (int64_t)sizeof(float)), 1);
    return rows_of_step(p) * columns_of_step(p) / HG_MIN(places, room);
}

/* No chunk is less than a unit, which vectors that overlap would leave. */
static int64_t chunk_to_pack(const hg_problem *p, const hg_depthwise_blocking *b)
{
    int64_t chunk = b->chunk;
    while (chunk < p->out.c && p->out.c % chunk > 0 && p->out.c % chunk < b->unit) chunk += b->unit;
    return chunk;
}

/* Equal blocks of an image's rows. */
static int64_t rows_to_copy(const hg_problem *p, const hg_depthwise_blocking *b)
{
    const int64_t row_bytes =
        p->in.w * HG_MIN(p->stride.h, p->in.h) * b->width * (int64_t)sizeof(float);
    const int64_t most = HG_MAX(HG_CEIL_DIV(COPY_BYTES, row_bytes), COPY_ROWS);
    return HG_CEIL_DIV(p->out.h, HG_CEIL_DIV(p->out.h, most));
}

/* Kernels of groups go down the rows of a call, a column of outputs after the other: down more rows
 * than L1 keeps every pixel of a few channels would be a miss. */
static int64_t lines_of(const hg_problem *p, const hg_depthwise_blocking *b)
{
    if (b->group == 1 || p->in.c >= NARROW) return HG_DEPTHWISE_LINES;
    const int64_t most = LINES_FLOATS / HG_MAX(p->in.w * p->in.c, 1);
    return HG_MIN(HG_MAX(most, 1), HG_DEPTHWISE_LINES);
}

hg_depthwise_blocking hg_depthwise_blocking_of(const hg_problem *p, const hg_kernel *k,
                                               const hg_config *c)
{
    hg_depthwise_blocking b = {.unit = HG_DEPTHWISE_BLOCK(hg_isa_model_of(k->isa)->lanes),
                               .group = HG_MAX(k->limits.group_channels, 1),
                               .multiplier = p->out.c / p->in.c,
                               .taps = p->kernel.h * p->kernel.w,
                               .rows = p->out.n * p->out.h};
    const bool copies = b.multiplier > 1 || c->pack == 1;
    b.blocks = HG_CEIL_DIV(p->out.c, b.unit);
    b.chunk = c->channels > 0 ? c->channels : chunk_of(p, &b, c->pack == 1);
    b.chunk = HG_ROUND_UP(HG_MIN(b.chunk, p->out.c), b.unit);
    if (c->pack == 1) b.chunk = chunk_to_pack(p, &b);
    b.width = c->pack == 1 ? HG_MIN(b.chunk, p->out.c) : p->out.c;
    b.lines = lines_of(p, &b);
    const int64_t row_bytes = p->out.w * p->out.c * (int64_t)sizeof(float);
    const int64_t usual = copies ? rows_to_copy(p, &b) : HG_CEIL_DIV(OUTPUT_BYTES, row_bytes);
    b.block = HG_MAX(HG_MIN(c->block > 0 ? c->block : usual, b.rows), 1);
    const int64_t rows = HG_MIN(b.block, p->out.h);
    if (copies) b.copied = HG_MIN((rows - 1) * p->stride.h + hg_window_reach(p).h, p->in.h);
    return b;
}

size_t hg_depthwise_copy_bytes(const hg_problem *p, const hg_depthwise_blocking *b)
{
    return sizeof(float) * (size_t)(b->copied * p->in.w * b->width);
}

/* Copied rows that would be more than the layer belong to tall windows of a few rows. */
bool hg_depthwise_supports(const hg_problem *p, const hg_kernel *k)
{
    const hg_depthwise_blocking b = hg_depthwise_blocking_of(p, k, &(hg_config){0});
    return (double)hg_depthwise_copy_bytes(p, &b) <= hg_problem_bytes(p) + COPY_BYTES;
}

/* Steps of known windows leave loads the time to prefetch, which pays where the input is in memory;
 * in the last-level cache as well at stride 1, where rows are read as often as they are high. */
static bool prefetches(const hg_problem *p, const hg_kernel *k)
{
    const double least = p->stride.h > 1 ? BEYOND_BYTES : NEAR_BYTES;
    return k->limits.stride.w > 0 && hg_problem_bytes(p) >= least;
}

int64_t hg_depthwise_ranges_of(const hg_problem *p, const hg_depthwise_blocking *b)
{
    return HG_CEIL_DIV(b->rows, b->block) * HG_CEIL_DIV(p->out.c, b->width);
}

static hg_config usual(const hg_problem *p, const hg_kernel *k)
{
    hg_config c = {.ahead = prefetches(p, k)};
    hg_depthwise_blocking b = hg_depthwise_blocking_of(p, k, &c);
    const bool lines = p->stride.h > 1 && hg_lanes(k) >= HG_CACHELINE;
    if (b.multiplier == 1 && pixels_per_set(p, &b) > (lines ? CROWDED_LINES : CROWDED)) {
        c = (hg_config){.pack = 1};
        b = hg_depthwise_blocking_of(p, k, &c);
    }
    c.block = (int32_t)b.block;
    c.channels = (int32_t)HG_MIN(b.chunk, INT32_MAX);
    return c;
}

int hg_depthwise_configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const hg_config c = usual(p, k);
    const hg_depthwise_blocking b = hg_depthwise_blocking_of(p, k, &c);
    const int32_t chunks[] = {32, 64, 128, 256, (int32_t)HG_MIN(p->out.c, INT32_MAX)};
    int n = 0;
    list[n++] = c;
    for (size_t i = 0; i < HG_COUNT(chunks); i++) {
        list[n] = c, list[n].channels = chunks[i];
        n += chunks[i] != c.channels && (chunks[i] < p->out.c || i + 1 == HG_COUNT(chunks));
    }
    if (c.block > 1) list[n] = c, list[n++].block = 1;
    if (2 * b.block <= b.rows && !b.copied) list[n] = c, list[n++].block = 2 * c.block;
    if (k->limits.stride.w > 0 && hg_problem_bytes(p) >= NEAR_BYTES)
        list[n] = c, list[n++].ahead = !c.ahead;
    if (b.multiplier == 1 && 2 * pixels_per_set(p, &b) > CROWDED)
        list[n] = (hg_config){.channels = c.channels}, list[n++].pack = !c.pack;
    return n;
}

double hg_depthwise_cost(const hg_problem *p, const hg_kernel *k)
{
    const double any_window = p->stride.w <= 2 ? 0.62 : 0.4; /* whether outputs share inputs */
    const double tile = k->limits.group_channels ? 1.0 : k->limits.kernel.w ? 0.7 : any_window;
    const hg_config c = usual(p, k);
    const hg_depthwise_blocking b = hg_depthwise_blocking_of(p, k, &c);
    const double ranges = (double)hg_depthwise_ranges_of(p, &b);
    const double work = hg_problem_flops(p) + ranges * (double)hg_depthwise_copy_bytes(p, &b);
    const double any = k->limits.kernel.w ? 1.0 : 1.02; /* where memory bounds all: no ties */
    /* Sums of groups begin and end by themselves, those of depthwise rows slide. Part of a vector
     * is read and written under a mask, element by element where there is none. */
    const double pixels = (double)(p->out.n * p->out.h * p->out.w), lanes = (double)hg_lanes(k);
    const bool part = p->out.c < b.unit && p->out.c % hg_lanes(k) > 0;
    const double each = 1.8 * ceil((double)p->out.c / lanes) + (part ? 28.0 / lanes : 0.0);
    const double ends = k->limits.group_channels ? pixels * each : 0.0;
    return ends + any * hg_roofline(p, work, tile * hg_rate(k) * hg_lanes_used(k, p->out.c));
}
