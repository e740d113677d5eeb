/* Canonical problems: the checks and size formulas that the builders of all operators share. */
#include "kernels/problem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernels/common/attr.h"

hg_status hg_fail(hg_reason *why, hg_status status, const char *format, ...)
{
    if (why) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(why->text, sizeof why->text, format, arguments);
        va_end(arguments);
    }
    return status;
}

hg_status hg_check_reserved(const uint64_t *words, size_t n, const char *owner, hg_reason *why)
{
    for (size_t i = 0; i < n; i++)
        if (words[i]) return hg_fail(why, HG_UNSUPPORTED, "%s.reserved must be 0", owner);
    return HG_OK;
}

hg_status hg_check_extent(int64_t value, int64_t least, const char *owner, const char *member,
                          hg_reason *why)
{
    const char *dot = owner[0] ? "." : "";
    if (value < least)
        return hg_fail(why, HG_INVALID, "%s%s%s is %lld; at least %lld", owner, dot, member,
                       (long long)value, (long long)least);
    if (value > HG_MAX_EXTENT)
        return hg_fail(why, HG_RANGE, "%s%s%s is %lld; below 2^31", owner, dot, member,
                       (long long)value);
    return HG_OK;
}

hg_status hg_check_choice(unsigned value, unsigned last, const char *name, const char *type,
                          hg_reason *why)
{
    if (value <= last) return HG_OK;
    return hg_fail(why, HG_INVALID, "%s is %d, no %s", name, (int)value, type);
}

hg_status hg_check_index(hg_index_convention convention, hg_index_type type, hg_problem *p,
                         hg_reason *why)
{
    hg_status s = hg_check_choice(convention, HG_INDEX_TENSORFLOW_BATCH, "index_convention",
                                  "hg_index_convention", why);
    if (!s) s = hg_check_choice(type, HG_INDEX_I32, "index_type", "hg_index_type", why);
    p->pool.convention = convention;
    p->pool.index_type = type;
    return s;
}

hg_status hg_check_size2(hg_size2 given, hg_size2 fallback, const char *name, hg_size2 *out,
                         hg_reason *why)
{
    const hg_size2 v = {given.h ? given.h : fallback.h, given.w ? given.w : fallback.w};
    hg_status s = hg_check_extent(v.h, 1, name, "h", why);
    if (!s) s = hg_check_extent(v.w, 1, name, "w", why);
    if (!s) *out = v;
    return s;
}

/* ---- Strides ---- */

/* The four dimensions from the innermost outwards. */
typedef struct axis {
    int64_t extent, *stride;
    char name;
} axis;

static void axes_of(hg_tensor *t, axis a[4])
{
    const bool nhwc = t->layout == HG_NHWC;
    const axis h = {t->h, &t->strides.h, 'h'}, w = {t->w, &t->strides.w, 'w'},
               c = {t->c, &t->strides.c, 'c'};
    a[0] = nhwc ? c : w;
    a[1] = nhwc ? w : h;
    a[2] = nhwc ? h : c;
    a[3] = (axis){t->n, &t->strides.n, 'n'};
}

hg_status hg_resolve_strides(hg_tensor *t, const hg_strides *given, const char *name,
                             hg_reason *why)
{
    t->strides = *given;
    axis a[4];
    axes_of(t, a);
    if (*a[0].stride != 0 && *a[0].stride != 1)
        return hg_fail(why, HG_INVALID, "%s.%c is %lld; the innermost must be 1", name, a[0].name,
                       (long long)*a[0].stride);
    const int64_t most = INT64_MAX / 16;
    int64_t span = 1; /* elements from the first to the last of the dimensions so far, plus 1 */
    int64_t next = 1; /* where the dimensions so far follow each other */
    for (int i = 0; i < 4; i++) {
        int64_t *stride = a[i].stride;
        if (*stride == 0) *stride = next;
        if (*stride < 0 || (a[i].extent > 1 && *stride < span))
            return hg_fail(why, HG_INVALID, "%s.%c is %lld; at least %lld, else dimensions overlap",
                           name, a[i].name, (long long)*stride, (long long)span);
        int64_t reach;
        const int64_t steps = HG_MAX(a[i].extent - 1, 0);
        if (__builtin_mul_overflow(*stride, steps, &reach) ||
            __builtin_add_overflow(reach, span, &span) || span > most || *stride > most)
            return hg_fail(why, HG_RANGE, "%s.%c is %lld; the extent in elements overflows", name,
                           a[i].name, (long long)*stride);
        /* Of a dimension of one element the stride may be anything, even less than the span. */
        if (__builtin_mul_overflow(*stride, a[i].extent, &next) || next > most) next = most;
        next = HG_MAX(next, span);
    }
    return HG_OK;
}

