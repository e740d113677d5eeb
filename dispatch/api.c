/* The public planning functions: check pointers, build the problem, plan it. */
#include "dispatch/plan.h"

#include <string.h>

/* Names the first pointer that is NULL; operators without a filter pass their descriptor twice. */
static hg_status missing(hg_context *context, const void *op, const void *filter, hg_plan **plan)
{
    if (plan) *plan = NULL;
    return hg_report(hg_context_host(context), HG_INVALID,
                     !op       ? "planning: the descriptor or key is NULL"
                     : !filter ? "planning: the filter is NULL"
                               : "planning: plan is NULL");
}

/* Plans the problem if building it succeeded; otherwise reports why it did not. */
static hg_status finish(hg_context *context, hg_status built, const hg_reason *why,
                        const hg_problem *p, hg_filter *filter, const hg_channel_data *data,
                        const char *forced, hg_plan **plan)
{
    *plan = NULL;
    if (built) return hg_report(&context->host, built, why->text);
    return hg_plan_create(context, p, filter, data, forced, plan);
}

static hg_status check_slopes(const hg_problem *p, const float *slopes, hg_reason *why)
{
    if (p->post.function != HG_PRELU || slopes) return HG_OK;
    return hg_fail(why, HG_INVALID, "slopes is NULL, which epilogue.activation HG_PRELU reads");
}

hg_status hg_plan_conv2d(hg_context *context, const hg_conv2d *op, hg_filter *filter,
                         const void *bias, hg_plan **plan)
{
    if (!context || !op || !filter || !plan) return missing(context, op, filter, plan);
    hg_problem p;
    hg_reason why;
    hg_status built = hg_problem_conv2d(op, &filter->desc, &p, &why);
    if (!built) built = check_slopes(&p, op->slopes, &why);
    const hg_channel_data data = {bias, op->slopes};
    return finish(context, built, &why, &p, filter, &data, op->kernel, plan);
}

hg_status hg_plan_conv_transpose2d(hg_context *context, const hg_conv_transpose2d *op,
                                   hg_filter *filter, const void *bias, hg_plan **plan)
{
    if (!context || !op || !filter || !plan) return missing(context, op, filter, plan);
    hg_problem p;
    hg_reason why;
    hg_status built = hg_problem_conv_transpose2d(op, &filter->desc, &p, &why);
    if (!built) built = check_slopes(&p, op->slopes, &why);
    const hg_channel_data data = {bias, op->slopes};
    return finish(context, built, &why, &p, filter, &data, op->kernel, plan);
}

hg_status hg_plan_upsample_conv2d(hg_context *context, const hg_upsample_conv2d *op,
                                  hg_filter *filter, const void *bias, hg_plan **plan)
{
    if (!context || !op || !filter || !plan) return missing(context, op, filter, plan);
    hg_problem p;
    hg_reason why;
    hg_status built = hg_problem_upsample_conv2d(op, &filter->desc, &p, &why);
    if (!built) built = check_slopes(&p, op->slopes, &why);
    hg_filter *summed = built || p.op == HG_OP_CONV2D ? filter : NULL;
    if (!summed) summed = hg_filter_upsampled(filter, p.stride);
    if (!summed) built = hg_fail(&why, HG_NO_MEMORY, "out of memory for summed weights");
    const hg_channel_data data = {bias, op->slopes};
    return finish(context, built, &why, &p, summed, &data, op->kernel, plan);
}

hg_status hg_plan_max_pool2d(hg_context *context, const hg_max_pool2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_max_pool2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

hg_status hg_plan_avg_pool2d(hg_context *context, const hg_avg_pool2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_avg_pool2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

hg_status hg_plan_lp_pool2d(hg_context *context, const hg_lp_pool2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_lp_pool2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

hg_status hg_plan_max_unpool2d(hg_context *context, const hg_max_unpool2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_max_unpool2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

hg_status hg_plan_resize2d(hg_context *context, const hg_resize2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_resize2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

hg_status hg_plan_resize_argmax2d(hg_context *context, const hg_resize_argmax2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_resize_argmax2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->resize.kernel, plan);
}

hg_status hg_plan_binary(hg_context *context, const hg_binary *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_binary(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

hg_status hg_plan_softmax2d(hg_context *context, const hg_softmax2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_softmax2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

hg_status hg_plan_activation2d(hg_context *context, const hg_activation2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    hg_status built = hg_problem_activation2d(op, &p, &why);
    if (!built) built = check_slopes(&p, op->slopes, &why);
    const hg_channel_data data = {NULL, op->slopes};
    return finish(context, built, &why, &p, NULL, &data, op->kernel, plan);
}

hg_status hg_plan_pad2d(hg_context *context, const hg_pad2d *op, hg_plan **plan)
{
    if (!context || !op || !plan) return missing(context, op, op, plan);
    hg_problem p;
    hg_reason why;
    const hg_status built = hg_problem_pad2d(op, &p, &why);
    return finish(context, built, &why, &p, NULL, NULL, op->kernel, plan);
}

/* ---- Keys ---- */

static bool same_filter(const hg_problem *p, const hg_filter *filter)
{
    hg_filter_desc d;
    hg_problem_filter(p, &d);
    return filter && d.out_channels == filter->desc.out_channels &&
           d.in_channels == filter->desc.in_channels && d.height == filter->desc.height &&
           d.width == filter->desc.width && d.groups == filter->desc.groups;
}

hg_status hg_plan_from_key(hg_context *context, const char *key, hg_filter *filter,
                           const void *bias, const char *kernel, hg_plan **plan)
{
    if (!context || !key || !plan) return missing(context, key, key, plan);
    hg_problem p;
    hg_reason why;
    hg_status built = hg_problem_parse(key, &p, &why);
    const bool weights = !built && hg_problem_has_filter(&p);
    if (weights && !same_filter(&p, filter))
        built = hg_fail(&why, HG_INVALID, "the filter is missing or not of the key's sizes");
    const hg_channel_data data = {bias, NULL};
    return finish(context, built, &why, &p, weights ? filter : NULL, &data, kernel, plan);
}

bool hg_key_filter(const char *key, hg_filter_desc *desc)
{
    hg_problem p;
    if (!key || !desc || hg_problem_parse(key, &p, NULL) || !hg_problem_has_filter(&p))
        return false;
    hg_problem_filter(&p, desc);
    return true;
}
