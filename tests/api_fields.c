/* Descriptors with one field wrong, for test_misuse. */
#include "tests/api_fields.h"

#include <math.h>

#include "kernels/common/attr.h"

static const int64_t big31 = (int64_t)1 << 31, big62 = (int64_t)1 << 62;

/* ---- Where the members are that several operators have ---- */

static hg_padding *padding_of(descriptor *d)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return &d->u.conv2d.padding;
    case HG_OP_CONV_TRANSPOSE2D:
        return &d->u.conv_transpose2d.padding;
    case HG_OP_MAX_POOL2D:
        return &d->u.max_pool2d.pool.padding;
    case HG_OP_AVG_POOL2D:
        return &d->u.avg_pool2d.pool.padding;
    case HG_OP_LP_POOL2D:
        return &d->u.lp_pool2d.pool.padding;
    default:
        return &d->u.max_unpool2d.padding;
    }
}

static hg_pool_geometry *geometry_of(descriptor *d)
{
    if (d->op == HG_OP_MAX_POOL2D) return &d->u.max_pool2d.pool;
    return d->op == HG_OP_AVG_POOL2D ? &d->u.avg_pool2d.pool : &d->u.lp_pool2d.pool;
}

static hg_size2 *stride_of(descriptor *d)
{
    if (d->op == HG_OP_CONV2D) return &d->u.conv2d.stride;
    if (d->op == HG_OP_CONV_TRANSPOSE2D) return &d->u.conv_transpose2d.stride;
    return d->op == HG_OP_MAX_UNPOOL2D ? &d->u.max_unpool2d.stride : &geometry_of(d)->stride;
}

static hg_size2 *dilation_of(descriptor *d)
{
    if (d->op == HG_OP_CONV2D) return &d->u.conv2d.dilation;
    return d->op == HG_OP_CONV_TRANSPOSE2D ? &d->u.conv_transpose2d.dilation
                                           : &geometry_of(d)->dilation;
}

static hg_strides *output_strides_of(descriptor *d)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return &d->u.conv2d.output_strides;
    case HG_OP_CONV_TRANSPOSE2D:
        return &d->u.conv_transpose2d.output_strides;
    case HG_OP_MAX_POOL2D:
        return &d->u.max_pool2d.output_strides;
    case HG_OP_AVG_POOL2D:
        return &d->u.avg_pool2d.output_strides;
    case HG_OP_LP_POOL2D:
        return &d->u.lp_pool2d.output_strides;
    case HG_OP_MAX_UNPOOL2D:
        return &d->u.max_unpool2d.output_strides;
    default:
        return &d->u.resize2d.output_strides;
    }
}

static uint64_t *reserved_of(descriptor *d)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return d->u.conv2d.reserved;
    case HG_OP_CONV_TRANSPOSE2D:
        return d->u.conv_transpose2d.reserved;
    case HG_OP_MAX_POOL2D:
        return d->u.max_pool2d.reserved;
    case HG_OP_AVG_POOL2D:
        return d->u.avg_pool2d.reserved;
    case HG_OP_LP_POOL2D:
        return d->u.lp_pool2d.reserved;
    case HG_OP_MAX_UNPOOL2D:
        return d->u.max_unpool2d.reserved;
    default:
        return d->u.resize2d.reserved;
    }
}

static const char **kernel_of(descriptor *d)
{
    switch (d->op) {
    case HG_OP_CONV2D:
        return &d->u.conv2d.kernel;
    case HG_OP_CONV_TRANSPOSE2D:
        return &d->u.conv_transpose2d.kernel;
    case HG_OP_MAX_POOL2D:
        return &d->u.max_pool2d.kernel;
    case HG_OP_AVG_POOL2D:
        return &d->u.avg_pool2d.kernel;
    case HG_OP_LP_POOL2D:
        return &d->u.lp_pool2d.kernel;
    case HG_OP_MAX_UNPOOL2D:
        return &d->u.max_unpool2d.kernel;
    default:
        return &d->u.resize2d.kernel;
    }
}

static hg_epilogue *epilogue_of(descriptor *d)
{
    return d->op == HG_OP_CONV2D ? &d->u.conv2d.epilogue : &d->u.conv_transpose2d.epilogue;
}

/* ---- One wrong field each ---- */

