/* A kernel: algorithm + microkernel; one row of data in a table.
 *
 *     row        plain data: readable, filterable and printable before any code of its ISA runs
 *     algorithm  a portable loop nest in C: sizes, packs, builds tables, and runs ranges of work
 *     run        the microkernel the algorithm calls; a typed union, one member per family
 *
 * Kernels know no table of timings, no clock, no file and no thread. They allocate nothing and
 * cannot fail: validation, memory and the splitting of work belong to the plan (dispatch/). */
#ifndef HG_KERNEL_H
#define HG_KERNEL_H

#include "hourglass/runtime.h"
#include "kernels/common/attr.h"
#include "kernels/problem.h"
#include "kernels/simd/isa.h"

/* Run-time parameters of a kernel; what each word means is said by the algorithm. 0 = default.
 * Printed as "block=4 panels=1". Results never depend on them, except through the order of sums. */
typedef struct hg_config {
    int32_t block;       /* rows or tiles per range of work, or per cache block */
    int32_t panels;      /* of output channels per range of work */
    int32_t channels;    /* per range of work, or at a time */
    int32_t parts;       /* that the panels are shared out in: ranges for several threads */
    int32_t nontemporal; /* 1 = stores bypass the caches */
    int32_t ahead;       /* 1 = input, or output, is prefetched by software */
    int32_t pack;        /* 1 = the input under a range is copied side by side, group by group */
    int32_t via;   /* set by the plan alone: 1 = run an NHWC kernel on repacked NCHW tensors */
    int32_t bands; /* set by the plan alone: rows of output repacked or pooled at a time; 0 = all */
} hg_config;

enum { HG_MAX_CONFIGS = 16, HG_MAX_STAGES = 4, HG_BIAS_SLACK = 64 /* the widest tile */ };

/* How exact a kernel of a convolution is. */
typedef enum hg_exactness {
    HG_SUMS_PRODUCTS = 0,  /* each output is the sum of its products */
    HG_TRANSFORMS,         /* within the bounds of HG_DEFAULT: not for HG_STRICT */
    HG_TRANSFORMS_COARSELY /* a digit more is lost: for HG_RELAXED alone */
} hg_exactness;

/* What a kernel may be used for, as data. 0 (or false) = any. */
typedef struct hg_limits {
    hg_size2 kernel, stride, dilation; /* exact values */
    bool no_padding;                   /* every window lies inside the input */
    bool no_indices, only_indices;     /* max_pool2d */
    bool one_group;                    /* groups == 1 */
    bool depthwise;                    /* one input channel per group */
    bool same_channels;                /* as many outputs as inputs: multiplier 1 */
    bool no_adaptive;                  /* pooling windows by kernel, stride and pad */
    bool exact_factor;                 /* resize2d: out is a whole multiple of in, both axes */
    hg_exactness exactness;
    int8_t group_channels; /* convolutions: input and output channels of a group */
    int8_t resize_mode;    /* resize2d: 1 + hg_resize_mode */
} hg_limits;

/* Memory and work of one plan, in bytes and ranges. Stages run one after the other; the ranges of
 * a stage are independent and may run on any worker. */
typedef struct hg_sizes {
    size_t weights;  /* packed weights, shared by plans of the same form */
    size_t tables;   /* built at plan time, read-only afterwards */
    size_t shared;   /* workspace common to all workers */
    size_t scratch;  /* workspace of each worker */
    int stages;      /* 0 = 1 */
    int64_t repeats; /* of bias and slopes behind each other: outputs side by side that are taken
                        for one pixel's; 0 = 1 */
    int64_t ranges[HG_MAX_STAGES];
} hg_sizes;

typedef struct hg_kernel hg_kernel;
struct hg_activation_args;

/* What `run` sees. Pointers are to element (0,0,0,0); strides are the problem's. */
typedef struct hg_task {
    const hg_problem *problem;
    const hg_kernel *kernel;
    hg_config config;
    const void *tables;
    const float *weights; /* packed */
    const float *bias; /* out.c floats, hg_sizes.repeats times, + HG_BIAS_SLACK zeros behind them;
                          never NULL for convolutions */
    const float *input;
    float *output;
    const float *residual;
    const float *other; /* binary: the second tensor */
    /* What is to come upon the outputs when their sums are written; NULL where nothing is
     * (kernels/activation/). slopes: as bias, but read by HG_PRELU alone, and never NULL for
     * convolutions. */
    void (*activate)(const float *x, float *y, int64_t n, const struct hg_activation_args *args);
    const float *slopes;
    void *indices;
    const void *input_indices;
    void *shared;  /* 64-byte aligned; contents undefined at the first stage */
    void *scratch; /* 64-byte aligned; contents undefined at every range */
    int *fault;    /* atomic; HG_INDEX is stored (never loaded) when an index is refused */
} hg_task;

/* What an algorithm does. */
typedef bool hg_supports_fn(const hg_problem *p, const hg_kernel *k);
typedef int hg_configs_fn(const hg_problem *p, const hg_kernel *k, hg_config c[HG_MAX_CONFIGS]);
typedef double hg_cost_fn(const hg_problem *p, const hg_kernel *k);
typedef void hg_size_fn(const hg_problem *p, const hg_kernel *k, const hg_config *c, hg_sizes *s);
typedef void hg_form_fn(const hg_problem *p, const hg_kernel *k, int32_t form[12]);
typedef void hg_pack_fn(const hg_problem *p, const hg_kernel *k, const float *filter,
                        float *packed);
