#include "tests/descriptor.h"

#include <string.h>

hg_status descriptor_problem(const descriptor *d, hg_problem *p, hg_reason *why)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return hg_problem_conv2d(&d->u.conv2d, &d->filter, p, why);
    case HG_OP_CONV_TRANSPOSE2D:
        return hg_problem_conv_transpose2d(&d->u.conv_transpose2d, &d->filter, p, why);
    case HG_OP_MAX_POOL2D:
        return hg_problem_max_pool2d(&d->u.max_pool2d, p, why);
    case HG_OP_AVG_POOL2D:
        return hg_problem_avg_pool2d(&d->u.avg_pool2d, p, why);
    case HG_OP_LP_POOL2D:
        return hg_problem_lp_pool2d(&d->u.lp_pool2d, p, why);
    case HG_OP_MAX_UNPOOL2D:
        return hg_problem_max_unpool2d(&d->u.max_unpool2d, p, why);
    case HG_OP_RESIZE2D:
        return hg_problem_resize2d(&d->u.resize2d, p, why);
    case HG_OP_RESIZE_ARGMAX2D:
        return hg_problem_resize_argmax2d(&d->u.resize_argmax2d, p, why);
    case HG_OP_BINARY:
        return hg_problem_binary(&d->u.binary, p, why);
    case HG_OP_SOFTMAX2D:
        return hg_problem_softmax2d(&d->u.softmax2d, p, why);
    case HG_OP_ACTIVATION2D:
        return hg_problem_activation2d(&d->u.activation2d, p, why);
    case HG_OP_PAD2D:
        return hg_problem_pad2d(&d->u.pad2d, p, why);
    case HG_OP_COUNT:
        break;
    }
    return HG_INVALID;
}

hg_status descriptor_output(const descriptor *d, hg_tensor *output)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return hg_conv2d_output(&d->u.conv2d, &d->filter, output);
    case HG_OP_CONV_TRANSPOSE2D:
        return hg_conv_transpose2d_output(&d->u.conv_transpose2d, &d->filter, output);
    case HG_OP_MAX_POOL2D:
        return hg_max_pool2d_output(&d->u.max_pool2d, output);
    case HG_OP_AVG_POOL2D:
        return hg_avg_pool2d_output(&d->u.avg_pool2d, output);
    case HG_OP_LP_POOL2D:
        return hg_lp_pool2d_output(&d->u.lp_pool2d, output);
    case HG_OP_MAX_UNPOOL2D:
        return hg_max_unpool2d_output(&d->u.max_unpool2d, output);
    case HG_OP_RESIZE2D:
        return hg_resize2d_output(&d->u.resize2d, output);
    case HG_OP_RESIZE_ARGMAX2D:
        return hg_resize_argmax2d_output(&d->u.resize_argmax2d, output);
    case HG_OP_BINARY:
        return hg_binary_output(&d->u.binary, output);
    case HG_OP_SOFTMAX2D:
        return hg_softmax2d_output(&d->u.softmax2d, output);
    case HG_OP_ACTIVATION2D:
        return hg_activation2d_output(&d->u.activation2d, output);
    case HG_OP_PAD2D:
        return hg_pad2d_output(&d->u.pad2d, output);
    case HG_OP_COUNT:
        break;
    }
    return HG_INVALID;
}

hg_status descriptor_plan(hg_context *context, const descriptor *d, hg_filter *filter,
                          const void *bias, hg_plan **plan)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return hg_plan_conv2d(context, &d->u.conv2d, filter, bias, plan);
    case HG_OP_CONV_TRANSPOSE2D:
        return hg_plan_conv_transpose2d(context, &d->u.conv_transpose2d, filter, bias, plan);
    case HG_OP_MAX_POOL2D:
        return hg_plan_max_pool2d(context, &d->u.max_pool2d, plan);
    case HG_OP_AVG_POOL2D:
        return hg_plan_avg_pool2d(context, &d->u.avg_pool2d, plan);
    case HG_OP_LP_POOL2D:
        return hg_plan_lp_pool2d(context, &d->u.lp_pool2d, plan);
    case HG_OP_MAX_UNPOOL2D:
        return hg_plan_max_unpool2d(context, &d->u.max_unpool2d, plan);
    case HG_OP_RESIZE2D:
        return hg_plan_resize2d(context, &d->u.resize2d, plan);
    case HG_OP_RESIZE_ARGMAX2D:
        return hg_plan_resize_argmax2d(context, &d->u.resize_argmax2d, plan);
    case HG_OP_BINARY:
        return hg_plan_binary(context, &d->u.binary, plan);
    case HG_OP_SOFTMAX2D:
        return hg_plan_softmax2d(context, &d->u.softmax2d, plan);
    case HG_OP_ACTIVATION2D:
        return hg_plan_activation2d(context, &d->u.activation2d, plan);
    case HG_OP_PAD2D:
        return hg_plan_pad2d(context, &d->u.pad2d, plan);
    case HG_OP_COUNT:
        break;
    }
    return HG_INVALID;
}

