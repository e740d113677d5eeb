/* Pooling: public descriptors -> problems. */
#include <math.h>

#include "kernels/common/attr.h"
#include "kernels/index_rule.h"

/* Windows that cover the input whole or in equal parts are plain windows. */
static hg_status adaptive_geometry(hg_size2 out, hg_problem *p, hg_reason *why)
{
    const hg_status s = hg_check_size2(out, (hg_size2){0, 0}, "pool.adaptive", &out, why);
    if (s) return s;
    p->out.h = out.h;
    p->out.w = out.w;
    p->kernel = p->stride = p->dilation = (hg_size2){1, 1};
    p->pool.adaptive = p->in.h % out.h != 0 || p->in.w % out.w != 0;
    if (p->pool.adaptive) return HG_OK;
    p->kernel = (hg_size2){p->in.h / out.h, p->in.w / out.w};
    /* A single window has no neighbour; stride 1 makes it the global window. */
    p->stride = (hg_size2){out.h == 1 ? 1 : p->kernel.h, out.w == 1 ? 1 : p->kernel.w};
    return HG_OK;
}

static hg_status geometry(const hg_pool_geometry *g, hg_problem *p, hg_reason *why)
{
    const hg_size2 none = {0, 0}, one = {1, 1};
    const bool adaptive = g->adaptive.h != 0 || g->adaptive.w != 0;
    if (g->global && adaptive)
        return hg_fail(why, HG_INVALID, "pool.global and pool.adaptive exclude each other");
    if (g->global || adaptive) return adaptive_geometry(g->global ? one : g->adaptive, p, why);
    hg_status s = hg_check_size2(g->window, none, "pool.window", &p->kernel, why);
    if (!s) s = hg_check_size2(g->stride, p->kernel, "pool.stride", &p->stride, why);
    if (!s) s = hg_check_size2(g->dilation, one, "pool.dilation", &p->dilation, why);
    if (s) return s;
    if (p->kernel.h == 1) p->dilation.h = 1;
    if (p->kernel.w == 1) p->dilation.w = 1;
    return hg_window_geometry(&g->padding, g->ceil_mode, p, why);
}

static hg_status common(hg_op op, const hg_tensor *input, const hg_strides *output_strides,
                        const hg_pool_geometry *pool, const uint64_t reserved[4], hg_problem *p,
                        hg_reason *why)
{
    *p = (hg_problem){
        .op = op, .groups = 1, .post = {.min = -INFINITY, .max = INFINITY, .slope = 1.0f}};
    hg_status s = hg_check_reserved(reserved, 4, "op", why);
    if (!s) s = hg_check_tensor(input, "input", &p->in, why);
    if (!s) s = geometry(pool, p, why);
    if (!s) s = hg_finish_output(p, p->in.c, output_strides, why);
    return s;
}

/* Whether every index of the input fits 32 bits. */
static bool indices_fit(const hg_problem *p)
{
    const hg_index_rule r =
        hg_index_rule_of(p->pool.convention, p->in.c, (hg_size2){p->in.h, p->in.w});
    const int64_t last_image =
        (p->in.h - 1) * r.at.h + (p->in.w - 1) * r.at.w + (p->in.c - 1) * r.at.c;
    return last_image + HG_MAX(p->in.n - 1, 0) * r.at.n <= INT32_MAX;
}

hg_status hg_problem_max_pool2d(const hg_max_pool2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    hg_status s =
        common(HG_OP_MAX_POOL2D, &op->input, &op->output_strides, &op->pool, op->reserved, p, why);
    if (s || !op->indices) return s;
    p->pool.indices = true;
    s = hg_check_index(op->index_convention, op->index_type, p, why);
    if (s) return s;
    if (op->index_type == HG_INDEX_I32 && !indices_fit(p))
        return hg_fail(why, HG_RANGE, "indices of this input do not fit HG_INDEX_I32");
    return HG_OK;
}

hg_status hg_problem_avg_pool2d(const hg_avg_pool2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    const hg_status s =
        common(HG_OP_AVG_POOL2D, &op->input, &op->output_strides, &op->pool, op->reserved, p, why);
    if (s) return s;
    if (op->divisor_override < 0)
        return hg_fail(why, HG_INVALID, "divisor_override is %lld; at least 1, or 0 for none",
                       (long long)op->divisor_override);
    const bool padded = p->pad.top || p->pad.left || p->pad.bottom || p->pad.right;
    p->pool.divisor = op->divisor_override;
    p->pool.include_pad = op->count_include_pad && padded && op->divisor_override == 0;
    return HG_OK;
}

hg_status hg_problem_lp_pool2d(const hg_lp_pool2d *op, hg_problem *p, hg_reason *why)
{
    if (!op) return hg_fail(why, HG_INVALID, "the descriptor is NULL");
    const hg_status s =
        common(HG_OP_LP_POOL2D, &op->input, &op->output_strides, &op->pool, op->reserved, p, why);
    if (s) return s;
    const float power = op->p == 0.0f ? 2.0f : op->p;
    if (!(power >= 1.0f) || isinf(power))
        return hg_fail(why, HG_INVALID, "p is %g; finite and at least 1", (double)power);
    p->pool.p = power;
    /* An even power removes the sign by itself. */
    p->pool.form = fmodf(power, 2.0f) == 0.0f ? HG_LP_ABSOLUTE : op->form;
    return hg_check_choice(op->form, HG_LP_SIGNED, "form", "hg_lp_form", why);
}

hg_status hg_max_pool2d_output(const hg_max_pool2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_max_pool2d(op, &p, NULL), &p, output);
}

hg_status hg_avg_pool2d_output(const hg_avg_pool2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_avg_pool2d(op, &p, NULL), &p, output);
}

hg_status hg_lp_pool2d_output(const hg_lp_pool2d *op, hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_lp_pool2d(op, &p, NULL), &p, output);
}
