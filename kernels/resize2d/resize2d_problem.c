/* Resizing: public descriptor -> problem, and the presets of PyTorch and Keras. */
#include <math.h>
#include <string.h>

#include "kernels/resize2d/coordinates.h"
#include "kernels/resize2d/taps.h"

/* Positions stay below 2^62 with scales in this range. */
static const double min_scale = 0x1p-31, max_scale = 0x1p31;
/* Taps of one axis' table. */
static const double max_table = 0x1p36;

static hg_status check_choices(const hg_resize2d *op, hg_reason *why)
{
    hg_status s = hg_check_choice(op->mode, HG_RESIZE_LANCZOS5, "mode", "hg_resize_mode", why);
    if (!s)
        s = hg_check_choice(op->coordinates, HG_PYTORCH_NEAREST, "coordinates", "hg_coordinates",
                            why);
    if (!s) s = hg_check_choice(op->rounding, HG_ROUND_CEIL, "rounding", "hg_rounding", why);
    if (s) return s;
    if (op->coordinates == HG_PYTORCH_NEAREST && op->mode != HG_RESIZE_NEAREST)
        return hg_fail(why, HG_INVALID,
                       "coordinates is HG_PYTORCH_NEAREST, which mode HG_RESIZE_NEAREST alone has");
    if (!isfinite(op->cubic_a)) return hg_fail(why, HG_INVALID, "cubic_a must be finite");
    const hg_roi *r = &op->roi;
    if (op->coordinates == HG_TF_CROP_AND_RESIZE &&
        !(isfinite(r->top) && isfinite(r->left) && isfinite(r->bottom) && isfinite(r->right)))
        return hg_fail(why, HG_INVALID, "roi must be finite");
    return HG_OK;
}

/* Is the scale that of the sizes? */
static bool is_ratio(hg_coordinates coordinates, double scale, int64_t in, int64_t out)
{
    if (coordinates == HG_PYTORCH_NEAREST)
        return hg_resize_single_step(in, out, scale) == hg_resize_single_step(in, out, 0.0);
    return scale == (double)out / (double)in;
}

/* Output extent and scale of one axis. A scale of exactly out / in becomes 0. */
static hg_status solve_axis(hg_coordinates coordinates, int64_t in, int64_t given, double *scale,
                            const char *name, int64_t *out, hg_reason *why)
{
    const double s = *scale;
    if (s != 0.0 && !(s > 0.0 && isfinite(s)))
        return hg_fail(why, HG_INVALID, "scale_%s is %g; positive and finite, or 0", name, s);
    if (s != 0.0 && (s < min_scale || s > max_scale))
        return hg_fail(why, HG_RANGE, "scale_%s is %g; between 2^-31 and 2^31", name, s);
    const hg_status status = hg_check_extent(given, 0, "output_size", name, why);
    if (status) return status;
    if (given == 0 && s == 0.0)
        return hg_fail(why, HG_INVALID, "output_size.%s and scale_%s are both 0; give one", name,
                       name);
    const double extent = given ? (double)given : floor((double)in * s);
    if (extent < 1.0) return hg_fail(why, HG_INVALID, "scale_%s gives an empty output", name);
    if (extent > (double)HG_MAX_EXTENT)
        return hg_fail(why, HG_RANGE, "scale_%s gives an output that is not below 2^31", name);
    *out = (int64_t)extent;
    if (is_ratio(coordinates, s, in, *out)) *scale = 0.0;
    return HG_OK;
}

static bool shrinks(double scale, int64_t in, int64_t out)
{
    return scale != 0.0 ? scale < 1.0 : out < in;
}

