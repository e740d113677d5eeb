#include "tests/case_operator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"

/* ---- Attributes: per axis h and w; a 1-D case has h = 1 ---- */

static int64_t axis_value(const case_file *c, const char *name, int axis, int64_t fallback)
{
    if (c->spatial_dims == 1)
        return axis == 0 ? fallback : (int64_t)case_value(c, name, 0, (double)fallback);
    return (int64_t)case_value(c, name, axis, (double)fallback);
}

static hg_size2 size_of(const case_file *c, const char *name, int64_t fallback)
{
    return (hg_size2){axis_value(c, name, 0, fallback), axis_value(c, name, 1, fallback)};
}

static hg_padding pads_of(const case_file *c)
{
    static const struct {
        const char *word;
        hg_padding_mode mode;
    } modes[] = {{"SAME_UPPER", HG_PADDING_SAME_UPPER},
                 {"SAME_LOWER", HG_PADDING_SAME_LOWER},
                 {"VALID", HG_PADDING_VALID},
                 {"KERAS_SAME", HG_PADDING_KERAS_SAME},
                 {"KERAS_VALID", HG_PADDING_KERAS_VALID}};
    hg_padding p = {0};
    for (size_t i = 0; i < HG_COUNT(modes); i++)
        if (case_says(c, "auto_pad", modes[i].word)) p.mode = modes[i].mode;
    const int n = c->spatial_dims;
    p.left = (int64_t)case_value(c, "pads", n - 1, 0);
    p.right = (int64_t)case_value(c, "pads", 2 * n - 1, 0);
    if (n == 2) {
        p.top = (int64_t)case_value(c, "pads", 0, 0);
        p.bottom = (int64_t)case_value(c, "pads", 2, 0);
    }
    return p;
}

static int64_t dim(const npy *a, int i)
{
    if (a->rank == 3) return i == 2 ? 1 : a->dims[i < 2 ? i : 2]; /* [n][c][w] */
    return a->dims[i];
}

static hg_tensor tensor_of(const npy *a)
{
    return hg_tensor_nchw(HG_F32, dim(a, 0), dim(a, 1), dim(a, 2), dim(a, 3));
}

static float *copy_of(const npy *a)
{
    float *v = malloc((size_t)a->count * sizeof *v + 1);
    if (v) memcpy(v, a->reals, (size_t)a->count * sizeof *v);
    return v;
}

/* ---- Operators ---- */

static const char *conv(const case_file *c, descriptor *d, case_data *data)
{
    const npy *w = case_find_input(c, "W"), *b = case_find_input(c, "B");
    hg_conv2d *o = &d->u.conv2d;
    if (!w || !w->reals) return "no weights";
    o->stride = size_of(c, "strides", 1);
    o->dilation = size_of(c, "dilations", 1);
    o->padding = pads_of(c);
    d->filter = (hg_filter_desc){.order = HG_OIHW,
                                 .out_channels = dim(w, 0),
                                 .in_channels = o->input.c,
                                 .height = dim(w, 2),
                                 .width = dim(w, 3),
                                 .groups = (int64_t)case_value(c, "group", 0, 1)};
    data->weights = copy_of(w);
    if (b) data->bias = copy_of(b);
    return NULL;
}

static const char *conv_transpose(const case_file *c, descriptor *d, case_data *data)
{
    const npy *w = case_find_input(c, "W"), *b = case_find_input(c, "B");
    hg_conv_transpose2d *o = &d->u.conv_transpose2d;
    if (!w || !w->reals) return "no weights";
    const int64_t groups = (int64_t)case_value(c, "group", 0, 1), kg = dim(w, 1);
    const int64_t cg = o->input.c / groups, taps = dim(w, 2) * dim(w, 3);
    o->stride = size_of(c, "strides", 1);
    o->dilation = size_of(c, "dilations", 1);
    o->padding = pads_of(c);
    o->output_padding = size_of(c, "output_padding", 0);
    d->filter = (hg_filter_desc){.order = HG_IOHW,
                                 .out_channels = kg * groups,
                                 .in_channels = o->input.c,
                                 .height = dim(w, 2),
                                 .width = dim(w, 3),
                                 .groups = groups};
    data->weights = malloc((size_t)w->count * sizeof(float) + 1);
    for (int64_t k = 0; data->weights && k < kg * groups; k++)
        for (int64_t i = 0; i < cg; i++) /* [c][k/groups] -> [k][c/groups] */
            memcpy(data->weights + (k * cg + i) * taps,
                   w->reals + ((k / kg * cg + i) * kg + k % kg) * taps,
                   (size_t)taps * sizeof(float));
    if (b) data->bias = copy_of(b);
    return NULL;
}

