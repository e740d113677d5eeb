/* Steps as descriptors of the public operators. Contract: descriptors.h. */
#include "net/descriptors.h"

static const hg_tensor *input_of(const net_graph *g, const net_step *s)
{
    return &g->values[s->inputs[0]].tensor;
}

static hg_strides output_strides(const net_graph *g, const net_step *s)
{
    return s->output == NET_NONE ? (hg_strides){0} : g->values[s->output].tensor.strides;
}

/* ---- Convolutions ---- */

hg_filter_desc net_filter_of(const net_graph *g, const net_step *s)
{
    return (hg_filter_desc){.order = s->kind == NET_CONV_TRANSPOSE2D ? HG_IOHW : HG_OIHW,
                            .out_channels = s->a.k,
                            .in_channels = input_of(g, s)->c,
                            .height = s->a.window.h,
                            .width = s->a.window.w,
                            .groups = s->a.groups};
}

static hg_epilogue epilogue_of(const net_graph *g, const net_step *s)
{
    const net_attributes *a = &s->a;
    return (hg_epilogue){.activation = (hg_activation)a->activation,
                         .min = (float)a->min,
                         .max = (float)a->max,
                         .slope = (float)a->slope,
                         .offset = (float)a->offset,
                         .residual = s->residual != NET_NONE,
                         .residual_strides = s->residual == NET_NONE
                                                 ? (hg_strides){0}
                                                 : g->values[s->residual].tensor.strides};
}

hg_conv2d net_conv2d_of(const net_graph *g, const net_step *s)
{
    return (hg_conv2d){.input = *input_of(g, s),
                       .output_strides = output_strides(g, s),
                       .stride = s->a.stride,
                       .dilation = s->a.dilation,
                       .padding = s->a.padding,
                       .epilogue = epilogue_of(g, s),
                       .pool = s->pool,
                       .accuracy = g->options.accuracy,
                       .slopes = s->slopes};
}

hg_conv_transpose2d net_conv_transpose2d_of(const net_graph *g, const net_step *s)
{
    const net_attributes *a = &s->a;
    const bool keras = a->padding.mode >= HG_PADDING_KERAS_SAME;
    return (hg_conv_transpose2d){.input = *input_of(g, s),
                                 .output_strides = output_strides(g, s),
                                 .stride = a->stride,
                                 .dilation = a->dilation,
                                 .padding = a->padding,
                                 .output_padding = a->output_padding,
                                 .keras_output_padding =
                                     keras && (a->output_padding.h || a->output_padding.w),
                                 .output_size = a->size,
                                 .epilogue = epilogue_of(g, s),
                                 .accuracy = g->options.accuracy,
                                 .slopes = s->slopes};
}

hg_upsample_conv2d net_upsample_conv2d_of(const net_graph *g, const net_step *s)
{
    return (hg_upsample_conv2d){.input = *input_of(g, s),
                                .output_strides = output_strides(g, s),
                                .factor = s->factor,
                                .padding = s->a.padding,
                                .epilogue = epilogue_of(g, s),
                                .accuracy = g->options.accuracy,
                                .slopes = s->slopes,
                                .mode = (hg_resize_mode)s->a.mode,
                                .coordinates = (hg_coordinates)s->a.coordinates};
}

/* ---- Pooling ---- */

static hg_pool_geometry pool_of(const net_step *s)
{
    const net_attributes *a = &s->a;
    return (hg_pool_geometry){.window = a->window,
                              .stride = a->stride,
                              .dilation = a->dilation,
                              .padding = a->padding,
                              .ceil_mode = a->ceil,
                              .global = a->global,
                              .adaptive = a->adaptive};
}

hg_max_pool2d net_max_pool2d_of(const net_graph *g, const net_step *s)
{
    return (hg_max_pool2d){.input = *input_of(g, s),
                           .output_strides = output_strides(g, s),
                           .pool = pool_of(s),
                           .indices = s->indices != NET_NONE,
                           .index_convention = (hg_index_convention)s->a.convention,
                           .index_type = HG_INDEX_I32};
}

