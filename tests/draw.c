#include "tests/draw.h"

#include "kernels/common/attr.h"

/* ---- Shared ---- */

/* Corners of vectors and tiles, every tail up to 70, and widths of real layers. */
int64_t draw_channels(rng *r, int64_t least, int64_t most)
{
    static const int64_t corners[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33};
    static const int64_t typical[] = {24, 40, 48, 64, 72, 96, 100, 128};
    const int64_t roll = rng_in(r, 0, 99);
    int64_t c = roll < 55   ? corners[rng_in(r, 0, HG_COUNT(corners) - 1)]
                : roll < 90 ? rng_in(r, 1, 70)
                            : typical[rng_in(r, 0, HG_COUNT(typical) - 1)];
    if (most && c > most) c = rng_in(r, HG_MAX(least, 1), most);
    if (c < least) c = least + rng_in(r, 0, most ? most - least : 9);
    return c;
}

hg_size2 draw_size2(rng *r, hg_size2 fixed, const int64_t *from, int64_t count)
{
    const int64_t h = from[rng_in(r, 0, count - 1)], w = from[rng_in(r, 0, count - 1)];
    const bool square = rng_percent(r, 60);
    return (hg_size2){fixed.h ? fixed.h : h, fixed.w ? fixed.w : square ? h : w};
}

int64_t draw_input_extent(rng *r, int64_t out, int64_t kernel, int64_t stride, int64_t dilation,
                          int64_t padding)
{
    const int64_t reach = (out - 1) * stride + (kernel - 1) * dilation + 1 - padding;
    const int64_t extent = reach + rng_in(r, 0, stride - 1);
    return HG_MAX(extent, 1);
}

/* Mostly around the width of a vector; sometimes large, for many ranges of work. */
int64_t draw_columns(rng *r)
{
    const int64_t roll = rng_in(r, 0, 99);
    return roll < 55 ? rng_in(r, 1, 33) : roll < 94 ? rng_in(r, 1, 70) : rng_in(r, 71, 150);
}

int64_t draw_rows(rng *r)
{
    return rng_percent(r, 93) ? rng_in(r, 1, 6) : rng_in(r, 7, 40);
}

/* From the innermost dimension outwards, each distance may be more than it must, or, rarely, a page
 * of 4 KiB: such pixels share sets of the caches. Or the outermost are left 0. */
void draw_strides(rng *r, hg_tensor *t)
{
    if (!rng_percent(r, 33)) return;
    const bool nhwc = t->layout == HG_NHWC;
    const int64_t inner = nhwc ? t->c : t->w, middle = nhwc ? t->w : t->h;
    const int64_t outer = nhwc ? t->h : t->c;
    const int64_t a =
        rng_percent(r, 6) && inner <= 1024 ? 1024 : inner + rng_in(r, 0, 1) * rng_in(r, 0, 9);
    const int64_t b = a * (middle - 1) + inner + (rng_percent(r, 50) ? rng_in(r, 0, 7) : a - inner);
    const int64_t c = b * (outer - 1) + a * (middle - 1) + inner + rng_in(r, 0, 5);
    t->strides = nhwc ? (hg_strides){c, b, a, 1} : (hg_strides){c, a, 1, b};
    const int64_t left = rng_in(r, 0, 9);
    if (left < 4) t->strides.n = 0;
    if (left < 2) *(nhwc ? &t->strides.h : &t->strides.c) = 0;
}

int64_t draw_batch(rng *r)
{
    const int64_t roll = rng_in(r, 0, 99);
    return roll < 4 ? 0 : roll < 75 ? 1 : roll < 95 ? 2 : 3;
}

/* An NHWC kernel also runs on NCHW tensors, repacked by the plan. */
hg_layout draw_layout(const hg_kernel *k, rng *r)
{
    if (k->layouts == HG_IN_NCHW) return HG_NCHW;
    if (k->layouts == HG_IN_NHWC) return rng_percent(r, 85) ? HG_NHWC : HG_NCHW;
    return rng_percent(r, 50) ? HG_NHWC : HG_NCHW;
}