/* Moving channels to pixels or back is a convolution with one weight of 1 per deep channel. */
static const char *rearrange(const case_file *c, descriptor *d, case_data *data)
{
    const int64_t size = (int64_t)case_value(c, "blocksize", 0, 1), taps = size * size;
    const bool to_space = d->op == HG_OP_CONV_TRANSPOSE2D, rows = case_says(c, "mode", "CRD");
    const int64_t in = descriptor_input(d)->c, flat = to_space ? in / taps : in, deep = flat * taps;
    const hg_size2 stride = {size, size};
    if (to_space)
        d->u.conv_transpose2d.stride = stride;
    else
        d->u.conv2d.stride = stride;
    d->filter = (hg_filter_desc){.order = to_space ? HG_IOHW : HG_OIHW,
                                 .out_channels = to_space ? flat : deep,
                                 .in_channels = in,
                                 .height = size,
                                 .width = size};
    data->weights = calloc((size_t)(flat * deep * taps) + 1, sizeof(float));
    for (int64_t i = 0; data->weights && i < deep; i++) {
        const int64_t channel = rows ? i / taps : i % flat, tap = rows ? i % taps : i / flat;
        const int64_t pair = to_space ? channel * deep + i : i * flat + channel;
        data->weights[pair * taps + tap] = 1;
    }
    return NULL;
}

static hg_index_convention convention_of(const case_file *c)
{
    if (case_says(c, "index_convention", "pytorch")) return HG_INDEX_PYTORCH;
    return case_value(c, "storage_order", 0, 0) != 0 ? HG_INDEX_ONNX_COLUMNS : HG_INDEX_ONNX;
}

static const char *pool(const case_file *c, descriptor *d, case_data *data)
{
    (void)data;
    const hg_pool_geometry g = {.window = size_of(c, "kernel_shape", 1),
                                .stride = size_of(c, "strides", 1),
                                .dilation = size_of(c, "dilations", 1),
                                .padding = pads_of(c),
                                .ceil_mode = case_value(c, "ceil_mode", 0, 0) != 0,
                                .global = strncmp(c->op, "Global", 6) == 0,
                                .adaptive = size_of(c, "output_size", 0)};
    if (d->op == HG_OP_MAX_POOL2D) {
        d->u.max_pool2d.pool = g;
        d->u.max_pool2d.indices = c->output_count > 1;
        d->u.max_pool2d.index_convention = convention_of(c);
    } else if (d->op == HG_OP_AVG_POOL2D) {
        d->u.avg_pool2d.pool = g;
        d->u.avg_pool2d.count_include_pad = case_value(c, "count_include_pad", 0, 0) != 0;
        d->u.avg_pool2d.divisor_override = (int64_t)case_value(c, "divisor_override", 0, 0);
    } else {
        d->u.lp_pool2d.pool = g;
        d->u.lp_pool2d.p = (float)case_value(c, "p", 0, 2);
    }
    return NULL;
}

/* With output_shape, ONNX' indices refer to the inferred tensor; PyTorch's to the output. */
static const char *unpool(const case_file *c, descriptor *d, case_data *data)
{
    const npy *index = case_find_input(c, "I"), *shape = case_find_input(c, "output_shape");
    hg_max_unpool2d *o = &d->u.max_unpool2d;
    if (!index || !index->integers) return "no indices";
    o->window = size_of(c, "kernel_shape", 1);
    o->stride = size_of(c, "strides", 1);
    o->padding = pads_of(c);
    o->index_convention = convention_of(c);
    if (shape) {
        hg_tensor inferred;
        if (hg_max_unpool2d_output(o, &inferred)) return "no inferred size";
        if (o->index_convention != HG_INDEX_PYTORCH)
            o->index_size = (hg_size2){inferred.h, inferred.w};
        const int64_t *s = shape->integers + shape->count;
        o->output_size = (hg_size2){c->spatial_dims == 1 ? 1 : s[-2], s[-1]};
    }
    data->indices = malloc((size_t)index->count * sizeof(int64_t) + 1);
    if (data->indices)
        memcpy(data->indices, index->integers, (size_t)index->count * sizeof(int64_t));
    return NULL;
}

static bool choose(const case_file *c, const char *name, const char *const *words, size_t count,
                   int *choice)
{
    for (size_t i = 0; i < count; i++)
        if (words[i] && case_says(c, name, words[i])) return *choice = (int)i, true;
    return false;
}

