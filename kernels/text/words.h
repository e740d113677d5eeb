/* The words of keys, for those who print and parse them (key.c, parse.c).
 *
 *     OP f32 LAYOUT nN cC hH wW [kK] [rRxS] [sHxW] [pT,L,B,R] [dHxW] [gG] [oHxW] [words] [strides]
 */
#ifndef HG_PROBLEM_WORDS_H
#define HG_PROBLEM_WORDS_H

#include <locale.h>
#include <stdio.h>

#include "kernels/problem.h"

static const char *const op_names[HG_OP_COUNT] = {
    "conv2d",   "conv_transpose2d", "max_pool2d", "avg_pool2d", "lp_pool2d",    "max_unpool2d",
    "resize2d", "resize_argmax2d",  "binary",     "softmax2d",  "activation2d", "pad2d"};
static const char *const layout_names[] = {"nhwc", "nchw"};
static const char *const convention_names[] = {"pytorch", "onnx", "onnx_columns", "tensorflow",
                                               "tensorflow_batch"};
static const char *const index_type_names[] = {"i64", "i32"};
static const char *const class_type_names[] = {"i32", "u8"};
static const char *const binary_names[] = {"add", "subtract", "multiply", "minimum", "maximum"};
static const char *const pad_names[] = {"constant", "reflect", "edge", "wrap"};
static const char *const accuracy_names[] = {"default", "strict", "relaxed"};
/* Those without numbers; slope and bounds say the first few. NULL is no word. */
static const char *const activation_names[] = {
    [HG_SIGMOID] = "sigmoid", [HG_SILU] = "silu", [HG_HARD_SWISH] = "hard_swish",
    [HG_TANH] = "tanh",       [HG_GELU] = "gelu", [HG_GELU_TANH] = "gelu_tanh",
    [HG_PRELU] = "prelu"};
static const char *const post_pool_names[] = {"none", "max2x2", "avg2x2"};
static const char *const mode_names[] = {"nearest", "bilinear", "bicubic",
                                         "area",    "lanczos3", "lanczos5"};
static const char *const coordinate_names[] = {
    "half_pixel",    "asymmetric",         "pytorch_half_pixel", "half_pixel_symmetric",
    "align_corners", "tf_crop_and_resize", "pytorch_nearest"};
static const char *const rounding_names[] = {"prefer_floor", "prefer_ceil", "floor", "ceil"};

/* Keys are written and read with points, whatever the caller's locale: the thread's becomes plain,
 * and what it was is kept. Windows alone has no locales as values; there it is known by its name.
 */
#if defined(_WIN32)
typedef struct hg_numbers {
    int per_thread;
    char name[64];
} hg_numbers;

static inline void hg_plain_numbers(hg_numbers *before)
{
    before->per_thread = _configthreadlocale(_ENABLE_PER_THREAD_LOCALE);
    const char *name = setlocale(LC_NUMERIC, NULL);
    snprintf(before->name, sizeof before->name, "%s", name ? name : "C");
    setlocale(LC_NUMERIC, "C");
}

static inline void hg_restore_numbers(const hg_numbers *before)
{
    setlocale(LC_NUMERIC, before->name);
    if (before->per_thread > 0) _configthreadlocale(before->per_thread);
}
#else
typedef struct hg_numbers {
    locale_t before, plain;
} hg_numbers;

static inline void hg_plain_numbers(hg_numbers *n)
{
    n->plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    n->before = uselocale(n->plain);
}

static inline void hg_restore_numbers(const hg_numbers *n)
{
    uselocale(n->before);
    if (n->plain) freelocale(n->plain);
}
#endif

#endif
