/* Hourglass: resizing (upsampling and downsampling by interpolation), and what is fused with it:
 * the argmax behind it, the convolution behind nearest upsampling. */
#ifndef HOURGLASS_UPSAMPLE_H
#define HOURGLASS_UPSAMPLE_H

#include "hourglass/conv.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum hg_resize_mode {
    HG_RESIZE_NEAREST = 0,
    HG_RESIZE_BILINEAR,
    HG_RESIZE_BICUBIC,  /* Keys, with resize.cubic_a */
    HG_RESIZE_AREA,     /* mean over [floor(o*in/out), ceil((o+1)*in/out)): adaptive average */
    HG_RESIZE_LANCZOS3, /* sinc(d) * sinc(d/3) for |d| < 3, else 0; sinc(d) = sin(pi d)/(pi d) */
    HG_RESIZE_LANCZOS5  /* sinc(d) * sinc(d/5) for |d| < 5, else 0 */
} hg_resize_mode;

/* Source coordinate x of output o along an axis; scale = out/in unless given.
 *
 * HG_PYTORCH_NEAREST, for HG_RESIZE_NEAREST alone, is HG_ASYMMETRIC with HG_ROUND_FLOOR, whatever
 * `rounding` says, in f32: o times in/out (a given scale: times 1/scale), step and product rounded.
 * From in 2 to out 82 it so takes pixel 0 at o = 41, whose coordinate is 1. */
typedef enum hg_coordinates {
    HG_HALF_PIXEL = 0,       /* (o + 0.5)/scale - 0.5 */
    HG_ASYMMETRIC,           /* o/scale */
    HG_PYTORCH_HALF_PIXEL,   /* half_pixel, but 0 where out = 1 */
    HG_HALF_PIXEL_SYMMETRIC, /* half_pixel about the centre: exact for a fractional in*scale */
    HG_ALIGN_CORNERS,        /* o*(in-1)/(out-1), 0 where out = 1; with a scale, out = in*scale */
    HG_TF_CROP_AND_RESIZE,   /* over the region resize.roi; outside: resize.extrapolation */
    HG_PYTORCH_NEAREST       /* PyTorch's "nearest", index by index */
} hg_coordinates;

/* How HG_RESIZE_NEAREST turns a coordinate into an index. */
typedef enum hg_rounding {
    HG_ROUND_PREFER_FLOOR = 0, /* ceil(x - 0.5) */
    HG_ROUND_PREFER_CEIL,      /* floor(x + 0.5) */
    HG_ROUND_FLOOR,
    HG_ROUND_CEIL
} hg_rounding;

/* A region of the input in normalised coordinates, 0 = first and 1 = last pixel's centre. */
typedef struct hg_roi {
    double top, left, bottom, right;
} hg_roi;

/* Interpolation, separable over the axes:
 *
 *     output[n][oy][ox][c] = sum over a, b of  wy[oy][a] * wx[ox][b] * input[n][iy+a][ix+b][c]
 *
 * Of output o, whose source coordinate is x, the filters (bilinear: 1 - |d| for |d| < 1) have along
 * either axis, s being 1, or min(1, scale) with antialias (PyTorch, ONNX):
 *
 *     for (i = 0; i < in; i++) w[o][i] = 0;
 *     for (i = every integer; |i - x| * s < radius of the filter)
 *         w[o][clamp(i, 0, in - 1)] += filter((i - x) * s);
 *     w[o] /= sum over i of w[o][i];
 *
 * With exclude_outside, and in the Lanczos modes always, integers beyond the border are left out
 * instead of clamped (where a given scale leads so far outside that no pixel has weight, the
 * border's has all). A pixel counts once, with the sum w[o][i] of all that is clamped to it; where
 * that is 0, or below 2^-36 in magnitude, the pixel does not count. So a NaN or an infinity reaches
 * exactly the outputs in which its pixel has weight: as NaN if it is one or if infinities of both
 * signs meet, as infinity times the weight otherwise. Coordinates, ties and weights are decided at
 * plan time in integers or double and rounded to f32 once; values of a Lanczos filter below 2^-36
 * are 0. Lanczos of half-pixel coordinates with antialias is PIL's Image.LANCZOS (3), and the
 * lanczos3 and lanczos5 of tf.image.resize and jax.image.resize. The defaults (zero) are ONNX'
 * Resize; presets for PyTorch and Keras are below. */
