#include "tests/api_members.h"

#include <stddef.h>

/* Where the members of every operator are in its descriptor. */
static const struct {
    size_t output_strides, reserved, kernel;
} common[HG_OP_COUNT] = {
    [HG_OP_CONV2D] = {offsetof(hg_conv2d, output_strides), offsetof(hg_conv2d, reserved),
                      offsetof(hg_conv2d, kernel)},
    [HG_OP_CONV_TRANSPOSE2D] = {offsetof(hg_conv_transpose2d, output_strides),
                                offsetof(hg_conv_transpose2d, reserved),
                                offsetof(hg_conv_transpose2d, kernel)},
    [HG_OP_MAX_POOL2D] = {offsetof(hg_max_pool2d, output_strides),
                          offsetof(hg_max_pool2d, reserved), offsetof(hg_max_pool2d, kernel)},
    [HG_OP_AVG_POOL2D] = {offsetof(hg_avg_pool2d, output_strides),
                          offsetof(hg_avg_pool2d, reserved), offsetof(hg_avg_pool2d, kernel)},
    [HG_OP_LP_POOL2D] = {offsetof(hg_lp_pool2d, output_strides), offsetof(hg_lp_pool2d, reserved),
                         offsetof(hg_lp_pool2d, kernel)},
    [HG_OP_MAX_UNPOOL2D] = {offsetof(hg_max_unpool2d, output_strides),
                            offsetof(hg_max_unpool2d, reserved), offsetof(hg_max_unpool2d, kernel)},
    [HG_OP_RESIZE2D] = {offsetof(hg_resize2d, output_strides), offsetof(hg_resize2d, reserved),
                        offsetof(hg_resize2d, kernel)},
    [HG_OP_RESIZE_ARGMAX2D] = {offsetof(hg_resize_argmax2d, resize.output_strides),
                               offsetof(hg_resize_argmax2d, reserved),
                               offsetof(hg_resize_argmax2d, resize.kernel)},
    [HG_OP_BINARY] = {offsetof(hg_binary, output_strides), offsetof(hg_binary, reserved),
                      offsetof(hg_binary, kernel)},
    [HG_OP_ACTIVATION2D] = {offsetof(hg_activation2d, output_strides),
                            offsetof(hg_activation2d, reserved), offsetof(hg_activation2d, kernel)},
    [HG_OP_PAD2D] = {offsetof(hg_pad2d, output_strides), offsetof(hg_pad2d, reserved),
                     offsetof(hg_pad2d, kernel)},
    [HG_OP_SOFTMAX2D] = {offsetof(hg_softmax2d, output_strides), offsetof(hg_softmax2d, reserved),
                         offsetof(hg_softmax2d, kernel)},
};

/* ... and those of operators with windows, or those of convolutions alone. */
static const struct {
    size_t padding, stride, dilation, epilogue;
} windows[HG_OP_COUNT] = {
    [HG_OP_CONV2D] = {offsetof(hg_conv2d, padding), offsetof(hg_conv2d, stride),
                      offsetof(hg_conv2d, dilation), offsetof(hg_conv2d, epilogue)},
    [HG_OP_CONV_TRANSPOSE2D] = {offsetof(hg_conv_transpose2d, padding),
                                offsetof(hg_conv_transpose2d, stride),
                                offsetof(hg_conv_transpose2d, dilation),
                                offsetof(hg_conv_transpose2d, epilogue)},
    [HG_OP_MAX_POOL2D] = {offsetof(hg_max_pool2d, pool.padding),
                          offsetof(hg_max_pool2d, pool.stride),
                          offsetof(hg_max_pool2d, pool.dilation), 0},
    [HG_OP_AVG_POOL2D] = {offsetof(hg_avg_pool2d, pool.padding),
                          offsetof(hg_avg_pool2d, pool.stride),
                          offsetof(hg_avg_pool2d, pool.dilation), 0},
    [HG_OP_LP_POOL2D] = {offsetof(hg_lp_pool2d, pool.padding), offsetof(hg_lp_pool2d, pool.stride),
                         offsetof(hg_lp_pool2d, pool.dilation), 0},
    [HG_OP_MAX_UNPOOL2D] = {offsetof(hg_max_unpool2d, padding), offsetof(hg_max_unpool2d, stride),
                            0, 0},
    [HG_OP_ACTIVATION2D] = {0, 0, 0, offsetof(hg_activation2d, epilogue)},
};

static void *at(descriptor *d, size_t offset)
{
    return (char *)&d->u + offset;
}

void *operator_of(descriptor *d)
{
    return at(d, 0);
}

void *input_of(descriptor *d)
{
    return descriptor_input(d);
}

void *output_strides_of(descriptor *d)
{
    return at(d, common[d->op].output_strides);
}

void *reserved_of(descriptor *d)
{
    return at(d, common[d->op].reserved);
}

void *kernel_of(descriptor *d)
{
    return at(d, common[d->op].kernel);
}

void *padding_of(descriptor *d)
{
    return at(d, windows[d->op].padding);
}

void *stride_of(descriptor *d)
{
    return at(d, windows[d->op].stride);
}

void *dilation_of(descriptor *d)
{
    return at(d, windows[d->op].dilation);
}

void *epilogue_of(descriptor *d)
{
    return at(d, windows[d->op].epilogue);
}

void *geometry_of(descriptor *d)
{
    if (d->op == HG_OP_MAX_POOL2D) return &d->u.max_pool2d.pool;
    return d->op == HG_OP_AVG_POOL2D ? &d->u.avg_pool2d.pool : &d->u.lp_pool2d.pool;
}
