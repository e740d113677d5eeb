/* A problem: an operator with every shape and attribute fixed, in canonical form.
 *
 * Two descriptors that ask for the same computation give the same problem: strides are resolved,
 * padding modes, ceil rules, output_padding and scales are turned into explicit begin padding and
 * output sizes. Everything below the public face works on problems. */
#ifndef HG_PROBLEM_H
#define HG_PROBLEM_H

#include "hourglass/conv.h"
#include "hourglass/pointwise.h"
#include "hourglass/pool.h"
#include "hourglass/upsample.h"

typedef enum hg_op {
    HG_OP_CONV2D,
    HG_OP_CONV_TRANSPOSE2D,
    HG_OP_MAX_POOL2D,
    HG_OP_AVG_POOL2D,
    HG_OP_LP_POOL2D,
    HG_OP_MAX_UNPOOL2D,
    HG_OP_RESIZE2D,
    HG_OP_RESIZE_ARGMAX2D,
    HG_OP_BINARY,
    HG_OP_SOFTMAX2D,
    HG_OP_ACTIVATION2D,
    HG_OP_PAD2D,
    HG_OP_COUNT
} hg_op;

/* All may be negative in pad2d; top and left in conv_transpose2d, where bottom and right are what
 * the output size implies. In pooling they are the padding asked for, which windows may fall short
 * of or exceed: averages that count padding read them. */
typedef struct hg_pad {
    int64_t top, left, bottom, right;
} hg_pad;

/* v = sum + bias; if (residual) v += residual; if (v < 0) v *= slope; v = clamp(v, min, max);
 * v = function(v). Identity is slope 1, -inf, inf, and what they are beside any other function.
 * NaN stays NaN. */
typedef struct hg_post {
    float min, max, slope;
    bool residual;
    hg_activation function; /* HG_IDENTITY, or one that slope and bounds do not say */
    float factor, offset;   /* HG_ELU, HG_HARD_SIGMOID: the epilogue's slope and offset; else 0 */
} hg_post;

enum { HG_ACTIVATION_COUNT = HG_PRELU + 1 };

typedef struct hg_pool_attr {
    bool adaptive;    /* windows by the adaptive rule; kernel, stride, pad are then unused */
    bool include_pad; /* avg */
    int64_t divisor;  /* avg; 0 = none */
    float p;          /* lp */
    hg_lp_form form;  /* lp */
    bool indices;     /* max */
    hg_index_convention convention; /* max, unpool */
    hg_index_type index_type;       /* max, unpool */
    hg_size2 index_size;            /* unpool: the image that indices address */
} hg_pool_attr;

typedef struct hg_resize_attr {
    hg_resize_mode mode;
    hg_coordinates coordinates;
    hg_rounding rounding;
    double cubic_a;
    bool exclude_outside, antialias;
    double scale_h, scale_w; /* 0 = out / in exactly, in integers */
    hg_roi roi;
    float extrapolation;
} hg_resize_attr;

typedef struct hg_binary_attr {
    hg_binary_op op;
    hg_tensor other; /* strides resolved, also where its size is 1 */
} hg_binary_attr;

/* pad2d; value: of HG_PAD_CONSTANT, else 0. */
typedef struct hg_border {
    hg_pad_mode mode;
    float value;
} hg_border;

typedef struct hg_problem {
    hg_op op;
    hg_tensor in, out; /* same layout, and dtype but for classes; strides resolved, none 0 */
    hg_strides residual_strides;
    hg_size2 kernel, stride, dilation; /* at least 1 */
    hg_pad pad;
    int64_t groups;
    hg_post post;
    hg_conv_pool post_pool; /* conv2d: `out` is pooled; kernels never see it (dispatch/bands.h) */
    hg_size2 resized; /* conv2d: what `in` is resized to, by `resize`, before; 0: it is not. Nor do
                         kernels see this */
    hg_accuracy accuracy;
    hg_pool_attr pool;
    hg_resize_attr resize;
    hg_binary_attr binary;
    hg_border border;
} hg_problem;

/* Where validation says in one sentence which field is wrong and what would be right. */
typedef struct hg_reason {
    char text[200];
} hg_reason;

