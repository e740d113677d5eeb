#include "dispatch/bands.h"

#include <string.h>

#include "dispatch/plan.h"
#include "kernels/resize2d/resize2d.h"

/* ---- How a problem is cut ---- */

enum {
    SMALL_L2 = 512 << 10,
    TILE = 4,          /* rows of the default Winograd tiles; smaller ones divide it */
    RELAXED_TILE = 12, /* 4 and 6 divide it */
    MOST_TILED = 4,    /* stride: transposed convolutions of larger ones hardly go to Winograd */
    WORTH = 2,
    SMALL = 4 /* times L2 */
};

static double l2_of(const hg_context *context)
{
    return context->machine.l2 > 0 ? (double)context->machine.l2 : SMALL_L2;
}

static double weights_of(const hg_problem *p)
{
    return 4.0 * (double)hg_problem_reduction(p) * (double)p->out.c;
}

/* They may take what the weights take, or a few times what L2 has, but not grow with the image. */
bool hg_copies_bounded(const hg_context *context, const hg_problem *p)
{
    const double most = HG_MAX(SMALL * l2_of(context), WORTH * weights_of(p));
    return !hg_problem_has_filter(p) || hg_problem_bytes(p) <= most;
}

bool hg_weights_crowd(const hg_context *context, const hg_problem *p)
{
    return weights_of(p) > l2_of(context);
}

/* Rows and columns of the convolution under one of the output. */
static int64_t scale_of(const hg_problem *p)
{
    return p->post_pool ? 2 : 1;
}

/* From a window's first tap to its last. */
static int64_t reach_of(const hg_problem *p)
{
    return (p->kernel.h - 1) * p->dilation.h;
}

static bool is_transposed(const hg_problem *p)
{
    return p->op == HG_OP_CONV_TRANSPOSE2D;
}

/* Rows of input under a band; of transposed convolutions at most. In double: any numbers may come
 * here. */
static double rows_under(const hg_problem *p, double rows)
{
    const double reach = (double)(p->kernel.h - 1) * (double)p->dilation.h;
    if (is_transposed(p)) return (rows + reach) / (double)p->stride.h + 1;
    return (rows - 1) * (double)p->stride.h + reach + 1;
}

/* Of the convolution's input. */
static int64_t row_floats(const hg_problem *p)
{
    return (p->resized.h ? p->resized.w : p->in.w) * p->in.c;
}

/* Input and output rows of a band. */
static double band_bytes(const hg_problem *p, int64_t rows)
{
    const double scale = (double)scale_of(p), conv = (double)rows * scale;
    return 4 * rows_under(p, conv) * (double)row_floats(p) +
           4 * conv * scale * (double)(p->out.w * p->out.c);
}

/* Bands of a transposed convolution all begin with the same phase. */
static int64_t least_rows(const hg_problem *p)
{
    return is_transposed(p) ? HG_MIN(p->stride.h, p->out.h) : 1;
}

