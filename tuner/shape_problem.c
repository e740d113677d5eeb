/* A row of a shape file as a problem: one function per operator. */
#include <inttypes.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tuner/shapes.h"

typedef struct shape_op {
    const char *name;
    hg_status (*build)(const hg_shape *s, const struct shape_op *op, const hg_tensor *in,
                       hg_problem *p, hg_reason *why);
    bool flag;        /* indices, global, depthwise, align_corners or lanczos5 */
    const char *mode; /* resize; of binary: what the second tensor has numbers for */
    hg_conv_pool pool;
    hg_activation activation;
    hg_pad_mode border;
} shape_op;

static hg_padding padding_of(const hg_shape *s)
{
    return (hg_padding){HG_PADDING_EXPLICIT, s->pad_t, s->pad_l, s->pad_b, s->pad_r};
}

static bool has_size(const hg_shape *s, const hg_problem *p)
{
    return p->out.h == s->oh && p->out.w == s->ow;
}

static hg_status build_conv(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                            hg_problem *p, hg_reason *why)
{
    const int64_t groups = op->flag && !s->groups ? s->c : s->groups;
    if (op->flag && groups != s->c)
        return hg_fail(why, HG_INVALID,
                       "groups is %" PRId64 " and C %" PRId64
                       ": a depthwise layer has as many groups as channels",
                       groups, s->c);
    const hg_filter_desc filter = {
        .out_channels = s->k, .in_channels = s->c, .height = s->r, .width = s->s, .groups = groups};
    const hg_conv2d d = {.input = *in,
                         .stride = {s->stride_h, s->stride_w},
                         .dilation = {s->dil_h, s->dil_w},
                         .padding = padding_of(s),
                         .pool = op->pool};
    return hg_problem_conv2d(&d, &filter, p, why);
}

static hg_status build_transpose(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                                 hg_problem *p, hg_reason *why)
{
    (void)op;
    const hg_filter_desc filter = {.order = HG_IOHW,
                                   .out_channels = s->k,
                                   .in_channels = s->c,
                                   .height = s->r,
                                   .width = s->s,
                                   .groups = s->groups};
    const hg_conv_transpose2d d = {.input = *in,
                                   .stride = {s->stride_h, s->stride_w},
                                   .dilation = {s->dil_h, s->dil_w},
                                   .padding = padding_of(s),
                                   .output_padding = {s->opad_h, s->opad_w}};
    return hg_problem_conv_transpose2d(&d, &filter, p, why);
}

/* The stride is the factor. */
static hg_status build_upsample(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                                hg_problem *p, hg_reason *why)
{
    const hg_filter_desc filter = {.out_channels = s->k,
                                   .in_channels = s->c,
                                   .height = s->r,
                                   .width = s->s,
                                   .groups = s->groups};
    const hg_upsample_conv2d d = {.input = *in,
                                  .factor = {s->stride_h, s->stride_w},
                                  .padding = padding_of(s),
                                  .mode = op->flag ? HG_RESIZE_BILINEAR : HG_RESIZE_NEAREST};
    return hg_problem_upsample_conv2d(&d, &filter, p, why);
}

static hg_pool_geometry geometry_of(const hg_shape *s, bool ceil_mode)
{
    return (hg_pool_geometry){.window = {s->r, s->s},
                              .stride = {s->stride_h, s->stride_w},
                              .dilation = {s->dil_h, s->dil_w},
                              .padding = padding_of(s),
                              .ceil_mode = ceil_mode};
}

static hg_status build_max(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                           hg_problem *p, hg_reason *why)
{
    hg_max_pool2d d = {.input = *in,
                       .pool = geometry_of(s, false),
                       .indices = op->flag,
                       .index_type = HG_INDEX_I32};
    const hg_status status = hg_problem_max_pool2d(&d, p, why);
    if (!status && has_size(s, p)) return status;
    d.pool.ceil_mode = true;
    return hg_problem_max_pool2d(&d, p, why);
}

static hg_status build_average(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                               hg_problem *p, hg_reason *why)
{
    hg_avg_pool2d d = {.input = *in, .pool = geometry_of(s, false)};
    d.pool.global = op->flag;
    const hg_status status = hg_problem_avg_pool2d(&d, p, why);
    if (!status && has_size(s, p)) return status;
    d.pool.ceil_mode = true;
    return hg_problem_avg_pool2d(&d, p, why);
}

static hg_status build_unpool(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                              hg_problem *p, hg_reason *why)
{
    (void)op;
    const hg_max_unpool2d d = {.input = *in,
                               .window = {s->r, s->s},
                               .stride = {s->stride_h, s->stride_w},
                               .padding = padding_of(s),
                               .output_size = {s->oh, s->ow},
                               .index_type = HG_INDEX_I32};
    return hg_problem_max_unpool2d(&d, p, why);
}

static hg_status build_resize(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                              hg_problem *p, hg_reason *why)
{
    hg_resize2d d;
    const hg_status status =
        hg_resize2d_pytorch(in, (hg_size2){s->oh, s->ow}, op->mode, op->flag, false, &d);
    if (status) return hg_fail(why, status, "no resize of mode %s at these sizes", op->mode);
    return hg_problem_resize2d(&d, p, why);
}

static hg_status build_argmax(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                              hg_problem *p, hg_reason *why)
{
    hg_resize_argmax2d d = {.class_type = HG_CLASS_I32};
    const hg_status status =
        hg_resize2d_pytorch(in, (hg_size2){s->oh, s->ow}, op->mode, op->flag, false, &d.resize);
    if (status) return hg_fail(why, status, "no resize of mode %s at these sizes", op->mode);
    return hg_problem_resize_argmax2d(&d, p, why);
}

