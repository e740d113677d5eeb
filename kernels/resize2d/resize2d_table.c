/* Resizing: tables of taps. Source coordinates are fractions of integers where the scale is
 * out / in, doubles where it is given; weights are rounded to f32 once. */
#include "kernels/resize2d/resize2d.h"

#include <math.h>
#include <string.h>

typedef struct side {
    const hg_resize_attr *attr;
    int64_t in, out;
    double scale; /* 0 = out / in */
    double roi_begin, roi_end;
} side;

static side side_of(const hg_problem *p, bool vertical)
{
    const hg_resize_attr *r = &p->resize;
    if (vertical) return (side){r, p->in.h, p->out.h, r->scale_h, r->roi.top, r->roi.bottom};
    return (side){r, p->in.w, p->out.w, r->scale_w, r->roi.left, r->roi.right};
}

/* ---- Coordinates ---- */

/* The coordinate base + frac, 0 <= frac < 1; frac is rem / den, or given alone (den 0). The
 * quotient of two integers below 2^33 is nearer than 2^-34 to 0, 1/2 or 1 only if it equals them:
 * comparing frac decides ties exactly. */
typedef struct coordinate {
    int64_t base, rem, den;
    double frac;
} coordinate;

static coordinate quotient(int64_t num, int64_t den)
{
    int64_t base = num / den;
    if (num % den < 0) base--;
    const int64_t rem = num - base * den;
    return (coordinate){base, rem, den, (double)rem / (double)den};
}

static coordinate split(double x)
{
    const double near = fmax(-0x1p62, fmin(x, 0x1p62)), below = floor(near);
    return (coordinate){(int64_t)below, 0, 0, near - below};
}

static double region_coordinate(const side *s, int64_t o)
{
    const double last = (double)(s->in - 1);
    if (s->out == 1) return 0.5 * (s->roi_begin + s->roi_end) * last;
    return s->roi_begin * last +
           (double)o * (s->roi_end - s->roi_begin) * last / (double)(s->out - 1);
}

float hg_resize_single_step(int64_t in, int64_t out, double scale)
{
    return scale != 0.0 ? (float)(1.0 / scale) : (float)in / (float)out;
}

/* All sizes are below 2^31, so that no numerator reaches 2^63. */
static coordinate source(const side *s, int64_t o)
{
    const hg_coordinates mode = s->attr->coordinates;
    const coordinate origin = {0, 0, 1, 0.0};
    double offset = 0.0;
    switch (mode) {
    case HG_ALIGN_CORNERS:
        if (s->out == 1) return origin;
        if (s->scale == 0.0) return quotient(o * (s->in - 1), s->out - 1);
        /* ONNX: the corner is that of a fractional output. */
        return split((double)(o * (s->in - 1)) / ((double)s->in * s->scale - 1.0));
    case HG_TF_CROP_AND_RESIZE:
        return split(region_coordinate(s, o));
    case HG_PYTORCH_NEAREST:
        return split((double)((float)o * hg_resize_single_step(s->in, s->out, s->scale)));
    case HG_ASYMMETRIC:
        return s->scale == 0.0 ? quotient(o * s->in, s->out) : split((double)o / s->scale);
    case HG_PYTORCH_HALF_PIXEL:
        if (s->out == 1) return origin;
        break;
    case HG_HALF_PIXEL_SYMMETRIC:
        if (s->scale != 0.0) {
            const double adjustment = (double)s->out / ((double)s->in * s->scale);
            offset = (double)s->in / 2.0 * (1.0 - adjustment);
        }
        break;
    case HG_HALF_PIXEL:
        break;
    }
    if (s->scale == 0.0) return quotient((2 * o + 1) * s->in - s->out, 2 * s->out);
    return split(offset + ((double)o + 0.5) / s->scale - 0.5);
}

static bool outside(const side *s, int64_t o)
{
    if (s->attr->coordinates != HG_TF_CROP_AND_RESIZE) return false;
    const double x = region_coordinate(s, o);
    return !(x >= 0.0 && x <= (double)(s->in - 1));
}

static int64_t nearest(hg_rounding rounding, coordinate x)
{
    switch (rounding) {
    case HG_ROUND_PREFER_FLOOR:
        return x.base + (x.frac > 0.5);
    case HG_ROUND_PREFER_CEIL:
        return x.base + (x.frac >= 0.5);
    case HG_ROUND_FLOOR:
        return x.base;
    case HG_ROUND_CEIL:
        return x.base + (x.frac > 0.0);
    }
    return x.base;
}

/* Outputs are a multiple of `in`. Rounded steps of f32 may miss any index: all are tried, unless
 * they are exact. */
static bool single_repeats(const side *s)
{
    const int64_t factor = s->out / s->in, exact = (int64_t)1 << 24;
    if (s->out > exact) return false;
    for (int64_t i = 1; i < s->in && (factor & (factor - 1)) != 0; i++)
        if (source(s, i * factor).base != i || source(s, i * factor - 1).base != i - 1)
            return false;
    return true;
}

static bool side_repeats(const side *s)
{
    const hg_resize_attr *r = s->attr;
    if (s->out % s->in != 0 || r->coordinates == HG_TF_CROP_AND_RESIZE) return false;
    if (s->in == 1) return true; /* everything is clamped to the one index */
    if (s->scale != 0.0) return false;
    if (r->coordinates == HG_PYTORCH_NEAREST) return single_repeats(s);
    const int64_t factor = s->out / s->in;
    if (r->coordinates == HG_ALIGN_CORNERS) return factor == 1;
    /* Coordinates grow with o and step by 1 every factor outputs: the first period decides. */
    return nearest(r->rounding, source(s, 0)) == 0 &&
           nearest(r->rounding, source(s, factor - 1)) == 0;
}