hg_avg_pool2d net_avg_pool2d_of(const net_graph *g, const net_step *s)
{
    return (hg_avg_pool2d){.input = *input_of(g, s),
                           .output_strides = output_strides(g, s),
                           .pool = pool_of(s),
                           .count_include_pad = s->a.include_pad,
                           .divisor_override = s->a.divisor};
}

hg_lp_pool2d net_lp_pool2d_of(const net_graph *g, const net_step *s)
{
    return (hg_lp_pool2d){.input = *input_of(g, s),
                          .output_strides = output_strides(g, s),
                          .pool = pool_of(s),
                          .p = (float)s->a.p,
                          .form = s->a.signed_form ? HG_LP_SIGNED : HG_LP_ABSOLUTE};
}

hg_max_unpool2d net_max_unpool2d_of(const net_graph *g, const net_step *s)
{
    return (hg_max_unpool2d){.input = *input_of(g, s),
                             .output_strides = output_strides(g, s),
                             .window = s->a.window,
                             .stride = s->a.stride,
                             .padding = s->a.padding,
                             .output_size = s->a.size,
                             .index_convention = (hg_index_convention)s->a.convention,
                             .index_type = HG_INDEX_I32};
}

/* ---- Resizing ---- */

hg_resize2d net_resize2d_of(const net_graph *g, const net_step *s)
{
    const net_attributes *a = &s->a;
    return (hg_resize2d){.input = *input_of(g, s),
                         .output_strides = output_strides(g, s),
                         .output_size = a->size,
                         .scale_h = a->scale_h,
                         .scale_w = a->scale_w,
                         .mode = (hg_resize_mode)a->mode,
                         .coordinates = (hg_coordinates)a->coordinates,
                         .rounding = (hg_rounding)a->rounding,
                         .cubic_a = a->cubic_a,
                         .exclude_outside = a->exclude_outside,
                         .antialias = a->antialias};
}

/* By a whole factor every rule of nearest neighbours means the same; this one is copied. */
hg_resize2d net_upsample_of(const net_graph *g, const net_step *s)
{
    const hg_tensor *in = input_of(g, s);
    return (hg_resize2d){.input = *in,
                         .output_strides = output_strides(g, s),
                         .output_size = {in->h * s->a.scale_by.h, in->w * s->a.scale_by.w},
                         .coordinates = HG_ASYMMETRIC,
                         .rounding = HG_ROUND_FLOOR};
}

hg_resize_argmax2d net_resize_argmax2d_of(const net_graph *g, const net_step *s)
{
    return (hg_resize_argmax2d){.resize = net_resize2d_of(g, s),
                                .class_type = (hg_class_type)s->a.class_type};
}

/* The classes of a map as it is: resized to its own size. */
hg_resize_argmax2d net_argmax_of(const net_graph *g, const net_step *s)
{
    const hg_tensor *in = input_of(g, s);
    return (hg_resize_argmax2d){.resize = {.input = *in,
                                           .output_strides = output_strides(g, s),
                                           .output_size = {in->h, in->w}},
                                .class_type = (hg_class_type)s->a.class_type};
}

hg_activation2d net_activation2d_of(const net_graph *g, const net_step *s)
{
    return (hg_activation2d){.input = *input_of(g, s),
                             .output_strides = output_strides(g, s),
                             .epilogue = epilogue_of(g, s),
                             .slopes = s->slopes};
}

hg_binary net_binary_of(const net_graph *g, const net_step *s)
{
    return (hg_binary){.input = *input_of(g, s),
                       .other = g->values[s->inputs[1]].tensor,
                       .output_strides = output_strides(g, s),
                       .op = (hg_binary_op)s->a.binary,
                       .epilogue = epilogue_of(g, s)};
}

hg_softmax2d net_softmax2d_of(const net_graph *g, const net_step *s)
{
    return (hg_softmax2d){.input = *input_of(g, s), .output_strides = output_strides(g, s)};
}

hg_pad2d net_pad2d_of(const net_graph *g, const net_step *s)
{
    const net_attributes *a = &s->a;
    return (hg_pad2d){.input = *input_of(g, s),
                      .output_strides = output_strides(g, s),
                      .mode = (hg_pad_mode)a->border,
                      .value = (float)a->value,
                      .top = a->sides[0],
                      .left = a->sides[1],
                      .bottom = a->sides[2],
                      .right = a->sides[3]};
}
