/* Oracle: resizing. Each axis becomes a list of taps for each output position; coordinates are
 * fractions of integers as long as the scale is exactly out / in. */
#include <math.h>
#include <stdlib.h>

#include "tests/compare.h"

enum { MAX_TAPS = 4096 };

typedef struct axis {
    int64_t in, out;
    double scale; /* 0 = out / in */
    double roi_begin, roi_end;
} axis;

/* A coordinate num / den; den > 0 if it is exact in integers, else 0 and x holds it. */
typedef struct coordinate {
    int64_t num, den;
    double x;
} coordinate;

/* Taps of one output position; `fill`: outside the region, take the extrapolation value. */
typedef struct taps {
    int64_t count, *index;
    double *weight;
    bool fill;
} taps;

static coordinate exact(int64_t num, int64_t den)
{
    return (coordinate){num, den, (double)num / (double)den};
}

/* Beyond 2^53 all that counts is that it lies outside. */
static coordinate rounded(double x)
{
    return (coordinate){0, 0, fmax(-0x1p53, fmin(x, 0x1p53))};
}

static coordinate source(const axis *a, hg_coordinates mode, int64_t o)
{
    const double scale = a->scale, d = (double)o;
    if (mode == HG_PYTORCH_HALF_PIXEL && a->out == 1) return exact(0, 1);
    switch (mode) {
    case HG_ASYMMETRIC:
        return scale == 0 ? exact(o * a->in, a->out) : rounded(d / scale);
    case HG_ALIGN_CORNERS:
        if (a->out == 1) return exact(0, 1);
        if (scale == 0) return exact(o * (a->in - 1), a->out - 1);
        return rounded((double)(o * (a->in - 1)) / ((double)a->in * scale - 1));
    case HG_TF_CROP_AND_RESIZE: {
        const double last = (double)(a->in - 1);
        if (a->out == 1) return rounded(0.5 * (a->roi_begin + a->roi_end) * last);
        return rounded(a->roi_begin * last +
                       d * (a->roi_end - a->roi_begin) * last / (double)(a->out - 1));
    }
    case HG_PYTORCH_NEAREST: { /* the product of two floats is exact in double */
        const float step = scale != 0 ? (float)(1 / scale) : (float)a->in / (float)a->out;
        return rounded((double)(float)((double)(float)o * (double)step));
    }
    case HG_HALF_PIXEL_SYMMETRIC:
        if (scale != 0) {
            const double adjustment = (double)a->out / ((double)a->in * scale);
            const double offset = (double)a->in / 2 * (1 - adjustment);
            return rounded(offset + (d + 0.5) / scale - 0.5);
        }
        break;
    case HG_HALF_PIXEL:
    case HG_PYTORCH_HALF_PIXEL:
        break;
    }
    if (scale != 0) return rounded((d + 0.5) / scale - 0.5);
    return exact((2 * o + 1) * a->in - a->out, 2 * a->out);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

/* floor((2 * coordinate + shift) / 2) */
static int64_t floor_half(coordinate c, int shift)
{
    if (c.den) return floor_div(2 * c.num + shift * c.den, 2 * c.den);
    return (int64_t)floor(c.x + 0.5 * shift);
}

static int64_t ceil_half(coordinate c, int shift)
{
    if (c.den) return -floor_div(-2 * c.num - shift * c.den, 2 * c.den);
    return (int64_t)ceil(c.x + 0.5 * shift);
}

static int64_t nearest(coordinate c, hg_rounding rounding)
{
    switch (rounding) {
    case HG_ROUND_PREFER_FLOOR:
        return ceil_half(c, -1);
    case HG_ROUND_PREFER_CEIL:
        return floor_half(c, 1);
    case HG_ROUND_FLOOR:
        return floor_half(c, 0);
    case HG_ROUND_CEIL:
        return ceil_half(c, 0);
    }
    return 0;
}

static double triangle(double x)
{
    return fabs(x) < 1 ? 1 - fabs(x) : 0;
}

static double keys(double x, double a)
{
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/* sin(pi x) / (pi x), by the sine of at most a quarter turn. */
static double sinc(double x)
{
    const double turns = round(x), part = x - turns, pi = acos(-1);
    if (x == 0) return 1;
    return (fmod(turns, 2) == 0 ? 1 : -1) * sin(pi * part) / (pi * x);
}

static double windowed(double x, int lobes)
{
    const double w = sinc(x) * sinc(x / lobes);
    return fabs(x) < lobes && fabs(w) >= 0x1p-36 ? w : 0;
}

static int64_t clamp(int64_t i, int64_t in)
{
    return i < 0 ? 0 : i >= in ? in - 1 : i;
}

/* What a pixel has got from all positions clamped to it, as a share of the total; a pixel of weight
 * zero is none, and a weight below 2^-36 is what rounding left of a zero. */
static void add_tap(taps *t, int64_t index, double weight, double total)
{
    if (fabs(weight / total) < 0x1p-36) return;
    t->index[t->count] = index;
    t->weight[t->count++] = weight / total;
}

static double weight_at(const hg_resize_attr *r, double distance)
{
    if (r->mode == HG_RESIZE_BILINEAR) return triangle(distance);
    if (r->mode == HG_RESIZE_BICUBIC) return keys(distance, r->cubic_a);
    return windowed(distance, r->mode == HG_RESIZE_LANCZOS3 ? 3 : 5);
}

static double support_of(hg_resize_mode mode)
{
    switch (mode) {
    case HG_RESIZE_BICUBIC:
        return 2;
    case HG_RESIZE_LANCZOS3:
        return 3;
    case HG_RESIZE_LANCZOS5:
        return 5;
    default:
        return 1;
    }
}

/* Every source position within the filter's support gives its weight to the pixel that it is
 * clamped to, or is dropped. */
static void filter_taps(const hg_resize_attr *r, const axis *a, double x, taps *t)
{
    const bool lanczos = r->mode == HG_RESIZE_LANCZOS3 || r->mode == HG_RESIZE_LANCZOS5;
    const bool drop = r->exclude_outside || lanczos;
    const double given = a->scale != 0 ? a->scale : (double)a->out / (double)a->in;
    const double squeeze = r->antialias && given < 1 ? given : 1;
    const double support = support_of(r->mode) / squeeze;
    int64_t from = (int64_t)floor(x - support), to = (int64_t)ceil(x + support);
    double total = 0, weight = 0;
    if (drop && from < 0) from = 0;
    if (drop && to > a->in - 1) to = a->in - 1;
    for (int64_t i = from; i <= to; i++) total += weight_at(r, ((double)i - x) * squeeze);
    for (int64_t i = from; i <= to && total != 0; i++) {
        weight += weight_at(r, ((double)i - x) * squeeze);
        if (i < to && clamp(i + 1, a->in) == clamp(i, a->in)) continue;
        add_tap(t, clamp(i, a->in), weight, total);
        weight = 0;
    }
    if (t->count == 0) add_tap(t, clamp((int64_t)floor(x), a->in), 1, 1); /* wholly outside */
}

static void taps_at(const hg_resize_attr *r, const axis *a, int64_t o, taps *t)
{
    t->count = 0;
    t->fill = false;
    if (r->mode == HG_RESIZE_AREA) {
        const int64_t first = o * a->in / a->out, last = ((o + 1) * a->in + a->out - 1) / a->out;
        for (int64_t i = first; i < last; i++) {
            t->index[t->count] = i;
            t->weight[t->count++] = 1.0 / (double)(last - first);
        }
        return;
    }
    const coordinate c = source(a, r->coordinates, o);
    if (r->coordinates == HG_TF_CROP_AND_RESIZE) t->fill = c.x < 0 || c.x > (double)(a->in - 1);
    if (r->mode == HG_RESIZE_NEAREST) {
        t->index[0] = clamp(nearest(c, r->rounding), a->in);
        t->weight[0] = 1;
        t->count = 1;
    } else {
        filter_taps(r, a, c.x, t);
    }
}

static void pixel(const hg_problem *p, const oracle_input *in, const taps *v, const taps *h,
                  int64_t plane, oracle_output *out, int64_t at)
{
    const double fill = (double)p->resize.extrapolation;
    double sum = v->fill || h->fill ? fill : 0, most = fabs(sum), weights = 0;
    if (!(v->fill || h->fill))
        for (int64_t i = 0; i < v->count; i++)
            for (int64_t j = 0; j < h->count; j++) {
                const int64_t row = plane * p->in.h + v->index[i];
                const double x = (double)in->x[row * p->in.w + h->index[j]];
                sum += v->weight[i] * h->weight[j] * x;
                most = fmax(most, fabs(x));
                weights += fabs(v->weight[i] * h->weight[j]);
            }
    /* A single tap is a copy: the product with 1 and the sum with 0 would lose the sign of -0. */
    if (p->resize.mode == HG_RESIZE_NEAREST && !(v->fill || h->fill))
        sum = (double)in->x[(plane * p->in.h + v->index[0]) * p->in.w + h->index[0]];
    out->y[at] = out->sum[at] = sum;
    /* Few taps inside may renormalise to weights of both signs that exceed their sum by far. */
    out->magnitude[at] = most * fmax(1, weights / 4);
    out->count[at] = (double)(v->count * h->count);
}

void oracle_resize(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    const hg_resize_attr *r = &p->resize;
    const axis vertical = {p->in.h, p->out.h, r->scale_h, r->roi.top, r->roi.bottom};
    const axis horizontal = {p->in.w, p->out.w, r->scale_w, r->roi.left, r->roi.right};
    int64_t v_index[MAX_TAPS], h_index[MAX_TAPS];
    double v_weight[MAX_TAPS], h_weight[MAX_TAPS];
    taps v = {0, v_index, v_weight, false}, h = {0, h_index, h_weight, false};
    for (int64_t oy = 0; oy < p->out.h; oy++) {
        taps_at(r, &vertical, oy, &v);
        for (int64_t ox = 0; ox < p->out.w; ox++) {
            taps_at(r, &horizontal, ox, &h);
            for (int64_t plane = 0; plane < p->in.n * p->in.c; plane++)
                pixel(p, in, &v, &h, plane, out, (plane * p->out.h + oy) * p->out.w + ox);
        }
    }
}

float *oracle_resized(const hg_problem *p, const oracle_input *in)
{
    hg_problem resize = *p;
    resize.op = HG_OP_RESIZE2D;
    resize.out = hg_problem_unfused(p).in;
    const int64_t count = resize.out.n * resize.out.c * resize.out.h * resize.out.w;
    oracle_output full;
    float *x = calloc((size_t)count + 1, sizeof *x);
    if (!x || !oracle_run(&resize, in, &full)) abort();
    for (int64_t i = 0; i < count; i++) x[i] = (float)full.y[i];
    oracle_free(&full);
    return x;
}

/* ---- Argmax ---- */

static bool is_above(double v, double best)
{
    return v > best || (isnan(v) && !isnan(best));
}

/* The scores of all channels go along: of classes that are nearly as good each is right. */
void oracle_argmax(const hg_problem *p, const oracle_input *in, oracle_output *out)
{
    hg_problem resize = *p;
    resize.op = HG_OP_RESIZE2D;
    resize.out.c = p->in.c;
    const int64_t plane = p->out.h * p->out.w, all = p->in.n * p->in.c * plane;
    oracle_output full;
    if (!oracle_run(&resize, in, &full)) abort();
    for (int64_t i = 0; i < p->in.n * plane; i++) {
        const double *score = full.y + i / plane * p->in.c * plane + i % plane;
        int64_t best = 0;
        for (int64_t c = 1; c < p->in.c; c++)
            if (is_above(score[c * plane], score[best * plane])) best = c;
        out->y[i] = (double)best;
    }
    for (int64_t i = 0; i < all; i++)
        full.sum[i] = isfinite(full.y[i]) ? resize_slack(&resize, &full, i) : 0;
    out->scores = full.y, out->slack = full.sum;
    full.y = full.sum = NULL;
    oracle_free(&full);
}
