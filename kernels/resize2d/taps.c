/* Resizing: filters, and the tables of taps. Weights are rounded to f32 once. */
#include "kernels/resize2d/taps.h"

#include <math.h>
#include <string.h>

#include "kernels/resize2d/coordinates.h"

/* ---- Filters ---- */

static double squeeze_of(const hg_resize_side *s)
{
    const double scale = s->scale != 0.0 ? s->scale : (double)s->out / (double)s->in;
    return s->attr->antialias ? fmin(scale, 1.0) : 1.0;
}

double hg_resize_radius(hg_resize_mode mode)
{
    static const double radius[] = {[HG_RESIZE_BILINEAR] = 1.0,
                                    [HG_RESIZE_BICUBIC] = 2.0,
                                    [HG_RESIZE_LANCZOS3] = 3.0,
                                    [HG_RESIZE_LANCZOS5] = 5.0};
    return radius[mode];
}

static double radius_of(const hg_resize_side *s)
{
    return hg_resize_radius(s->attr->mode) / squeeze_of(s);
}

static int64_t most_taps(const hg_resize_side *s)
{
    const int64_t ratio = s->in / s->out;
    int64_t taps = 1;
    switch (s->attr->mode) {
    case HG_RESIZE_NEAREST:
        break;
    case HG_RESIZE_AREA:
        taps = s->in % s->out == 0 ? ratio : ratio + 2;
        break;
    case HG_RESIZE_BILINEAR:
    case HG_RESIZE_BICUBIC:
    case HG_RESIZE_LANCZOS3:
    case HG_RESIZE_LANCZOS5:
        /* Integers inside an open interval of length 2 radii; one more for its rounding. */
        taps = (int64_t)ceil(2.0 * radius_of(s)) + s->attr->antialias;
        break;
    }
    return HG_MIN(taps, s->in);
}

/* From x to d places behind its base, in units of the filter. A filter may end exactly at a pixel:
 * as a quotient of two products, the distance is then exactly the radius, for extents up to 2^24,
 * and no rounding makes a tap of that pixel. */
static double distance(const hg_resize_side *s, hg_resize_coordinate x, int64_t d)
{
    const double squeeze = squeeze_of(s);
    if (squeeze == 1.0 || s->scale != 0.0 || x.den == 0) return fabs((double)d - x.frac) * squeeze;
    const double away = fabs((double)d * (double)x.den - (double)x.rem);
    return away * (double)s->out / ((double)x.den * (double)s->in);
}

/* Factors of Keys' polynomials: exactly 0 at distance 1, from both sides, and at 2. */
static double cubic(double a, double x)
{
    if (x < 1.0) return (1.0 - x) * (1.0 + x - (a + 2.0) * x * x);
    return x < 2.0 ? a * (x - 1.0) * (x - 2.0) * (x - 2.0) : 0.0;
}

/* What rounding leaves of a zero is smaller. */
static const double least_weight = 0x1p-36;

/* Zeros must be 0 before they are summed: where a given scale leads to a pixel's place outside, all
 * weights are, and normalised would be noise. */
static double lanczos(double radius, double x)
{
    const double turn = M_PI * x;
    if (x == 0.0) return 1.0;
    const double weight = radius * sin(turn) * sin(turn / radius) / (turn * turn);
    return x < radius && fabs(weight) >= least_weight ? weight : 0.0;
}

/* The filter at distance x >= 0. */
static double filter(const hg_resize_attr *r, double x)
{
    if (r->mode == HG_RESIZE_BILINEAR) return fmax(1.0 - x, 0.0);
    if (r->mode == HG_RESIZE_BICUBIC) return cubic(r->cubic_a, x);
    return lanczos(hg_resize_radius(r->mode), x);
}

/* Writable view of a table. */
typedef struct columns {
    int32_t *first, *count, *same;
    float *weight;
} columns;

static void set_single(columns t, int64_t o, int64_t index)
{
    t.first[o] = (int32_t)index;
    t.count[o] = 1;
    t.weight[o] = 1.0f;
}

static void fill_area(const hg_resize_side *s, columns t, int64_t o)
{
    const int64_t first = o * s->in / s->out, last = HG_CEIL_DIV((o + 1) * s->in, s->out);
    t.first[o] = (int32_t)first;
    t.count[o] = (int32_t)(last - first);
    for (int64_t k = 0; k < last - first; k++)
        t.weight[k * s->out + o] = (float)(1.0 / (double)(last - first));
}

/* The filter ends within low <= d <= high; what is left out lies outside. */
static void reach_of(const hg_resize_side *s, hg_resize_coordinate x, int64_t *low, int64_t *high)
{
    const int64_t reach = (int64_t)ceil(radius_of(s));
    *low = -reach, *high = reach + 1;
    if (!s->attr->exclude_outside) return;
    *low = HG_MAX(*low, -x.base);
    *high = HG_MIN(*high, s->in - 1 - x.base);
}

/* Positions beyond the border give their weight to the border's index. Several positions of one
 * index follow each other: `sum` gathers them. Returns whether there are holes. */
