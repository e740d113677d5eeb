/* Fields of descriptors that are wrong together, or under a condition; for test_misuse. */
#include <math.h>

#include "tests/api_fields.h"
#include "tests/api_members.h"

/* ---- Tensors ---- */

static void input_is(descriptor *d, hg_tensor t)
{
    *descriptor_input(d) = t;
}
static void images_overlap(descriptor *d)
{
    descriptor_input(d)->n = 2;
    descriptor_input(d)->strides.n = 10;
}
static void images_far(descriptor *d)
{
    descriptor_input(d)->n = 2;
    descriptor_input(d)->strides.n = (int64_t)1 << 62;
}
static void planes_overlap(descriptor *d)
{
    input_is(d, hg_tensor_nchw(HG_F32, 1, 8, 6, 7));
    descriptor_input(d)->strides.c = 41;
}
static void rows_overlap(descriptor *d)
{
    input_is(d, hg_tensor_nchw(HG_F32, 1, 8, 6, 7));
    descriptor_input(d)->strides.h = 6;
}
static void columns_apart(descriptor *d)
{
    input_is(d, hg_tensor_nchw(HG_F32, 1, 8, 6, 7));
    descriptor_input(d)->strides.w = 2;
}
static void all_large(descriptor *d)
{
    input_is(d, hg_tensor_nhwc(HG_F32, INT32_MAX, INT32_MAX, INT32_MAX, 8));
}
static void all_large_nchw(descriptor *d)
{
    input_is(d, hg_tensor_nchw(HG_F32, INT32_MAX, 8, INT32_MAX, INT32_MAX));
}

/* ---- Kernels ---- */

static void kernel_unknown(descriptor *d)
{
    *(const char **)kernel_of(d) = "no.such.kernel";
}
static void kernel_empty(descriptor *d)
{
    *(const char **)kernel_of(d) = "";
}
static void kernel_foreign(descriptor *d)
{
    *(const char **)kernel_of(d) =
        d->op == HG_OP_RESIZE2D ? "max_pool2d.f32.any.scalar.ref" : "resize2d.f32.any.scalar.ref";
}

/* ---- Convolutions ---- */

