/* conv2d: public descriptor -> problem; and what both convolutions share of that. */
#include "kernels/conv2d/conv2d.h"

static const char *const order_names[] = {"OIHW", "OHWI", "HWIO", "IOHW", "HWOI"};

hg_status hg_check_filter_desc(const hg_filter_desc *given, hg_filter_desc *resolved,
                               hg_reason *why)
{
    hg_filter_desc f = *given;
    hg_status s = hg_check_reserved(f.reserved, HG_COUNT(f.reserved), "filter", why);
    if (s) return s;
    if (f.dtype != HG_F32)
        return hg_fail(why, HG_UNSUPPORTED, "filter.dtype is not f32, all that is supported");
    if (f.groups == 0) f.groups = 1;
    s = hg_check_choice(f.order, HG_COUNT(order_names) - 1, "filter.order", "hg_filter_order", why);
    if (!s) s = hg_check_extent(f.out_channels, 1, "filter", "out_channels", why);
    if (!s) s = hg_check_extent(f.in_channels, 1, "filter", "in_channels", why);
    if (!s) s = hg_check_extent(f.height, 1, "filter", "height", why);
    if (!s) s = hg_check_extent(f.width, 1, "filter", "width", why);
    if (!s) s = hg_check_extent(f.groups, 1, "filter", "groups", why);
    if (s) return s;
    if (f.out_channels % f.groups || f.in_channels % f.groups)
        return hg_fail(why, HG_INVALID,
                       "filter.groups is %lld; it must divide %lld inputs and %lld outputs",
                       (long long)f.groups, (long long)f.in_channels, (long long)f.out_channels);
    if (f.order == HG_HWOI && f.groups != 1)
        return hg_fail(why, HG_INVALID, "filter.groups is %lld; order HWOI has none",
                       (long long)f.groups);
    int64_t weights = f.out_channels;
    if (__builtin_mul_overflow(weights, f.in_channels / f.groups, &weights) ||
        __builtin_mul_overflow(weights, f.height, &weights) ||
        __builtin_mul_overflow(weights, f.width, &weights) || weights > (int64_t)1 << 31)
        return hg_fail(why, HG_RANGE, "filter: more than 2^31 weights");
    *resolved = f;
    return HG_OK;
}

hg_status hg_conv_common(const hg_tensor *input, const hg_filter_desc *filter,
                         const hg_epilogue *epilogue, hg_accuracy accuracy, hg_size2 stride,
                         hg_size2 dilation, bool transposed, hg_problem *p, hg_reason *why)
{
    hg_filter_desc f;
    hg_status s = hg_check_tensor(input, "input", &p->in, why);
    if (!s) s = hg_check_filter_desc(filter, &f, why);
    if (!s) s = hg_post_from_epilogue(epilogue, &p->post, why);
    if (!s) s = hg_check_size2(stride, (hg_size2){1, 1}, "stride", &p->stride, why);
    if (!s) s = hg_check_size2(dilation, (hg_size2){1, 1}, "dilation", &p->dilation, why);
    if (s) return s;
    if ((f.order == HG_IOHW || f.order == HG_HWOI) != transposed)
        return hg_fail(why, HG_INVALID, "filter.order %s is not for %s", order_names[f.order],
                       transposed ? "conv_transpose2d" : "conv2d");
    if (f.in_channels != p->in.c)
        return hg_fail(why, HG_INVALID, "input.c is %lld, filter.in_channels %lld",
                       (long long)p->in.c, (long long)f.in_channels);
    p->kernel = (hg_size2){f.height, f.width};
    if (p->kernel.h == 1) p->dilation.h = 1;
    if (p->kernel.w == 1) p->dilation.w = 1;
    p->groups = f.groups;
    p->accuracy = accuracy;
    return hg_check_choice(accuracy, HG_RELAXED, "accuracy", "hg_accuracy", why);
}

hg_status hg_conv_finish(hg_problem *p, const hg_filter_desc *filter, const hg_strides *output,
                         const hg_strides *residual, hg_reason *why)
{
    hg_status s = hg_finish_output(p, filter->out_channels, output, why);
    if (s || !p->post.residual) return s;
    hg_tensor added = p->out;
    s = hg_resolve_strides(&added, residual, "epilogue.residual_strides", why);
    p->residual_strides = added.strides;
    return s;
}

/* Pooling halves the output. */
static hg_status fuse(hg_conv_pool pool, hg_problem *p, hg_reason *why)
{
    const hg_status s = hg_check_choice(pool, HG_POOL_AVG_2X2, "pool", "hg_conv_pool", why);
    if (s || !pool) return s;
    if (p->post.residual) return hg_fail(why, HG_UNSUPPORTED, "pool cannot follow a residual");
    if (p->out.h < 2 || p->out.w < 2)
        return hg_fail(why, HG_INVALID, "pool: an output of %lldx%lld has no 2x2 window",
                       (long long)p->out.h, (long long)p->out.w);
    p->post_pool = pool;
    p->out.h /= 2;
    p->out.w /= 2;
    return HG_OK;
}

hg_status hg_problem_conv2d(const hg_conv2d *op, const hg_filter_desc *filter, hg_problem *p,
                            hg_reason *why)
{
    if (!op || !filter) return hg_fail(why, HG_INVALID, "a descriptor is NULL");
    *p = (hg_problem){.op = HG_OP_CONV2D};
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s)
        s = hg_conv_common(&op->input, filter, &op->epilogue, op->accuracy, op->stride,
                           op->dilation, false, p, why);
    if (!s) s = hg_window_geometry(&op->padding, false, p, why);
    if (!s) s = fuse(op->pool, p, why);
    if (!s) s = hg_conv_finish(p, filter, &op->output_strides, &op->epilogue.residual_strides, why);
    return s;
}

hg_status hg_conv2d_output(const hg_conv2d *op, const hg_filter_desc *filter, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_conv2d(op, filter, &p, NULL), &p, output);
}
