/* Direct convolution on NCHW tensors: strips, bands and ranges. Contract of the microkernels:
 * direct.h.
 *
 *     for image, for group, for band of config.block lines
 *         copy the input rows under the band into strips, zeros around them
 *         for chunk of config.channels output channels                 one range of work
 *             for block of 4 of them
 *                 microkernel: for tile of vectors, for input channel, for tap
 *
 * Lines are output rows; for a 1x1 convolution of dense planes they are pixels, and a band is one
 * row of them. The strips know no padding, and keep the columns of each residue of the stride
 * together: every tap of a vector of outputs is a vector of the strips.
 *
 *     strips[C/groups][rows][residues][pitch]     column q: [q % stride.w][q / stride.w]
 *
 * Packed weights: [group][block][C/groups][ky][kx][channels of the block]. The tables are the
 * offsets of the taps, and the vectors of a band. */
#include "kernels/conv2d/nchw/direct.h"

#include "kernels/conv2d/nchw/direct_blocking.h"

typedef hg_direct_nchw_blocking blocking;

enum {
    N = HG_DIRECT_NCHW_CHANNELS,
    FEWEST = 8, /* channels, and products of a tap, that are worth a transform of the tiles */
    MANY_PRODUCTS = 256
};

/* Several times as few products. */
static bool winograd_wins(const hg_problem *p)
{
    const bool square = p->kernel.h == p->kernel.w && (p->kernel.h == 3 || p->kernel.h == 5);
    return p->accuracy != HG_STRICT && p->groups == 1 && square && p->stride.h == 1 &&
           p->stride.w == 1 && HG_MIN(p->in.c, p->out.c) >= FEWEST &&
           p->in.c * p->out.c >= MANY_PRODUCTS;
}

/* Not depthwise convolutions, whose own kernels share inputs between rows. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    const bool depthwise = p->groups > 1 && p->in.c == p->groups && p->out.c == p->groups;
    return !depthwise && !winograd_wins(p) && hg_direct_nchw_fits(p, k);
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const blocking b = hg_direct_nchw_blocking_of(p, k, &(hg_config){0});
    const int64_t blocks[] = {b.block, b.block / 2, b.block * 2};
    int n = 0;
    for (size_t i = 0; i < HG_COUNT(blocks); i++)
        if (i == 0 || (blocks[i] > 0 && blocks[i] <= b.lines))
            list[n++] = (hg_config){.block = (int32_t)blocks[i], .channels = (int32_t)b.chunk};
    if (b.chunks > 1)
        list[n++] = (hg_config){.block = (int32_t)b.block, .channels = (int32_t)b.k_group};
    return n;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const blocking b = hg_direct_nchw_blocking_of(p, k, c);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(p->out.c * b.depth),
                        .tables = sizeof b +
                                  sizeof(hg_direct_nchw_vector) * (size_t)(b.out_rows * b.vectors) +
                                  sizeof(int32_t) * (size_t)b.depth,
                        .scratch = (size_t)b.bytes,
                        .ranges = {p->out.n * p->groups * b.bands * b.chunks}};
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    (void)k;
    const int64_t depth = hg_problem_reduction(p), k_group = p->out.c / p->groups;
    for (int64_t group = 0; group < p->groups; group++)
        for (int64_t first = 0, n; first < k_group; first += n, packed += n * depth) {
            n = HG_MIN(k_group - first, N);
            for (int64_t i = 0; i < n; i++, filter += depth)
                for (int64_t t = 0; t < depth; t++) packed[t * n + i] = filter[t];
        }
}

static hg_direct_nchw_vector *vectors_of(const blocking *b)
{
    return (hg_direct_nchw_vector *)(b + 1);
}

static int32_t *taps_of(const blocking *b)
{
    return (int32_t *)(vectors_of(b) + b->out_rows * b->vectors);
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    blocking *b = tables;
    *b = hg_direct_nchw_blocking_of(p, k, c);
    const int64_t row = b->pitch * b->residues;
    hg_direct_nchw_vector *vector = vectors_of(b);
    for (int64_t y = 0; y < b->out_rows; y++)
        for (int64_t i = 0; i < b->vectors; i++) {
            const int64_t x = HG_MIN(i * b->lanes, b->width - b->lanes);
            *vector++ = (hg_direct_nchw_vector){y * b->below * row + x, y * p->out.strides.h + x,
                                                y * p->residual_strides.h + x};
        }
    int32_t *tap = taps_of(b);
    for (int64_t channel = 0; channel < b->c_group; channel++)
        for (int64_t y = 0; y < p->kernel.h; y++)
            for (int64_t x = 0; x < p->kernel.w; x++) {
                const int64_t column = x * p->dilation.w;
                const int64_t at = channel * b->plane + y * p->dilation.h * row +
                                   column % p->stride.w * b->pitch + column / p->stride.w;
                *tap++ = (int32_t)(at * (int64_t)sizeof(float));
            }
}

/* ---- Run time ---- */