static void reserved_last(descriptor *d)
{
    reserved_of(d)[3] = UINT64_MAX;
}
static void kernel_unknown(descriptor *d)
{
    *kernel_of(d) = "no.such.kernel";
}
static void kernel_empty(descriptor *d)
{
    *kernel_of(d) = "";
}
static void kernel_foreign(descriptor *d)
{
    *kernel_of(d) =
        d->op == HG_OP_RESIZE2D ? "max_pool2d.f32.any.scalar.ref" : "resize2d.f32.any.scalar.ref";
}
static void output_overlap(descriptor *d)
{
    output_strides_of(d)->w = 1;
}
static void output_negative(descriptor *d)
{
    output_strides_of(d)->h = -1;
}
static void output_huge(descriptor *d)
{
    output_strides_of(d)->h = INT64_MAX;
}
static void pad_negative(descriptor *d)
{
    padding_of(d)->left = -1;
}
static void pad_huge(descriptor *d)
{
    padding_of(d)->bottom = INT64_MAX;
}
static void pad_31(descriptor *d)
{
    padding_of(d)->top = big31;
}
static void pad_mode(descriptor *d)
{
    padding_of(d)->mode = (hg_padding_mode)99;
}
static void pad_keras(descriptor *d)
{
    padding_of(d)->mode = HG_PADDING_KERAS_SAME;
}
static void stride_negative(descriptor *d)
{
    stride_of(d)->h = -2;
}
static void stride_huge(descriptor *d)
{
    stride_of(d)->w = big62;
}
static void dilation_negative(descriptor *d)
{
    dilation_of(d)->w = -1;
}
static void dilation_huge(descriptor *d)
{
    dilation_of(d)->h = INT64_MAX;
}
static void empty_output(descriptor *d)
{
    dilation_of(d)->h = 100;
}
static void activation(descriptor *d)
{
    epilogue_of(d)->activation = (hg_activation)99;
}
static void residual_overlap(descriptor *d)
{
    epilogue_of(d)->residual = true;
    epilogue_of(d)->residual_strides.w = 1;
}
static void pool_unknown(descriptor *d)
{
    d->u.conv2d.pool = (hg_conv_pool)3;
}
static void pool_of_residual(descriptor *d)
{
    d->u.conv2d.pool = HG_POOL_MAX_2X2;
    d->u.conv2d.epilogue.residual = true;
}
static void pool_of_one_row(descriptor *d)
{
    d->u.conv2d.pool = HG_POOL_AVG_2X2;
    d->u.conv2d.input.h = d->filter.height;
    d->u.conv2d.padding = (hg_padding){0};
}
static void accuracy(descriptor *d)
{
    if (d->op == HG_OP_CONV2D)
        d->u.conv2d.accuracy = (hg_accuracy)99;
    else
        d->u.conv_transpose2d.accuracy = (hg_accuracy)99;
}
static void channels(descriptor *d)
{
    descriptor_input(d)->c = 9;
}
static void op_negative(descriptor *d)
{
    d->u.conv_transpose2d.output_padding.w = -1;
}
static void op_huge(descriptor *d)
{
    d->u.conv_transpose2d.output_padding.w = INT64_MAX;
}
static void cropped_away(descriptor *d)
{
    d->u.conv_transpose2d.padding = (hg_padding){HG_PADDING_EXPLICIT, 99, 0, 99, 0};
}
static void transpose_size(descriptor *d)
{
    d->u.conv_transpose2d.output_size.h = -1;
}
static void window_negative(descriptor *d)
{
    geometry_of(d)->window.h = -3;
}
static void window_huge(descriptor *d)
{
    geometry_of(d)->window.w = big62;
}
static void adaptive_negative(descriptor *d)
{
    geometry_of(d)->adaptive = (hg_size2){-1, 2};
}
static void adaptive_huge(descriptor *d)
{
    geometry_of(d)->adaptive = (hg_size2){2, big31};
}
static void convention(descriptor *d)
{
    if (d->op == HG_OP_MAX_POOL2D)
        d->u.max_pool2d.index_convention = (hg_index_convention)99;
    else
        d->u.max_unpool2d.index_convention = (hg_index_convention)99;
}
static void index_type(descriptor *d)
{
    if (d->op == HG_OP_MAX_POOL2D)
        d->u.max_pool2d.index_type = (hg_index_type)99;
    else
        d->u.max_unpool2d.index_type = (hg_index_type)99;
}
static void divisor(descriptor *d)
{
    d->u.avg_pool2d.divisor_override = -1;
}
static void power_half(descriptor *d)
{
    d->u.lp_pool2d.p = 0.5f;
}
static void power_nan(descriptor *d)
{
    d->u.lp_pool2d.p = NAN;
}
static void form(descriptor *d)
{
    d->u.lp_pool2d.form = (hg_lp_form)99;
}
static void unpool_window(descriptor *d)
{
    d->u.max_unpool2d.window.h = 0;
}
static void unpool_size(descriptor *d)
{
    d->u.max_unpool2d.output_size = (hg_size2){-4, 4};
}
static void unpool_huge(descriptor *d)
{
    d->u.max_unpool2d.output_size = (hg_size2){big62, 4};
}
static void unpool_index(descriptor *d)
{
    d->u.max_unpool2d.index_size = (hg_size2){-1, 2};
}
static void resize_mode(descriptor *d)
{
    d->u.resize2d.mode = (hg_resize_mode)99;
}
static void coordinates(descriptor *d)
{
    d->u.resize2d.coordinates = (hg_coordinates)99;
}
static void rounding(descriptor *d)
{
    d->u.resize2d.mode = HG_RESIZE_NEAREST;
    d->u.resize2d.rounding = (hg_rounding)99;
}
static void size_negative(descriptor *d)
{
    d->u.resize2d.output_size.w = -3;
}
static void size_huge(descriptor *d)
{
    d->u.resize2d.output_size.h = big31;
}
static void scale_nan(descriptor *d)
{
    d->u.resize2d.scale_h = NAN;
}
static void scale_negative(descriptor *d)
{
    d->u.resize2d.scale_w = -1;
}
static void scale_of(descriptor *d, double scale)
{
    d->u.resize2d.output_size = (hg_size2){0, 0};
    d->u.resize2d.scale_h = d->u.resize2d.scale_w = scale;
}
static void scale_infinite(descriptor *d)
{
    scale_of(d, INFINITY);
}
static void scale_tiny(descriptor *d)
{
    scale_of(d, 1e-6);
}
static void scale_large(descriptor *d)
{
    scale_of(d, 1e300);
}
static void roi_nan(descriptor *d)
{
    d->u.resize2d.coordinates = HG_TF_CROP_AND_RESIZE;
    d->u.resize2d.roi = (hg_roi){NAN, 0, 1, 1};
}
static void cubic_nan(descriptor *d)
{
    d->u.resize2d.mode = HG_RESIZE_BICUBIC;
    d->u.resize2d.cubic_a = NAN;
}