static bool fill_filter(const hg_resize_side *s, columns t, int64_t o)
{
    const hg_resize_attr *r = s->attr;
    const hg_resize_coordinate x = hg_resize_source(s, o);
    int64_t low, high, first = -1, last = -1;
    double total = 0.0, sum = 0.0;
    bool hole = false;
    reach_of(s, x, &low, &high);
    for (int64_t d = low; d <= high; d++) total += filter(r, distance(s, x, d));
    for (int64_t d = low; d <= high && total != 0.0; d++) {
        const int64_t i = hg_clamp(x.base + d, 0, s->in - 1);
        sum += filter(r, distance(s, x, d));
        if (d < high && hg_clamp(x.base + d + 1, 0, s->in - 1) == i) continue;
        const bool none = sum == 0.0 || fabs(sum / total) < least_weight;
        const float weight = (float)(sum / total);
        sum = 0.0;
        if (none) continue;
        if (first < 0) first = last = i;
        hole |= i > last + 1;
        last = i;
        t.weight[(i - first) * s->out + o] = weight;
    }
    if (first < 0) {
        set_single(t, o, hg_clamp(x.base, 0, s->in - 1));
        return false;
    }
    t.first[o] = (int32_t)first;
    t.count[o] = (int32_t)(last - first + 1);
    return hole;
}

/* ---- The tables: of each axis first, count, same, weight ---- */

enum { AXES_BYTES = HG_ROUND_UP(sizeof(hg_resize_axes), sizeof(float) * HG_CACHELINE) };

/* Fills the axis and what it leads to, from `at` on; returns the end. */
static int32_t *fill_axis(const hg_resize_side *s, hg_resize_axis *axis, int32_t *at)
{
    const hg_resize_attr *r = s->attr;
    void *weight = at + 3 * s->out;
    const columns t = {at, at + s->out, at + 2 * s->out, weight};
    const size_t weights = (size_t)(axis->taps * s->out);
    bool holes = false;
    memset(weight, 0, sizeof(float) * weights);
    for (int64_t o = 0; o < s->out; o++) {
        if (hg_resize_outside(s, o))
            t.first[o] = t.count[o] = 0;
        else if (r->mode == HG_RESIZE_NEAREST)
            set_single(
                t, o,
                hg_clamp(hg_resize_nearest(r->rounding, hg_resize_source(s, o)), 0, s->in - 1));
        else if (r->mode == HG_RESIZE_AREA)
            fill_area(s, t, o);
        else
            holes |= fill_filter(s, t, o);
    }
    for (int64_t o = s->out - 1; o >= 0; o--) {
        const bool next = o + 1 < s->out && !holes && t.first[o + 1] == t.first[o] &&
                          t.count[o + 1] == t.count[o];
        t.same[o] = next ? t.same[o + 1] + 1 : 1;
    }
    axis->holes = holes;
    axis->first = t.first, axis->count = t.count, axis->same = t.same;
    axis->weight = t.weight;
    return at + 3 * s->out + weights;
}

static hg_resize_axis axis_of(const hg_problem *p, bool vertical)
{
    const hg_resize_side s = hg_resize_side_of(p, vertical);
    return (hg_resize_axis){.in = s.in, .out = s.out, .taps = most_taps(&s)};
}

hg_resize_axes hg_resize_axes_of(const hg_problem *p)
{
    hg_resize_axes a = {.v = axis_of(p, true), .h = axis_of(p, false)};
    const int64_t words = a.v.out * (3 + a.v.taps) + a.h.out * (3 + a.h.taps);
    a.bytes = AXES_BYTES + sizeof(float) * HG_ROUND_UP((size_t)words, (size_t)HG_CACHELINE);
    return a;
}

void hg_resize_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    const hg_resize_side v = hg_resize_side_of(p, true), h = hg_resize_side_of(p, false);
    hg_resize_axes *a = tables;
    *a = hg_resize_axes_of(p);
    void *at = (char *)tables + AXES_BYTES;
    at = fill_axis(&v, &a->v, at);
    fill_axis(&h, &a->h, at);
}

/* ---- Doubling ---- */

void hg_resize_quarters(const hg_resize_attr *r, double weight[4])
{
    for (int k = 0; k < 4; k++) weight[k] = cubic(r->cubic_a, fabs((double)k - 1.25));
}

/* Has every one of the weights, and every sum of the first or the last of them, weight? */
static bool quarters_count(const hg_resize_attr *r)
{
    double weight[4], before = 0.0;
    bool all = true;
    hg_resize_quarters(r, weight);
    for (int k = 0; k < 4; k++) {
        before += weight[k];
        all &= fabs(weight[k]) >= least_weight && fabs(before) >= least_weight &&
               (k == 3 || fabs(1.0 - before) >= least_weight);
    }
    return all;
}

bool hg_resize_doubles(const hg_problem *p, hg_resize_mode mode)
{
    const hg_resize_attr *r = &p->resize;
    return r->mode == mode && r->coordinates == HG_HALF_PIXEL && r->scale_h == 0.0 &&
           r->scale_w == 0.0 && p->out.h == 2 * p->in.h && p->out.w == 2 * p->in.w &&
           (mode == HG_RESIZE_BILINEAR || (!r->exclude_outside && quarters_count(r)));
}

void hg_resize_share(const double weight[4], bool reversed, int64_t first, int64_t in,
                     float share[4])
{
    for (int k = 0; k < 4; k++) {
        const int64_t index = hg_clamp(first + k, 0, in - 1);
        double sum = 0.0, positions = 0.0;
        for (int j = 0; j < 4; j++) {
            if (hg_clamp(first + j, 0, in - 1) != index) continue;
            sum += weight[reversed ? 3 - j : j];
            positions += 1.0;
        }
        share[k] = (float)(sum / positions);
    }
}