typedef struct band {
    int64_t n, group, line, count; /* output lines [line, line + count) */
} band;

static void fill_strips(const hg_task *t, const blocking *b, const band *at)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides;
    const float *image = t->input + at->n * si->n + at->group * b->c_group * si->c;
    hg_direct_nchw_rows rows = {.input = b->flat ? image + at->line : image,
                                .strips = t->scratch,
                                .row = si->h,
                                .height = p->in.h,
                                .first = b->flat ? 0 : at->line * p->stride.h - p->pad.top,
                                .every = b->every,
                                .rows = b->flat ? 1 : hg_direct_nchw_strips(p, b, at->count),
                                .left = b->left,
                                .inside = b->flat ? at->count : b->inside,
                                .skip = b->left - p->pad.left,
                                .stride = p->stride.w,
                                .residues = b->residues,
                                .pitch = b->pitch};
    for (int64_t c = 0; c < b->c_group; c++, rows.input += si->c, rows.strips += b->plane)
        t->kernel->run.direct_nchw->copy(&rows);
}

/* Channels [begin, end) of a band whose strips are filled. */
static void run_channels(const hg_task *t, const blocking *b, const band *at, int64_t begin,
                         int64_t end)
{
    const hg_problem *p = t->problem;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    hg_direct_nchw_args args = {.vectors = vectors_of(b),
                                .taps = taps_of(b),
                                .input = t->scratch,
                                .count = b->flat ? HG_CEIL_DIV(at->count, b->lanes)
                                                 : at->count * b->vectors,
                                .depth = b->depth,
                                .lanes = b->lanes,
                                .output_plane = so->c,
                                .residual_plane = sr->c,
                                .post = p->post};
    const int64_t output_at = at->n * so->n + at->line * (b->flat ? 1 : so->h);
    const int64_t residual_at = at->n * sr->n + at->line * (b->flat ? 1 : sr->h);
    for (int64_t i = begin; i < end; i += N) {
        const int64_t k = at->group * b->k_group + i, channels = HG_MIN(end - i, N);
        args.weights = t->weights + k * b->depth;
        args.bias = t->bias + k;
        args.output = t->output + output_at + k * so->c;
        if (p->post.residual) args.residual = t->residual + residual_at + k * sr->c;
        t->kernel->run.direct_nchw->run[channels - 1](&args);
    }
}

static band band_at(const hg_problem *p, const blocking *b, int64_t i)
{
    const int64_t line = i % b->bands * b->block;
    band at = {.n = i / b->bands / p->groups,
               .group = i / b->bands % p->groups,
               .line = line,
               .count = HG_MIN(b->block, b->lines - line)};
    if (b->flat && line > 0) { /* whole vectors, the last of which ends with the plane */
        at.count = HG_ROUND_UP(at.count, b->lanes);
        at.line = HG_MIN(line, b->lines - at.count);
    }
    return at;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const blocking *b = t->tables;
    for (int64_t r = begin; r < end; r++) {
        const int64_t chunk = r % b->chunks, first = chunk * b->chunk;
        const band at = band_at(t->problem, b, r / b->chunks);
        if (r == begin || chunk == 0) fill_strips(t, b, &at);
        run_channels(t, b, &at, first, HG_MIN(first + b->chunk, b->k_group));
    }
}

const hg_algorithm hg_conv2d_nchw_direct = {.name = "direct",
                                            .supports = supports,
                                            .configs = configs,
                                            .cost = hg_direct_nchw_cost,
                                            .size = size,
                                            .pack = pack,
                                            .prepare = prepare,
                                            .run = run};
