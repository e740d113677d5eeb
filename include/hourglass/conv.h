/* Hourglass: convolution and transposed convolution.
 *
 * Padding contributes exactly zero as long as the weights are finite. A NaN or infinity of the
 * input reaches exactly the outputs whose window covers it at accuracy HG_STRICT. */
#ifndef HOURGLASS_CONV_H
#define HOURGLASS_CONV_H

#include "hourglass/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hg_context hg_context;
typedef struct hg_filter hg_filter;
typedef struct hg_plan hg_plan;
typedef struct hg_weights hg_weights; /* weights.h */

/* ------------------------------------------------------------------------------------------
 * Filters
 * ------------------------------------------------------------------------------------------ */

/* Order of the weights in the caller's memory, outermost first. O = output channels, I = input
 * channels, H, W = kernel rows and columns; one of O and I is divided by groups. */
typedef enum hg_filter_order {
    HG_OIHW = 0, /* convolution [O][I/groups][H][W]: PyTorch Conv2d, ONNX Conv */
    HG_OHWI,     /* convolution [O][H][W][I/groups] */
    HG_HWIO,     /* convolution [H][W][I/groups][O]: Keras Conv2D; DepthwiseConv2D [H][W][C][M] */
    HG_IOHW,     /* transposed [I][O/groups][H][W]: PyTorch ConvTranspose2d, ONNX ConvTranspose */
    HG_HWOI      /* transposed [H][W][O][I]: Keras Conv2DTranspose; groups must be 1 */
} hg_filter_order;

/* in_channels and out_channels are totals over all groups; group g connects input channels
 * [g*I/groups, (g+1)*I/groups) with output channels [g*O/groups, (g+1)*O/groups). Depthwise with
 * multiplier M: groups = I and O = M*I; output channel c*M + j belongs to input channel c. */
typedef struct hg_filter_desc {
    hg_dtype dtype;
    hg_filter_order order;
    int64_t out_channels, in_channels, height, width;
    int64_t groups;     /* 0 = 1; divides both channel counts */
    hg_weights *packed; /* where packed forms are found and kept (weights.h); NULL: in the filter */
    uint64_t id;        /* of this filter among those of `packed`; 0: none */
    uint64_t reserved[2];
} hg_filter_desc;

/* Copies the weights (out_channels * in_channels / groups * height * width elements), so the
 * caller may free them. Any number of plans, of any spatial size, share one filter; it packs
 * itself once per form that some plan needs. With desc->packed and an id, weights may be NULL:
 * plans then take what is found there by that id, and fail where it is not. The filter holds
 * desc->packed. On failure *filter is NULL.
 * HG_INVALID: a null pointer, a size < 1, groups does not divide the channels, unknown order, HWOI
 * with groups; an id without desc->packed; other weights than those that were packed by this id.
 * HG_UNSUPPORTED: dtype, reserved words. HG_RANGE: a size of 2^31 or more, more than 2^31 weights.
 * HG_NO_MEMORY. */
HG_API hg_status hg_filter_create(hg_context *context, const hg_filter_desc *desc,
                                  const void *weights, hg_filter **filter);

/* Frees the copy of the weights: packed forms alone remain, those of plans that were made. Plans
 * that want another form, because they have another kernel, are then refused (HG_UNSUPPORTED), and
 * the log names the kernel; they may be made with weights anew. NULL is allowed. */
HG_API void hg_filter_drop_weights(hg_filter *filter);

/* Drops the caller's reference; plans keep theirs, so filters may be freed before their plans. NULL
 * is allowed. */
HG_API void hg_filter_free(hg_filter *filter);

/* ------------------------------------------------------------------------------------------
 * What follows the sum
 * ------------------------------------------------------------------------------------------ */

