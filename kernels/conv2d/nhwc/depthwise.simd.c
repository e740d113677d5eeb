/* Depthwise convolution. Contract: depthwise.h. */
#include "kernels/conv2d/nhwc/depthwise_rows.h"

/* Window, stride, revision. */
#define TILES(X)                                                                                   \
    X(3, 1, 6)                                                                                     \
    X(3, 2, 6)                                                                                     \
    X(5, 1, 5)                                                                                     \
    X(5, 2, 5)                                                                                     \
    X(7, 1, 3)                                                                                     \
    X(7, 2, 1)

/* None is inlined: see hg_depthwise_rows. */
#define FUNCTION(size, step, revision)                                                             \
    __attribute__((noinline)) static void k##size##s##step(const hg_depthwise_args *a)             \
    {                                                                                              \
        hg_depthwise_rows(a, size, step, true);                                                    \
    }                                                                                              \
    __attribute__((noinline)) static void k##size##s##step##_few(const hg_depthwise_args *a)       \
    {                                                                                              \
        hg_depthwise_rows(a, size, step, false);                                                   \
    }                                                                                              \
    __attribute__((noinline)) static void k##size##s##step##_narrow(const hg_depthwise_args *a)    \
    {                                                                                              \
        hg_depthwise_narrow(a, size, step);                                                        \
    }                                                                                              \
    static void any##size##s##step(const hg_depthwise_args *a)                                     \
    {                                                                                              \
        if (a->count < PX_SMALL)                                                                   \
            k##size##s##step##_narrow(a);                                                          \
        else                                                                                       \
            a->overlap ? k##size##s##step(a) : k##size##s##step##_few(a);                          \
    }
TILES(FUNCTION)

#define ROW(size, step, revision)                                                                  \
    {HG_ROW(conv2d, nhwc, "depthwise" #size "x" #size "s" #step), .rev = revision,                 \
     .limits = {.kernel = {size, size}, .stride = {step, step}, .depthwise = true},                \
     .algorithm = &hg_conv2d_nhwc_depthwise, .run.depthwise = any##size##s##step},

const hg_kernel HG_ROWS(conv2d_nhwc_depthwise)[] = {
    TILES(ROW){HG_ROW(conv2d, nhwc, "depthwise"), .rev = 5, .limits = {.depthwise = true},
               .algorithm = &hg_conv2d_nhwc_depthwise, .run.depthwise = hg_depthwise_windows},
    {.name = NULL},
};
