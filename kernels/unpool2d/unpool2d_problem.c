/* Max-unpooling: public descriptor -> problem. */
#include <math.h>

#include "kernels/problem.h"

static hg_status check_padding(const hg_padding *given, hg_pad *pad, hg_reason *why)
{
    *pad = (hg_pad){0, 0, 0, 0};
    if (given->mode == HG_PADDING_VALID) return HG_OK;
    if (given->mode != HG_PADDING_EXPLICIT)
        return hg_fail(why, HG_INVALID, "padding.mode must be EXPLICIT or VALID");
    *pad = (hg_pad){given->top, given->left, given->bottom, given->right};
    return hg_check_sides(given, why);
}

static hg_status check_index(const hg_max_unpool2d *op, hg_problem *p, hg_reason *why)
{
    hg_status s = hg_check_index(op->index_convention, op->index_type, p, why);
    if (s) return s;
    const hg_size2 out = {p->out.h, p->out.w};
    s = hg_check_size2(op->index_size, out, "index_size", &p->pool.index_size, why);
    if (s) return s;
    if (p->pool.index_size.h > out.h || p->pool.index_size.w > out.w)
        return hg_fail(why, HG_INVALID, "index_size.%s must not exceed the output, %lldx%lld",
                       p->pool.index_size.h > out.h ? "h" : "w", (long long)out.h,
                       (long long)out.w);
    return HG_OK;
}

hg_status hg_problem_max_unpool2d(const hg_max_unpool2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    *p = (hg_problem){.op = HG_OP_MAX_UNPOOL2D,
                      .dilation = {1, 1},
                      .groups = 1,
                      .post = {.min = -INFINITY, .max = INFINITY, .slope = 1.0f}};
    hg_status s = hg_check_reserved(op->reserved, 4, "op", why);
    if (!s) s = hg_check_tensor(&op->input, "input", &p->in, why);
    if (!s) s = hg_check_size2(op->window, (hg_size2){0, 0}, "window", &p->kernel, why);
    if (!s) s = hg_check_size2(op->stride, p->kernel, "stride", &p->stride, why);
    if (!s) s = check_padding(&op->padding, &p->pad, why);
    if (s) return s;
    /* Below 2^62 + 2^32: two extents below 2^31 are multiplied. */
    const hg_size2 rule = {(p->in.h - 1) * p->stride.h + p->kernel.h - p->pad.top - p->pad.bottom,
                           (p->in.w - 1) * p->stride.w + p->kernel.w - p->pad.left - p->pad.right};
    const hg_size2 given = op->output_size;
    if ((!given.h && rule.h < 1) || (!given.w && rule.w < 1))
        return hg_fail(why, HG_INVALID, "padding crops the whole output");
    hg_size2 out;
    s = hg_check_size2(given, rule, "output_size", &out, why);
    if (s) return s;
    p->out.h = out.h;
    p->out.w = out.w;
    s = hg_finish_output(p, p->in.c, &op->output_strides, why);
    return s ? s : check_index(op, p, why);
}

hg_status hg_max_unpool2d_output(const hg_max_unpool2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_max_unpool2d(op, &p, NULL), &p, output);
}
