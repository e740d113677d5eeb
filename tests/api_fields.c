/* Every field of the operators' descriptors, wrong alone; for test_misuse. */
#include <math.h>
#include <stddef.h>

#include "tests/api_fields.h"
#include "tests/api_members.h"

#define big31 ((int64_t)1 << 31)
#define big62 ((int64_t)1 << 62)

const field_case field_cases[] = {
    /* The input, in NHWC, 1 x 6 x 7 x 8; neighbours overlap with the strides here. */
    {"input.n", ALL, INVALID, input_of, offsetof(hg_tensor, n), WORD, -1, 0},
    {"input.h", ALL, INVALID, input_of, offsetof(hg_tensor, h), WORD, 0, 0},
    {"input.w", ALL, INVALID, input_of, offsetof(hg_tensor, w), WORD, -1, 0},
    {"input.c", ALL, INVALID, input_of, offsetof(hg_tensor, c), WORD, 0, 0},
    {"input.n", ALL, RANGE, input_of, offsetof(hg_tensor, n), WORD, big31, 0},
    {"input.h", ALL, RANGE, input_of, offsetof(hg_tensor, h), WORD, big31, 0},
    {"input.w", ALL, RANGE, input_of, offsetof(hg_tensor, w), WORD, big31, 0},
    {"input.c", ALL, RANGE, input_of, offsetof(hg_tensor, c), WORD, big31, 0},
    {"input.c", ALL, INVALID, input_of, offsetof(hg_tensor, c), WORD, INT64_MIN, 0},
    {"input.w", ALL, RANGE, input_of, offsetof(hg_tensor, w), WORD, INT64_MAX, 0},
    {"input.dtype", ALL, UNSUPPORTED, input_of, offsetof(hg_tensor, dtype), CHOICE, HG_F16, 0},
    {"input.dtype", ALL, UNSUPPORTED, input_of, offsetof(hg_tensor, dtype), CHOICE, 99, 0},
    {"input.layout", ALL, INVALID, input_of, offsetof(hg_tensor, layout), CHOICE, 7, 0},
    {"input.reserved", ALL, UNSUPPORTED, input_of, offsetof(hg_tensor, reserved[0]), WORD, 1, 0},
    {"input.reserved", ALL, UNSUPPORTED, input_of, offsetof(hg_tensor, reserved[1]), WORD, 1, 0},
    {"input.strides.n", ALL, INVALID, input_of, offsetof(hg_tensor, strides.n), WORD, -1, 0},
    {"input.strides.h", ALL, INVALID, input_of, offsetof(hg_tensor, strides.h), WORD, 55, 0},
    {"input.strides.w", ALL, INVALID, input_of, offsetof(hg_tensor, strides.w), WORD, 7, 0},
    {"input.strides.c", ALL, INVALID, input_of, offsetof(hg_tensor, strides.c), WORD, 2, 0},
    {"input.strides.h", ALL, INVALID, input_of, offsetof(hg_tensor, strides.h), WORD, -56, 0},
    {"input.strides.n", ALL, RANGE, input_of, offsetof(hg_tensor, strides.n), WORD, INT64_MAX, 0},
    {"input.strides.h", ALL, RANGE, input_of, offsetof(hg_tensor, strides.h), WORD, INT64_MAX, 0},
    {"input.strides.w", ALL, RANGE, input_of, offsetof(hg_tensor, strides.w), WORD, INT64_MAX, 0},

    /* What all operators have. */
    {"op.reserved", ALL, UNSUPPORTED, reserved_of, 0, WORD, -1, 0},
    {"op.reserved", ALL, UNSUPPORTED, reserved_of, sizeof(uint64_t), WORD, -1, 0},
    {"op.reserved", ALL, UNSUPPORTED, reserved_of, 2 * sizeof(uint64_t), WORD, -1, 0},
    {"op.reserved", ALL & ~CONVS, UNSUPPORTED, reserved_of, 3 * sizeof(uint64_t), WORD, -1, 0},
    {"output_strides.n", ALL, INVALID, output_strides_of, offsetof(hg_strides, n), WORD, -1, 0},
    {"output_strides.h", ALL, INVALID, output_strides_of, offsetof(hg_strides, h), WORD, -1, 0},
    {"output_strides.w", ALL & ~ARGMAX, INVALID, output_strides_of, offsetof(hg_strides, w), WORD,
     1, 0},
    {"output_strides.c", ALL, INVALID, output_strides_of, offsetof(hg_strides, c), WORD, 3, 0},
    {"output_strides.n", ALL, RANGE, output_strides_of, offsetof(hg_strides, n), WORD, INT64_MAX,
     0},
    {"output_strides.h", ALL, RANGE, output_strides_of, offsetof(hg_strides, h), WORD, INT64_MAX,
     0},
    {"output_strides.w", ALL, RANGE, output_strides_of, offsetof(hg_strides, w), WORD, INT64_MAX,
     0},

    /* Windows. */
    {"padding.top", WINDOWED, INVALID, padding_of, offsetof(hg_padding, top), WORD, -1, 0},
    {"padding.top", WINDOWED, RANGE, padding_of, offsetof(hg_padding, top), WORD, big31, 0},
    {"padding.left", WINDOWED, INVALID, padding_of, offsetof(hg_padding, left), WORD, -1, 0},
    {"padding.left", WINDOWED, RANGE, padding_of, offsetof(hg_padding, left), WORD, big31, 0},
    {"padding.bottom", WINDOWED, INVALID, padding_of, offsetof(hg_padding, bottom), WORD, -1, 0},
    {"padding.bottom", WINDOWED, RANGE, padding_of, offsetof(hg_padding, bottom), WORD, big31, 0},
    {"padding.right", WINDOWED, INVALID, padding_of, offsetof(hg_padding, right), WORD, -1, 0},
    {"padding.right", WINDOWED, RANGE, padding_of, offsetof(hg_padding, right), WORD, big31, 0},
    {"padding.bottom", WINDOWED, RANGE, padding_of, offsetof(hg_padding, bottom), WORD, INT64_MAX,
     0},
    {"padding.mode", WINDOWED, INVALID, padding_of, offsetof(hg_padding, mode), CHOICE, 99, 0},
    {"padding.mode", WINDOWED, INVALID, padding_of, offsetof(hg_padding, mode), CHOICE, -1, 0},
    {"padding.mode", CONV | POOLS | UNPOOL, INVALID, padding_of, offsetof(hg_padding, mode), CHOICE,
     HG_PADDING_KERAS_SAME, 0},
    {"stride.h", WINDOWED, INVALID, stride_of, offsetof(hg_size2, h), WORD, -2, 0},
    {"stride.h", WINDOWED, RANGE, stride_of, offsetof(hg_size2, h), WORD, big62, 0},
    {"dilation.h", CONVS | POOLS, INVALID, dilation_of, offsetof(hg_size2, h), WORD, -1, 0},
    {"dilation.h", CONVS | POOLS, RANGE, dilation_of, offsetof(hg_size2, h), WORD, INT64_MAX, 0},
    {"stride.w", WINDOWED, INVALID, stride_of, offsetof(hg_size2, w), WORD, -2, 0},
    {"stride.w", WINDOWED, RANGE, stride_of, offsetof(hg_size2, w), WORD, big62, 0},
    {"dilation.w", CONVS | POOLS, INVALID, dilation_of, offsetof(hg_size2, w), WORD, -1, 0},
    {"dilation.w", CONVS | POOLS, RANGE, dilation_of, offsetof(hg_size2, w), WORD, INT64_MAX, 0},
    {"window", CONV | POOLS, INVALID, dilation_of, offsetof(hg_size2, h), WORD, 100, 0},

    /* Convolutions. */
    {"epilogue.activation", CONVS, INVALID, epilogue_of, offsetof(hg_epilogue, activation), CHOICE,
     99, 0},
    {"accuracy", CONV, INVALID, operator_of, offsetof(hg_conv2d, accuracy), CHOICE, 99, 0},
    {"accuracy", TRANSPOSE, INVALID, operator_of, offsetof(hg_conv_transpose2d, accuracy), CHOICE,
     -1, 0},
    {"pool", CONV, INVALID, operator_of, offsetof(hg_conv2d, pool), CHOICE, 3, 0},
    {"input.c", CONVS, INVALID, input_of, offsetof(hg_tensor, c), WORD, 9, 0},
    {"output_padding.h", TRANSPOSE, INVALID, operator_of,
     offsetof(hg_conv_transpose2d, output_padding.h), WORD, -1, 0},
    {"output_padding.h", TRANSPOSE, RANGE, operator_of,
     offsetof(hg_conv_transpose2d, output_padding.h), WORD, INT64_MAX, 0},
    {"output_size.h", TRANSPOSE, INVALID, operator_of, offsetof(hg_conv_transpose2d, output_size.h),
     WORD, -1, 0},
    {"output_size.h", TRANSPOSE, RANGE, operator_of, offsetof(hg_conv_transpose2d, output_size.h),
     WORD, big31, 0},
    {"output_padding.w", TRANSPOSE, INVALID, operator_of,
     offsetof(hg_conv_transpose2d, output_padding.w), WORD, -1, 0},
    {"output_padding.w", TRANSPOSE, RANGE, operator_of,
     offsetof(hg_conv_transpose2d, output_padding.w), WORD, INT64_MAX, 0},
    {"output_size.w", TRANSPOSE, INVALID, operator_of, offsetof(hg_conv_transpose2d, output_size.w),
     WORD, -1, 0},
    {"output_size.w", TRANSPOSE, RANGE, operator_of, offsetof(hg_conv_transpose2d, output_size.w),
     WORD, big31, 0},

    /* Pooling and unpooling. */
    {"pool.window.h", POOLS, INVALID, geometry_of, offsetof(hg_pool_geometry, window.h), WORD, -3,
     0},
    {"pool.window.h", POOLS, INVALID, geometry_of, offsetof(hg_pool_geometry, window.h), WORD, 0,
     0},
    {"pool.window.h", POOLS, RANGE, geometry_of, offsetof(hg_pool_geometry, window.h), WORD, big62,
     0},
    {"pool.adaptive.h", POOLS, INVALID, geometry_of, offsetof(hg_pool_geometry, adaptive.h), WORD,
     -1, 0},
    {"pool.window.w", POOLS, INVALID, geometry_of, offsetof(hg_pool_geometry, window.w), WORD, -3,
     0},
    {"pool.window.w", POOLS, INVALID, geometry_of, offsetof(hg_pool_geometry, window.w), WORD, 0,
     0},
    {"pool.window.w", POOLS, RANGE, geometry_of, offsetof(hg_pool_geometry, window.w), WORD, big62,
     0},
    {"index_convention", MAX, INVALID, operator_of, offsetof(hg_max_pool2d, index_convention),
     CHOICE, 99, 0},
    {"index_type", MAX, INVALID, operator_of, offsetof(hg_max_pool2d, index_type), CHOICE, 99, 0},
    {"divisor_override", AVG, INVALID, operator_of, offsetof(hg_avg_pool2d, divisor_override), WORD,
     -1, 0},
    {"p is", LP, INVALID, operator_of, offsetof(hg_lp_pool2d, p), FLOAT, 0, 0.5},
    {"p is", LP, INVALID, operator_of, offsetof(hg_lp_pool2d, p), FLOAT, 0, -1},
    {"p is", LP, INVALID, operator_of, offsetof(hg_lp_pool2d, p), FLOAT, 0, (double)NAN},
    {"p is", LP, INVALID, operator_of, offsetof(hg_lp_pool2d, p), FLOAT, 0, (double)INFINITY},
    {"form", LP, INVALID, operator_of, offsetof(hg_lp_pool2d, form), CHOICE, 99, 0},
    {"index_convention", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, index_convention),
     CHOICE, -1, 0},
    {"index_type", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, index_type), CHOICE, 2,
     0},
    {"window.h", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, window.h), WORD, 0, 0},
    {"output_size.h", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, output_size.h), WORD,
     -4, 0},
    {"output_size.h", UNPOOL, RANGE, operator_of, offsetof(hg_max_unpool2d, output_size.h), WORD,
     big62, 0},
    {"index_size.h", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, index_size.h), WORD,
     -1, 0},
    {"index_size.h", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, index_size.h), WORD,
     100, 0},
    {"window.w", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, window.w), WORD, 0, 0},
    {"output_size.w", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, output_size.w), WORD,
     -4, 0},
    {"output_size.w", UNPOOL, RANGE, operator_of, offsetof(hg_max_unpool2d, output_size.w), WORD,
     big62, 0},
    {"index_size.w", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, index_size.w), WORD,
     -1, 0},
    {"index_size.w", UNPOOL, INVALID, operator_of, offsetof(hg_max_unpool2d, index_size.w), WORD,
     100, 0},

    /* Resizing. */
    {"mode", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, mode), CHOICE, 99, 0},
    {"coordinates", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, coordinates), CHOICE, 99,
     0},
    {"rounding", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, rounding), CHOICE, -1, 0},
    {"output_size.h", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, output_size.h), WORD, -3,
     0},
    {"output_size.h", RESIZE, RANGE, operator_of, offsetof(hg_resize2d, output_size.h), WORD, big31,
     0},
    {"output_size.h", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, output_size.h), WORD, 0,
     0},
    {"scale_h", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, scale_h), REAL, 0, (double)NAN},
    {"scale_h", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, scale_h), REAL, 0, -1},
    {"scale_h", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, scale_h), REAL, 0,
     (double)INFINITY},
    {"scale_h", RESIZE, RANGE, operator_of, offsetof(hg_resize2d, scale_h), REAL, 0, 0x1p-32},
    {"scale_h", RESIZE, RANGE, operator_of, offsetof(hg_resize2d, scale_h), REAL, 0, 1e300},
    {"output_size.w", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, output_size.w), WORD, -3,
     0},
    {"output_size.w", RESIZE, RANGE, operator_of, offsetof(hg_resize2d, output_size.w), WORD, big31,
     0},
    {"output_size.w", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, output_size.w), WORD, 0,
     0},
    {"scale_w", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, scale_w), REAL, 0, (double)NAN},
    {"scale_w", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, scale_w), REAL, 0, -1},
    {"scale_w", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, scale_w), REAL, 0,
     (double)INFINITY},
    {"scale_w", RESIZE, RANGE, operator_of, offsetof(hg_resize2d, scale_w), REAL, 0, 0x1p-32},
    {"scale_w", RESIZE, RANGE, operator_of, offsetof(hg_resize2d, scale_w), REAL, 0, 1e300},
    {"op.reserved", ARGMAX, UNSUPPORTED, operator_of, offsetof(hg_resize_argmax2d, resize.reserved),
     WORD, 1, 0},
    {"output_strides.h", ARGMAX, INVALID, output_strides_of, offsetof(hg_strides, h), WORD, 3, 0},
    {"class_type", ARGMAX, INVALID, operator_of, offsetof(hg_resize_argmax2d, class_type), CHOICE,
     2, 0},
    {"cubic_a", RESIZE, INVALID, operator_of, offsetof(hg_resize2d, cubic_a), REAL, 0, (double)NAN},
};

const size_t field_case_count = HG_COUNT(field_cases);

void spoil_field(const field_case *c, descriptor *d)
{
    char *field = (char *)c->in(d) + c->at;
    switch (c->kind) {
    case WORD:
        *(int64_t *)(void *)field = c->word;
        break;
    case CHOICE:
        *(int *)(void *)field = (int)c->word;
        break;
    case REAL:
        *(double *)(void *)field = c->real;
        break;
    case FLOAT:
        *(float *)(void *)field = (float)c->real;
        break;
    }
}
