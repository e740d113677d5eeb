#include "kernels/conv2d/nhwc/igemm_rows.h"

#include <string.h>

/* One pixel of a phase. */
typedef struct place {
    int64_t n, y, x;
} place;

/* Row pointers of one pixel, MR apart. */
static void point_taps(const hg_igemm_tables *t, const hg_igemm_pixels *px, const hg_problem *p,
                       const float *image, place at, const float **rows)
{
    const int64_t *offset_y = t->y.offset + px->y->start, *offset_x = t->x.offset + px->x->start;
    const int64_t base_y = at.y * t->y.in_step, base_x = at.x * t->x.in_step;
    for (int64_t i = 0; i < px->y->taps; i++) {
        const int64_t iy = base_y + offset_y[i];
        const bool inside = iy >= 0 && iy < p->in.h;
        const float *row = inside ? image + iy * p->in.strides.h : image;
        for (int64_t j = 0; j < px->x->taps; j++, rows += t->blocking.mr) {
            const int64_t ix = base_x + offset_x[j];
            const bool valid = inside && (uint64_t)ix < (uint64_t)p->in.w;
            *rows = valid ? row + ix * p->in.strides.w : t->zero;
        }
    }
}

/* The same of merged taps: they lie side by side in the input, as its pixels have no gaps. Where
 * some are padding, a copy completed with zeros takes their place. */
static void point_merged(const hg_igemm_tables *t, hg_igemm_pixels *px, const hg_problem *p,
                         const float *image, place at, const float **rows)
{
    const int64_t merged = t->blocking.merged_taps;
    const int64_t first = at.x * t->x.in_step + t->x.offset[0], end = first + p->kernel.w;
    const int64_t begin = HG_MAX(first, 0), valid = HG_MIN(end, p->in.w) - begin;
    for (int64_t i = 0; i < px->y->taps; i++, rows += t->blocking.mr) {
        const int64_t iy = at.y * t->y.in_step + t->y.offset[i];
        if (iy < 0 || iy >= p->in.h || valid <= 0) {
            *rows = t->zero;
            continue;
        }
        const float *row = image + iy * p->in.strides.h;
        if (valid == p->kernel.w) {
            *rows = row + first * p->in.c;
            continue;
        }
        memset(px->windows, 0, sizeof(float) * (size_t)merged);
        memcpy(px->windows + (begin - first) * p->in.c, row + begin * p->in.c,
               sizeof(float) * (size_t)(valid * p->in.c));
        *rows = px->windows;
        px->windows += merged;
    }
}

static bool inside(const hg_phase *phase, int64_t at)
{
    return at >= phase->inside_begin && at < phase->inside_end;
}

static place next_of(const hg_igemm_pixels *px, place at)
{
    if (++at.x < px->x->count) return at;
    if (++at.y < px->y->count) return (place){at.n, at.y, 0};
    return (place){at.n + 1, 0, 0};
}

void hg_igemm_point(const hg_task *task, const hg_igemm_tables *t, hg_igemm_pixels *px)
{
    const hg_problem *p = task->problem;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t mr = t->blocking.mr, taps = hg_igemm_taps(t, px);
    const int64_t row = px->first / px->x->count;
    place at = {row / px->y->count, row % px->y->count, px->first % px->x->count};
    const int64_t step = t->x.in_step * p->in.strides.w; /* from a pixel to the next in a row */
    bool beside = false; /* the pixel before is the left neighbour */
    const int64_t padded = HG_ROUND_UP(px->count, mr);
    for (int64_t i = 0, lane = 0; i < padded; i++) {
        const int64_t oy = px->y->first + at.y * t->y.out_step;
        const int64_t ox = px->x->first + at.x * t->x.out_step;
        const float *image = task->input + at.n * p->in.strides.n;
        const float **rows = px->rows + (i - lane) * taps + lane;
        if (taps > 2 && beside && lane > 0 && inside(px->y, at.y) && inside(px->x, at.x - 1) &&
            inside(px->x, at.x))
            for (int64_t k = 0; k < taps * mr; k += mr) rows[k] = rows[k - 1] + step;
        else if (t->blocking.merged_taps)
            point_merged(t, px, p, image, at, rows);
        else
            point_taps(t, px, p, image, at, rows);
        px->out[i] = task->output + at.n * so->n + oy * so->h + ox * so->w;
        if (p->post.residual)
            px->residual[i] = task->residual + at.n * sr->n + oy * sr->h + ox * sr->w;
        if (++lane == mr) lane = 0;
        beside = i + 1 < px->count && at.x + 1 < px->x->count;
        if (i + 1 < px->count) at = next_of(px, at);
    }
}