void draw_activation(rng *r, hg_epilogue *e)
{
    e->activation =
        (hg_activation)rng_in(r, 0, rng_percent(r, 50) ? HG_LEAKY_RELU : HG_ACTIVATION_COUNT - 1);
    e->min = -2.5f;
    e->max = 3.25f;
    e->slope = rng_percent(r, 70) ? 0.125f : -0.5f + 2 * rng_unit(r);
    e->offset = 0.5f;
}

static hg_strides output_strides(rng *r, const descriptor *d)
{
    hg_tensor t;
    if (descriptor_output(d, &t)) return (hg_strides){0};
    t.strides = (hg_strides){0};
    draw_strides(r, &t);
    return t.strides;
}

/* ---- Pooling ---- */

static hg_tensor input_tensor(const hg_kernel *k, rng *r, int64_t h, int64_t w)
{
    hg_tensor t = {HG_F32, draw_layout(k, r),      draw_batch(r), h,
                   w,      draw_channels(r, 1, 0), {0},           {0}};
    draw_strides(r, &t);
    return t;
}

static hg_padding draw_padding(const hg_kernel *k, rng *r, hg_size2 reach)
{
    hg_padding p = {0};
    if (k->limits.no_padding) return p;
    const int64_t roll = rng_in(r, 0, 99);
    if (roll < 15) {
        p.mode = roll < 6    ? HG_PADDING_SAME_UPPER
                 : roll < 11 ? HG_PADDING_SAME_LOWER
                             : HG_PADDING_VALID;
    } else if (roll < 45) {
        p.top = p.bottom = (reach.h - 1) / 2;
        p.left = p.right = (reach.w - 1) / 2;
    } else if (roll < 75) { /* one-sided and beyond half of the window */
        p.top = rng_in(r, 0, reach.h), p.left = rng_in(r, 0, reach.w);
        p.bottom = rng_in(r, 0, 1) ? rng_in(r, 0, reach.h) : 0;
        p.right = rng_in(r, 0, 1) ? rng_in(r, 0, reach.w) : 0;
    }
    return p;
}

/* Under ceil_mode the last window may stick out of the padded input, be it the only one. */
static int64_t shorten(rng *r, int64_t extent, int64_t stride)
{
    const int64_t less = extent - rng_in(r, 0, stride - 1);
    return rng_percent(r, 50) ? HG_MAX(less, 1) : extent;
}

