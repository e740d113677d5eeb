#include "dispatch/bands.h"

#include <string.h>

#include "dispatch/plan.h"

/* ---- How a problem is cut ---- */

enum { SMALL_L2 = 512 << 10, TILE = 4 };

/* Input and output rows of a band. In double: any numbers may come here. */
static double band_bytes(const hg_problem *p, int64_t rows)
{
    const double above = (double)(p->kernel.h - 1) * (double)p->dilation.h + 1;
    const double in = (double)(rows - 1) * (double)p->stride.h + above;
    return 4 * in * (double)(p->in.w * p->in.c) +
           4.0 * (double)rows * (double)(p->out.w * p->out.c);
}

bool hg_bands_possible(const hg_problem *p, int64_t rows)
{
    return p->op == HG_OP_CONV2D && p->in.layout == HG_NCHW && rows > 0 && rows <= p->out.h &&
           band_bytes(p, rows) < 0x1p31;
}

hg_problem hg_problem_of_band(const hg_problem *p, int64_t rows)
{
    hg_problem band = *p;
    band.in.n = band.out.n = 1;
    band.in.h = (rows - 1) * p->stride.h + (p->kernel.h - 1) * p->dilation.h + 1;
    band.out.h = rows;
    band.pad.top = band.pad.bottom = 0;
    return hg_problem_in_layout(&band, HG_NHWC);
}

int64_t hg_band_count(const hg_problem *p, int64_t rows)
{
    return p->out.n * HG_CEIL_DIV(p->out.h, rows);
}

/* Rows of output that are computed, those in vain included: in the last band, and in the tiles of a
 * Winograd kernel; and what each band costs beside its rows. */
static int64_t effort(const hg_problem *p, int64_t rows)
{
    return HG_CEIL_DIV(p->out.h, rows) * (HG_ROUND_UP(rows, TILE) + 1);
}

int64_t hg_band_rows(const hg_context *context, const hg_problem *p)
{
    if (!hg_bands_possible(p, 1) || p->in.n == 0) return 0;
    const double l2 = context->machine.l2 > 0 ? (double)context->machine.l2 : SMALL_L2;
    if (p->in.n == 1 && hg_problem_bytes(p) <= l2 / 2) return 0;
    const double first = band_bytes(p, 1), row = band_bytes(p, 2) - first;
    if (first > l2) return 0;
    const int64_t fit = HG_MAX((int64_t)((l2 * 3 / 8 - first) / row) + 1, TILE);
    const int64_t shared = HG_CEIL_DIV(p->in.n * p->out.h, context->threads);
    const int64_t most = HG_MIN(HG_MIN(fit, shared), p->out.h);
    int64_t best = most;
    for (int64_t rows = most - 1; 2 * rows > most; rows--)
        if (effort(p, rows) < effort(p, best)) best = rows;
    return hg_bands_possible(p, best) && hg_band_count(p, best) > 1 ? best : 0;
}

/* ---- Running ---- */

/* Rows [y, y + count) of an image in NHWC, zeros where they lie outside it. */
static void pack_rows(const hg_plan *plan, const hg_tensor *t, const float *image, float *to,
                      int64_t y, int64_t count)
{
    const int64_t row = t->w * t->c, above = HG_MAX(HG_MIN(-y, count), 0);
    const int64_t inside = HG_MAX(HG_MIN(t->h, y + count) - (y + above), 0);
    const int64_t below = count - above - inside;
    const size_t bytes = (size_t)row * sizeof *to;
    memset(to, 0, (size_t)above * bytes);
    if (inside > 0)
        hg_repack_rows(plan->transposer, t, image + (y + above) * t->strides.h, to + above * row,
                       sizeof *to, true, inside);
    memset(to + (above + inside) * row, 0, (size_t)below * bytes);
}

/* A band that follows another of its image finds the rows they share at the end of that one. */
static void pack_input(const hg_plan *plan, const float *image, float *to, int64_t band, bool next)
{
    const hg_problem *p = &plan->problem;
    const int64_t step = plan->config.bands * p->stride.h, row = p->in.w * p->in.c;
    const int64_t kept = next ? HG_MAX(plan->inner.in.h - step, 0) : 0;
    if (kept) memmove(to, to + step * row, (size_t)(kept * row) * sizeof *to);
    pack_rows(plan, &p->in, image, to + kept * row, band * step - p->pad.top + kept,
              plan->inner.in.h - kept);
}

void hg_run_bands(const hg_plan *plan, const hg_io *io, const hg_task *task, int64_t begin,
                  int64_t end)
{
    const hg_problem *p = &plan->problem;
    const int64_t rows = plan->config.bands, bands = HG_CEIL_DIV(p->out.h, rows);
    char *scratch = task->scratch;
    float *input = (float *)(scratch + plan->input_at);
    float *output = (float *)(scratch + plan->output_at);
    float *residual = (float *)(scratch + plan->residual_at);
    hg_tensor added = p->out;
    added.strides = p->residual_strides;
    hg_task inner = *task;
    inner.input = input, inner.output = output, inner.residual = residual;
    for (int64_t i = begin; i < end; i++) {
        const int64_t n = i / bands, band = i % bands, y = band * rows;
        const int64_t used = HG_MIN(rows, p->out.h - y);
        pack_input(plan, (const float *)io->input + n * p->in.strides.n, input, band,
                   i > begin && band > 0);
        if (p->post.residual)
            pack_rows(plan, &added, (const float *)io->residual + n * added.strides.n, residual, y,
                      rows);
        plan->kernel->algorithm->run(&inner, 0, 0, plan->sizes.ranges[0]);
        float *to = (float *)io->output + n * p->out.strides.n + y * p->out.strides.h;
        hg_repack_rows(plan->transposer, &p->out, output, to, sizeof *to, false, used);
    }
}