static void clamp_is(descriptor *d, float min, float max)
{
    hg_epilogue *e = epilogue_of(d);
    *e = (hg_epilogue){.activation = HG_CLAMP, .min = min, .max = max};
}
static void clamp_crossed(descriptor *d)
{
    clamp_is(d, 1, 0);
}
static void clamp_min_nan(descriptor *d)
{
    clamp_is(d, NAN, 0);
}
static void clamp_max_nan(descriptor *d)
{
    clamp_is(d, 0, NAN);
}
static void slope_nan(descriptor *d)
{
    hg_epilogue *e = epilogue_of(d);
    *e = (hg_epilogue){.activation = HG_LEAKY_RELU, .slope = NAN};
}
static void activation_is(descriptor *d, hg_activation activation, float slope, float offset)
{
    hg_epilogue *e = epilogue_of(d);
    *e = (hg_epilogue){.activation = activation, .slope = slope, .offset = offset};
}
static void elu_slope_nan(descriptor *d)
{
    activation_is(d, HG_ELU, NAN, 0);
}
static void ramp_infinite(descriptor *d)
{
    activation_is(d, HG_HARD_SIGMOID, -INFINITY, 0);
}
static void ramp_offset_nan(descriptor *d)
{
    activation_is(d, HG_HARD_SIGMOID, 1, NAN);
}
static void slopes_missing(descriptor *d)
{
    activation_is(d, HG_PRELU, 0, 0);
}
static void residual_strides_are(descriptor *d, hg_strides s)
{
    hg_epilogue *e = epilogue_of(d);
    e->residual = true;
    e->residual_strides = s;
}
static void residual_columns(descriptor *d)
{
    residual_strides_are(d, (hg_strides){.w = 1});
}
static void residual_rows(descriptor *d)
{
    residual_strides_are(d, (hg_strides){.h = -1});
}
static void residual_far(descriptor *d)
{
    residual_strides_are(d, (hg_strides){.n = INT64_MAX});
}
static void residual_channels(descriptor *d)
{
    residual_strides_are(d, (hg_strides){.c = 2});
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
static void cropped_away(descriptor *d)
{
    d->u.conv_transpose2d.padding = (hg_padding){HG_PADDING_EXPLICIT, 99, 0, 99, 0};
}
static void keras_padding_unsaid(descriptor *d)
{
    d->u.conv_transpose2d.padding.mode = HG_PADDING_KERAS_SAME;
    d->u.conv_transpose2d.output_padding.w = 1;
}

/* ---- Pooling, unpooling, resizing ---- */

static void global_and_adaptive(descriptor *d)
{
    hg_pool_geometry *g = geometry_of(d);
    g->global = true;
    g->adaptive = (hg_size2){2, 2};
}
static void adaptive_huge(descriptor *d)
{
    hg_pool_geometry *g = geometry_of(d);
    g->adaptive = (hg_size2){2, (int64_t)1 << 31};
}
static void adaptive_negative(descriptor *d)
{
    hg_pool_geometry *g = geometry_of(d);
    g->adaptive = (hg_size2){2, -1};
}
static void indices_beyond(descriptor *d)
{
    input_is(d, hg_tensor_nhwc(HG_F32, 1, 1 << 16, 1 << 16, 8));
    d->u.max_pool2d.index_type = HG_INDEX_I32;
}
static void unpool_same(descriptor *d)
{
    d->u.max_unpool2d.padding.mode = HG_PADDING_SAME_UPPER;
}
static void unpooled_away(descriptor *d)
{
    d->u.max_unpool2d.padding = (hg_padding){HG_PADDING_EXPLICIT, 99, 0, 99, 0};
}
static void scales_are(descriptor *d, double scale)
{
    d->u.resize2d.output_size = (hg_size2){0, 0};
    d->u.resize2d.scale_h = d->u.resize2d.scale_w = scale;
}
static void scale_tiny(descriptor *d)
{
    scales_are(d, 1e-6);
}
static void scale_infinite(descriptor *d)
{
    scales_are(d, INFINITY);
}
static void coordinates_of_nearest(descriptor *d)
{
    d->u.resize2d.mode = HG_RESIZE_AREA;
    d->u.resize2d.coordinates = HG_PYTORCH_NEAREST;
}
static void roi_nan(descriptor *d)
{
    d->u.resize2d.coordinates = HG_TF_CROP_AND_RESIZE;
    d->u.resize2d.roi = (hg_roi){0, 0, 1, NAN};
}
static void filter_wide(descriptor *d)
{
    input_is(d, hg_tensor_nhwc(HG_F32, 1, 6, INT32_MAX, 1));
    d->u.resize2d.antialias = true;
    d->u.resize2d.output_size = (hg_size2){6, INT32_MAX - 1};
    d->u.resize2d.scale_w = 0x1p-10;
}

const combined_case combined_cases[] = {
    {"images that overlap", "input.strides.n", ALL, INVALID, images_overlap},
    {"images 2^62 apart", "input.strides.n", ALL, RANGE, images_far},
    {"NCHW planes that overlap", "input.strides.c", ALL, INVALID, planes_overlap},
    {"NCHW rows that overlap", "input.strides.h", ALL, INVALID, rows_overlap},
    {"NCHW columns 2 apart", "input.strides.w", ALL, INVALID, columns_apart},
    {"n = h = w = 2^31 - 1", "input", ALL, RANGE, all_large},
    {"the same in NCHW", "input", ALL, RANGE, all_large_nchw},
    {"an unknown kernel", "no.such.kernel", ALL, INVALID | KNOWN_LATER, kernel_unknown},
    {"an empty kernel name", "kernel", ALL, INVALID | KNOWN_LATER, kernel_empty},
    {"another operator's kernel", "scalar.ref", ALL, INVALID | KNOWN_LATER, kernel_foreign},
    {"min above max", "epilogue.min", CONVS | ACTIVATION, INVALID, clamp_crossed},
    {"min = NaN", "epilogue.min", CONVS | ACTIVATION, INVALID, clamp_min_nan},
    {"max = NaN", "epilogue.max", CONVS | ACTIVATION, INVALID, clamp_max_nan},
    {"slope = NaN", "epilogue.slope", CONVS | ACTIVATION, INVALID, slope_nan},
    {"ELU with slope = NaN", "epilogue.slope", CONVS | ACTIVATION, INVALID, elu_slope_nan},
    {"a hard sigmoid of infinite slope", "epilogue.slope", CONVS | ACTIVATION, INVALID,
     ramp_infinite},
    {"a hard sigmoid of offset NaN", "epilogue.offset", CONVS | ACTIVATION, INVALID,
     ramp_offset_nan},
    {"PReLU without slopes", "slopes", CONVS | ACTIVATION, INVALID | KNOWN_LATER, slopes_missing},
    {"a residual whose pixels overlap", "epilogue.residual_strides.w", CONVS, INVALID,
     residual_columns},
    {"a residual with rows backwards", "epilogue.residual_strides.h", CONVS, INVALID,
     residual_rows},
    {"a residual whose channels are apart", "epilogue.residual_strides.c", CONVS, INVALID,
     residual_channels},
    {"a residual without end", "epilogue.residual_strides.n", CONVS, RANGE, residual_far},
    {"pooling a sum with a residual", "pool", CONV, UNSUPPORTED, pool_of_residual},
    {"pooling a single row", "pool", CONV, INVALID, pool_of_one_row},
    {"all rows cropped", "padding", TRANSPOSE, INVALID, cropped_away},
    {"output_padding unsaid", "keras_output_padding", TRANSPOSE, INVALID, keras_padding_unsaid},
    {"global and adaptive", "pool.global and pool.adaptive", POOLS, INVALID, global_and_adaptive},
    {"adaptive -1", "pool.adaptive.w", POOLS, INVALID, adaptive_negative},
    {"adaptive 2^31", "pool.adaptive.w", POOLS, RANGE, adaptive_huge},
    {"2^35 positions in 32 bits", "INDEX_I32", MAX, RANGE, indices_beyond},
    {"SAME", "padding.mode", UNPOOL, INVALID, unpool_same},
    {"all rows cropped", "padding", UNPOOL, INVALID, unpooled_away},
    {"scales of 1e-6: an empty output", "scale_h", RESIZE, INVALID, scale_tiny},
    {"infinite scales", "scale_h", RESIZE, INVALID, scale_infinite},
    {"coordinates of another mode", "coordinates", RESIZE, INVALID, coordinates_of_nearest},
    {"a NaN in the region", "roi", RESIZE, INVALID, roi_nan},
    {"2^42 taps", "antialias", RESIZE, RANGE, filter_wide},
};

const size_t combined_case_count = HG_COUNT(combined_cases);