typedef struct hg_resize2d {
    hg_tensor input;
    hg_strides output_strides;
    hg_size2 output_size;    /* 0 = floor(in * scale) */
    double scale_h, scale_w; /* 0 = out / in, exactly */
    hg_resize_mode mode;
    hg_coordinates coordinates;
    hg_rounding rounding;
    double cubic_a; /* 0 = -0.75 (PyTorch, ONNX, OpenCV); -0.5: Keras, PIL */
    bool exclude_outside;
    bool antialias;
    hg_roi roi;          /* HG_TF_CROP_AND_RESIZE only */
    float extrapolation; /* HG_TF_CROP_AND_RESIZE only */
    const char *kernel;
    uint64_t reserved[4];
} hg_resize2d;

/* As hg_conv2d_output. */
HG_API hg_status hg_resize2d_output(const hg_resize2d *op, hg_tensor *output);

/* Statuses as hg_plan_conv2d. Besides, HG_INVALID: neither a size nor a scale, a scale that is
 * negative or not finite, cubic_a or roi not finite, HG_PYTORCH_NEAREST with another mode.
 * HG_RANGE: a scale outside [2^-31, 2^31], or an antialias filter of more than about 2^36 taps over
 * all outputs of an axis. */
HG_API hg_status hg_plan_resize2d(hg_context *context, const hg_resize2d *op, hg_plan **plan);

/* torch.nn.Upsample / F.interpolate(size=...): "nearest", "nearest-exact", "bilinear", "bicubic"
 * or "area"; other names give HG_INVALID, as do align_corners or antialias with a mode other than
 * bilinear and bicubic. HG_UNSUPPORTED: both at once. antialias bicubic uses a = -0.5, as PyTorch
 * does. */
HG_API hg_status hg_resize2d_pytorch(const hg_tensor *input, hg_size2 size, const char *mode,
                                     bool align_corners, bool antialias, hg_resize2d *op);

/* keras.layers.UpSampling2D(size=factor): "nearest", "bilinear" or "bicubic"; other names and
 * factors < 1 give HG_INVALID. Both presets also answer as hg_resize2d_output, and leave *op as it
 * was where they fail. */
HG_API hg_status hg_resize2d_keras(const hg_tensor *input, hg_size2 factor, const char *mode,
                                   hg_resize2d *op);

/* ------------------------------------------------------------------------------------------
 * Resizing and argmax, as one
 * ------------------------------------------------------------------------------------------ */

typedef enum hg_class_type {
    HG_CLASS_I32 = 0, /* int32_t: the output is HG_I32 */
    HG_CLASS_U8       /* uint8_t: HG_U8; at most 256 channels */
} hg_class_type;

/* Resizing of a score map and the class of every pixel, that is the channel of the largest score:
 * what a segmentation network ends in, without the scores at the output's size ever being there.
 *
 *     output[n][oy][ox] = 0;  best = score[n][oy][ox][0]     by the loop nest of hg_resize2d
 *     for 0 < c < C:
 *         v = score[n][oy][ox][c]
 *         if (v > best or (v is NaN and best is not))
 *             output[n][oy][ox] = c;  best = v
 *
 * So ties go to the lowest channel, and a NaN, the first of several, is above all, as in PyTorch's
 * and NumPy's argmax. Outside the region of HG_TF_CROP_AND_RESIZE all channels tie. Every kernel,
 * thread count and instruction set gives the same classes: those of scores summed in f32 along x,
 * then y, each product but the first of a sum fused. */
typedef struct hg_resize_argmax2d {
    hg_resize2d resize; /* input: the scores; output_strides, kernel: of the classes */
    hg_class_type class_type;
    uint64_t reserved[4];
} hg_resize_argmax2d;

