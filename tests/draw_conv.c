/* Random convolutions, both directions. */
#include "kernels/common/attr.h"
#include "tests/draw.h"

enum { MOST_OF_HEAD = 600 /* products of a tap */ };

static const int64_t kernels[] = {1, 1, 2, 3, 3, 3, 3, 4, 5, 6, 7, 11},
                     strides[] = {1, 1, 1, 2, 2, 3, 4, 5}, dilations[] = {1, 1, 1, 1, 2, 3, 4};

static void draw_groups(const hg_kernel *k, rng *r, hg_filter_desc *f)
{
    const hg_limits *l = &k->limits;
    const int64_t c = draw_channels(r, 1, 0);
    const int64_t roll = rng_in(r, 0, 99);
    if (l->group_channels) {
        f->groups = c / l->group_channels + 1;
        f->in_channels = f->out_channels = f->groups * l->group_channels;
        return;
    }
    f->in_channels = c;
    f->groups = 1;
    f->out_channels = l->same_channels ? c : draw_channels(r, 1, 0);
    if (l->depthwise || (!l->one_group && roll < 25)) {
        const int64_t rest = rng_in(r, 0, 9);
        f->groups = c;
        f->out_channels = c * (l->same_channels || rest < 5 ? 1 : rest < 8 ? 2 : 3);
    } else if (!l->one_group && roll < 55) {
        const int64_t g = rng_in(r, 2, 4);
        f->in_channels = g * draw_channels(r, 1, 17);
        f->out_channels = l->same_channels ? f->in_channels : g * draw_channels(r, 1, 17);
        f->groups = g;
    }
}

static void draw_epilogue(rng *r, const hg_tensor *out, hg_epilogue *e)
{
    if (rng_percent(r, 40)) return;
    draw_activation(r, e);
    e->residual = rng_percent(r, 50);
    hg_tensor t = *out;
    t.strides = (hg_strides){0};
    if (e->residual) draw_strides(r, &t);
    e->residual_strides = t.strides;
}

static hg_padding draw_sides(const hg_kernel *k, rng *r, hg_size2 reach)
{
    hg_padding p = {0};
    if (k->limits.no_padding) return p;
    const int64_t roll = rng_in(r, 0, 99);
    if (roll < 5)
        p.mode = HG_PADDING_SAME_UPPER;
    else if (roll < 10)
        p.mode = HG_PADDING_SAME_LOWER;
    else if (roll < 13)
        p.mode = HG_PADDING_VALID;
    else if (roll < 45) {
        p.top = p.bottom = (reach.h - 1) / 2;
        p.left = p.right = (reach.w - 1) / 2;
    } else if (roll < 75) {
        int64_t *sides[4] = {&p.top, &p.bottom, &p.left, &p.right};
        for (int i = 0; i < 4; i++)
            if (rng_percent(r, 60)) *sides[i] = rng_in(r, 0, i < 2 ? reach.h : reach.w);
    }
    return p;
}

static hg_size2 reach_of(const hg_filter_desc *f, hg_size2 dilation)
{
    return (hg_size2){(f->height - 1) * dilation.h + 1, (f->width - 1) * dilation.w + 1};
}

static hg_strides strides_for_output(rng *r, const hg_tensor *out)
{
    hg_tensor t = *out;
    t.strides = (hg_strides){0};
    draw_strides(r, &t);
    return t.strides;
}

void draw_conv(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_conv2d *o = &d->u.conv2d;
    const hg_size2 kernel = draw_size2(r, k->limits.kernel, kernels, HG_COUNT(kernels));
    o->stride = draw_size2(r, k->limits.stride, strides, HG_COUNT(strides));
    o->dilation = draw_size2(r, k->limits.dilation, dilations, HG_COUNT(dilations));
    d->filter = (hg_filter_desc){.height = kernel.h, .width = kernel.w};
    draw_groups(k, r, &d->filter);
    d->filter.order = (hg_filter_order)rng_in(r, HG_OIHW, HG_HWIO);
    o->padding = draw_sides(k, r, reach_of(&d->filter, o->dilation));
    const int64_t oh = draw_rows(r), ow = draw_columns(r);
    const int64_t h = draw_input_extent(r, oh, kernel.h, o->stride.h, o->dilation.h,
                                        o->padding.top + o->padding.bottom);
    const int64_t w = draw_input_extent(r, ow, kernel.w, o->stride.w, o->dilation.w,
                                        o->padding.left + o->padding.right);
    o->input = (hg_tensor){HG_F32, draw_layout(k, r),     draw_batch(r), h,
                           w,      d->filter.in_channels, {0},           {0}};
    draw_strides(r, &o->input);
    o->accuracy = (hg_accuracy)rng_in(r, HG_DEFAULT, HG_RELAXED);
    if (rng_percent(r, 15)) o->pool = (hg_conv_pool)rng_in(r, HG_POOL_MAX_2X2, HG_POOL_AVG_2X2);
    hg_tensor out;
    if (descriptor_output(d, &out)) return; /* no output: the builder will say so again */
    o->output_strides = strides_for_output(r, &out);
    draw_epilogue(r, &out, &o->epilogue);
    if (o->pool) o->epilogue.residual = false;
}

