/* The words of keys, for those who print and parse them (key.c, parse.c).
 *
 *     OP f32 LAYOUT nN cC hH wW [kK] [rRxS] [sHxW] [pT,L,B,R] [dHxW] [gG] [oHxW] [words] [strides]
 */
#ifndef HG_PROBLEM_WORDS_H
#define HG_PROBLEM_WORDS_H

#include <locale.h>

#include "kernels/problem.h"

static const char *const op_names[HG_OP_COUNT] = {"conv2d",     "conv_transpose2d", "max_pool2d",
                                                  "avg_pool2d", "lp_pool2d",        "max_unpool2d",
                                                  "resize2d"};
static const char *const layout_names[] = {"nhwc", "nchw"};
static const char *const convention_names[] = {"pytorch", "onnx", "onnx_columns", "tensorflow",
                                               "tensorflow_batch"};
static const char *const index_type_names[] = {"i64", "i32"};
static const char *const accuracy_names[] = {"default", "strict", "relaxed"};
static const char *const post_pool_names[] = {"none", "max2x2", "avg2x2"};
static const char *const mode_names[] = {"nearest", "bilinear", "bicubic",
                                         "area",    "lanczos3", "lanczos5"};
static const char *const coordinate_names[] = {
    "half_pixel",    "asymmetric",         "pytorch_half_pixel", "half_pixel_symmetric",
    "align_corners", "tf_crop_and_resize", "pytorch_nearest"};
static const char *const rounding_names[] = {"prefer_floor", "prefer_ceil", "floor", "ceil"};

/* Keys are written and read with points, whatever the caller's locale. Returns what to restore. */
static inline locale_t hg_plain_numbers(locale_t *plain)
{
    *plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    return uselocale(*plain);
}

static inline void hg_restore_numbers(locale_t before, locale_t plain)
{
    uselocale(before);
    if (plain) freelocale(plain);
}

#endif