hg_tensor *descriptor_input(descriptor *d)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return &d->u.conv2d.input;
    case HG_OP_CONV_TRANSPOSE2D:
        return &d->u.conv_transpose2d.input;
    case HG_OP_MAX_POOL2D:
        return &d->u.max_pool2d.input;
    case HG_OP_AVG_POOL2D:
        return &d->u.avg_pool2d.input;
    case HG_OP_LP_POOL2D:
        return &d->u.lp_pool2d.input;
    case HG_OP_MAX_UNPOOL2D:
        return &d->u.max_unpool2d.input;
    case HG_OP_BINARY:
        return &d->u.binary.input;
    case HG_OP_SOFTMAX2D:
        return &d->u.softmax2d.input;
    case HG_OP_ACTIVATION2D:
        return &d->u.activation2d.input;
    case HG_OP_PAD2D:
        return &d->u.pad2d.input;
    default:
        return &d->u.resize2d.input;
    }
}

void descriptor_follow_input(descriptor *d)
{
    if (d->op == HG_OP_BINARY) d->u.binary.other = d->u.binary.input;
}

int64_t tensor_count(const hg_tensor *t)
{
    return t->n * t->h * t->w * t->c;
}

static void move(const hg_tensor *t, const hg_strides *s, size_t size, char *dense, char *buffer,
                 bool scatter)
{
    for (int64_t n = 0; n < t->n; n++)
        for (int64_t c = 0; c < t->c; c++)
            for (int64_t y = 0; y < t->h; y++)
                for (int64_t x = 0; x < t->w; x++, dense += size) {
                    char *at = buffer + (size_t)(n * s->n + c * s->c + y * s->h + x * s->w) * size;
                    memcpy(scatter ? at : dense, scatter ? dense : at, size);
                }
}

void tensor_scatter(const hg_tensor *t, const hg_strides *s, size_t size, const void *dense,
                    void *buffer)
{
    move(t, s, size, (char *)(uintptr_t)dense, buffer, true);
}

void tensor_gather(const hg_tensor *t, const hg_strides *s, size_t size, const void *buffer,
                   void *dense)
{
    move(t, s, size, dense, (char *)(uintptr_t)buffer, false);
}

void tensor_gather_values(const hg_tensor *t, const void *buffer, float *dense)
{
    const size_t size = hg_dtype_bytes(t->dtype);
    tensor_gather(t, &t->strides, size, buffer, dense);
    for (int64_t i = tensor_count(t);
         t->dtype != HG_F32 && i-- > 0;) { /* from the last: in place */
        int32_t class = 0; /* its low byte alone, if it has no others: little-endian */
        memcpy(&class, (const char *)dense + (size_t)i * size, size);
        dense[i] = (float)class;
    }
}

void filter_reorder(const hg_filter_desc *d, const float *canonical, float *ordered)
{
    const int64_t groups = d->groups ? d->groups : 1, h = d->height, w = d->width;
    const int64_t cg = d->in_channels / groups, kg = d->out_channels / groups;
    for (int64_t k = 0; k < d->out_channels; k++)
        for (int64_t c = 0; c < cg; c++)
            for (int64_t y = 0; y < h; y++)
                for (int64_t x = 0; x < w; x++) {
                    const int64_t input = k / kg * cg + c; /* over all groups */
                    int64_t at = 0;
                    switch (d->order) {
                    case HG_OIHW:
                        at = ((k * cg + c) * h + y) * w + x;
                        break;
                    case HG_OHWI:
                        at = ((k * h + y) * w + x) * cg + c;
                        break;
                    case HG_HWIO:
                        at = ((y * w + x) * cg + c) * d->out_channels + k;
                        break;
                    case HG_IOHW:
                        at = ((input * kg + k % kg) * h + y) * w + x;
                        break;
                    case HG_HWOI:
                        at = ((y * w + x) * d->out_channels + k) * cg + c;
                        break;
                    }
                    ordered[at] = *canonical++;
                }
}
