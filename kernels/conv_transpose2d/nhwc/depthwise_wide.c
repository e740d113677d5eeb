/* Transposed depthwise convolution, a stride of outputs at a time. Contract: depthwise_wide.h.
 *
 * A set is the `stride` outputs of a row that begin where the window's first tap falls on a pixel
 * of the input; all sets read as many pixels up to that one, and differ in nothing else.
 *
 *     for block of output rows of an image              one range of work
 *       for chunk of sets
 *         copy the pixels under it into strips
 *         for output row
 *           microkernel on the first set, of which a part may be cropped, the whole ones, the last
 *
 * Where the stride does not divide the window, the first outputs of a set have one more tap than
 * the others: two calls. Packed weights: [class of rows][taps][taps][stride*C], in reverse order,
 * so that the input ascends. config.block = rows per range. The tables are the blocking and the
 * phases of rows. */
#include "kernels/conv_transpose2d/nhwc/depthwise_wide.h"

#include <math.h>
#include <string.h>

#include "kernels/activation/activation.h"
#include "kernels/conv2d/phases.h"
#include "kernels/geometry.h"

enum {
    OUTPUT_BYTES = 16 << 10, /* of a row of a chunk: in L1 with the strips under it */
    ROWS_BYTES = 256 << 10,  /* of a range */
    STRIPS_BYTES = 16 << 10, /* of a chunk, if that is not less than a stride of rows wants */
    MOST_BYTES = 256 << 10,  /* of them */
    MAX_STRIDE = 1 << 10,
    SLACK = 16 /* floats behind the weights: no vector has more */
};

typedef struct blocking {
    int64_t phases, classes, taps_y, step; /* of rows */
    int64_t channels, stride, set;         /* floats of a set */
    int64_t taps, longer;                  /* of columns; outputs of a set that have so many */
    int64_t first, last, end;              /* sets; outputs of the last one */
    int64_t crop;                          /* outputs of the first one that are cropped */
    int64_t chunk, block, image_blocks;    /* sets; output rows; blocks of an image */
    int64_t strip_rows, pixel; /* input rows under a block; floats of a pixel in strips */
    int64_t row;               /* floats of a strip */
} blocking;

/* ---- Plan time ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -HG_CEIL_DIV(-a, b);
}

static blocking blocking_of(const hg_problem *p, const hg_kernel *k, const hg_config *c)
{
    const int64_t stride = p->stride.w, end = p->out.w + p->pad.left;
    const int64_t period = hg_phase_period(p->stride.h, p->dilation.h);
    blocking b = {.phases = hg_phase_count(p->stride.h, p->out.h),
                  .classes = HG_MIN(period, p->kernel.h),
                  .taps_y = HG_CEIL_DIV(p->kernel.h, period),
                  .step = period * p->dilation.h / p->stride.h,
                  .channels = p->out.c,
                  .stride = stride,
                  .set = stride * p->out.c,
                  .taps = HG_CEIL_DIV(p->kernel.w, stride),
                  .first = floor_div(p->pad.left, stride),
                  .last = floor_div(end - 1, stride)};
    b.longer = p->kernel.w - (b.taps - 1) * stride;
    b.crop = p->pad.left - b.first * stride;
    b.end = end - b.last * stride;
    const int64_t set_bytes = b.set * (int64_t)sizeof(float), sets = b.last - b.first + 1;
    b.chunk = hg_clamp(OUTPUT_BYTES / set_bytes, 1, sets);
    b.chunk = HG_CEIL_DIV(sets, HG_CEIL_DIV(sets, b.chunk));
    b.pixel = p->in.c + hg_lanes(k);
    b.row = (b.chunk + b.taps - 1) * b.pixel;
    /* Output rows: few enough for the strips to stay in L1, too, or one for each class of rows. */
    const int64_t reach = (p->kernel.h - 1) * p->dilation.h;
    const int64_t near = STRIPS_BYTES / (b.row * (int64_t)sizeof(float)) - reach / p->stride.h - 1;
    const int64_t rows = HG_CEIL_DIV(ROWS_BYTES, sets * set_bytes * p->stride.h);
    b.block = c->block > 0 ? c->block : hg_clamp(rows, 1, HG_MAX(near, 1)) * p->stride.h;
    b.block = hg_clamp(b.block, 1, HG_MAX(p->out.h, 1));
    b.image_blocks = HG_CEIL_DIV(p->out.h, b.block);
    b.strip_rows = HG_MIN((b.block - 1 + reach) / p->stride.h + 1, p->in.h);
    return b;
}

/* Outputs side by side; windows that the strips are made for. */
static bool supports(const hg_problem *p, const hg_kernel *k)
{
    if (p->out.h < 1 || p->out.w < 1 || p->stride.w > MAX_STRIDE || p->stride.h > MAX_STRIDE ||
        p->dilation.w > 1 || p->out.strides.w != p->out.c ||
        (p->post.residual && p->residual_strides.w != p->out.c))
        return false;
    const blocking b = blocking_of(p, k, &(hg_config){0});
    return b.strip_rows * b.row * (int64_t)sizeof(float) <= MOST_BYTES;
}

