/* Hourglass: descriptors of tensors. They hold sizes, never data. */
#ifndef HOURGLASS_TENSOR_H
#define HOURGLASS_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hourglass/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Element types. Only HG_F32 is computed today; the others are answered with HG_UNSUPPORTED. The
 * output of hg_resize_argmax2d is HG_I32 or HG_U8. */
typedef enum hg_dtype { HG_F32 = 0, HG_F16, HG_BF16, HG_S8, HG_U8, HG_I32 } hg_dtype;

/* Order of the dimensions in memory, outermost first. */
typedef enum hg_layout { HG_NHWC = 0, HG_NCHW = 1 } hg_layout;

/* A height and a width, or a vertical and a horizontal amount. */
typedef struct hg_size2 {
    int64_t h, w;
} hg_size2;

/* Distances in elements between neighbours along each dimension.
 *
 *     element (n, y, x, c) = data[n * strides.n + y * strides.h + x * strides.w + c * strides.c]
 *
 * The innermost stride (c for NHWC, w for NCHW) is 1, none is negative. A stride of 0 stands for
 * the next inner dimension's size times its stride: pixels, rows, planes and images follow each
 * other in the strides that are given (where none is: a dense tensor). Strides may exceed that, so
 * a tensor can be a channel slice or a crop of a larger buffer; dimensions never overlap. */
typedef struct hg_strides {
    int64_t n, h, w, c;
} hg_strides;

/* A 4-D tensor of n images, h rows, w columns and c channels. n may be 0: such a plan does
 * nothing. h, w and c are at least 1; all are below 2^31. */
typedef struct hg_tensor {
    hg_dtype dtype;
    hg_layout layout;
    int64_t n, h, w, c;
    hg_strides strides;
    uint64_t reserved[2]; /* must be 0 */
} hg_tensor;

/* A dense tensor float data[n][h][w][c]. */
static inline hg_tensor hg_tensor_nhwc(hg_dtype dtype, int64_t n, int64_t h, int64_t w, int64_t c)
{
    const hg_tensor t = {dtype, HG_NHWC, n, h, w, c, {0, 0, 0, 0}, {0, 0}};
    return t;
}

/* A dense tensor float data[n][c][h][w]. */
static inline hg_tensor hg_tensor_nchw(hg_dtype dtype, int64_t n, int64_t c, int64_t h, int64_t w)
{
    const hg_tensor t = {dtype, HG_NCHW, n, h, w, c, {0, 0, 0, 0}, {0, 0}};
    return t;
}

typedef enum hg_padding_mode {
    HG_PADDING_EXPLICIT = 0, /* top, left, bottom, right as given */
    HG_PADDING_SAME_UPPER,   /* out = ceil(in / stride); an odd amount puts more at the end */
    HG_PADDING_SAME_LOWER,   /* ... more at the beginning */
    HG_PADDING_VALID,        /* none */
    HG_PADDING_KERAS_SAME,   /* conv_transpose2d only: Keras' padding="same" */
    HG_PADDING_KERAS_VALID   /* conv_transpose2d only: Keras' padding="valid" */
} hg_padding_mode;

/* Rows and columns added around the input (convolution, pooling), or cropped from the output
 * (transposed convolution). The four sides count in mode HG_PADDING_EXPLICIT only. */
typedef struct hg_padding {
    hg_padding_mode mode;
    int64_t top, left, bottom, right;
} hg_padding;

#ifdef __cplusplus
}
#endif
#endif
