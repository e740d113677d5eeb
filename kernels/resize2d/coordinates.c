/* Source coordinates are fractions of integers where the scale is out / in, doubles where it is
 * given. */
#include "kernels/resize2d/coordinates.h"

#include <math.h>

hg_resize_side hg_resize_side_of(const hg_problem *p, bool vertical)
{
    const hg_resize_attr *r = &p->resize;
    if (vertical)
        return (hg_resize_side){r, p->in.h, p->out.h, r->scale_h, r->roi.top, r->roi.bottom};
    return (hg_resize_side){r, p->in.w, p->out.w, r->scale_w, r->roi.left, r->roi.right};
}

static hg_resize_coordinate quotient(int64_t num, int64_t den)
{
    int64_t base = num / den;
    if (num % den < 0) base--;
    const int64_t rem = num - base * den;
    return (hg_resize_coordinate){base, rem, den, (double)rem / (double)den};
}

static hg_resize_coordinate split(double x)
{
    const double near = fmax(-0x1p62, fmin(x, 0x1p62)), below = floor(near);
    return (hg_resize_coordinate){(int64_t)below, 0, 0, near - below};
}

static double region_coordinate(const hg_resize_side *s, int64_t o)
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
hg_resize_coordinate hg_resize_source(const hg_resize_side *s, int64_t o)
{
    const hg_coordinates mode = s->attr->coordinates;
    const hg_resize_coordinate origin = {0, 0, 1, 0.0};
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

bool hg_resize_outside(const hg_resize_side *s, int64_t o)
{
    if (s->attr->coordinates != HG_TF_CROP_AND_RESIZE) return false;
    const double x = region_coordinate(s, o);
    return !(x >= 0.0 && x <= (double)(s->in - 1));
}

int64_t hg_resize_nearest(hg_rounding rounding, hg_resize_coordinate x)
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
static bool single_repeats(const hg_resize_side *s)
{
    const int64_t factor = s->out / s->in, exact = (int64_t)1 << 24;
    if (s->out > exact) return false;
    for (int64_t i = 1; i < s->in && (factor & (factor - 1)) != 0; i++)
        if (hg_resize_source(s, i * factor).base != i ||
            hg_resize_source(s, i * factor - 1).base != i - 1)
            return false;
    return true;
}

static bool side_repeats(const hg_resize_side *s)
{
    const hg_resize_attr *r = s->attr;
    if (s->out % s->in != 0 || r->coordinates == HG_TF_CROP_AND_RESIZE) return false;
    if (s->in == 1) return true; /* everything is clamped to the one index */
    if (s->scale != 0.0) return false;
    if (r->coordinates == HG_PYTORCH_NEAREST) return single_repeats(s);
    const int64_t factor = s->out / s->in;
    if (r->coordinates == HG_ALIGN_CORNERS) return factor == 1;
    /* Coordinates grow with o and step by 1 every factor outputs: the first period decides. */
    return hg_resize_nearest(r->rounding, hg_resize_source(s, 0)) == 0 &&
           hg_resize_nearest(r->rounding, hg_resize_source(s, factor - 1)) == 0;
}

bool hg_resize_repeats(const hg_problem *p)
{
    const hg_resize_side v = hg_resize_side_of(p, true), h = hg_resize_side_of(p, false);
    return side_repeats(&v) && side_repeats(&h);
}
