/* What a key's words say -> a public descriptor -> the operator's builder. Contract: parsed.h.
 *
 * The builder validates what the words describe, so that a key can never name a problem that the
 * public face would refuse. */
#include "kernels/common/attr.h"
#include "kernels/text/parsed.h"

static hg_strides strides_of(const int64_t v[4])
{
    return (hg_strides){v[0], v[1], v[2], v[3]};
}

static hg_epilogue epilogue_of(const hg_key_words *w)
{
    const double slope = w->activation == HG_ELU            ? w->elu
                         : w->activation == HG_HARD_SIGMOID ? w->hard_sigmoid[0]
                                                            : w->leaky;
    return (hg_epilogue){.activation = (hg_activation)w->activation,
                         .min = (float)w->clamp[0],
                         .max = (float)w->clamp[1],
                         .slope = (float)slope,
                         .offset = (float)w->hard_sigmoid[1],
                         .residual = w->residual,
                         .residual_strides = strides_of(w->res)};
}

/* Of an image that is resized first, by whole factors. */
static hg_status build_resized(const hg_key_words *w, const hg_conv2d *c,
                               const hg_filter_desc *filter, hg_problem *p, hg_reason *why)
{
    const hg_upsample_conv2d d = {
        .input = c->input,
        .output_strides = c->output_strides,
        .factor = {w->resized[0] / HG_MAX(w->h, 1), w->resized[1] / HG_MAX(w->w, 1)},
        .padding = c->padding,
        .epilogue = c->epilogue,
        .accuracy = c->accuracy,
        .mode = (hg_resize_mode)w->mode,
        .coordinates = (hg_coordinates)w->coordinates};
    const bool plain = w->s[0] <= 1 && w->s[1] <= 1 && w->d[0] <= 1 && w->d[1] <= 1 && !c->pool;
    if (!plain || d.factor.h < 1 || d.factor.w < 1 ||
        d.factor.h * HG_MAX(w->h, 1) != w->resized[0] ||
        d.factor.w * HG_MAX(w->w, 1) != w->resized[1])
        return hg_fail(why, HG_INVALID,
                       "resized: by whole factors, and without stride, dilation and pooling");
    return d.mode == HG_RESIZE_NEAREST
               ? hg_fail(why, HG_INVALID, "resized: nearest is conv_transpose2d")
               : hg_problem_upsample_conv2d(&d, filter, p, why);
}

static hg_status build_conv(hg_op op, const hg_key_words *w, hg_tensor in, hg_problem *p,
                            hg_reason *why)
{
    const hg_filter_desc filter = {.order = op == HG_OP_CONV2D ? HG_OIHW : HG_IOHW,
                                   .out_channels = w->k,
                                   .in_channels = w->c,
                                   .height = w->r[0],
                                   .width = w->r[1],
                                   .groups = w->g};
    const hg_accuracy accuracy = (hg_accuracy)w->accuracy;
    const hg_padding padding = {HG_PADDING_EXPLICIT, w->p[0], w->p[1], w->p[2], w->p[3]};
    const hg_size2 stride = {w->s[0], w->s[1]}, dilation = {w->d[0], w->d[1]};
    if (op == HG_OP_CONV2D) {
        const hg_conv2d d = {.input = in,
                             .output_strides = strides_of(w->out),
                             .stride = stride,
                             .dilation = dilation,
                             .padding = padding,
                             .epilogue = epilogue_of(w),
                             .pool = (hg_conv_pool)w->post_pool,
                             .accuracy = accuracy};
        return w->resized[0] || w->resized[1] ? build_resized(w, &d, &filter, p, why)
                                              : hg_problem_conv2d(&d, &filter, p, why);
    }
    const hg_conv_transpose2d d = {.input = in,
                                   .output_strides = strides_of(w->out),
                                   .stride = stride,
                                   .dilation = dilation,
                                   .padding = padding,
                                   .output_size = {w->o[0], w->o[1]},
                                   .epilogue = epilogue_of(w),
                                   .accuracy = accuracy};
    return hg_problem_conv_transpose2d(&d, &filter, p, why);
}

static hg_status build_pool(hg_op op, const hg_key_words *w, hg_tensor in, bool ceil_mode,
                            hg_problem *p, hg_reason *why)
{
    const hg_pool_geometry pool = {
        .window = {w->r[0], w->r[1]},
        .stride = {w->s[0], w->s[1]},
        .dilation = {w->d[0], w->d[1]},
        .padding = {HG_PADDING_EXPLICIT, w->p[0], w->p[1], w->p[2], w->p[3]},
        .ceil_mode = ceil_mode,
        .adaptive = w->adaptive ? (hg_size2){w->o[0], w->o[1]} : (hg_size2){0, 0}};
    const hg_strides out = strides_of(w->out);
    if (op == HG_OP_MAX_POOL2D) {
        const hg_max_pool2d d = {.input = in,
                                 .output_strides = out,
                                 .pool = pool,
                                 .indices = w->has_index,
                                 .index_convention = (hg_index_convention)w->convention,
                                 .index_type = (hg_index_type)w->index_type};
        return hg_problem_max_pool2d(&d, p, why);
    }
    if (op == HG_OP_AVG_POOL2D) {
        const hg_avg_pool2d d = {.input = in,
                                 .output_strides = out,
                                 .pool = pool,
                                 .count_include_pad = w->include_pad,
                                 .divisor_override = w->divisor};
        return hg_problem_avg_pool2d(&d, p, why);
    }
    const hg_lp_pool2d d = {.input = in,
                            .output_strides = out,
                            .pool = pool,
                            .p = (float)w->power,
                            .form = w->is_signed ? HG_LP_SIGNED : HG_LP_ABSOLUTE};
    return hg_problem_lp_pool2d(&d, p, why);
}