hg_status hg_check_tensor(const hg_tensor *given, const char *name, hg_tensor *resolved,
                          hg_reason *why)
{
    *resolved = *given;
    hg_status s = hg_check_reserved(given->reserved, HG_COUNT(given->reserved), name, why);
    if (s) return s;
    if (given->dtype != HG_F32)
        return hg_fail(why, HG_UNSUPPORTED, "%s.dtype is not f32, all that is supported", name);
    if (given->layout != HG_NHWC && given->layout != HG_NCHW)
        return hg_fail(why, HG_INVALID, "%s.layout is neither NHWC nor NCHW", name);
    s = hg_check_extent(given->n, 0, name, "n", why);
    if (!s) s = hg_check_extent(given->h, 1, name, "h", why);
    if (!s) s = hg_check_extent(given->w, 1, name, "w", why);
    if (!s) s = hg_check_extent(given->c, 1, name, "c", why);
    if (s) return s;
    char strides[64];
    snprintf(strides, sizeof strides, "%s.strides", name);
    return hg_resolve_strides(resolved, &given->strides, strides, why);
}

int64_t hg_tensor_extent(const hg_tensor *t)
{
    if (t->n == 0) return 0;
    return (t->n - 1) * t->strides.n + (t->h - 1) * t->strides.h + (t->w - 1) * t->strides.w +
           (t->c - 1) * t->strides.c + 1;
}

hg_strides hg_dense_strides(const hg_tensor *t)
{
    if (t->layout == HG_NHWC) return (hg_strides){t->h * t->w * t->c, t->w * t->c, t->c, 1};
    return (hg_strides){t->c * t->h * t->w, t->w, 1, t->h * t->w};
}

hg_problem hg_problem_in_layout(const hg_problem *p, hg_layout layout)
{
    hg_problem q = *p;
    q.in.layout = q.out.layout = layout;
    q.in.strides = hg_dense_strides(&q.in);
    q.out.strides = hg_dense_strides(&q.out);
    q.residual_strides = q.post.residual ? q.out.strides : (hg_strides){0};
    q.binary.other.layout = layout;
    q.binary.other.strides = hg_dense_strides(&q.binary.other);
    return q;
}

hg_problem hg_problem_unfused(const hg_problem *p)
{
    hg_problem conv = *p;
    if (p->resized.h) {
        conv.in.h = p->resized.h, conv.in.w = p->resized.w;
        conv.in.strides = hg_dense_strides(&conv.in);
        conv.resized = (hg_size2){0, 0};
        conv.resize = (hg_resize_attr){0};
    }
    if (!p->post_pool) return conv;
    conv.post_pool = HG_POOL_NONE;
    conv.out.h *= 2;
    conv.out.w *= 2;
    conv.out.strides = hg_dense_strides(&conv.out);
    return conv;
}

hg_problem hg_problem_for_tuning(const hg_problem *p)
{
    hg_problem plain = *p;
    if (p->op != HG_OP_ACTIVATION2D) /* there it is all there is */
        plain.post = (hg_post){.min = -INFINITY, .max = INFINITY, .slope = 1.0f};
    plain.border.value = 0;
    return hg_problem_in_layout(&plain, p->in.layout);
}

/* ---- Windows ---- */