/* As networks for segmentation end: a window of twice the stride, which is large, and few classes.
 * The image is small, for the oracle's sake. */
static hg_size2 make_head(rng *r, hg_conv_transpose2d *o, hg_filter_desc *f)
{
    static const int64_t large[] = {7, 8, 8, 8, 9, 16, 32};
    const int64_t stride = large[rng_in(r, 0, HG_COUNT(large) - 1)];
    const int64_t extra = rng_percent(r, 60) ? 0 : rng_in(r, -stride / 2, 3);
    o->stride = (hg_size2){rng_percent(r, 80) ? stride : rng_in(r, 1, 3), stride};
    o->dilation = (hg_size2){1, 1};
    f->height = 2 * o->stride.h, f->width = 2 * stride + extra;
    return (hg_size2){rng_in(r, 1, 3), rng_in(r, 1, stride > 9 ? 3 : 9)};
}

void draw_conv_transpose(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_conv_transpose2d *o = &d->u.conv_transpose2d;
    const hg_size2 kernel = draw_size2(r, k->limits.kernel, kernels, HG_COUNT(kernels));
    o->stride = draw_size2(r, k->limits.stride, strides, HG_COUNT(strides));
    o->dilation = draw_size2(r, k->limits.dilation, dilations, HG_COUNT(dilations));
    if (!k->limits.stride.h && rng_percent(r, 20)) o->stride = kernel;
    if (k->op == HG_OP_CONV2D) o->stride = (hg_size2){1, 1}; /* a convolution */
    hg_filter_desc *f = &d->filter;
    *f = (hg_filter_desc){.height = kernel.h, .width = kernel.w};
    draw_groups(k, r, f);
    f->order = f->groups == 1 && rng_percent(r, 40) ? HG_HWOI : HG_IOHW;
    int64_t h = draw_rows(r), w = rng_percent(r, 70) ? rng_in(r, 1, 9) : draw_columns(r);
    const bool small = f->in_channels * f->out_channels / f->groups <= MOST_OF_HEAD;
    if (k->op != HG_OP_CONV2D && !k->limits.kernel.h && small && rng_percent(r, 20)) {
        const hg_size2 image = make_head(r, o, f);
        h = image.h, w = image.w;
    }
    o->input = (hg_tensor){HG_F32, draw_layout(k, r),     draw_batch(r), h,
                           w,      d->filter.in_channels, {0},           {0}};
    draw_strides(r, &o->input);
    o->padding = draw_sides(k, r, reach_of(&d->filter, o->dilation));
    const int64_t roll = rng_in(r, 0, 99);
    if (roll < 30)
        o->output_padding =
            (hg_size2){rng_in(r, 0, o->stride.h + 1), rng_in(r, 0, o->stride.w + 1)};
    if (roll >= 90 && o->padding.mode == HG_PADDING_EXPLICIT)
        o->output_size =
            (hg_size2){h * o->stride.h + rng_in(r, 0, 2), w * o->stride.w + rng_in(r, 0, 2)};
    if (roll >= 80 && roll < 90 && o->dilation.h == 1 && o->dilation.w == 1) {
        o->padding =
            (hg_padding){.mode = roll < 85 ? HG_PADDING_KERAS_SAME : HG_PADDING_KERAS_VALID};
        if (k->limits.no_padding) o->padding.mode = HG_PADDING_EXPLICIT;
    }
    o->accuracy = (hg_accuracy)rng_in(r, HG_DEFAULT, HG_RELAXED);
    hg_tensor out;
    if (descriptor_output(d, &out)) return;
    o->output_strides = strides_for_output(r, &out);
    draw_epilogue(r, &out, &o->epilogue);
}