bool hg_resize_repeats(const hg_problem *p)
{
    const side v = side_of(p, true), h = side_of(p, false);
    return side_repeats(&v) && side_repeats(&h);
}

/* ---- Filters ---- */

static double squeeze_of(const side *s)
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

static double radius_of(const side *s)
{
    return hg_resize_radius(s->attr->mode) / squeeze_of(s);
}

static int64_t most_taps(const side *s)
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
static double distance(const side *s, coordinate x, int64_t d)
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
    int32_t *holes, *first, *count;
    float *weight;
} columns;

static void set_single(columns t, int64_t o, int64_t index)
{
    t.first[o] = (int32_t)index;
    t.count[o] = 1;
    t.weight[o] = 1.0f;
}

static void fill_area(const side *s, columns t, int64_t o)
{
    const int64_t first = o * s->in / s->out, last = HG_CEIL_DIV((o + 1) * s->in, s->out);
    t.first[o] = (int32_t)first;
    t.count[o] = (int32_t)(last - first);
    for (int64_t k = 0; k < last - first; k++)
        t.weight[k * s->out + o] = (float)(1.0 / (double)(last - first));
}

/* The filter ends within low <= d <= high; what is left out lies outside. */
static void reach_of(const side *s, coordinate x, int64_t *low, int64_t *high)
{
    const int64_t reach = (int64_t)ceil(radius_of(s));
    *low = -reach, *high = reach + 1;
    if (!s->attr->exclude_outside) return;
    *low = HG_MAX(*low, -x.base);
    *high = HG_MIN(*high, s->in - 1 - x.base);
}

/* Positions beyond the border give their weight to the border's index. Several positions of one
 * index follow each other: `sum` gathers them. Returns whether there are holes. */
static bool fill_filter(const side *s, columns t, int64_t o)
{
    const hg_resize_attr *r = s->attr;
    const coordinate x = source(s, o);
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

static void fill_axis(const side *s, columns t)
{
    const hg_resize_attr *r = s->attr;
    memset(t.weight, 0, sizeof(float) * (size_t)(most_taps(s) * s->out));
    *t.holes = 0;
    for (int64_t o = 0; o < s->out; o++) {
        if (outside(s, o))
            t.first[o] = t.count[o] = 0;
        else if (r->mode == HG_RESIZE_NEAREST)
            set_single(t, o, hg_clamp(nearest(r->rounding, source(s, o)), 0, s->in - 1));
        else if (r->mode == HG_RESIZE_AREA)
            fill_area(s, t, o);
        else
            *t.holes |= fill_filter(s, t, o);
    }
}

/* ---- Layout of the tables: vertical, then horizontal, each first, count, weight; behind them, so
 * that vectors stay aligned, whether there are holes in either ---- */

static size_t side_words(const side *s)
{
    return (size_t)(s->out * (2 + most_taps(s)));
}

size_t hg_resize_table_size(const hg_problem *p)
{
    const side v = side_of(p, true), h = side_of(p, false);
    return sizeof(float) * (side_words(&v) + side_words(&h) + 2);
}

/* Of one side. */
static columns columns_of(const hg_problem *p, bool vertical, void *tables)
{
    const side v = side_of(p, true), h = side_of(p, false);
    int32_t *const across = (int32_t *)tables + side_words(&v), *behind = across + side_words(&h);
    int32_t *const first = vertical ? tables : across, *count = first + (vertical ? v : h).out;
    void *weight = count + (vertical ? v : h).out;
    return (columns){behind + !vertical, first, count, weight};
}

void hg_resize_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables)
{
    (void)k, (void)c;
    const side v = side_of(p, true), h = side_of(p, false);
    fill_axis(&v, columns_of(p, true, tables));
    fill_axis(&h, columns_of(p, false, tables));
}

static hg_resize_axis view(const hg_problem *p, bool vertical, const void *tables)
{
    const side s = side_of(p, vertical);
    const hg_resize_axis sizes = {.in = s.in, .out = s.out, .taps = most_taps(&s)};
    if (!tables) return sizes;
    const columns t = columns_of(p, vertical, (void *)(uintptr_t)tables);
    return (hg_resize_axis){.in = s.in,
                            .out = s.out,
                            .taps = sizes.taps,
                            .holes = *t.holes != 0,
                            .first = t.first,
                            .count = t.count,
                            .weight = t.weight};
}

hg_resize_axis hg_resize_vertical(const hg_problem *p, const void *tables)
{
    return view(p, true, tables);
}

hg_resize_axis hg_resize_horizontal(const hg_problem *p, const void *tables)
{
    return view(p, false, tables);
}

/* ---- Doubling by bicubic filters: what lies between two pixels' centres ---- */

bool hg_resize_quarters(const hg_resize_attr *r, double weight[4])
{
    double before = 0.0;
    bool all = true;
    for (int k = 0; k < 4; k++) {
        weight[k] = cubic(r->cubic_a, fabs((double)k - 1.25));
        before += weight[k];
        all &= fabs(weight[k]) >= least_weight && fabs(before) >= least_weight &&
               (k == 3 || fabs(1.0 - before) >= least_weight);
    }
    return all;
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
