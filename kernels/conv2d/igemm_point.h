/* Part of igemm.c: the sizes of a run, and the row pointers of a block of pixels. */
#ifndef HG_IGEMM_POINT_H
#define HG_IGEMM_POINT_H

#include <string.h>

#include "kernels/conv2d/igemm.h"

typedef struct shape {
    int64_t mr, nr, c_group, k_group;
    int64_t group_panels, panels; /* panels per group, and of all groups */
    int64_t fused;                /* taps of a row seen as one tap of so many channels; 0 = apart */
    int64_t phases_y, phases_x;
    int64_t pixels;         /* of the largest phase, whole batch */
    int64_t taps, all_taps; /* of the largest class, and of the filter */
    int64_t block, blocks;  /* tiles per range */
    int64_t chunk, chunks;  /* panels per range */
} shape;

/* Phases, offsets of taps, a row of zeros. */
typedef struct tables {
    hg_igemm_axis y, x;
    float *zero; /* for taps in padding */
} tables;

/* Pixels [first, first + count) of one phase, and where their pointers are. */
typedef struct pixels {
    const hg_igemm_phase *y, *x;
    int64_t first, count;
    const float **rows;     /* [tile][tap][MR] */
    float **out;            /* [tile][MR] */
    const float **residual; /* [tile][MR] */
    float *windows;         /* free room for copies of rows of taps that lie partly in padding */
} pixels;

/* Row pointers of one pixel, MR apart. */
static void point_taps(const tables *t, const pixels *px, const hg_problem *p, const float *image,
                       int64_t y, int64_t x, int64_t mr, const float **rows)
{
    const int64_t *offset_y = t->y.offset + px->y->start, *offset_x = t->x.offset + px->x->start;
    const int64_t base_y = y * t->y.in_step, base_x = x * t->x.in_step;
    for (int64_t i = 0; i < px->y->taps; i++) {
        const int64_t iy = base_y + offset_y[i];
        const bool inside = iy >= 0 && iy < p->in.h;
        const float *line = inside ? image + iy * p->in.strides.h : image;
        for (int64_t j = 0; j < px->x->taps; j++, rows += mr) {
            const int64_t ix = base_x + offset_x[j];
            const bool valid = inside && (uint64_t)ix < (uint64_t)p->in.w;
            *rows = valid ? line + ix * p->in.strides.w : t->zero;
        }
    }
}

/* The same where a row of taps is one tap: `fused` floats that lie side by side in the input, as
 * its pixels have no gaps. Where some are padding, a copy completed with zeros takes their place.
 */
static void point_fused(const tables *t, pixels *px, const hg_problem *p, const shape *s,
                        const float *image, int64_t y, int64_t x, const float **rows)
{
    const int64_t first = x * t->x.in_step + t->x.offset[0], end = first + p->kernel.w;
    const int64_t begin = HG_MAX(first, 0), valid = HG_MIN(end, p->in.w) - begin;
    for (int64_t i = 0; i < px->y->taps; i++, rows += s->mr) {
        const int64_t iy = y * t->y.in_step + t->y.offset[i];
        if (iy < 0 || iy >= p->in.h || valid <= 0) {
            *rows = t->zero;
            continue;
        }
        const float *line = image + iy * p->in.strides.h;
        if (valid == p->kernel.w) {
            *rows = line + first * p->in.c;
            continue;
        }
        memset(px->windows, 0, sizeof(float) * (size_t)s->fused);
        memcpy(px->windows + (begin - first) * p->in.c, line + begin * p->in.c,
               sizeof(float) * (size_t)(valid * p->in.c));
        *rows = px->windows;
        px->windows += s->fused;
    }
}

/* All taps of output `at` of a phase lie inside; their offsets rise or fall steadily. */
static bool inner(const hg_igemm_axis *axis, const hg_igemm_phase *phase, int64_t at, int64_t in)
{
    if (phase->taps == 0) return false;
    const int64_t first = at * axis->in_step + axis->offset[phase->start];
    const int64_t last = at * axis->in_step + axis->offset[phase->start + phase->taps - 1];
    return (uint64_t)first < (uint64_t)in && (uint64_t)last < (uint64_t)in;
}

/* Fills all pointers; the last tile is completed with copies of the last pixel. */
static void point(const hg_task *task, const tables *t, const shape *s, pixels *px)
{
    const hg_problem *p = task->problem;
    const hg_strides *so = &p->out.strides, *sr = &p->residual_strides;
    const int64_t taps = s->fused ? px->y->taps : px->y->taps * px->x->taps;
    int64_t x = px->first % px->x->count, y = px->first / px->x->count;
    int64_t n = y / px->y->count;
    y %= px->y->count;
    const int64_t step = t->x.in_step * p->in.strides.w; /* from a pixel to the next in a row */
    bool moved = false; /* the pixel before is the left neighbour */
    const int64_t padded = HG_ROUND_UP(px->count, s->mr);
    for (int64_t i = 0, lane = 0, tile = 0; i < padded; i++) {
        const int64_t oy = px->y->first + y * t->y.out_step;
        const int64_t ox = px->x->first + x * t->x.out_step;
        const float *image = task->input + n * p->in.strides.n;
        const float **rows = px->rows + tile * taps * s->mr + lane;
        if (taps > 2 && moved && lane > 0 && inner(&t->y, px->y, y, p->in.h) &&
            inner(&t->x, px->x, x - 1, p->in.w) && inner(&t->x, px->x, x, p->in.w))
            for (int64_t k = 0; k < taps * s->mr; k += s->mr) rows[k] = rows[k - 1] + step;
        else if (s->fused)
            point_fused(t, px, p, s, image, y, x, rows);
        else
            point_taps(t, px, p, image, y, x, s->mr, rows);
        px->out[i] = task->output + n * so->n + oy * so->h + ox * so->w;
        if (p->post.residual)
            px->residual[i] = task->residual + n * sr->n + oy * sr->h + ox * sr->w;
        if (++lane == s->mr) lane = 0, tile++;
        moved = i + 1 < px->count && x + 1 < px->x->count;
        if (i + 1 >= px->count) continue;
        if (++x < px->x->count) continue;
        x = 0;
        if (++y < px->y->count) continue;
        y = 0;
        n++;
    }
}

#endif
