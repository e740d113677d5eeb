/* Direct convolution on NCHW tensors: strips, bands and ranges. Contract of the microkernels:
 * direct_nchw.h.
 *
 *     for image, for group, for band of config.block lines
 *         copy the input rows under the band into strips, zeros around them
 *         for chunk of config.split output channels                 one range of work
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
#include "kernels/conv2d/direct_nchw.h"

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/direct_nchw_shape.h"

/* Several times as few products. */
static bool winograd_wins(const hg_problem *p)
{
    const bool square = p->kernel.h == p->kernel.w && (p->kernel.h == 3 || p->kernel.h == 5);
    return p->accuracy != HG_STRICT && p->groups == 1 && square && p->stride.h == 1 &&
           p->stride.w == 1 && HG_MIN(p->in.c, p->out.c) >= FEWEST &&
           p->in.c * p->out.c >= MANY_PRODUCTS;
}

/* Not depthwise convolutions, whose own kernels share inputs between rows; nor rows that would
 * leave half of each vector idle. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if ((p->groups > 1 && p->in.c == p->groups && p->out.c == p->groups) || winograd_wins(p))
        return false;
    if (!is_flat(p) && row_bytes(p) > MAX_STRIP_BYTES) return false;
    const shape s = shape_of(p, k, &(hg_config){0});
    return 2 * s.width > k->run.direct_nchw->lanes && s.depth <= MAX_DEPTH &&
           strip_bytes(&s) <= MAX_STRIP_BYTES;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const shape s = shape_of(p, k, &(hg_config){0});
    const int64_t blocks[] = {s.block, s.block / 2, s.block * 2};
    int n = 0;
    for (size_t i = 0; i < HG_COUNT(blocks); i++)
        if (i == 0 || (blocks[i] > 0 && blocks[i] <= s.lines))
            list[n++] = (hg_config){.block = (int32_t)blocks[i], .split = (int32_t)s.chunk};
    if (s.chunks > 1)
        list[n++] = (hg_config){.block = (int32_t)s.block, .split = (int32_t)s.k_group};
    return n;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const shape s = shape_of(p, k, c);
    *sizes = (hg_sizes){.weights = sizeof(float) * (size_t)(p->out.c * s.depth),
                        .tables = sizeof s +
                                  sizeof(hg_direct_nchw_vector) * (size_t)(s.out_rows * s.vectors) +
                                  sizeof(int32_t) * (size_t)s.depth,
                        .scratch = (size_t)strip_bytes(&s),
                        .ranges = {p->out.n * p->groups * s.bands * s.chunks}};
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

static hg_direct_nchw_vector *vectors_of(const shape *s)
{
    return (hg_direct_nchw_vector *)(s + 1);
}

static int32_t *taps_of(const shape *s)
{
    return (int32_t *)(vectors_of(s) + s->out_rows * s->vectors);
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    shape *s = tables;
    *s = shape_of(p, k, c);
    const int64_t row = s->pitch * s->residues;
    hg_direct_nchw_vector *vector = vectors_of(s);
    for (int64_t y = 0; y < s->out_rows; y++)
        for (int64_t i = 0; i < s->vectors; i++) {
            const int64_t x = HG_MIN(i * s->lanes, s->width - s->lanes);
            *vector++ =
                (hg_direct_nchw_vector){y * strip_stride(p) * row + x, y * p->out.strides.h + x,
                                        y * p->residual_strides.h + x};
        }
    int32_t *tap = taps_of(s);
    for (int64_t channel = 0; channel < s->c_group; channel++)
        for (int64_t y = 0; y < p->kernel.h; y++)
            for (int64_t x = 0; x < p->kernel.w; x++) {
                const int64_t column = x * p->dilation.w;
                const int64_t at = channel * s->plane + y * p->dilation.h * row +
                                   column % p->stride.w * s->pitch + column / p->stride.w;
                *tap++ = (int32_t)(at * (int64_t)sizeof(float));
            }
}

/* ---- Run time ---- */

typedef struct band {
    int64_t n, group, line, count; /* output lines [line, line + count) */
} band;

static void fill_strips(const hg_task *t, const shape *s, const band *b)
{
    const hg_problem *p = t->problem;
    const hg_strides *si = &p->in.strides;
    const float *image = t->input + b->n * si->n + b->group * s->c_group * si->c;
    hg_direct_nchw_rows rows = {.input = s->flat ? image + b->line : image,
                                .strips = t->scratch,
                                .row = si->h,
                                .height = p->in.h,
                                .first = s->flat ? 0 : b->line * p->stride.h - p->pad.top,
                                .every = row_step(p),
                                .rows = s->flat ? 1 : strips_under(p, b->count),
                                .left = s->left,
                                .inside = s->flat ? b->count : s->inside,
                                .skip = s->left - p->pad.left,
                                .stride = p->stride.w,
                                .residues = s->residues,
                                .pitch = s->pitch};
    for (int64_t c = 0; c < s->c_group; c++, rows.input += si->c, rows.strips += s->plane)
        t->kernel->run.direct_nchw->copy(&rows);
}

/* Channels [begin, end) of a band whose strips are filled. */
static void run_channels(const hg_task *t, const shape *s, const band *b, int64_t begin,
                         int64_t end)
{
    const hg_problem *p = t->problem;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    hg_direct_nchw_args args = {.vectors = vectors_of(s),
                                .taps = taps_of(s),
                                .input = t->scratch,
                                .count = s->flat ? HG_CEIL_DIV(b->count, s->lanes)
                                                 : b->count * s->vectors,
                                .depth = s->depth,
                                .lanes = s->lanes,
                                .output_plane = so->c,
                                .residual_plane = sr->c,
                                .slope = p->post.slope,
                                .min = p->post.min,
                                .max = p->post.max};
    const int64_t output_at = b->n * so->n + b->line * (s->flat ? 1 : so->h);
    const int64_t residual_at = b->n * sr->n + b->line * (s->flat ? 1 : sr->h);
    for (int64_t i = begin; i < end; i += N) {
        const int64_t k = b->group * s->k_group + i, channels = HG_MIN(end - i, N);
        args.weights = t->weights + k * s->depth;
        args.bias = t->bias + k;
        args.output = t->output + output_at + k * so->c;
        if (p->post.residual) args.residual = t->residual + residual_at + k * sr->c;
        t->kernel->run.direct_nchw->run[channels - 1](&args);
    }
}

static band band_at(const hg_problem *p, const shape *s, int64_t i)
{
    const int64_t line = i % s->bands * s->block;
    band b = {.n = i / s->bands / p->groups,
              .group = i / s->bands % p->groups,
              .line = line,
              .count = HG_MIN(s->block, s->lines - line)};
    if (s->flat && line > 0) { /* whole vectors, the last of which ends with the plane */
        b.count = HG_ROUND_UP(b.count, s->lanes);
        b.line = HG_MIN(line, s->lines - b.count);
    }
    return b;
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const shape *s = t->tables;
    for (int64_t r = begin; r < end; r++) {
        const int64_t chunk = r % s->chunks, first = chunk * s->chunk;
        const band b = band_at(t->problem, s, r / s->chunks);
        if (r == begin || chunk == 0) fill_strips(t, s, &b);
        run_channels(t, s, &b, first, HG_MIN(first + s->chunk, s->k_group));
    }
}

const hg_algorithm hg_direct_nchw = {.name = "direct_nchw",
                                     .supports = supports,
                                     .configs = configs,
                                     .cost = cost,
                                     .size = size,
                                     .pack = pack,
                                     .prepare = prepare,
                                     .run = run};
