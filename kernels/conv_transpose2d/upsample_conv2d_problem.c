/* upsample_conv2d: public descriptor -> problem, which is a transposed convolution's or, of
 * interpolated images, that of a convolution in bands. */
#include "kernels/conv_transpose2d/upsample_conv2d.h"

#include "kernels/conv2d/conv2d.h"

/* The convolution of the enlarged image: its padding and output size. */
static hg_status convolve_enlarged(const hg_upsample_conv2d *op, const hg_filter_desc *filter,
                                   hg_size2 *factor, hg_problem *p, hg_reason *why)
{
    const hg_size2 one = {1, 1};
    hg_status s =
        hg_conv_common(&op->input, filter, &op->epilogue, op->accuracy, one, one, false, p, why);
    if (!s) s = hg_check_size2(op->factor, one, "factor", factor, why);
    if (s) return s;
    p->in.h *= factor->h;
    p->in.w *= factor->w;
    s = hg_check_extent(p->in.h, 1, "input", "h * factor.h", why);
    if (!s) s = hg_check_extent(p->in.w, 1, "input", "w * factor.w", why);
    return s ? s : hg_window_geometry(&op->padding, false, p, why);
}

/* Of the image as it is resized. The coordinates of pixels must follow from those of the image. */
static hg_status interpolating(const hg_upsample_conv2d *op, hg_size2 size, hg_problem *p,
                               hg_reason *why)
{
    const hg_resize2d up = {
        .input = op->input, .output_size = size, .mode = op->mode, .coordinates = op->coordinates};
    if (op->mode != HG_RESIZE_BILINEAR)
        return hg_fail(why, HG_UNSUPPORTED, "mode is neither NEAREST nor BILINEAR");
    if (op->coordinates == HG_TF_CROP_AND_RESIZE)
        return hg_fail(why, HG_UNSUPPORTED, "coordinates: of a region there are none");
    return hg_problem_resize2d(&up, p, why);
}

/* Bilinear: the convolution itself, of rows that are resized as they are needed. */
static hg_status convolve_resized(const hg_upsample_conv2d *op, const hg_filter_desc *filter,
                                  hg_problem *p, hg_reason *why)
{
    hg_size2 factor;
    hg_problem up;
    hg_status s = convolve_enlarged(op, filter, &factor, p, why);
    if (!s) s = interpolating(op, (hg_size2){p->in.h, p->in.w}, &up, why);
    if (s) return s;
    p->resized = (hg_size2){p->in.h, p->in.w};
    p->resize = up.resize;
    p->in = up.in;
    return hg_conv_finish(p, filter, &op->output_strides, &op->epilogue.residual_strides, why);
}

hg_status hg_problem_resizing(const hg_problem *p, hg_problem *resizing, hg_reason *why)
{
    hg_tensor image = p->in;
    image.n = 1, image.layout = HG_NHWC;
    if (p->in.layout == HG_NCHW) image.strides = (hg_strides){0, 0, 0, 0};
    const hg_resize2d up = {.input = image,
                            .output_size = p->resized,
                            .mode = p->resize.mode,
                            .coordinates = p->resize.coordinates};
    return hg_problem_resize2d(&up, resizing, why);
}

hg_status hg_problem_upsample_conv2d(const hg_upsample_conv2d *op, const hg_filter_desc *filter,
                                     hg_problem *p, hg_reason *why)
{
    if (!op || !filter) return hg_fail(why, HG_INVALID, "a descriptor is NULL");
    const bool nearest = op->mode == HG_RESIZE_NEAREST;
    *p = (hg_problem){.op = nearest ? HG_OP_CONV_TRANSPOSE2D : HG_OP_CONV2D};
    hg_size2 factor;
    hg_filter_desc summed;
    hg_status s = hg_check_reserved(op->reserved, HG_COUNT(op->reserved), "op", why);
    if (!s)
        s = hg_check_choice((unsigned)op->mode, HG_RESIZE_LANCZOS5, "mode", "hg_resize_mode", why);
    if (!s && !nearest) return convolve_resized(op, filter, p, why);
    if (!s) s = convolve_enlarged(op, filter, &factor, p, why);
    if (s) return s;
    summed = hg_upsampled_filter(filter, factor);
    if (hg_check_filter_desc(&summed, &summed, NULL))
        return hg_fail(why, HG_RANGE, "factor: the summed filter has more than 2^31 weights");
    const hg_pad pad = p->pad;
    p->pad = (hg_pad){p->kernel.h - 1 - pad.top, p->kernel.w - 1 - pad.left,
                      p->kernel.h - 1 - pad.bottom, p->kernel.w - 1 - pad.right};
    p->in.h = op->input.h;
    p->in.w = op->input.w;
    p->kernel = (hg_size2){summed.height, summed.width};
    p->stride = factor;
    return hg_conv_finish(p, filter, &op->output_strides, &op->epilogue.residual_strides, why);
}

hg_status hg_upsample_conv2d_output(const hg_upsample_conv2d *op, const hg_filter_desc *filter,
                                    hg_tensor *output)
{
    hg_problem p;
    return hg_give_output(hg_problem_upsample_conv2d(op, filter, &p, NULL), &p, output);
}