typedef enum hg_activation {
    HG_IDENTITY = 0,
    HG_RELU,         /* max(v, 0) */
    HG_RELU6,        /* min(max(v, 0), 6) */
    HG_CLAMP,        /* min(max(v, epilogue.min), epilogue.max); HG_INVALID unless min <= max */
    HG_LEAKY_RELU,   /* v < 0 ? v * epilogue.slope : v; HG_INVALID if slope is NaN */
    HG_SIGMOID,      /* 1 / (1 + exp(-v)) */
    HG_HARD_SIGMOID, /* min(max(v * epilogue.slope + epilogue.offset, 0), 1); HG_INVALID unless both
                        are finite. PyTorch, Keras 3: 1/6 and 1/2; ONNX, Keras 2: 0.2 and 0.5 */
    HG_SILU,         /* v * sigmoid(v), or Swish */
    HG_HARD_SWISH,   /* v * min(max(v + 3, 0), 6) / 6 */
    HG_TANH,         /* tanh(v) */
    HG_GELU,         /* v * (1 + erf(v / sqrt(2))) / 2 */
    HG_GELU_TANH,    /* v * (1 + tanh(sqrt(2 / pi) * (v + 0.044715 * v^3))) / 2 */
    HG_ELU,          /* v < 0 ? (exp(v) - 1) * epilogue.slope : v; HG_INVALID if slope is NaN */
    HG_PRELU         /* v < 0 ? v * slopes[k] : v; slopes is a member of the operator */
} hg_activation;

/*     v = sum + bias[k]
 *     if (residual) v += residual[n][y][x][k]
 *     output[n][y][x][k] = activation(v)
 *
 * NaN stays NaN; minus infinity gives the function's limit, which is -0 for HG_SILU, HG_HARD_SWISH
 * and the two of GELU. Bounds of error: docs/accuracy.md. */
typedef struct hg_epilogue {
    hg_activation activation;
    float min, max, slope;       /* read by the activations that name them only */
    bool residual;               /* hg_io.residual is added; it has the output's sizes */
    float offset;                /* read by HG_HARD_SIGMOID only */
    hg_strides residual_strides; /* 0: see hg_strides */
} hg_epilogue;

/* How a kernel may round. Every class is deterministic: the same plan gives the same bits (on one
 * kind of cores: hg_run).
 * STRICT: direct summation, |error| <= gamma(K+1) * (|b| + sum |x||w|) for K products per output.
 * DEFAULT and RELAXED also admit fast algorithms with norm-wise bounds: relative to the largest
 * pixels around, and for |x| <= 2^119; beyond, they may overflow. docs/accuracy.md has all. */
typedef enum hg_accuracy { HG_DEFAULT = 0, HG_STRICT, HG_RELAXED } hg_accuracy;

/* ------------------------------------------------------------------------------------------
 * conv2d
 * ------------------------------------------------------------------------------------------ */

/* Pooling done while the convolution's output is still in the cache: 2 x 2 windows at stride 2 of
 * what the epilogue gives, by the rules of hg_max_pool2d and hg_avg_pool2d. The last row or column
 * of an odd size is dropped. Not with a residual (HG_UNSUPPORTED); an output below 2 x 2 has no
 * window (HG_INVALID). */
typedef enum hg_conv_pool { HG_POOL_NONE = 0, HG_POOL_MAX_2X2, HG_POOL_AVG_2X2 } hg_conv_pool;

/* Two-dimensional cross-correlation (the kernel is not flipped), OH x OW x K from H x W x C with a
 * filter of K outputs, R rows and S columns; weight is indexed as in HG_OIHW:
 *
 *     for n, oy, ox, k:  g = k / (K/groups)
 *         v = bias[k]
 *         for ky < R, kx < S, c < C/groups:
 *             iy = oy*stride.h - top + ky*dilation.h;  ix = ox*stride.w - left + kx*dilation.w
 *             if (0 <= iy < H and 0 <= ix < W)
 *                 v += input[n][iy][ix][g*C/groups + c] * weight[k][c][ky][kx]
 *         output[n][oy][ox][k] = epilogue(v)
 *
 *     OH = (H + top + bottom - ((R-1)*dilation.h + 1)) / stride.h + 1          OW alike
 *     SAME_UPPER, SAME_LOWER: OH = ceil(H / stride.h); VALID: no padding; KERAS_*: HG_INVALID
 *
 * With pool, output is OH/2 x OW/2 x K: the maximum or the mean of 2 x 2 of the values above. */
typedef struct hg_conv2d {
    hg_tensor input;
    hg_strides output_strides; /* in the input's layout; 0: see hg_strides */
    hg_size2 stride;           /* 0 = 1 */
    hg_size2 dilation;         /* 0 = 1 */
    hg_padding padding;
    hg_epilogue epilogue;
    hg_conv_pool pool;
    hg_accuracy accuracy;
    const char *kernel;  /* NULL: the dispatcher chooses; else the name of a kernel to force */
    const float *slopes; /* HG_PRELU: out_channels values, copied by planning */
    uint64_t reserved[3];
} hg_conv2d;