/* Fills the reason (may be NULL) and returns the status: `return hg_fail(why, HG_INVALID, ...)`. */
hg_status hg_fail(hg_reason *why, hg_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- Builders: public descriptor -> problem. One per operator, in the operator's folder. ---- */
hg_status hg_problem_conv2d(const hg_conv2d *op, const hg_filter_desc *filter, hg_problem *p,
                            hg_reason *why);
hg_status hg_problem_conv_transpose2d(const hg_conv_transpose2d *op, const hg_filter_desc *filter,
                                      hg_problem *p, hg_reason *why);
/* The transposed convolution that computes it, of the filter that hg_upsampled_filter describes. */
hg_status hg_problem_upsample_conv2d(const hg_upsample_conv2d *op, const hg_filter_desc *filter,
                                     hg_problem *p, hg_reason *why);
hg_status hg_problem_max_pool2d(const hg_max_pool2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_avg_pool2d(const hg_avg_pool2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_lp_pool2d(const hg_lp_pool2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_max_unpool2d(const hg_max_unpool2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_resize2d(const hg_resize2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_resize_argmax2d(const hg_resize_argmax2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_binary(const hg_binary *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_softmax2d(const hg_softmax2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_activation2d(const hg_activation2d *op, hg_problem *p, hg_reason *why);
hg_status hg_problem_pad2d(const hg_pad2d *op, hg_problem *p, hg_reason *why);

/* ---- Pieces that the builders share (problem.c) ---- */

/* Sizes are limited so that no product the library forms can overflow: every extent, stride times
 * extent, and byte count stays below 2^62, and h, w, c, windows, strides and padding below 2^31. */
#define HG_MAX_EXTENT ((int64_t)INT32_MAX)

/* Every activation as slope and clamp, or as a function. */
hg_status hg_post_from_epilogue(const hg_epilogue *epilogue, hg_post *post, hg_reason *why);
/* Checks a tensor given by the user and resolves its strides. Here and below, names are those of
 * the descriptor's fields: a reason names the one that is wrong. */
hg_status hg_check_tensor(const hg_tensor *given, const char *name, hg_tensor *resolved,
                          hg_reason *why);
/* Strides 0 become what tensor.h says, others are checked against overlap, for t's sizes. */
hg_status hg_resolve_strides(hg_tensor *t, const hg_strides *given, const char *name,
                             hg_reason *why);
/* 0 becomes `fallback`; anything else must be in [1, HG_MAX_EXTENT]. */
hg_status hg_check_size2(hg_size2 given, hg_size2 fallback, const char *name, hg_size2 *out,
                         hg_reason *why);
/* OWNER.MEMBER, or MEMBER alone where owner is "", must be in [least, HG_MAX_EXTENT]. */
hg_status hg_check_extent(int64_t value, int64_t least, const char *owner, const char *member,
                          hg_reason *why);
/* A value of the enumeration `type`, whose last is `last`. */
hg_status hg_check_choice(unsigned value, unsigned last, const char *name, const char *type,
                          hg_reason *why);
/* Fills p->pool.convention and index_type. */
hg_status hg_check_index(hg_index_convention convention, hg_index_type type, hg_problem *p,
                         hg_reason *why);
/* The four sides of explicit padding must be in [0, HG_MAX_EXTENT]. */
hg_status hg_check_sides(const hg_padding *padding, hg_reason *why);
hg_status hg_check_reserved(const uint64_t *words, size_t n, const char *owner, hg_reason *why);

/* Sets p->pad and the output extents p->out.h, p->out.w of conv2d or pooling from p->in, p->kernel,
 * p->stride, p->dilation. ceil_mode is for pooling. */
hg_status hg_window_geometry(const hg_padding *padding, bool ceil_mode, hg_problem *p,
                             hg_reason *why);
/* Completes p->out (dtype, layout, n; c from the argument) and its strides. */
hg_status hg_finish_output(hg_problem *p, int64_t channels, const hg_strides *given,
                           hg_reason *why);

/* What hg_..._output returns for a problem built with status s; output may be NULL. */
hg_status hg_give_output(hg_status s, const hg_problem *p, hg_tensor *output);

/* ---- Facts about problems ---- */
int64_t hg_problem_reduction(const hg_problem *p); /* products (taps) summed into one output */
double hg_problem_flops(const hg_problem *p);      /* 2 * products, direct form */
/* Bytes of an element of a tensor that plans read or write. */
static inline size_t hg_dtype_bytes(hg_dtype dtype)
{
    return dtype == HG_U8 ? 1 : 4;
}

/* Bytes of an index. */
static inline size_t hg_index_bytes(hg_index_type type)
{
    return type == HG_INDEX_I32 ? 4 : 8;
}

double hg_problem_bytes(const hg_problem *p); /* compulsory: input + output (+ indices) */
/* How long they take to move, in units of hg_cost_fn. */
double hg_traffic_ns(const hg_problem *p);
/* The same of a panel's part of an output pixel: a few lines, beyond L2 a piece of its own, and
 * where pixels are pages apart, with an address to look up. */
double hg_stored_ns(const hg_problem *p);
/* Both at a time, of which the longer hides most of the other. */
double hg_overlapped(double compute, double memory);
/* Estimate for hg_algorithm.cost: flops as the kernel performs them (padding of tiles included), at
 * a share of 100 GFLOP/s; at least the time of the compulsory traffic. */
double hg_roofline(const hg_problem *p, double flops, double efficiency);
bool hg_problem_has_filter(const hg_problem *p);
/* May an activation follow? */
bool hg_problem_has_post(const hg_problem *p);
/* May its output be its input, element by element (pointwise.h)? */
bool hg_problem_may_be_in_place(const hg_problem *p);
/* A transposed convolution of stride 1 is a convolution with the same filter turned by half, if its
 * crop is not larger than the padding that leaves nothing out: sets conv. */
bool hg_problem_as_conv2d(const hg_problem *p, hg_problem *conv);
/* Kernels of conv2d may run transposed convolutions so. */
static inline bool hg_op_serves(hg_op kernel, hg_op problem)
{
    return kernel == problem || (kernel == HG_OP_CONV2D && problem == HG_OP_CONV_TRANSPOSE2D);
}
void hg_problem_filter(const hg_problem *p, hg_filter_desc *desc);

/* Elements of a tensor. */
static inline double hg_tensor_elements(const hg_tensor *t)
{
    return (double)t->n * (double)t->h * (double)t->w * (double)t->c;
}

/* Elements from the first to the last of a tensor, plus 1; 0 if it has none. */
int64_t hg_tensor_extent(const hg_tensor *t);
/* The dense strides of t's layout and sizes. */
hg_strides hg_dense_strides(const hg_tensor *t);
/* What tuning records are filed under: the problem without what hardly moves the choice of a kernel
 * (epilogue, strides of slices and crops). */
hg_problem hg_problem_for_tuning(const hg_problem *p);
/* The convolution alone of a fused problem, from what is resized to what is pooled, both dense. */
hg_problem hg_problem_unfused(const hg_problem *p);
/* Runs in bands alone, for more is done than its kernel does. */
static inline bool hg_problem_is_fused(const hg_problem *p)
{
    return p->post_pool || p->resized.h;
}
/* What a fused problem resizes: one image, to dense NHWC. */
hg_status hg_problem_resizing(const hg_problem *p, hg_problem *resizing, hg_reason *why);
/* The same problem on dense tensors of another layout. */
hg_problem hg_problem_in_layout(const hg_problem *p, hg_layout layout);

/* ---- Keys (kernels/text/key.c, parse.c, build.c) ---- */
enum { HG_KEY_SIZE = 512 };
const char *hg_op_name(hg_op op);
const char *hg_layout_name(hg_layout layout);
void hg_problem_key(const hg_problem *p, char key[HG_KEY_SIZE]);
/* Accepts what hg_problem_key prints (any order of the words after the layout, each at most once),
 * validates it as the builders do. docs/keys.md has the grammar. */
hg_status hg_problem_parse(const char *key, hg_problem *p, hg_reason *why);

#endif