static int configs(const hg_problem *p, const hg_kernel *k, hg_config list[HG_MAX_CONFIGS])
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    int n = 0;
    list[n++] = (hg_config){.block = (int32_t)b.block};
    for (int64_t block = p->stride.h; block <= 4 * p->stride.h; block *= 2)
        if (block < b.block) list[n++] = (hg_config){.block = (int32_t)block};
    return n;
}

static double cost(const hg_problem *p, const hg_kernel *k)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const double share = 0.4 * hg_rate(k) * hg_lanes_used(k, b.set);
    /* Pixels copied, some for two blocks; element by element where they are less than a vector. */
    const double pixels = 1.2 * (double)p->in.n * (double)p->in.h * (double)p->in.w;
    const double pixel =
        p->in.c < hg_lanes(k) ? 0.7 * (double)b.pixel : 3.0 + (double)b.pixel / (double)hg_lanes(k);
    return hg_roofline(p, hg_problem_flops(p), share) + pixels * pixel;
}

static int64_t class_floats(const blocking *b)
{
    return b->taps_y * b->taps * b->set;
}

static void size(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *sizes)
{
    const blocking b = blocking_of(p, k, c);
    *sizes = (hg_sizes){
        .weights = sizeof(float) * (size_t)(b.classes * class_floats(&b) + SLACK),
        .tables = sizeof b + sizeof(hg_transposed_phase) * (size_t)b.phases,
        .scratch = sizeof(float) * (size_t)(b.strip_rows * b.row),
        .repeats = b.stride,
        .ranges = {p->out.n * b.image_blocks},
    };
}

static void form(const hg_problem *p, const hg_kernel *k, int32_t words[12])
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    words[0] = (int32_t)b.classes;
    words[1] = (int32_t)b.stride;
}

static void pack(const hg_problem *p, const hg_kernel *k, const float *filter, float *packed)
{
    const blocking b = blocking_of(p, k, &(hg_config){0});
    const int64_t period = hg_phase_period(p->stride.h, p->dilation.h);
    memset(packed, 0, sizeof(float) * (size_t)(b.classes * class_floats(&b) + SLACK));
    for (int64_t ky = 0; ky < p->kernel.h; ky++) {
        const int64_t class = ky % period;
        const int64_t ty = hg_class_taps(p->kernel.h, period, class) - 1 - ky / period;
        for (int64_t kx = 0; kx < p->kernel.w; kx++) {
            const int64_t tx = b.taps - 1 - kx / b.stride;
            float *to = packed + class * class_floats(&b) + (ty * b.taps + tx) * b.set +
                        kx % b.stride * b.channels;
            for (int64_t c = 0; c < b.channels; c++)
                to[c] = filter[(c * p->kernel.h + ky) * p->kernel.w + kx];
        }
    }
}

static hg_transposed_phase *phases_of(const blocking *b)
{
    return (hg_transposed_phase *)(b + 1);
}

static void prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    blocking *b = tables;
    *b = blocking_of(p, k, c);
    for (int64_t i = 0; i < b->phases; i++)
        phases_of(b)[i] = hg_transposed_phase_of(i, p->stride.h, p->dilation.h, p->pad.top,
                                                 p->out.h, p->kernel.h);
}

/* ---- Run time ---- */

/* Sets [first, end) of image n, whose pixels lie in scratch from row `top` of the input on. */
typedef struct chunk {
    int64_t n, first, end, top;
} chunk;

/* Rows [top, end) of the input under a chunk; zeros beside it. */
static void fill_strips(const hg_task *t, const blocking *b, const chunk *at, int64_t end)
{
    const hg_tensor *in = &t->problem->in;
    const int64_t left = at->first - (b->taps - 1);
    const hg_span inside = {hg_clamp(left, 0, in->w), hg_clamp(at->end, 0, in->w)};
    float *strip = t->scratch;
    for (int64_t y = at->top; y < end; y++, strip += b->row) {
        const float *row = t->input + at->n * in->strides.n + y * in->strides.h;
        const size_t before = (size_t)((inside.begin - left) * b->pixel);
        const size_t behind = (size_t)((at->end - inside.end) * b->pixel);
        if (inside.begin >= inside.end) {
            memset(strip, 0, sizeof(float) * (size_t)b->row);
            continue;
        }
        memset(strip, 0, sizeof(float) * before);
        t->kernel->run.depthwise_wide->copy(row + inside.begin * in->strides.w, in->strides.w,
                                            inside.end - inside.begin, b->channels,
                                            strip + (inside.begin - left) * b->pixel);
        memset(strip + (inside.end - left) * b->pixel, 0, sizeof(float) * behind);
    }
}

/* Of an output row: what its outputs share, and the taps of its phase that lie inside. */
typedef struct line {
    hg_depthwise_wide_args args;
    float *out; /* column 0 */
    const float *residual;
    const float *weights, *strip;
} line;

