/* Phases of transposed depthwise convolution, on the microkernels of conv2d. Contract:
 * kernels/conv2d/nhwc/depthwise.h. */
#include "kernels/conv2d/nhwc/depthwise_rows.h"

__attribute__((noinline)) static void rest(const hg_depthwise_args *a, int64_t x)
{
    hg_depthwise_rest(a, x, 2, 1);
}

__attribute__((noinline)) static void few(const hg_depthwise_args *a)
{
    hg_depthwise_rows(a, NULL, 2, 1, false);
}

/* The phases of most transposed convolutions have windows of 2. */
static void phase(const hg_depthwise_args *a)
{
    if (a->cols == 2 && a->dilation == 1 && a->overlap)
        hg_depthwise_rows(a, rest, 2, 1, true);
    else if (a->cols == 2 && a->dilation == 1)
        few(a);
    else
        hg_depthwise_windows(a);
}

const hg_kernel HG_ROWS(conv_transpose2d_nhwc_depthwise_phases)[] = {
    {HG_ROW(conv_transpose2d, nhwc, "depthwise_phases"), .rev = 5,
     .limits = {.depthwise = true, .same_channels = true},
     .algorithm = &hg_conv_transpose2d_nhwc_depthwise_phases, .run.depthwise = phase},
    {.name = NULL},
};
