/* Hourglass: pooling and unpooling. */
#ifndef HOURGLASS_POOL_H
#define HOURGLASS_POOL_H

#include "hourglass/conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The flat index that stands for element (n, c, y, x) of a tensor of c = C, h = H, w = W. It does
 * not depend on the layout in memory. */
typedef enum hg_index_convention {
    HG_INDEX_PYTORCH = 0,     /* y*W + x */
    HG_INDEX_ONNX,            /* ((n*C + c)*H + y)*W + x */
    HG_INDEX_ONNX_COLUMNS,    /* (n*C + c)*H*W + x*H + y          (storage_order = 1) */
    HG_INDEX_TENSORFLOW,      /* (y*W + x)*C + c */
    HG_INDEX_TENSORFLOW_BATCH /* ((n*H + y)*W + x)*C + c          (include_batch_in_index) */
} hg_index_convention;

typedef enum hg_index_type { HG_INDEX_I64 = 0, HG_INDEX_I32 } hg_index_type;

/* Geometry shared by the three pooling operators. Sizes per axis, KE = (k-1)*dilation + 1:
 *     floor:     out = (in + begin + end - KE) / stride + 1
 *     ceil_mode: out = ceil((in + begin + end - KE) / stride) + 1, less one if the last window
 *                would start at or beyond in + begin; a window that exceeds the padded input by
 *                less than the stride gives 1
 *     VALID:     the same with begin = end = 0
 *     SAME_*:    out = ceil(in / stride)
 *     global:    out = 1, the window is the whole input
 *     adaptive:  out as given; window o covers [floor(o*in/out), ceil((o+1)*in/out))
 * Padding may be anything >= 0; a window wholly in padding is defined (see each operator). */
typedef struct hg_pool_geometry {
    hg_size2 window;   /* at least 1; ignored by global and adaptive */
    hg_size2 stride;   /* 0 = window */
    hg_size2 dilation; /* 0 = 1 */
    hg_padding padding;
    bool ceil_mode;
    bool global;
    hg_size2 adaptive; /* output size; 0 = not adaptive */
} hg_pool_geometry;

/*     output[n][oy][ox][c] = max over the window's valid taps;  -inf if there is none
 *
 * Padding never wins. NaN propagates. Index: the first maximum in row-major order of the window
 * wins; with NaN the last NaN; -0 and +0 tie; -1 for an empty window. Exact in every kernel. */
typedef struct hg_max_pool2d {
    hg_tensor input;
    hg_strides output_strides; /* of hg_io.output and of hg_io.indices */
    hg_pool_geometry pool;
    bool indices; /* also write hg_io.indices, the position of each maximum in the input */
    hg_index_convention index_convention;
    hg_index_type index_type;
    const char *kernel;
    uint64_t reserved[4];
} hg_max_pool2d;

/*     output = (sum over the window's valid taps) / divisor;  0 for an empty window
 *
 * divisor: divisor_override if > 0; else, with count_include_pad, the taps inside the padded
 * input (a ceil_mode overhang beyond the padding never counts); else the valid taps. The sum is
 * float: where it leaves the range the result is infinite, even if the average itself would fit
 * (NaN where parts of it leave the range to both sides). */
typedef struct hg_avg_pool2d {
    hg_tensor input;
    hg_strides output_strides;
    hg_pool_geometry pool;
    bool count_include_pad;
    int64_t divisor_override; /* 0 = none */
    const char *kernel;
    uint64_t reserved[4];
} hg_avg_pool2d;

/* HG_LP_ABSOLUTE (ONNX): (sum |x|^p)^(1/p). HG_LP_SIGNED (PyTorch): (sum x^p)^(1/p), NaN where an
 * odd power makes the sum negative. Empty window: 0. For p = 1 and 2 the sum is float: where it
 * leaves the range the result is infinite, even if the root would fit. Other p sum in double. */
typedef enum hg_lp_form { HG_LP_ABSOLUTE = 0, HG_LP_SIGNED } hg_lp_form;

typedef struct hg_lp_pool2d {
    hg_tensor input;
    hg_strides output_strides;
    hg_pool_geometry pool;
    float p; /* 0 = 2; at least 1 */
    hg_lp_form form;
    const char *kernel;
    uint64_t reserved[4];
} hg_lp_pool2d;

/* Puts each input value at the position its index names, zero elsewhere:
 *
 *     output = 0
 *     for n, c, then y and x in increasing order:
 *         output[n][c][position(input_indices[n][c][y][x])] = input[n][c][y][x]
 *
 * The position is decoded with the convention and the sizes of the OUTPUT, or index_size where
 * given, and the index must name its element's own image and channel. Duplicates: the last in
 * row-major (y, x) order of the input wins, whatever the number of threads. window, stride and
 * padding (EXPLICIT or VALID) only give the default output size
 *     OH = (H-1)*stride.h - top - bottom + window.h          OW alike
 * and a hint for the fast path. An index outside [0, size of what it addresses), or that names
 * another image or channel, is refused: hg_run returns HG_INDEX, nothing is written outside the
 * output, and the output's contents are unspecified. */
typedef struct hg_max_unpool2d {
    hg_tensor input; /* its strides hold for hg_io.input and hg_io.input_indices */
    hg_strides output_strides;
    hg_size2 window; /* at least 1 */
    hg_size2 stride; /* 0 = window */
    hg_padding padding;
    hg_size2 output_size; /* 0 = by the rule above */
    hg_index_convention index_convention;
    hg_index_type index_type;
    hg_size2 index_size; /* 0 = output; else indices were made for an image of this size, whose
                            pixels keep their (y, x) in the larger output (ONNX output_shape) */
    const char *kernel;
    uint64_t reserved[4];
} hg_max_unpool2d;

/* As hg_conv2d_output. The indices of hg_max_pool2d have the sizes and strides of its output. */
HG_API hg_status hg_max_pool2d_output(const hg_max_pool2d *op, hg_tensor *output);
HG_API hg_status hg_avg_pool2d_output(const hg_avg_pool2d *op, hg_tensor *output);
HG_API hg_status hg_lp_pool2d_output(const hg_lp_pool2d *op, hg_tensor *output);
HG_API hg_status hg_max_unpool2d_output(const hg_max_unpool2d *op, hg_tensor *output);

/* Statuses as hg_plan_conv2d. Besides, HG_INVALID: global and adaptive at once, a negative divisor,
 * p below 1 or infinite, index_size beyond the output. HG_RANGE: indices that do not fit
 * HG_INDEX_I32. */
HG_API hg_status hg_plan_max_pool2d(hg_context *context, const hg_max_pool2d *op, hg_plan **plan);
HG_API hg_status hg_plan_avg_pool2d(hg_context *context, const hg_avg_pool2d *op, hg_plan **plan);
HG_API hg_status hg_plan_lp_pool2d(hg_context *context, const hg_lp_pool2d *op, hg_plan **plan);
HG_API hg_status hg_plan_max_unpool2d(hg_context *context, const hg_max_unpool2d *op,
                                      hg_plan **plan);

#ifdef __cplusplus
}
#endif
#endif