static void draw_windows(const hg_kernel *k, rng *r, hg_pool_geometry *g, hg_tensor *in)
{
    static const int64_t kernels[] = {1, 2, 2, 2, 2, 3,  3,  3,  3,  3,  4,  4,  5, 5,
                                      6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
    static const int64_t strides[] = {1, 1, 1, 2, 2, 2, 3, 4, 5, 6};
    static const int64_t dilations[] = {1, 1, 1, 1, 2, 3, 4};
    const hg_limits *l = &k->limits;
    *g = (hg_pool_geometry){.window = draw_size2(r, l->kernel, kernels, HG_COUNT(kernels)),
                            .stride = draw_size2(r, l->stride, strides, HG_COUNT(strides)),
                            .dilation = draw_size2(r, l->dilation, dilations, HG_COUNT(dilations))};
    if (!l->stride.h && rng_percent(r, 20)) g->stride = g->window;
    const hg_size2 reach = {(g->window.h - 1) * g->dilation.h + 1,
                            (g->window.w - 1) * g->dilation.w + 1};
    g->padding = draw_padding(k, r, reach);
    g->ceil_mode = rng_percent(r, 30);
    const int64_t oh = draw_rows(r);
    const int64_t ow = g->ceil_mode && rng_percent(r, 15) ? 1 : draw_columns(r);
    int64_t h = draw_input_extent(r, oh, g->window.h, g->stride.h, g->dilation.h,
                                  g->padding.top + g->padding.bottom);
    int64_t w = draw_input_extent(r, ow, g->window.w, g->stride.w, g->dilation.w,
                                  g->padding.left + g->padding.right);
    if (g->ceil_mode && !l->no_padding) {
        h = shorten(r, h, g->stride.h);
        w = shorten(r, w, g->stride.w);
    }
    *in = input_tensor(k, r, h, w);
    const int64_t roll = rng_in(r, 0, 99);
    if (roll < 6 && !l->kernel.h) g->global = true;
    if (roll >= 90 && !l->no_adaptive)
        g->adaptive = (hg_size2){rng_in(r, 1, in->h + 2), rng_in(r, 1, in->w + 2)};
}

static void draw_max_pool(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_max_pool2d *o = &d->u.max_pool2d;
    draw_windows(k, r, &o->pool, &o->input);
    o->indices = k->limits.only_indices || (!k->limits.no_indices && rng_percent(r, 50));
    o->index_convention = (hg_index_convention)rng_in(r, 0, HG_INDEX_TENSORFLOW_BATCH);
    o->index_type = (hg_index_type)rng_in(r, 0, 1);
    o->output_strides = output_strides(r, d);
}

static void draw_avg_pool(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_avg_pool2d *o = &d->u.avg_pool2d;
    draw_windows(k, r, &o->pool, &o->input);
    o->count_include_pad = rng_percent(r, 50);
    o->divisor_override = rng_percent(r, 15) ? rng_in(r, 1, 20) : 0;
    o->output_strides = output_strides(r, d);
}

static void draw_lp_pool(const hg_kernel *k, rng *r, descriptor *d)
{
    static const float powers[] = {0, 1, 2, 2, 3, 2.5f, 4};
    hg_lp_pool2d *o = &d->u.lp_pool2d;
    draw_windows(k, r, &o->pool, &o->input);
    o->p = powers[rng_in(r, 0, HG_COUNT(powers) - 1)];
    o->form = (hg_lp_form)rng_in(r, 0, 1);
    o->output_strides = output_strides(r, d);
}

static void draw_unpool(const hg_kernel *k, rng *r, descriptor *d)
{
    static const int64_t kernels[] = {1, 2, 2, 2, 3, 3, 4, 5, 7};
    static const int64_t strides[] = {1, 2, 2, 2, 3, 4, 5, 6};
    hg_max_unpool2d *o = &d->u.max_unpool2d;
    o->window = draw_size2(r, k->limits.kernel, kernels, HG_COUNT(kernels));
    o->stride = draw_size2(r, k->limits.stride, strides, HG_COUNT(strides));
    o->input = input_tensor(k, r, draw_rows(r), draw_columns(r));
    if (!k->limits.no_padding && rng_percent(r, 30))
        o->padding = (hg_padding){HG_PADDING_EXPLICIT, rng_in(r, 0, o->window.h - 1),
                                  rng_in(r, 0, o->window.w - 1), rng_in(r, 0, o->window.h - 1),
                                  rng_in(r, 0, o->window.w - 1)};
    hg_tensor out;
    if (!descriptor_output(d, &out) && rng_percent(r, 40)) {
        o->output_size = (hg_size2){out.h + rng_in(r, 0, 3), out.w + rng_in(r, 0, 3)};
        if (rng_percent(r, 50)) o->index_size = (hg_size2){out.h, out.w};
    }
    o->index_convention = (hg_index_convention)rng_in(r, 0, HG_INDEX_TENSORFLOW_BATCH);
    o->index_type = (hg_index_type)rng_in(r, 0, 1);
    o->output_strides = output_strides(r, d);
}

/* ---- Resizing ---- */

/* Corners of the region that are exact in binary, so that no rounding decides what lies outside. */
static double draw_edge(rng *r, int64_t from, int64_t to)
{
    return (double)rng_in(r, from, to) / 8;
}

static int64_t draw_out_extent(rng *r, int64_t in, int kind)
{
    if (kind < 45) return in * rng_in(r, 1, 4);
    const int64_t part = in / rng_in(r, 2, 4);
    if (kind < 60) return HG_MAX(part, 1);
    return rng_in(r, 1, kind < 80 ? 33 : 5);
}

static void draw_resize(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_resize2d *o = &d->u.resize2d;
    o->input = input_tensor(k, r, draw_rows(r), draw_columns(r));
    o->mode = (hg_resize_mode)(k->limits.resize_mode ? k->limits.resize_mode - 1
                                                     : rng_in(r, 0, HG_RESIZE_LANCZOS5));
    const int kind = k->limits.exact_factor ? 0 : (int)rng_in(r, 0, 99);
    o->output_size.h = draw_out_extent(r, o->input.h, kind);
    o->output_size.w = draw_out_extent(r, o->input.w, kind);
    if (o->mode == HG_RESIZE_AREA) {
        o->output_strides = output_strides(r, d);
        return;
    }
    const bool filter = o->mode != HG_RESIZE_NEAREST;
    const int64_t last = filter ? HG_TF_CROP_AND_RESIZE : HG_PYTORCH_NEAREST;
    o->coordinates = (hg_coordinates)(rng_percent(r, 30) ? 0 : rng_in(r, 0, last));
    if (o->mode == HG_RESIZE_NEAREST) o->rounding = (hg_rounding)rng_in(r, 0, HG_ROUND_CEIL);
    if (filter && rng_percent(r, 25)) o->antialias = true;
    if (filter && rng_percent(r, 25)) o->exclude_outside = true;
    /* The last three: weights that vanish: between others, behind the border, of the outer taps. */
    static const double cubic_a[] = {0, 0, 0, 0, -0.5, -0.5, -0.5, 4, -9, 1e-12};
    if (o->mode == HG_RESIZE_BICUBIC) o->cubic_a = cubic_a[rng_in(r, 0, HG_COUNT(cubic_a) - 1)];
    if (!k->limits.exact_factor && rng_percent(r, 15)) {
        if (rng_percent(r, 50)) o->output_size = (hg_size2){0, 0};
        o->scale_h =
            rng_percent(r, 50) ? (double)rng_in(r, 4, 24) / 8 : 0.3 + 3 * (double)rng_unit(r);
        o->scale_w =
            rng_percent(r, 50) ? (double)rng_in(r, 4, 24) / 8 : 0.3 + 3 * (double)rng_unit(r);
    }
    if (o->coordinates == HG_TF_CROP_AND_RESIZE) {
        o->roi = (hg_roi){draw_edge(r, -2, 5), draw_edge(r, -2, 5), draw_edge(r, 6, 10),
                          draw_edge(r, 6, 10)};
        o->extrapolation = (float)rng_in(r, -3, 3);
    }
    o->output_strides = output_strides(r, d);
}

static void draw_argmax(const hg_kernel *k, rng *r, descriptor *d)
{
    d->u.resize_argmax2d.class_type = (hg_class_type)rng_in(r, 0, HG_CLASS_U8);
    draw_resize(k, r, d);
}

/* ---- Element by element ---- */

/* The second tensor has the first's sizes, or repeats along some dimensions, or all. */
static void draw_binary(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_binary *o = &d->u.binary;
    o->input = input_tensor(k, r, draw_rows(r), draw_columns(r));
    o->other = o->input;
    o->other.strides = (hg_strides){0};
    const bool alike = rng_percent(r, 25);
    int64_t *const sizes[] = {&o->other.n, &o->other.h, &o->other.w, &o->other.c};
    for (size_t i = 0; i < HG_COUNT(sizes) && !alike; i++)
        if (rng_percent(r, 55)) *sizes[i] = 1;
    draw_strides(r, &o->other);
    o->op = (hg_binary_op)rng_in(r, 0, HG_MAXIMUM);
    if (rng_percent(r, 60)) draw_activation(r, &o->epilogue);
    if (o->epilogue.activation == HG_PRELU) o->epilogue.activation = HG_IDENTITY;
    o->output_strides = output_strides(r, d);
}

static void draw_softmax(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_softmax2d *o = &d->u.softmax2d;
    o->input = input_tensor(k, r, draw_rows(r), draw_columns(r));
    o->output_strides = output_strides(r, d);
}

static void draw_activation2d(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_activation2d *o = &d->u.activation2d;
    o->input = input_tensor(k, r, draw_rows(r), draw_columns(r));
    draw_activation(r, &o->epilogue);
    o->output_strides = output_strides(r, d);
}

/* Seldom more than the image has; at least one row and column stay. */
static void draw_sides(rng *r, int64_t size, int64_t *begin, int64_t *end)
{
    const int64_t most = rng_percent(r, 80) ? 4 : size + 5;
    *begin = rng_in(r, -3, most);
    *end = rng_in(r, rng_percent(r, 30) ? -3 : 0, most);
    if (size + *begin + *end < 1) *end = 1 - size - *begin;
}

static void draw_pad(const hg_kernel *k, rng *r, descriptor *d)
{
    hg_pad2d *o = &d->u.pad2d;
    o->input = input_tensor(k, r, draw_rows(r), draw_columns(r));
    o->mode = (hg_pad_mode)rng_in(r, 0, HG_PAD_WRAP);
    o->value = rng_percent(r, 50) ? 0 : -1.5f;
    draw_sides(r, o->input.h, &o->top, &o->bottom);
    draw_sides(r, o->input.w, &o->left, &o->right);
    o->output_strides = output_strides(r, d);
}

/* ---- All ---- */

/* A tenth of the cases may take longer. */
static bool small_enough(const hg_problem *p, rng *r)
{
    const bool large = rng_percent(r, 10);
    const double products = hg_problem_flops(p) / 2;
    const int64_t most = large ? 200000 : 60000;
    return tensor_count(&p->in) <= most && tensor_count(&p->out) <= most &&
           products <= (large ? 3e6 : 8e5);
}

bool draw_problem(const hg_kernel *k, rng *r, descriptor *d, hg_problem *p)
{
    static void (*const parts[HG_OP_COUNT])(const hg_kernel *, rng *, descriptor *) = {
        [HG_OP_CONV2D] = draw_conv,
        [HG_OP_CONV_TRANSPOSE2D] = draw_conv_transpose,
        [HG_OP_MAX_POOL2D] = draw_max_pool,
        [HG_OP_AVG_POOL2D] = draw_avg_pool,
        [HG_OP_LP_POOL2D] = draw_lp_pool,
        [HG_OP_MAX_UNPOOL2D] = draw_unpool,
        [HG_OP_RESIZE2D] = draw_resize,
        [HG_OP_RESIZE_ARGMAX2D] = draw_argmax,
        [HG_OP_BINARY] = draw_binary,
        [HG_OP_SOFTMAX2D] = draw_softmax,
        [HG_OP_ACTIVATION2D] = draw_activation2d,
        [HG_OP_PAD2D] = draw_pad};
    *d = (descriptor){.op = k->op};
    const bool turns = k->limits.stride.h <= 1 && k->limits.stride.w <= 1 && !k->reference;
    if (k->op == HG_OP_CONV2D && turns && rng_percent(r, 40)) d->op = HG_OP_CONV_TRANSPOSE2D;
    parts[d->op](k, r, d);
    hg_reason why;
    if (descriptor_problem(d, p, &why) || !small_enough(p, r)) return false;
    hg_problem own = *p;
    if (d->op != k->op && !hg_problem_as_conv2d(p, &own)) return false;
    const hg_problem inner =
        k->layouts & (1u << p->in.layout) ? own : hg_problem_in_layout(&own, HG_NHWC);
    return !k->algorithm->supports || k->algorithm->supports(&inner, k);
}