static const char *resize(const case_file *c, descriptor *d, case_data *data)
{
    static const char *const modes[] = {"nearest", "linear", "cubic", "area"};
    static const char *const coordinates[] = {"half_pixel",         "asymmetric",
                                              "pytorch_half_pixel", "half_pixel_symmetric",
                                              "align_corners",      "tf_crop_and_resize"};
    static const char *const roundings[] = {"round_prefer_floor", "round_prefer_ceil", "floor",
                                            "ceil"};
    (void)data;
    hg_resize2d *o = &d->u.resize2d;
    int mode, coordinate, rounding;
    if (!choose(c, "mode", modes, HG_COUNT(modes), &mode) ||
        !choose(c, "coordinate_transformation_mode", coordinates, HG_COUNT(coordinates),
                &coordinate) ||
        !choose(c, "nearest_mode", roundings, HG_COUNT(roundings), &rounding))
        return "skipped: unknown mode";
    const int all = c->spatial_dims + 2, w = all - 1, h = c->spatial_dims == 2 ? 2 : -1;
    if (case_value(c, "scales_full", 0, 1) != 1 || case_value(c, "scales_full", 1, 1) != 1)
        return "skipped: resizes n or c";
    o->mode = (hg_resize_mode)mode;
    o->coordinates = mode == HG_RESIZE_AREA ? HG_HALF_PIXEL : (hg_coordinates)coordinate;
    o->rounding = mode == HG_RESIZE_NEAREST ? (hg_rounding)rounding : HG_ROUND_PREFER_FLOOR;
    o->cubic_a = case_value(c, "cubic_coeff_a", 0, 0);
    o->exclude_outside = case_value(c, "exclude_outside", 0, 0) != 0;
    o->antialias = case_value(c, "antialias", 0, 0) != 0;
    o->extrapolation = (float)case_value(c, "extrapolation_value", 0, 0);
    o->roi = (hg_roi){h < 0 ? 0 : case_value(c, "roi_full", h, 0), case_value(c, "roi_full", w, 0),
                      h < 0 ? 1 : case_value(c, "roi_full", all + h, 1),
                      case_value(c, "roi_full", all + w, 1)};
    const bool sizes = case_says(c, "resolved_from", "sizes");
    if (sizes)
        o->output_size = (hg_size2){h < 0 ? 1 : (int64_t)case_value(c, "sizes_full", h, 1),
                                    (int64_t)case_value(c, "sizes_full", w, 1)};
    if (!sizes || !case_says(c, "keep_aspect_ratio_policy", "stretch")) {
        o->scale_h = h < 0 ? 1 : case_value(c, "scales_full", h, 1);
        o->scale_w = case_value(c, "scales_full", w, 1);
    }
    return NULL;
}

const char *case_operator(const case_file *c, descriptor *d, case_data *data)
{
    static const struct {
        const char *name;
        hg_op op;
        const char *(*part)(const case_file *, descriptor *, case_data *);
    } operators[] = {{"Conv", HG_OP_CONV2D, conv},
                     {"ConvTranspose", HG_OP_CONV_TRANSPOSE2D, conv_transpose},
                     {"MaxPool", HG_OP_MAX_POOL2D, pool},
                     {"AveragePool", HG_OP_AVG_POOL2D, pool},
                     {"LpPool", HG_OP_LP_POOL2D, pool},
                     {"GlobalAveragePool", HG_OP_AVG_POOL2D, pool},
                     {"GlobalMaxPool", HG_OP_MAX_POOL2D, pool},
                     {"AdaptiveAveragePool", HG_OP_AVG_POOL2D, pool},
                     {"AdaptiveMaxPool", HG_OP_MAX_POOL2D, pool},
                     {"MaxUnpool", HG_OP_MAX_UNPOOL2D, unpool},
                     {"Resize", HG_OP_RESIZE2D, resize},
                     {"Upsample", HG_OP_RESIZE2D, resize},
                     {"DepthToSpace", HG_OP_CONV_TRANSPOSE2D, rearrange},
                     {"SpaceToDepth", HG_OP_CONV2D, rearrange}};
    const npy *x = &c->inputs[0].array;
    if (c->spatial_dims < 1 || c->spatial_dims > 2) return "skipped: not 1-D or 2-D";
    if (!x->reals || x->rank != c->spatial_dims + 2) return "the first input is not an image";
    *data = (case_data){.kind = DATA_SIGNED, .x = copy_of(x)};
    for (size_t i = 0; i < HG_COUNT(operators); i++) {
        if (strcmp(operators[i].name, c->op)) continue;
        *d = (descriptor){.op = operators[i].op};
        *descriptor_input(d) = tensor_of(x);
        return operators[i].part(c, d, data);
    }
    return "skipped: unknown operator";
}