/* Writes the output's descriptor (strides resolved), so that callers can allocate before they plan.
 * Statuses as hg_plan_conv2d; nothing is logged, and on failure *output is left as it was. */
HG_API hg_status hg_conv2d_output(const hg_conv2d *op, const hg_filter_desc *filter,
                                  hg_tensor *output);

/* Plans the operator. bias: out_channels elements, copied, or NULL for zeros. On failure *plan is
 * NULL and the context's log tells which field was wrong.
 * HG_INVALID: null pointers, sizes < 1, unknown modes, negative padding, strides that overlap,
 * channel counts that differ from the filter's, a filter's order for the other convolution, an
 * empty output, HG_PRELU without slopes, kernel names nothing eligible. HG_UNSUPPORTED: dtype,
 * reserved words, pool with a residual. HG_RANGE: the limits in hourglass.h, or a workspace beyond
 * the address space. HG_NO_MEMORY. */
HG_API hg_status hg_plan_conv2d(hg_context *context, const hg_conv2d *op, hg_filter *filter,
                                const void *bias, hg_plan **plan);

/* ------------------------------------------------------------------------------------------
 * conv_transpose2d
 * ------------------------------------------------------------------------------------------ */

/* Transposed convolution (the gradient of conv2d with respect to its input), OH x OW x K from
 * H x W x C; weight is indexed as in HG_IOHW. As a scatter:
 *
 *     output = bias everywhere
 *     for n, iy, ix, ky < R, kx < S:
 *         oy = iy*stride.h + ky*dilation.h - top;  ox = ix*stride.w + kx*dilation.w - left
 *         if (0 <= oy < OH and 0 <= ox < OW)
 *             for k, c < C/groups:  g = k / (K/groups);  i = g*C/groups + c
 *                 output[n][oy][ox][k] += input[n][iy][ix][i] * weight[i][k % (K/groups)][ky][kx]
 *     output = epilogue(output)
 *
 * Padding crops the output. With RE = (R-1)*dilation.h + 1 and EXPLICIT padding
 *     OH = (H-1)*stride.h + RE + output_padding.h - top - bottom
 * and output_size, where given, replaces output_padding and bottom (as in PyTorch, but any size).
 * VALID is no padding.
 * SAME_UPPER / SAME_LOWER: OH = output_size.h, or H*stride.h; the surplus
 *     (H-1)*stride.h + RE + output_padding.h - OH
 * is cropped half at each side, the odd one at the end (UPPER) or beginning (LOWER), as ONNX does.
 * A negative surplus extends the output, its half rounded down likewise: the odd one lies at the
 * beginning (UPPER) or end (LOWER).
 * KERAS_SAME / KERAS_VALID follow keras.layers.Conv2DTranspose. */
typedef struct hg_conv_transpose2d {
    hg_tensor input;
    hg_strides output_strides;
    hg_size2 stride, dilation; /* 0 = 1 */
    hg_padding padding;
    hg_size2 output_padding;   /* extends the end; >= 0 */
    bool keras_output_padding; /* KERAS modes: output_padding is given (Keras: not None) */
    hg_size2 output_size;      /* 0 = by the rules above; else top and left may be negative */
    hg_epilogue epilogue;
    hg_accuracy accuracy;
    const char *kernel;
    const float *slopes; /* HG_PRELU: out_channels values, copied by planning */
    uint64_t reserved[3];
} hg_conv_transpose2d;

/* As hg_conv2d_output and hg_plan_conv2d. Besides, HG_INVALID: output_padding is negative, or given
 * in a KERAS mode without keras_output_padding; output_size is negative. */
HG_API hg_status hg_conv_transpose2d_output(const hg_conv_transpose2d *op,
                                            const hg_filter_desc *filter, hg_tensor *output);
HG_API hg_status hg_plan_conv_transpose2d(hg_context *context, const hg_conv_transpose2d *op,
                                          hg_filter *filter, const void *bias, hg_plan **plan);

#ifdef __cplusplus
}
#endif
#endif