static line line_of(const hg_task *t, const blocking *b, const chunk *at, int64_t y)
{
    const hg_problem *p = t->problem;
    const hg_post *post = &p->post;
    const hg_transposed_phase *f = &phases_of(b)[y % b->phases];
    const int64_t first = y / b->phases + f->input;
    const hg_span taps = hg_taps_inside(first, f->taps, b->step, p->in.h);
    const int64_t rows = taps.end - taps.begin;
    line l = {.args = {.row_step = b->step * b->row,
                       .pixel_step = b->pixel,
                       .weight_step = b->taps * b->set,
                       .tap_step = b->set,
                       .set_step = b->set,
                       .next_row = p->out.strides.h,
                       .rows = rows,
                       .channels = b->channels,
                       .post = *post,
                       .plain = !post->residual && post->slope == 1.0f && post->min == -INFINITY &&
                                post->max == INFINITY},
              .out = t->output + at->n * p->out.strides.n + y * p->out.strides.h,
              .weights = t->weights + f->class * class_floats(b) + taps.begin * b->taps * b->set,
              .strip = t->scratch};
    if (rows) l.strip += (first + taps.begin * b->step - at->top) * b->row;
    if (post->residual)
        l.residual = t->residual + at->n * p->residual_strides.n + y * p->residual_strides.h;
    return l;
}

/* Outputs [begin, end) of `sets` sets, number `set` of the image the first of them, under the taps
 * from number `tap` on. */
static void run_outputs(const hg_task *t, const blocking *b, const chunk *at, line *l, int64_t set,
                        int64_t sets, hg_span outputs, int64_t tap)
{
    if (outputs.begin >= outputs.end) return;
    const int64_t column = outputs.begin * b->channels;
    const int64_t to = (set * b->stride - t->problem->pad.left) * b->channels + column;
    hg_depthwise_wide_args *a = &l->args;
    a->input = l->strip + (set - at->first + tap) * b->pixel;
    a->weights = l->weights + tap * b->set + column;
    a->bias = t->bias + column;
    a->out = l->out + to;
    a->residual = l->residual ? l->residual + to : NULL;
    a->taps = b->taps - tap;
    a->sets = sets;
    a->columns = (outputs.end - outputs.begin) * b->channels;
    t->kernel->run.depthwise_wide->run(a);
}

static void run_line(const hg_task *t, const blocking *b, const chunk *at, int64_t y)
{
    line l = line_of(t, b, at, y);
    for (int64_t set = at->first, next; set < at->end; set = next) {
        const hg_span there = {set == b->first ? b->crop : 0, set == b->last ? b->end : b->stride};
        const bool part = there.end - there.begin < b->stride;
        next = part ? set + 1 : at->end - 1 == b->last && b->end < b->stride ? b->last : at->end;
        const hg_span all = {there.begin, HG_MIN(there.end, b->longer)};
        const hg_span fewer = {HG_MAX(there.begin, b->longer), there.end};
        run_outputs(t, b, at, &l, set, next - set, all, 0);
        run_outputs(t, b, at, &l, set, next - set, fewer, 1);
    }
}

static void run_block(const hg_task *t, const blocking *b, int64_t n, int64_t begin, int64_t end)
{
    const hg_problem *p = t->problem;
    /* The input rows that any tap of these outputs may fall on. */
    const int64_t reach = (p->kernel.h - 1) * p->dilation.h;
    const int64_t top = -floor_div(reach - begin - p->pad.top, p->stride.h);
    const int64_t bottom = floor_div(end - 1 + p->pad.top, p->stride.h) + 1;
    for (int64_t first = b->first; first <= b->last; first += b->chunk) {
        const chunk at = {n, first, HG_MIN(first + b->chunk, b->last + 1), HG_MAX(top, 0)};
        fill_strips(t, b, &at, HG_MIN(bottom, p->in.h));
        for (int64_t y = begin; y < end; y++) run_line(t, b, &at, y);
        const int64_t x = HG_MAX(at.first * b->stride - p->pad.left, 0);
        const int64_t right = HG_MIN(at.end * b->stride - p->pad.left, p->out.w);
        hg_finish(t, (hg_block){n, begin, x, 0, end - begin, right - x, p->out.c});
    }
}

static void run(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    (void)stage;
    const blocking *b = t->tables;
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / b->image_blocks, y = i % b->image_blocks * b->block;
        run_block(t, b, n, y, HG_MIN(y + b->block, t->problem->out.h));
    }
}

const hg_algorithm hg_conv_transpose2d_nhwc_depthwise_wide = {.name = "depthwise_wide",
                                                              .supports = supports,
                                                              .configs = configs,
                                                              .cost = cost,
                                                              .size = size,
                                                              .form = form,
                                                              .pack = pack,
                                                              .prepare = prepare,
                                                              .run = run,
                                                              .finishes = true};