bool hg_bands_possible(const hg_problem *p, int64_t rows)
{
    if (!hg_problem_has_filter(p) || (p->in.layout != HG_NCHW && !hg_problem_is_fused(p)))
        return false;
    return rows > 0 && rows <= p->out.h && (rows % least_rows(p) == 0 || rows == p->out.h) &&
           band_bytes(p, rows) < 0x1p31;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The rows of input under bands: those under the first begin with row `first`, and with each band
 * `step` rows further on. */
typedef struct footprint {
    int64_t first, step, count;
} footprint;

static footprint footprint_of(const hg_problem *p, int64_t rows)
{
    const int64_t conv = rows * scale_of(p), stride = p->stride.h, reach = reach_of(p);
    if (!is_transposed(p))
        return (footprint){-p->pad.top, conv * stride, (conv - 1) * stride + reach + 1};
    /* Row i reaches the outputs i * stride - crop and `reach` more. */
    const int64_t first = floor_div(p->pad.top - reach + stride - 1, stride);
    const int64_t last = floor_div(p->pad.top + rows - 1, stride);
    return (footprint){first, rows / stride, HG_MAX(last - first + 1, 1)};
}

hg_problem hg_problem_of_band(const hg_problem *p, int64_t rows)
{
    hg_problem band = hg_problem_unfused(p);
    const footprint under = footprint_of(p, rows);
    band.in.n = band.out.n = 1;
    band.out.h = rows * scale_of(p);
    band.in.h = under.count;
    band.pad.top = band.pad.bottom = 0;
    if (is_transposed(p)) {
        band.pad.top = p->pad.top - under.first * p->stride.h;
        band.pad.bottom =
            (under.count - 1) * p->stride.h + reach_of(p) + 1 - band.pad.top - band.out.h;
    }
    return hg_problem_in_layout(&band, HG_NHWC);
}

int64_t hg_band_count(const hg_problem *p, int64_t rows)
{
    return p->out.n * HG_CEIL_DIV(p->out.h, rows);
}

/* Rows that are computed, those in vain included: in the last band, and in the tiles of a Winograd
 * kernel; and what each band costs beside its rows. */
static int64_t effort(const hg_problem *p, int64_t rows)
{
    return HG_CEIL_DIV(p->out.h, rows) * (HG_ROUND_UP(rows * scale_of(p), TILE) + 1);
}

/* Bands begin where tiles of the whole image do, so that their height does not change bits. */
static int64_t tile_rows(const hg_problem *p)
{
    const int64_t tile = p->accuracy == HG_RELAXED ? RELAXED_TILE : TILE;
    if (!is_transposed(p)) return tile / scale_of(p);
    return p->stride.h <= MOST_TILED ? tile * p->stride.h : p->stride.h;
}

int64_t hg_band_rows(const hg_context *context, int threads, const hg_problem *p, bool tall)
{
    if (!hg_bands_possible(p, least_rows(p)) || (p->in.n == 0 && !hg_problem_is_fused(p))) return 0;
    const double l2 = l2_of(context);
    const bool optional = !hg_problem_is_fused(p) && hg_copies_bounded(context, p);
    if (optional && p->in.n == 1 && hg_problem_bytes(p) <= l2 / 2) return 0;
    const double first = band_bytes(p, 1), row = band_bytes(p, 2) - first;
    if (optional && first > l2) return 0;
    /* What has no other way must at least not read its weights more often than it gains by. */
    const double least = l2 * 3 / 8;
    const double bytes =
        tall || hg_problem_is_fused(p) ? HG_MAX(least, WORTH * weights_of(p)) : least;
    const double fit = (bytes - first) / row + 1;
    const int64_t wanted = fit > (double)p->out.h ? p->out.h : HG_MAX((int64_t)fit, 1);
    const int64_t shared = HG_CEIL_DIV(HG_MAX(p->in.n, 1) * p->out.h, threads);
    const int64_t unit = tile_rows(p);
    const int64_t most = HG_MIN(HG_MAX(HG_MIN(wanted, shared), unit), p->out.h);
    int64_t best = most == p->out.h ? most : most - most % unit;
    for (int64_t rows = most - most % unit; 2 * rows > most; rows -= unit)
        if (effort(p, rows) < effort(p, best)) best = rows;
    if (!hg_bands_possible(p, best)) return optional ? 0 : least_rows(p);
    return optional && hg_band_count(p, best) == 1 ? 0 : best;
}

/* ---- Running ---- */

static void pool_band(const hg_plan *plan, const float *from, float *to, char *scratch)
{
    const hg_band_part *q = &plan->pooling;
    const hg_task task = {.problem = &q->problem,
                          .kernel = q->kernel,
                          .config = q->config,
                          .tables = q->tables,
                          .input = from,
                          .output = to,
                          .shared = scratch + plan->pool_shared_at,
                          .scratch = scratch + plan->pool_scratch_at};
    for (int stage = 0; stage < HG_MAX(q->sizes.stages, 1); stage++)
        q->kernel->algorithm->run(&task, stage, 0, q->sizes.ranges[stage]);
}

/* Rows of the tensor that lie behind each other as the kernel wants them. */
static bool in_place(const hg_tensor *t)
{
    return t->layout == HG_NHWC && t->strides.w == t->c && t->strides.h == t->w * t->c;
}

/* `rows` rows between the tensor, from row 0 on, and dense NHWC. */
static void copy_rows(const hg_plan *plan, const hg_tensor *t, const float *from, float *to,
                      bool to_dense, int64_t rows)
{
    if (t->layout == HG_NCHW) {
        hg_repack_rows(plan->transposer, t, from, to, sizeof *to, to_dense, rows);
        return;
    }
    for (int64_t y = 0; y < rows; y++)
        for (int64_t x = 0; x < t->w; x++) {
            const int64_t strided = y * t->strides.h + x * t->strides.w;
            const int64_t dense = (y * t->w + x) * t->c;
            memcpy(to + (to_dense ? dense : strided), from + (to_dense ? strided : dense),
                   (size_t)t->c * sizeof *to);
        }
}

/* `rows` rows of the resized image from row y on, from those of the image that they are made of. */
static void resize_rows(const hg_plan *plan, const float *image, float *to, char *scratch,
                        int64_t y, int64_t rows)
{
    const hg_band_part *q = &plan->resizing;
    const hg_tensor *t = &plan->problem.in;
    int64_t step = q->problem.in.strides.h, first = 0;
    if (t->layout == HG_NCHW) {
        float *const packed = (float *)(scratch + plan->packed_at);
        const hg_span under = hg_resize_rows_under(q->tables, y, y + rows);
        copy_rows(plan, t, image + under.begin * t->strides.h, packed, true,
                  under.end - under.begin);
        image = packed, first = under.begin;
    }
    const hg_task task = {.problem = &q->problem,
                          .kernel = q->kernel,
                          .config = q->config,
                          .tables = q->tables,
                          .input = image - first * step,
                          .output = to - y * q->problem.out.strides.h,
                          .scratch = scratch + plan->resize_scratch_at};
    q->kernel->algorithm->rows(&task, y, y + rows);
}

/* Rows [y, y + count) of an image in NHWC, zeros where they lie outside it. With scratch: of the
 * image that is resized. */
static void pack_rows(const hg_plan *plan, const hg_tensor *t, const float *image, float *to,
                      char *scratch, int64_t y, int64_t count)
{
    const hg_tensor *sizes = scratch ? &plan->resizing.problem.out : t;
    const int64_t row = sizes->w * sizes->c, above = HG_MAX(HG_MIN(-y, count), 0);
    const int64_t inside = HG_MAX(HG_MIN(sizes->h, y + count) - (y + above), 0);
    const int64_t below = count - above - inside;
    const size_t bytes = (size_t)row * sizeof *to;
    memset(to, 0, (size_t)above * bytes);
    if (inside > 0 && scratch)
        resize_rows(plan, image, to + above * row, scratch, y + above, inside);
    else if (inside > 0)
        copy_rows(plan, t, image + (y + above) * t->strides.h, to + above * row, true, inside);
    memset(to + (above + inside) * row, 0, (size_t)below * bytes);
}

/* The input of a band: in the image itself, or in scratch. A band that follows another there finds
 * the rows they share at the end of that one. */
static const float *input_of(const hg_plan *plan, const float *image, char *scratch, int64_t band,
                             bool next)
{
    const hg_problem *p = &plan->problem;
    const footprint under = footprint_of(p, plan->config.bands);
    const int64_t step = under.step, count = under.count, row = row_floats(p);
    const int64_t y = under.first + band * step;
    const bool dense = !p->resized.h && in_place(&p->in);
    float *const to = (float *)(scratch + plan->input_at);
    if (dense && y >= 0 && y + count <= p->in.h) return image + y * p->in.strides.h;
    const int64_t kept = next && !dense ? HG_MAX(count - step, 0) : 0;
    if (kept) memmove(to, to + step * row, (size_t)(kept * row) * sizeof *to);
    pack_rows(plan, &p->in, image, to + kept * row, p->resized.h ? scratch : NULL, y + kept,
              count - kept);
    return to;
}

/* What the kernel wrote goes, pooled if it is to be, to `used` rows of the output. */
static void emit(const hg_plan *plan, const float *conv, float *to, int64_t used, char *scratch)
{
    const hg_problem *p = &plan->problem;
    const bool direct = p->post_pool && used == plan->config.bands && in_place(&p->out);
    float *const pooled = direct ? to : (float *)(scratch + plan->pooled_at);
    if (p->post_pool) pool_band(plan, conv, pooled, scratch);
    if (!direct) copy_rows(plan, &p->out, p->post_pool ? pooled : conv, to, false, used);
}

void hg_run_bands(const hg_plan *plan, const hg_io *io, const hg_task *task, int64_t begin,
                  int64_t end)
{
    const hg_problem *p = &plan->problem;
    const int64_t rows = plan->config.bands, bands = HG_CEIL_DIV(p->out.h, rows);
    char *scratch = task->scratch;
    float *output = (float *)(scratch + plan->output_at);
    float *residual = (float *)(scratch + plan->residual_at);
    hg_tensor added = p->out;
    added.strides = p->residual_strides;
    hg_task inner = *task;
    inner.residual = residual;
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / bands, band = i % bands, y = band * rows;
        const float *image = (const float *)io->input + n * p->in.strides.n;
        float *to = (float *)io->output + n * p->out.strides.n + y * p->out.strides.h;
        inner.input = input_of(plan, image, scratch, band, i > begin && band > 0);
        if (p->post.residual)
            pack_rows(plan, &added, (const float *)io->residual + n * added.strides.n, residual,
                      NULL, y, rows);
        const int64_t used = HG_MIN(rows, p->out.h - y);
        const bool direct = !p->post_pool && used == rows && in_place(&p->out);
        inner.output = direct ? to : output;
        plan->kernel->algorithm->run(&inner, 0, 0, plan->sizes.ranges[0]);
        if (!plan->kernel->algorithm->finishes)
            hg_activate_range(&inner, 0, hg_activate_ranges(&plan->inner));
        if (!direct) emit(plan, output, to, used, scratch);
    }
}