/* As hg_resize2d_output: n x OH x OW with one channel, HG_I32 or HG_U8, in the input's layout. */
HG_API hg_status hg_resize_argmax2d_output(const hg_resize_argmax2d *op, hg_tensor *output);

/* Statuses as hg_plan_resize2d. Besides, HG_INVALID: an unknown class_type, or HG_CLASS_U8 with
 * more than 256 channels. io.output is where the classes go. */
HG_API hg_status hg_plan_resize_argmax2d(hg_context *context, const hg_resize_argmax2d *op,
                                         hg_plan **plan);

/* ------------------------------------------------------------------------------------------
 * Upsampling and a convolution, as one
 * ------------------------------------------------------------------------------------------ */

/* Upsampling by whole factors, nearest or bilinear, then a convolution of stride 1: what decoders
 * do, without the enlarged image ever being there. OH x OW x K from H x W x C, with a filter of
 * conv2d, indexed as in HG_OIHW:
 *
 *     for n, oy, ox, k:  g = k / (K/groups)
 *         v = bias[k]
 *         for ky < R, kx < S, c < C/groups:
 *             y = oy - top + ky;  x = ox - left + kx             of the enlarged image
 *             if (0 <= y < H*factor.h and 0 <= x < W*factor.w)
 *                 v += enlarged[n][y][x][g*C/groups + c] * weight[k][c][ky][kx]
 *         output[n][oy][ox][k] = epilogue(v)
 *
 *     OH = H*factor.h + top + bottom - R + 1                          OW alike
 *     SAME_UPPER, SAME_LOWER: OH = H*factor.h; VALID: no padding; KERAS_*: HG_INVALID
 *
 * Of nearest neighbours enlarged[n][y][x] is input[n][y / factor.h][x / factor.w]; bilinear it is
 * the output of hg_resize2d with this mode and these coordinates.
 *
 * Nearest: taps that fall on copies of one pixel share a product: their weights are summed at plan
 * time, in double, and rounded once. A 3x3 convolution behind doubling so takes four products of
 * nine. The sums are those of one transposed convolution, of stride `factor` and (R+factor.h-1) x
 * (S+factor.w-1) taps, and that is what the plan is: its key, its kernels and their records are
 * conv_transpose2d's. They must not overflow, or the outputs may be infinite or NaN. Bilinear: rows
 * of the enlarged image are made as they are needed, a band at a time, in the workspace; key and
 * kernels are conv2d's. */
typedef struct hg_upsample_conv2d {
    hg_tensor input;
    hg_strides output_strides; /* in the input's layout; 0: see hg_strides */
    hg_size2 factor;           /* 0 = 1 */
    hg_padding padding;        /* of the enlarged image */
    hg_epilogue epilogue;
    hg_accuracy accuracy;
    const char *kernel;  /* NULL: the dispatcher chooses; else one of conv_transpose2d's; bilinear:
                            conv2d's */
    const float *slopes; /* HG_PRELU: out_channels values, copied by planning */
    hg_resize_mode mode; /* HG_RESIZE_NEAREST or HG_RESIZE_BILINEAR */
    hg_coordinates coordinates; /* HG_RESIZE_BILINEAR only */
    uint64_t reserved[2];
} hg_upsample_conv2d;

/* As hg_conv2d_output and hg_plan_conv2d, with a filter in an order for conv2d, which keeps the
 * summed weights for further plans. Besides, HG_INVALID: a negative factor. HG_UNSUPPORTED: another
 * mode, HG_TF_CROP_AND_RESIZE. HG_RANGE: an enlarged
 * image of 2^31 rows or columns, a summed filter of more than 2^31 weights. */
HG_API hg_status hg_upsample_conv2d_output(const hg_upsample_conv2d *op,
                                           const hg_filter_desc *filter, hg_tensor *output);
HG_API hg_status hg_plan_upsample_conv2d(hg_context *context, const hg_upsample_conv2d *op,
                                         hg_filter *filter, const void *bias, hg_plan **plan);

#ifdef __cplusplus
}
#endif
#endif