typedef struct window_axis {
    int64_t in, kernel, stride, dilation; /* given */
    int64_t begin, end;                   /* padding; given if explicit */
    int64_t out;
} window_axis;

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* All values are below 2^31, so no sum or product of two overflows 64 bits. */
static bool solve_axis(hg_padding_mode mode, bool ceil_mode, window_axis *a)
{
    const int64_t extent = (a->kernel - 1) * a->dilation + 1;
    if (mode == HG_PADDING_SAME_UPPER || mode == HG_PADDING_SAME_LOWER) {
        a->out = HG_CEIL_DIV(a->in, a->stride);
        const int64_t total = HG_MAX((a->out - 1) * a->stride + extent - a->in, 0);
        const int64_t half = total / 2;
        a->begin = mode == HG_PADDING_SAME_UPPER ? half : total - half;
        a->end = total - a->begin;
        return true;
    }
    if (mode == HG_PADDING_VALID) a->begin = a->end = 0;
    const int64_t room = a->in + a->begin + a->end - extent; /* below 0: the window sticks out */
    a->out = floor_div(room + (ceil_mode ? a->stride - 1 : 0), a->stride) + 1;
    if (ceil_mode && (a->out - 1) * a->stride >= a->in + a->begin) a->out--;
    return a->out >= 1;
}

hg_status hg_check_sides(const hg_padding *padding, hg_reason *why)
{
    hg_status s = hg_check_extent(padding->top, 0, "padding", "top", why);
    if (!s) s = hg_check_extent(padding->left, 0, "padding", "left", why);
    if (!s) s = hg_check_extent(padding->bottom, 0, "padding", "bottom", why);
    if (!s) s = hg_check_extent(padding->right, 0, "padding", "right", why);
    return s;
}

hg_status hg_window_geometry(const hg_padding *padding, bool ceil_mode, hg_problem *p,
                             hg_reason *why)
{
    if ((unsigned)padding->mode > HG_PADDING_VALID)
        return hg_fail(why, HG_INVALID, "padding.mode is not one of EXPLICIT, SAME_*, VALID");
    const bool given = padding->mode == HG_PADDING_EXPLICIT;
    const hg_status s = given ? hg_check_sides(padding, why) : HG_OK;
    if (s) return s;
    window_axis v = {
        p->in.h, p->kernel.h, p->stride.h, p->dilation.h, padding->top, padding->bottom, 0};
    window_axis h = {
        p->in.w, p->kernel.w, p->stride.w, p->dilation.w, padding->left, padding->right, 0};
    if (!solve_axis(padding->mode, ceil_mode, &v) || !solve_axis(padding->mode, ceil_mode, &h))
        return hg_fail(why, HG_INVALID, "the window is larger than the padded input: empty output");
    if (v.out > HG_MAX_EXTENT || h.out > HG_MAX_EXTENT)
        return hg_fail(why, HG_RANGE, "the output's height and width must be below 2^31");
    p->pad = (hg_pad){v.begin, h.begin, v.end, h.end};
    p->out.h = v.out;
    p->out.w = h.out;
    return HG_OK;
}

hg_status hg_finish_output(hg_problem *p, int64_t channels, const hg_strides *given, hg_reason *why)
{
    p->out.dtype = p->in.dtype;
    p->out.layout = p->in.layout;
    p->out.n = p->in.n;
    p->out.c = channels;
    return hg_resolve_strides(&p->out, given, "output_strides", why);
}

hg_status hg_give_output(hg_status s, const hg_problem *p, hg_tensor *output)
{
    if (!output) return HG_INVALID;
    if (!s) *output = p->out;
    return s;
}

/* ---- Facts ---- */

bool hg_problem_has_filter(const hg_problem *p)
{
    return p->op == HG_OP_CONV2D || p->op == HG_OP_CONV_TRANSPOSE2D;
}

bool hg_problem_has_post(const hg_problem *p)
{
    return hg_problem_has_filter(p) || p->op == HG_OP_BINARY || p->op == HG_OP_ACTIVATION2D;
}

bool hg_problem_may_be_in_place(const hg_problem *p)
{
    return p->op == HG_OP_BINARY || p->op == HG_OP_SOFTMAX2D || p->op == HG_OP_ACTIVATION2D;
}

