#include "kernels/pointwise/walk.h"

#include <string.h>

enum {
    RANGE_FLOATS = 16384, /* of output */
    LAID_OUT_FLOATS = 1024,
    SHORT_RUN = 256, /* shorter ones that repeat are laid out */
    SHORT_PIXEL = 32 /* and pixels of fewer channels that have one number */
};

/* ---- Plan time ---- */

static bool follows(const hg_walk_dimension *inner, const hg_walk_dimension *outer)
{
    return outer->in == inner->extent * inner->in && outer->out == inner->extent * inner->out &&
           outer->other == inner->extent * inner->other;
}

/* Appends a dimension, or makes the last one longer. */
static int append(hg_walk_dimension *d, int count, hg_walk_dimension next)
{
    if (next.extent == 1) return count;
    if (count == 0 && (next.in != 1 || next.out != 1 || next.other > 1))
        d[count++] = (hg_walk_dimension){1, 1, 1, 1};
    if (count > 0 && d[count - 1].extent > 1 && follows(&d[count - 1], &next)) {
        d[count - 1].extent *= next.extent;
        return count;
    }
    d[count] = next;
    return count + 1;
}

/* One dimension more than the tensor has, where its innermost has no steps of 1: then that one's
 * size is 1, and it was left out. */
static void find_dimensions(const hg_tensor *in, const hg_tensor *b, const hg_tensor *out,
                            hg_walk_dimension d[HG_WALK_DIMENSIONS])
{
    const hg_strides *si = &in->strides, *sb = &b->strides, *so = &out->strides;
    /* An empty batch is walked as one image, of which no range is run. */
    const hg_walk_dimension n = {HG_MAX(in->n, 1), si->n, b->n > 1 ? sb->n : 0, so->n};
    const hg_walk_dimension h = {in->h, si->h, b->h > 1 ? sb->h : 0, so->h};
    const hg_walk_dimension w = {in->w, si->w, b->w > 1 ? sb->w : 0, so->w};
    const hg_walk_dimension c = {in->c, si->c, b->c > 1 ? sb->c : 0, so->c};
    const bool nhwc = in->layout == HG_NHWC;
    const hg_walk_dimension order[HG_WALK_DIMENSIONS] = {nhwc ? c : w, nhwc ? w : h, nhwc ? h : c,
                                                         n};
    int count = 0;
    for (int i = 0; i < HG_WALK_DIMENSIONS; i++) count = append(d, count, order[i]);
    for (; count < HG_WALK_DIMENSIONS; count++) d[count] = (hg_walk_dimension){1, 1, 1, 1};
}

/* Runs that follow each other in input and output, but not in the second tensor. */
static hg_walk_layout layout_of(const hg_walk_dimension *d)
{
    const bool dense = d[1].in == d[0].extent && d[1].out == d[0].extent && d[1].extent > 1;
    if (!dense) return HG_AS_IT_LIES;
    if (d[0].other == 1 && d[1].other == 0 && d[0].extent < SHORT_RUN) return HG_REPEATED;
    if (d[0].other == 0 && d[0].extent < SHORT_PIXEL) return HG_SPREAD;
    return HG_AS_IT_LIES;
}

hg_walk hg_walk_of(const hg_tensor *in, const hg_tensor *other, const hg_tensor *out,
                   const hg_kernel *k)
{
    hg_walk w;
    find_dimensions(in, other, out, w.d);
    w.layout = layout_of(w.d);
    w.columns = HG_MIN(w.d[0].extent, RANGE_FLOATS);
    w.rows = HG_MIN(HG_MAX(RANGE_FLOATS / w.columns, 1), w.d[1].extent);
    w.column_blocks = HG_CEIL_DIV(w.d[0].extent, w.columns);
    w.row_blocks = HG_CEIL_DIV(w.d[1].extent, w.rows);
    w.ranges = w.d[3].extent * w.d[2].extent * w.row_blocks * w.column_blocks;
    if (in->n == 0) w.ranges = 0;
    memset(w.places, 0, sizeof w.places);
    if (w.layout == HG_SPREAD && w.d[0].extent <= HG_FEW_CHANNELS)
        for (int64_t i = 0; i < w.d[0].extent * hg_lanes(k); i++)
            w.places[i] = (int32_t)(i / w.d[0].extent);
    return w;
}

