/* Hourglass: operators that work element by element, and padding. */
#ifndef HOURGLASS_POINTWISE_H
#define HOURGLASS_POINTWISE_H

#include "hourglass/conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------
 * Two tensors to one
 * ------------------------------------------------------------------------------------------ */

typedef enum hg_binary_op {
    HG_ADD = 0,  /* a + b */
    HG_SUBTRACT, /* a - b */
    HG_MULTIPLY, /* a * b */
    HG_MINIMUM,  /* min(a, b) */
    HG_MAXIMUM   /* max(a, b) */
} hg_binary_op;

/* a op b of tensors a (input) and b (other), and an activation behind it:
 *
 *     for n, y, x, c:
 *         a = input[n][y][x][c]
 *         b = other[n or 0][y or 0][x or 0][c or 0]    0 along dimensions in which other has size 1
 *         output[n][y][x][c] = activation(a op b)
 *
 * The output has the input's sizes. other has the input's size or 1 in each dimension: a tensor
 * alike, one value per channel (1 x 1 x C), pixel (H x W x 1), column (1 x W x 1) or row, images
 * that share one, or a single number. A sum, difference or product is rounded once; a minimum or
 * maximum is NaN where a or b is, and of zeros of both signs either. Activations have the bounds of
 * conv.h.
 *
 * In place: io.output may be io.input if the output has the input's strides, and io.other if other
 * has the output's sizes and strides. hg_run refuses any other overlap of elements (HG_INVALID)
 * where the two tensors have the same strides; where strides differ, it is not noticed and leaves
 * unspecified contents. Slices of one buffer that share no element are no overlap. */
typedef struct hg_binary {
    hg_tensor input, other; /* other: f32, in the input's layout; data in hg_io.other */
    hg_strides output_strides;
    hg_binary_op op;
    hg_epilogue epilogue; /* the activation alone: residual must be false */
    const char *kernel;
    uint64_t reserved[4];
} hg_binary;

/* As hg_conv2d_output and hg_plan_conv2d. Besides, HG_INVALID: an unknown op, a dimension of other
 * that is neither 1 nor the input's, another layout. HG_UNSUPPORTED: HG_PRELU, a
 * residual. */
HG_API hg_status hg_binary_output(const hg_binary *op, hg_tensor *output);
HG_API hg_status hg_plan_binary(hg_context *context, const hg_binary *op, hg_plan **plan);

/* ------------------------------------------------------------------------------------------
 * An activation alone
 * ------------------------------------------------------------------------------------------ */

/* For what stands behind no convolution that could take it into its epilogue:
 *
 *     for n, y, x, c:  output[n][y][x][c] = activation(input[n][y][x][c])
 *
 * by the formulas and within the bounds of conv.h. HG_IDENTITY copies, between strides of one
 * layout. In place as hg_binary: io.output may be io.input if the strides are the same. */
typedef struct hg_activation2d {
    hg_tensor input;
    hg_strides output_strides;
    hg_epilogue epilogue; /* the activation alone: residual must be false */
    const float *slopes;  /* HG_PRELU: of each channel; copied */
    const char *kernel;
    uint64_t reserved[4];
} hg_activation2d;

/* As hg_conv2d_output and hg_plan_conv2d. HG_UNSUPPORTED: a residual. */
HG_API hg_status hg_activation2d_output(const hg_activation2d *op, hg_tensor *output);
HG_API hg_status hg_plan_activation2d(hg_context *context, const hg_activation2d *op,
                                      hg_plan **plan);

/* ------------------------------------------------------------------------------------------
 * Softmax over channels
 * ------------------------------------------------------------------------------------------ */

/* The shares of a pixel's channels, which sum to 1:
 *
 *     for n, y, x:
 *         most = max over c of input[n][y][x][c];  e[c] = exp(input[n][y][x][c] - most)
 *         output[n][y][x][c] = e[c] / sum of e
 *
 * Within (C + 8 + most - input) 2^-24 of the share itself: the roundings of a sum of C positive
 * terms and of the difference, and 2 ULP each of exponential and quotient; shares below 2^-124 may
 * be 0. Minus infinity gives 0. A NaN, infinity, or minus infinity in all channels, makes all
 * channels of its pixel NaN, as in PyTorch.
 *
 * In place as hg_binary: io.output may be io.input if the strides are the same. The class alone,
 * that is the argmax over channels, is hg_resize_argmax2d to the input's own size. */
typedef struct hg_softmax2d {
    hg_tensor input;
    hg_strides output_strides;
    const char *kernel;
    uint64_t reserved[4];
} hg_softmax2d;

/* As hg_conv2d_output and hg_plan_conv2d. */
HG_API hg_status hg_softmax2d_output(const hg_softmax2d *op, hg_tensor *output);
HG_API hg_status hg_plan_softmax2d(hg_context *context, const hg_softmax2d *op, hg_plan **plan);

/* ------------------------------------------------------------------------------------------
 * Rows and columns around an image
 * ------------------------------------------------------------------------------------------ */

/* What stands outside the input. */
typedef enum hg_pad_mode {
    HG_PAD_CONSTANT = 0, /* value */
    HG_PAD_REFLECT,      /* the image in mirrors through its outermost pixels: 2 1 | 0 1 2 | 1 0 */
    HG_PAD_EDGE,         /* the outermost pixel: 0 0 | 0 1 2 | 2 2; PyTorch: replicate */
    HG_PAD_WRAP          /* the image again: 1 2 | 0 1 2 | 0 1; PyTorch: circular */
} hg_pad_mode;

/* Adds rows and columns on each side, or takes away as many as a negative one says:
 *
 *     for n, c, 0 <= oy < H + top + bottom, 0 <= ox < W + left + right:
 *         iy = source(oy - top, H);  ix = source(ox - left, W)
 *         output[n][oy][ox][c] = iy and ix are inside ? input[n][iy][ix][c] : value
 *
 *     source(i, size): i if it is inside, 0 <= i < size; else HG_PAD_CONSTANT: outside;
 *     HG_PAD_EDGE: the nearest inside; HG_PAD_WRAP: i mod size; HG_PAD_REFLECT: j = i mod 2(size-1)
 *     if that is inside, else 2(size-1) - j; of a single one 0
 *
 * Sides may exceed the image in every mode, which some frameworks refuse. Elements are copied bit
 * by bit. A crop alone needs no operator: strides have it. */
typedef struct hg_pad2d {
    hg_tensor input;
    hg_strides output_strides;
    hg_pad_mode mode;
    float value; /* read by HG_PAD_CONSTANT alone */
    int64_t top, left, bottom, right;
    const char *kernel;
    uint64_t reserved[4];
} hg_pad2d;

/* As hg_conv2d_output and hg_plan_conv2d. Besides, HG_INVALID: an unknown mode, an output without
 * rows or columns. HG_RANGE: a side, or rows or columns of the output, of 2^31 or more. */
HG_API hg_status hg_pad2d_output(const hg_pad2d *op, hg_tensor *output);
HG_API hg_status hg_plan_pad2d(hg_context *context, const hg_pad2d *op, hg_plan **plan);

#ifdef __cplusplus
}
#endif
#endif