/* Padding before the first output: of the whole window but the last tap, less the crop. */
static bool turn_axis(int64_t stride, int64_t kernel, int64_t dilation, int64_t in, int64_t out,
                      int64_t *begin, int64_t *end)
{
    const int64_t reach = (kernel - 1) * dilation, crop = *begin;
    *begin = reach - crop;
    *end = out - 1 + reach - (in - 1) - *begin;
    return stride == 1 && *begin >= 0 && *begin <= HG_MAX_EXTENT;
}

bool hg_problem_as_conv2d(const hg_problem *p, hg_problem *conv)
{
    if (p->op != HG_OP_CONV_TRANSPOSE2D) return false;
    *conv = *p;
    conv->op = HG_OP_CONV2D;
    hg_pad *pad = &conv->pad;
    return turn_axis(p->stride.h, p->kernel.h, p->dilation.h, p->in.h, p->out.h, &pad->top,
                     &pad->bottom) &&
           turn_axis(p->stride.w, p->kernel.w, p->dilation.w, p->in.w, p->out.w, &pad->left,
                     &pad->right);
}

void hg_problem_filter(const hg_problem *p, hg_filter_desc *desc)
{
    *desc = (hg_filter_desc){.dtype = p->in.dtype,
                             .order = p->op == HG_OP_CONV2D ? HG_OIHW : HG_IOHW,
                             .out_channels = p->out.c,
                             .in_channels = p->in.c,
                             .height = p->kernel.h,
                             .width = p->kernel.w,
                             .groups = p->groups};
}

int64_t hg_problem_reduction(const hg_problem *p)
{
    return (hg_problem_has_filter(p) ? p->in.c / p->groups : 1) * p->kernel.h * p->kernel.w;
}

double hg_problem_flops(const hg_problem *p)
{
    const hg_tensor *pixels = p->op == HG_OP_CONV_TRANSPOSE2D ? &p->in : &p->out;
    return (p->post_pool ? 4.0 : 1.0) * 2.0 * (double)hg_problem_reduction(p) * (double)p->out.c *
           (double)pixels->n * (double)pixels->h * (double)pixels->w;
}

double hg_problem_bytes(const hg_problem *p)
{
    const double out = hg_tensor_elements(&p->out);
    const double given = hg_tensor_elements(&p->in);
    const double in = p->op == HG_OP_PAD2D ? HG_MIN(given, out) : given;
    const double index = (double)hg_index_bytes(p->pool.index_type);
    double bytes = 4.0 * in + (double)hg_dtype_bytes(p->out.dtype) * out;
    if (p->post.residual) bytes += 4.0 * out;
    if (p->op == HG_OP_BINARY) bytes += 4.0 * hg_tensor_elements(&p->binary.other);
    if (p->op == HG_OP_MAX_UNPOOL2D) bytes += index * in;
    if (p->op == HG_OP_MAX_POOL2D && p->pool.indices) bytes += index * out;
    return bytes;
}

double hg_traffic_ns(const hg_problem *p)
{
    enum { CACHED_BYTES = 1 << 20 };
    const double bytes = hg_problem_bytes(p);
    return bytes / (bytes < CACHED_BYTES ? 150.0 : 50.0);
}

double hg_stored_ns(const hg_problem *p)
{
    enum { NEAR_BYTES = 1 << 20, FAR_PIXEL = 512 /* floats */ };
    const int64_t bytes = 4 * p->out.n * p->out.h * p->out.w * p->out.c;
    if (bytes <= NEAR_BYTES) return 0.3;
    return p->out.strides.w < FAR_PIXEL ? 2.0 : 10.0;
}

double hg_overlapped(double compute, double memory)
{
    return HG_MAX(compute, memory) + 0.5 * HG_MIN(compute, memory);
}

double hg_roofline(const hg_problem *p, double flops, double efficiency)
{
    const double compute = flops / (100.0 * efficiency);
    const double memory = hg_traffic_ns(p) / HG_MIN(1.0, 2.0 * efficiency);
    return HG_MAX(compute, memory) + 200.0;
}
