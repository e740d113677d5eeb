/* conv_transpose2d: public descriptor -> problem. */
#include "kernels/conv2d/conv2d.h"

/* One axis of the descriptor, and what follows from it. */
typedef struct crop_axis {
    int64_t in, kernel, stride, dilation; /* given, in [1, 2^31) */
    int64_t begin, end;                   /* crop; given if explicit */
    int64_t extra, size;                  /* output_padding, output_size */
    const char *name;                     /* "h" or "w" */
    int64_t out;
} crop_axis;

static int64_t floor_half(int64_t v)
{
    return v >= 0 ? v / 2 : -((1 - v) / 2);
}

/* False if something overflows 64 bits. */
static bool solve_axis(hg_padding_mode mode, bool keras_extra, crop_axis *a)
{
    const int64_t extent = (a->kernel - 1) * a->dilation + 1; /* below 2^62 */
    const int64_t steps = (a->in - 1) * a->stride;            /* below 2^62 */
    int64_t support, full;
    if (__builtin_add_overflow(steps, extent, &support) ||
        __builtin_add_overflow(support, a->extra, &full))
        return false;
    int64_t out = full;
    switch (mode) {
    case HG_PADDING_EXPLICIT:
        out = full - a->begin - a->end;
        break;
    case HG_PADDING_SAME_UPPER:
    case HG_PADDING_SAME_LOWER:
        out = a->size ? a->size : a->in * a->stride;
        /* The surplus may be negative: the output then extends beyond all sums. */
        a->begin = floor_half(full - out);
        if (mode == HG_PADDING_SAME_LOWER) a->begin = full - out - a->begin;
        break;
    case HG_PADDING_KERAS_SAME:
        out = keras_extra ? steps + extent % 2 + a->extra : a->in * a->stride;
        a->begin = keras_extra ? extent - extent % 2 - a->extra : extent - a->stride;
        a->begin = floor_half(HG_MAX(a->begin, 0));
        break;
    case HG_PADDING_KERAS_VALID:
        out = keras_extra ? full : steps + HG_MAX(extent, a->stride);
        a->begin = 0;
        break;
    default:
        a->begin = 0;
        break;
    }
    a->out = a->size ? a->size : out;
    a->end = support - a->begin - a->out;
    return true;
}

/* A negative explicit crop extends the output. It is meaningful only beside a stated output size,
 * where it places the sums, and is how a problem's key states the crop of the SAME modes. */
static hg_status check_axis(hg_padding_mode mode, const crop_axis *a, hg_reason *why)
{
    const bool vertical = a->name[0] == 'h';
    const char *const begin = vertical ? "top" : "left", *const end = vertical ? "bottom" : "right";
    hg_status s = hg_check_extent(a->extra, 0, "output_padding", a->name, why);
    if (!s) s = hg_check_extent(a->size, 0, "output_size", a->name, why);
    if (s || mode != HG_PADDING_EXPLICIT) return s;
    if (a->size && a->begin < 0)
        return a->begin < -HG_MAX_EXTENT ? hg_fail(why, HG_RANGE, "padding.%s is %lld; above -2^31",
                                                   begin, (long long)a->begin)
                                         : HG_OK;
    s = hg_check_extent(a->begin, 0, "padding", begin, why);
    return s || a->size ? s : hg_check_extent(a->end, 0, "padding", end, why);
}

static hg_status crop(const hg_conv_transpose2d *op, hg_problem *p, hg_reason *why)
{
    const hg_padding *pad = &op->padding;
    const bool keras = pad->mode == HG_PADDING_KERAS_SAME || pad->mode == HG_PADDING_KERAS_VALID;
    hg_status s =
        hg_check_choice(pad->mode, HG_PADDING_KERAS_VALID, "padding.mode", "hg_padding_mode", why);
    if (s) return s;
    if (keras && !op->keras_output_padding && (op->output_padding.h || op->output_padding.w))
        return hg_fail(why, HG_INVALID, "output_padding is given, keras_output_padding is not set");
    crop_axis axes[2] = {{p->in.h, p->kernel.h, p->stride.h, p->dilation.h, pad->top, pad->bottom,
                          op->output_padding.h, op->output_size.h, "h", 0},
                         {p->in.w, p->kernel.w, p->stride.w, p->dilation.w, pad->left, pad->right,
                          op->output_padding.w, op->output_size.w, "w", 0}};
    for (int i = 0; i < 2; i++) {
        crop_axis *a = &axes[i];
        s = check_axis(pad->mode, a, why);
        if (s) return s;
        if (a->size && pad->mode == HG_PADDING_EXPLICIT) a->extra = a->end = 0; /* replaced */
        if (!solve_axis(pad->mode, op->keras_output_padding, a) || a->out > HG_MAX_EXTENT)
            return hg_fail(why, HG_RANGE, "the output's height and width must be below 2^31");
        if (a->out < 1) return hg_fail(why, HG_INVALID, "padding crops the whole output");
        if (a->begin > HG_MAX_EXTENT || a->begin < -HG_MAX_EXTENT)
            return hg_fail(why, HG_RANGE, "the crop does not fit 31 bits");
    }
    p->pad = (hg_pad){axes[0].begin, axes[1].begin, axes[0].end, axes[1].end};
    p->out.h = axes[0].out;
    p->out.w = axes[1].out;
    return HG_OK;
}

hg_status hg_problem_conv_transpose2d(const hg_conv_transpose2d *op, const hg_filter_desc *filter,
                                      hg_problem *p, hg_reason *why)
{
    if (!op || !filter) return hg_fail(why, HG_INVALID, "a descriptor is NULL");
    *p = (hg_problem){.op = HG_OP_CONV_TRANSPOSE2D};
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s)
        s = hg_conv_common(&op->input, filter, &op->epilogue, op->accuracy, op->stride,
                           op->dilation, true, p, why);
    if (!s) s = crop(op, p, why);
    if (!s) s = hg_conv_finish(p, filter, &op->output_strides, &op->epilogue.residual_strides, why);
    return s;
}

hg_status hg_conv_transpose2d_output(const hg_conv_transpose2d *op, const hg_filter_desc *filter,
                                     hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_conv_transpose2d(op, filter, &p, NULL), &p, output);
}