size_t hg_walk_scratch(const hg_walk *w)
{
    const int64_t floats = LAID_OUT_FLOATS + HG_FEW_CHANNELS * HG_MOST_LANES;
    return w->layout == HG_AS_IT_LIES ? 0 : (size_t)floats * sizeof(float);
}

double hg_walk_ns(const hg_problem *p, const hg_walk *w)
{
    const bool laid_out = w->layout != HG_AS_IT_LIES;
    const double length = laid_out ? LAID_OUT_FLOATS : (double)w->d[0].extent;
    return hg_traffic_ns(p) + 3.0 * hg_tensor_elements(&p->out) / length + 200.0;
}

int hg_walk_configs(const hg_walk *w, hg_config list[HG_MAX_CONFIGS])
{
    const bool long_runs = w->layout != HG_AS_IT_LIES || w->d[0].extent >= SHORT_RUN;
    list[0] = (hg_config){0};
    list[1] = (hg_config){.nontemporal = 1};
    return long_runs ? 2 : 1;
}

/* ---- Run time ---- */

static hg_place moved(hg_place at, const hg_walk_dimension *d, int64_t by)
{
    return (hg_place){at.in + by * d->in, at.other + by * d->other, at.out + by * d->out};
}

/* `length` floats, again and again until there are `count`. */
static void repeat(const float *from, int64_t length, int64_t count, float *to)
{
    memcpy(to, from, (size_t)length * sizeof *to);
    for (int64_t have = length; have < count; have *= 2)
        memcpy(to + have, to, (size_t)HG_MIN(have, count - have) * sizeof *to);
}

/* Rows that follow each other, with the second tensor's laid out as theirs: once if they repeat. */
static void run_laid_out(const hg_task *t, hg_place at, int64_t rows, hg_spread_fn *spread,
                         hg_walk_run_fn *run)
{
    const hg_walk *w = t->tables;
    const int64_t length = w->d[0].extent, most = HG_MAX(LAID_OUT_FLOATS / length, 1);
    float *const b = t->scratch;
    if (w->layout == HG_REPEATED) repeat(at.other, length, HG_MIN(most, rows) * length, b);
    for (int64_t y = 0; y < rows; y += most) {
        const hg_place here = moved(at, &w->d[1], y);
        const int64_t n = HG_MIN(most, rows - y);
        if (w->layout == HG_SPREAD) spread(here.other, w->d[1].other, length, n, w->places, b);
        run(t, (hg_place){here.in, b, here.out}, n * length, false);
    }
}

void hg_walk_ranges(const hg_task *t, hg_place first, hg_spread_fn *spread, hg_walk_run_fn *run,
                    int64_t begin, int64_t end)
{
    const hg_walk *w = t->tables;
    for (int64_t i = begin; i < end; i++) {
        const int64_t column = i % w->column_blocks * w->columns, j = i / w->column_blocks;
        const int64_t row = j % w->row_blocks * w->rows, outer = j / w->row_blocks;
        hg_place at = moved(first, &w->d[3], outer / w->d[2].extent);
        at = moved(at, &w->d[2], outer % w->d[2].extent);
        at = moved(moved(at, &w->d[1], row), &w->d[0], column);
        const int64_t rows = HG_MIN(w->rows, w->d[1].extent - row);
        const int64_t columns = HG_MIN(w->columns, w->d[0].extent - column);
        if (w->layout != HG_AS_IT_LIES) {
            run_laid_out(t, at, rows, spread, run);
            continue;
        }
        for (int64_t y = 0; y < rows; y++)
            run(t, moved(at, &w->d[1], y), columns, w->d[0].other == 0);
    }
}