/* `mode` names the sizes of the second tensor. */
static hg_status build_binary(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                              hg_problem *p, hg_reason *why)
{
    (void)s;
    hg_binary d = {.input = *in, .other = *in, .op = op->mode ? HG_MULTIPLY : HG_ADD};
    if (op->mode && strcmp(op->mode, "channels") == 0) d.other.h = d.other.w = 1;
    if (op->mode && strcmp(op->mode, "pixels") == 0) d.other.c = 1;
    return hg_problem_binary(&d, p, why);
}

static hg_status build_softmax(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                               hg_problem *p, hg_reason *why)
{
    (void)s, (void)op;
    const hg_softmax2d d = {.input = *in};
    return hg_problem_softmax2d(&d, p, why);
}

static hg_status build_activation(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                                  hg_problem *p, hg_reason *why)
{
    (void)s;
    const hg_activation2d d = {.input = *in, .epilogue.activation = op->activation};
    return hg_problem_activation2d(&d, p, why);
}

static hg_status build_pad(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                           hg_problem *p, hg_reason *why)
{
    const hg_pad2d d = {.input = *in,
                        .mode = op->border,
                        .top = s->pad_t,
                        .left = s->pad_l,
                        .bottom = s->pad_b,
                        .right = s->pad_r};
    return hg_problem_pad2d(&d, p, why);
}

/* PyTorch has no such mode. */
static hg_status build_lanczos(const hg_shape *s, const shape_op *op, const hg_tensor *in,
                               hg_problem *p, hg_reason *why)
{
    const hg_resize2d d = {.input = *in,
                           .output_size = {s->oh, s->ow},
                           .mode = op->flag ? HG_RESIZE_LANCZOS5 : HG_RESIZE_LANCZOS3};
    return hg_problem_resize2d(&d, p, why);
}

static const shape_op ops[] = {
    {.name = "Conv", .build = build_conv},
    {.name = "ConvDepthwise", .build = build_conv, .flag = true},
    {.name = "ConvMaxPool", .build = build_conv, .pool = HG_POOL_MAX_2X2},
    {.name = "ConvAveragePool", .build = build_conv, .pool = HG_POOL_AVG_2X2},
    {.name = "ConvTranspose", .build = build_transpose},
    {.name = "UpsampleConv", .build = build_upsample},
    {.name = "UpsampleConv:bilinear", .build = build_upsample, .flag = true},
    {.name = "MaxPool", .build = build_max},
    {.name = "MaxPoolIndices", .build = build_max, .flag = true},
    {.name = "AveragePool", .build = build_average},
    {.name = "GlobalAveragePool", .build = build_average, .flag = true},
    {.name = "MaxUnpool", .build = build_unpool},
    {.name = "Resize:nearest", .build = build_resize, .mode = "nearest"},
    {.name = "Resize:bilinear", .build = build_resize, .mode = "bilinear"},
    {.name = "Resize:bilinear_align_corners",
     .build = build_resize,
     .flag = true,
     .mode = "bilinear"},
    {.name = "Resize:bicubic", .build = build_resize, .mode = "bicubic"},
    {.name = "Resize:area", .build = build_resize, .mode = "area"},
    {.name = "ResizeArgmax:bilinear", .build = build_argmax, .mode = "bilinear"},
    {.name = "ResizeArgmax:bilinear_align_corners",
     .build = build_argmax,
     .flag = true,
     .mode = "bilinear"},
    {.name = "Add", .build = build_binary},
    {.name = "Multiply:channels", .build = build_binary, .mode = "channels"},
    {.name = "Multiply:pixels", .build = build_binary, .mode = "pixels"},
    {.name = "Softmax", .build = build_softmax},
    {.name = "Relu", .build = build_activation, .activation = HG_RELU},
    {.name = "Sigmoid", .build = build_activation, .activation = HG_SIGMOID},
    {.name = "Silu", .build = build_activation, .activation = HG_SILU},
    {.name = "HardSwish", .build = build_activation, .activation = HG_HARD_SWISH},
    {.name = "Pad:constant", .build = build_pad},
    {.name = "Pad:reflect", .build = build_pad, .border = HG_PAD_REFLECT},
    {.name = "Pad:edge", .build = build_pad, .border = HG_PAD_EDGE},
    {.name = "Resize:lanczos3", .build = build_lanczos},
    {.name = "Resize:lanczos5", .build = build_lanczos, .flag = true},
};

hg_status hg_shape_problem(const hg_shape *shape, hg_layout layout, hg_problem *p, hg_reason *why)
{
    const hg_tensor in = {
        .layout = layout, .n = shape->n, .h = shape->h, .w = shape->w, .c = shape->c};
    for (size_t i = 0; i < HG_COUNT(ops); i++) {
        if (strcmp(shape->op, ops[i].name)) continue;
        const hg_status status = ops[i].build(shape, &ops[i], &in, p, why);
        if (status || has_size(shape, p)) return status;
        return hg_fail(why, HG_INVALID,
                       "the output is %" PRId64 "x%" PRId64 ", not %" PRId64 "x%" PRId64, p->out.h,
                       p->out.w, shape->oh, shape->ow);
    }
    return hg_fail(why, HG_INVALID, "unknown op \"%s\"", shape->op);
}
