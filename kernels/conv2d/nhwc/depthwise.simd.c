/* Depthwise convolution. Contract: depthwise.h. */
#include "kernels/conv2d/nhwc/depthwise_rows.h"

/* Columns of the window, which has any number of rows; stride from column to column. */
#define TILES(X)                                                                                   \
    X(1, 1)                                                                                        \
    X(1, 2)                                                                                        \
    X(3, 1)                                                                                        \
    X(3, 2)                                                                                        \
    X(5, 1)                                                                                        \
    X(5, 2)                                                                                        \
    X(7, 1)                                                                                        \
    X(7, 2)

/* None is inlined: see hg_depthwise_rows. */
#define FUNCTION(columns, step)                                                                    \
    __attribute__((noinline)) static void rest##columns##s##step(const hg_depthwise_args *a,       \
                                                                 int64_t x)                        \
    {                                                                                              \
        hg_depthwise_rest(a, x, columns, step);                                                    \
    }                                                                                              \
    __attribute__((noinline)) static void k##columns##s##step(const hg_depthwise_args *a)          \
    {                                                                                              \
        hg_depthwise_rows(a, rest##columns##s##step, columns, step, true);                         \
    }                                                                                              \
    __attribute__((noinline)) static void k##columns##s##step##_few(const hg_depthwise_args *a)    \
    {                                                                                              \
        hg_depthwise_rows(a, NULL, columns, step, false);                                          \
    }                                                                                              \
    __attribute__((noinline)) static void k##columns##s##step##_narrow(const hg_depthwise_args *a) \
    {                                                                                              \
        hg_depthwise_narrow(a, columns, step);                                                     \
    }                                                                                              \
    static void any##columns##s##step(const hg_depthwise_args *a)                                  \
    {                                                                                              \
        if (a->count < PX_SMALL)                                                                   \
            k##columns##s##step##_narrow(a);                                                       \
        else                                                                                       \
            a->overlap ? k##columns##s##step(a) : k##columns##s##step##_few(a);                    \
    }
TILES(FUNCTION)

/* Windows of any width by the strides of most layers. */
#define ANY_WIDTH(X) X(1) X(2)

#define FUNCTION_OF_ANY(step)                                                                      \
    __attribute__((noinline)) static void windows_s##step(const hg_depthwise_args *a)              \
    {                                                                                              \
        hg_depthwise_rows(a, NULL, ANY_KW, step, true);                                            \
    }                                                                                              \
    __attribute__((noinline)) static void windows_s##step##_few(const hg_depthwise_args *a)        \
    {                                                                                              \
        hg_depthwise_rows(a, NULL, ANY_KW, step, false);                                           \
    }
ANY_WIDTH(FUNCTION_OF_ANY)

static void windows_of_any(const hg_depthwise_args *a)
{
    if (a->stride == 1)
        a->overlap ? windows_s1(a) : windows_s1_few(a);
    else if (a->stride == 2)
        a->overlap ? windows_s2(a) : windows_s2_few(a);
    else
        hg_depthwise_windows(a);
}

#define ROW(columns, step)                                                                         \
    {HG_ROW(conv2d, nhwc, "depthwise_w" #columns "s" #step), .rev = 2,                             \
     .limits = {.kernel = {.w = columns}, .stride = {.w = step}, .depthwise = true},               \
     .algorithm = &hg_conv2d_nhwc_depthwise, .run.depthwise = any##columns##s##step},

const hg_kernel HG_ROWS(conv2d_nhwc_depthwise)[] = {
    TILES(ROW){HG_ROW(conv2d, nhwc, "depthwise"), .rev = 6, .limits = {.depthwise = true},
               .algorithm = &hg_conv2d_nhwc_depthwise, .run.depthwise = windows_of_any},
    {.name = NULL},
};