typedef void hg_prepare_fn(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                           void *tables);
typedef void hg_run_fn(const hg_task *task, int stage, int64_t begin, int64_t end);
/* Of resize2d: rows [begin, end) of the output of a problem of one image. Input and output are
 * where row 0 is or would be: rows that are not needed need not be there. */
typedef void hg_rows_fn(const hg_task *task, int64_t begin, int64_t end);

/* Everything about an algorithm that does not depend on the ISA. Optional members may be NULL. */
typedef struct hg_algorithm {
    const char *name;
    hg_supports_fn *supports; /* optional: what hg_limits cannot say */
    /* Optional: fills configs[0 .. n), the first being the default; returns n >= 1. All-zero
     * members may stand in the first only: a kernel's bare name means its first configuration.
     * Two that differ in `nontemporal` alone, plain stores first: the machine's caches say which
     * of them is the default (dispatch/candidates.c). */
    hg_configs_fn *configs;
    /* Estimated time in units of 1 ns on a 100 GFLOP/s, 50 GB/s core: good to a factor of 2. */
    hg_cost_fn *cost;
    hg_size_fn *size;
    /* Optional: sets words of the form that `pack` writes, all of them 0 before; plans with equal
     * forms share packed weights. */
    hg_form_fn *form;
    /* Optional: filter is [out.c][in.c/groups][kernel.h][kernel.w] for both convolutions. */
    hg_pack_fn *pack;
    hg_prepare_fn *prepare; /* optional: builds the tables */
    hg_run_fn *run;
    hg_rows_fn *rows; /* optional; the tables then begin with hg_resize_axes */
    bool finishes; /* convolutions: `run` applies hg_task.activate; else the plan does, behind it */
} hg_algorithm;

/* Microkernels, declared with their contracts in the operators' headers. */
struct hg_igemm_ukernel;
struct hg_depthwise_args;
struct hg_scale_args;
struct hg_depthwise_wide_ukernels;
struct hg_direct_ukernels;
struct hg_direct_nchw_ukernels;
struct hg_depthwise_plane;
struct hg_pool_args;
struct hg_pool_slide_args;
struct hg_pool_band_args;
struct hg_unpool_args;
struct hg_resize_copy_args;
struct hg_resize_separable_ukernels;
struct hg_resize_wide_ukernels;
struct hg_resize_bilinear_ukernels;
struct hg_resize_2x_bilinear_ukernels;
struct hg_resize_2x_cubic_args;
struct hg_resize_plane_ukernels;
struct hg_argmax_ukernels;
struct hg_binary_ukernels;
struct hg_activation2d_ukernels;
struct hg_pad_rows_args;
struct hg_softmax_ukernels;
struct hg_winograd_ukernels;

struct hg_kernel {
    const char
        *name; /* op.dtype.layout.isa.algorithm-and-tile, e.g. max_pool2d.f32.nhwc.avx2.2x2s2 */
    hg_op op;
    hg_dtype dtype;
    hg_isa isa;
    unsigned layouts; /* HG_IN_NHWC | HG_IN_NCHW */
    bool reference;   /* plain C that the others are checked against */
    int rev;          /* raised when the code changes: timings of older revisions are ignored */
    hg_limits limits;
    const hg_algorithm *algorithm;
    struct {
        int mr, nr; /* register tile: pixels x channels; 0 where it has no meaning */
    } tile;
    union {
        const struct hg_igemm_ukernel *igemm;
        void (*depthwise)(const struct hg_depthwise_args *args);
        void (*scale)(const struct hg_scale_args *args);
        const struct hg_depthwise_wide_ukernels *depthwise_wide;
        const struct hg_direct_ukernels *direct;
        const struct hg_direct_nchw_ukernels *direct_nchw;
        void (*depthwise_plane)(const struct hg_depthwise_plane *plane);
        void (*pool)(const struct hg_pool_args *args);
        void (*pool_slide)(const struct hg_pool_slide_args *args);
        void (*pool_band)(const struct hg_pool_band_args *args);
        void (*unpool)(const struct hg_unpool_args *args);
        void (*resize_copy)(const struct hg_resize_copy_args *args);
        const struct hg_resize_separable_ukernels *resize_separable;
        const struct hg_resize_wide_ukernels *resize_wide;
        const struct hg_resize_bilinear_ukernels *resize_bilinear;
        const struct hg_resize_2x_bilinear_ukernels *resize_2x_bilinear;
        void (*resize_2x_cubic)(const struct hg_resize_2x_cubic_args *args);
        const struct hg_resize_plane_ukernels *resize_plane;
        const struct hg_argmax_ukernels *resize_argmax;
        const struct hg_binary_ukernels *binary;
        const struct hg_activation2d_ukernels *activation2d;
        void (*pad_rows)(const struct hg_pad_rows_args *args);
        const struct hg_softmax_ukernels *softmax;
        const struct hg_winograd_ukernels *winograd;
    } run;
};

enum { HG_IN_NHWC = 1u << HG_NHWC, HG_IN_NCHW = 1u << HG_NCHW };

/* Of a kernel's instruction set: floats of a vector; rate of dense code in that of AVX2; the share
 * of lanes that n elements leave at work. */
static inline int64_t hg_lanes(const hg_kernel *k)
{
    return hg_isa_model_of(k->isa)->lanes;
}

static inline double hg_rate(const hg_kernel *k)
{
    return hg_isa_model_of(k->isa)->rate;
}

static inline double hg_lanes_used(const hg_kernel *k, int64_t n)
{
    return (double)n / (double)HG_ROUND_UP(n, hg_lanes(k));
}

#endif