/* Attributes that the mode does not use become 0, and conventions that agree here become one. */
static void canonicalise(hg_problem *p)
{
    hg_resize_attr *r = &p->resize;
    const bool filters = hg_resize_radius(r->mode) > 0.0;
    const bool some_shrink =
        shrinks(r->scale_h, p->in.h, p->out.h) || shrinks(r->scale_w, p->in.w, p->out.w);
    if (r->mode == HG_RESIZE_AREA) {
        *r = (hg_resize_attr){.mode = HG_RESIZE_AREA};
        return;
    }
    r->antialias = r->antialias && filters && some_shrink;
    r->cubic_a = r->mode != HG_RESIZE_BICUBIC ? 0.0 : r->cubic_a == 0.0 ? -0.75 : r->cubic_a;
    /* Of the two positions of a linear filter, dropping one or clamping it is the same. */
    const bool linear = r->mode == HG_RESIZE_BILINEAR && !r->antialias;
    const bool lanczos = r->mode == HG_RESIZE_LANCZOS3 || r->mode == HG_RESIZE_LANCZOS5;
    r->exclude_outside = lanczos || (r->exclude_outside && filters && !linear);
    if (r->mode != HG_RESIZE_NEAREST) r->rounding = HG_ROUND_PREFER_FLOOR;
    if (r->coordinates == HG_PYTORCH_NEAREST) r->rounding = HG_ROUND_FLOOR;
    if (r->coordinates == HG_TF_CROP_AND_RESIZE && !r->antialias) r->scale_h = r->scale_w = 0.0;
    if (r->coordinates != HG_TF_CROP_AND_RESIZE) {
        r->roi = (hg_roi){0, 0, 0, 0};
        r->extrapolation = 0.0f;
    }
    if (r->coordinates == HG_PYTORCH_HALF_PIXEL && p->out.h > 1 && p->out.w > 1)
        r->coordinates = HG_HALF_PIXEL;
    if (r->coordinates == HG_HALF_PIXEL_SYMMETRIC && r->scale_h == 0.0 && r->scale_w == 0.0)
        r->coordinates = HG_HALF_PIXEL;
    if (r->mode == HG_RESIZE_NEAREST && hg_resize_repeats(p)) {
        r->coordinates = HG_ASYMMETRIC;
        r->rounding = HG_ROUND_FLOOR;
        r->scale_h = r->scale_w = 0.0;
    }
}

static bool table_fits(const hg_problem *p)
{
    const hg_resize_attr *r = &p->resize;
    if (!r->antialias) return true;
    const double scale_h = r->scale_h != 0.0 ? r->scale_h : (double)p->out.h / (double)p->in.h;
    const double scale_w = r->scale_w != 0.0 ? r->scale_w : (double)p->out.w / (double)p->in.w;
    const double support = 2.0 * hg_resize_radius(r->mode);
    return support * (double)p->out.h / scale_h <= max_table &&
           support * (double)p->out.w / scale_w <= max_table;
}

hg_status hg_problem_resize2d(const hg_resize2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    const hg_size2 one = {1, 1};
    *p = (hg_problem){.op = HG_OP_RESIZE2D,
                      .kernel = one,
                      .stride = one,
                      .dilation = one,
                      .groups = 1,
                      .post = {.min = -INFINITY, .max = INFINITY, .slope = 1.0f},
                      .resize = {.mode = op->mode,
                                 .coordinates = op->coordinates,
                                 .rounding = op->rounding,
                                 .cubic_a = op->cubic_a,
                                 .exclude_outside = op->exclude_outside,
                                 .antialias = op->antialias,
                                 .scale_h = op->scale_h,
                                 .scale_w = op->scale_w,
                                 .roi = op->roi,
                                 .extrapolation = op->extrapolation}};
    hg_resize_attr *r = &p->resize;
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s) s = hg_check_tensor(&op->input, "input", &p->in, why);
    if (!s) s = check_choices(op, why);
    if (!s)
        s = solve_axis(r->coordinates, p->in.h, op->output_size.h, &r->scale_h, "h", &p->out.h,
                       why);
    if (!s)
        s = solve_axis(r->coordinates, p->in.w, op->output_size.w, &r->scale_w, "w", &p->out.w,
                       why);
    if (!s) s = hg_finish_output(p, p->in.c, &op->output_strides, why);
    if (s) return s;
    canonicalise(p);
    if (!table_fits(p)) return hg_fail(why, HG_RANGE, "antialias: the filter is too wide");
    return HG_OK;
}

hg_status hg_resize2d_output(const hg_resize2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_resize2d(op, &p, NULL), &p, output);
}