static hg_status build_unpool(const hg_key_words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_max_unpool2d d = {.input = in,
                               .output_strides = strides_of(w->out),
                               .window = {w->r[0], w->r[1]},
                               .stride = {w->s[0], w->s[1]},
                               .padding = {HG_PADDING_EXPLICIT, w->p[0], w->p[1], w->p[2], w->p[3]},
                               .output_size = {w->o[0], w->o[1]},
                               .index_convention = (hg_index_convention)w->convention,
                               .index_type = (hg_index_type)w->index_type,
                               .index_size = {w->image[0], w->image[1]}};
    return hg_problem_max_unpool2d(&d, p, why);
}

static hg_status build_resize(hg_op op, const hg_key_words *w, hg_tensor in, hg_problem *p,
                              hg_reason *why)
{
    const hg_resize2d d = {.input = in,
                           .output_strides = strides_of(w->out),
                           .output_size = {w->o[0], w->o[1]},
                           .scale_h = w->scale[0],
                           .scale_w = w->scale[1],
                           .mode = (hg_resize_mode)w->mode,
                           .coordinates = (hg_coordinates)w->coordinates,
                           .rounding = (hg_rounding)w->rounding,
                           .cubic_a = w->a,
                           .exclude_outside = w->exclude,
                           .antialias = w->antialias,
                           .roi = {w->roi[0], w->roi[1], w->roi[2], w->roi[3]},
                           .extrapolation = (float)w->fill};
    const hg_resize_argmax2d classes = {.resize = d, .class_type = (hg_class_type)w->class_type};
    return op == HG_OP_RESIZE2D ? hg_problem_resize2d(&d, p, why)
                                : hg_problem_resize_argmax2d(&classes, p, why);
}

static hg_status build_binary(const hg_key_words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    hg_tensor other = in;
    const int64_t *with = w->with;
    if (with[1]) other.n = with[0], other.h = with[1], other.w = with[2], other.c = with[3];
    other.strides = strides_of(w->other);
    const hg_binary d = {.input = in,
                         .other = other,
                         .output_strides = strides_of(w->out),
                         .op = (hg_binary_op)w->binary,
                         .epilogue = epilogue_of(w)};
    return hg_problem_binary(&d, p, why);
}

static hg_status build_softmax(const hg_key_words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_softmax2d d = {.input = in, .output_strides = strides_of(w->out)};
    return hg_problem_softmax2d(&d, p, why);
}

static hg_status build_activation(const hg_key_words *w, hg_tensor in, hg_problem *p,
                                  hg_reason *why)
{
    const hg_activation2d d = {
        .input = in, .output_strides = strides_of(w->out), .epilogue = epilogue_of(w)};
    return hg_problem_activation2d(&d, p, why);
}

static hg_status build_pad(const hg_key_words *w, hg_tensor in, hg_problem *p, hg_reason *why)
{
    const hg_pad2d d = {.input = in,
                        .output_strides = strides_of(w->out),
                        .mode = (hg_pad_mode)w->border,
                        .value = (float)w->fill,
                        .top = w->p[0],
                        .left = w->p[1],
                        .bottom = w->p[2],
                        .right = w->p[3]};
    return hg_problem_pad2d(&d, p, why);
}

hg_status hg_problem_build(hg_op op, hg_layout layout, const hg_key_words *w, hg_problem *p,
                           hg_reason *why)
{
    hg_tensor in = {HG_F32, layout, w->n, w->h, w->w, w->c, strides_of(w->in), {0, 0}};
    if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D) return build_conv(op, w, in, p, why);
    if (op == HG_OP_BINARY) return build_binary(w, in, p, why);
    if (op == HG_OP_SOFTMAX2D) return build_softmax(w, in, p, why);
    if (op == HG_OP_PAD2D) return build_pad(w, in, p, why);
    if (op == HG_OP_ACTIVATION2D) return build_activation(w, in, p, why);
    if (op == HG_OP_MAX_UNPOOL2D) return build_unpool(w, in, p, why);
    if (op == HG_OP_RESIZE2D || op == HG_OP_RESIZE_ARGMAX2D) return build_resize(op, w, in, p, why);
    /* A pooling key states the output size instead of the rounding rule: one of two gives it, and
     * the other may have no output, or one that the strides do not fit. */
    const hg_status s = build_pool(op, w, in, false, p, why);
    if (w->o[0] == 0 || (!s && hg_has_stated_size(w, p))) return s;
    return build_pool(op, w, in, true, p, why);
}