const field_case field_cases[] = {
    {"reserved[3]", ALL, UNSUPPORTED, reserved_last},
    {"an unknown kernel", ALL, INVALID, kernel_unknown},
    {"an empty kernel name", ALL, INVALID, kernel_empty},
    {"another operator's kernel", ALL, INVALID, kernel_foreign},
    {"output pixels that overlap", ALL, INVALID, output_overlap},
    {"a negative output stride", ALL, INVALID, output_negative},
    {"an output stride of INT64_MAX", ALL, RANGE, output_huge},
    {"padding -1", CONVS | POOLS | UNPOOL, INVALID, pad_negative},
    {"padding INT64_MAX", CONVS | POOLS | UNPOOL, RANGE, pad_huge},
    {"padding 2^31", CONVS | POOLS | UNPOOL, RANGE, pad_31},
    {"an unknown padding mode", CONVS | POOLS | UNPOOL, INVALID, pad_mode},
    {"Keras padding", CONV | POOLS | UNPOOL, INVALID, pad_keras},
    {"stride -2", CONVS | POOLS | UNPOOL, INVALID, stride_negative},
    {"stride 2^62", CONVS | POOLS | UNPOOL, RANGE, stride_huge},
    {"dilation -1", CONVS | POOLS, INVALID, dilation_negative},
    {"dilation INT64_MAX", CONVS | POOLS, RANGE, dilation_huge},
    {"an empty output", CONV | POOLS, INVALID, empty_output},
    {"an unknown activation", CONVS, INVALID, activation},
    {"a residual that overlaps", CONVS, INVALID, residual_overlap},
    {"an unknown pool", CONV, INVALID, pool_unknown},
    {"pooling a sum with a residual", CONV, UNSUPPORTED, pool_of_residual},
    {"pooling a single row", CONV, INVALID, pool_of_one_row},
    {"an unknown accuracy", CONVS, INVALID, accuracy},
    {"channels that differ from the filter's", CONVS, INVALID, channels},
    {"output_padding -1", TRANSPOSE, INVALID, op_negative},
    {"output_padding INT64_MAX", TRANSPOSE, RANGE, op_huge},
    {"all rows cropped", TRANSPOSE, INVALID, cropped_away},
    {"output_size -1", TRANSPOSE, INVALID, transpose_size},
    {"window -3", POOLS, INVALID, window_negative},
    {"window 2^62", POOLS, RANGE, window_huge},
    {"adaptive -1", POOLS, INVALID, adaptive_negative},
    {"adaptive 2^31", POOLS, RANGE, adaptive_huge},
    {"an unknown index convention", MAX | UNPOOL, INVALID, convention},
    {"an unknown index type", MAX | UNPOOL, INVALID, index_type},
    {"divisor -1", AVG, INVALID, divisor},
    {"p = 0.5", LP, INVALID, power_half},
    {"p = NaN", LP, INVALID, power_nan},
    {"an unknown form", LP, INVALID, form},
    {"window 0", UNPOOL, INVALID, unpool_window},
    {"output_size -4", UNPOOL, INVALID, unpool_size},
    {"output_size 2^62", UNPOOL, RANGE, unpool_huge},
    {"index_size -1", UNPOOL, INVALID, unpool_index},
    {"an unknown mode", RESIZE, INVALID, resize_mode},
    {"unknown coordinates", RESIZE, INVALID, coordinates},
    {"an unknown rounding", RESIZE, INVALID, rounding},
    {"output_size -3", RESIZE, INVALID, size_negative},
    {"output_size 2^31", RESIZE, RANGE, size_huge},
    {"scale NaN", RESIZE, INVALID, scale_nan},
    {"scale -1", RESIZE, INVALID, scale_negative},
    {"scale infinity", RESIZE, INVALID | RANGE, scale_infinite},
    {"scale 1e-6: an empty output", RESIZE, INVALID, scale_tiny},
    {"scale 1e300", RESIZE, RANGE, scale_large},
    {"a NaN in the region", RESIZE, INVALID, roi_nan},
    {"cubic_a NaN", RESIZE, INVALID, cubic_nan},
};

const size_t field_case_count = HG_COUNT(field_cases);