/* ---- Presets ---- */

typedef struct preset {
    const char *name;
    hg_resize_mode mode;
    hg_coordinates coordinates;
    hg_rounding rounding;
    double cubic_a;
    bool exclude_outside;
} preset;

/* Leaves *op alone if no preset has the name. */
static bool apply(const preset *list, size_t count, const char *name, const hg_tensor *input,
                  hg_size2 size, hg_resize2d *op)
{
    for (size_t i = 0; i < count; i++) {
        const preset *p = &list[i];
        if (strcmp(name, p->name) != 0) continue;
        *op = (hg_resize2d){.input = *input,
                            .output_size = size,
                            .mode = p->mode,
                            .coordinates = p->coordinates,
                            .rounding = p->rounding,
                            .cubic_a = p->cubic_a,
                            .exclude_outside = p->exclude_outside};
        return true;
    }
    return false;
}

static hg_status check_preset(const hg_resize2d *op)
{
    hg_problem p;
    return hg_problem_resize2d(op, &p, NULL);
}

/* PyTorch's antialias drops what lies outside and fixes a. Its align_corners there also squeezes by
 * (in-1)/(out-1), which no descriptor states. */
hg_status hg_resize2d_pytorch(const hg_tensor *input, hg_size2 size, const char *mode,
                              bool align_corners, bool antialias, hg_resize2d *op)
{
    static const preset list[] = {
        {"nearest", HG_RESIZE_NEAREST, HG_PYTORCH_NEAREST, HG_ROUND_FLOOR, 0, false},
        {"nearest-exact", HG_RESIZE_NEAREST, HG_HALF_PIXEL, HG_ROUND_PREFER_CEIL, 0, false},
        {"bilinear", HG_RESIZE_BILINEAR, HG_HALF_PIXEL, HG_ROUND_PREFER_FLOOR, 0, false},
        {"bicubic", HG_RESIZE_BICUBIC, HG_HALF_PIXEL, HG_ROUND_PREFER_FLOOR, -0.75, false},
        {"area", HG_RESIZE_AREA, HG_HALF_PIXEL, HG_ROUND_PREFER_FLOOR, 0, false}};
    if (!input || !mode || !op) return HG_INVALID;
    hg_resize2d d;
    if (!apply(list, HG_COUNT(list), mode, input, size, &d)) return HG_INVALID;
    const bool filters = hg_resize_radius(d.mode) > 0.0;
    if ((align_corners || antialias) && !filters) return HG_INVALID;
    if (align_corners && antialias) return HG_UNSUPPORTED;
    if (align_corners) d.coordinates = HG_ALIGN_CORNERS;
    if (antialias && d.mode == HG_RESIZE_BICUBIC) d.cubic_a = -0.5;
    d.antialias = d.exclude_outside = antialias;
    const hg_status s = check_preset(&d);
    if (!s) *op = d;
    return s;
}

hg_status hg_resize2d_keras(const hg_tensor *input, hg_size2 factor, const char *mode,
                            hg_resize2d *op)
{
    static const preset list[] = {
        {"nearest", HG_RESIZE_NEAREST, HG_ASYMMETRIC, HG_ROUND_FLOOR, 0, false},
        {"bilinear", HG_RESIZE_BILINEAR, HG_HALF_PIXEL, HG_ROUND_PREFER_FLOOR, 0, false},
        {"bicubic", HG_RESIZE_BICUBIC, HG_HALF_PIXEL, HG_ROUND_PREFER_FLOOR, -0.5, true}};
    if (!input || !mode || !op) return HG_INVALID;
    hg_size2 size;
    if (factor.h < 1 || factor.w < 1) return HG_INVALID;
    if (__builtin_mul_overflow(input->h, factor.h, &size.h) ||
        __builtin_mul_overflow(input->w, factor.w, &size.w))
        return HG_RANGE;
    hg_resize2d d;
    if (!apply(list, HG_COUNT(list), mode, input, size, &d)) return HG_INVALID;
    const hg_status s = check_preset(&d);
    if (!s) *op = d;
    return s;
}
