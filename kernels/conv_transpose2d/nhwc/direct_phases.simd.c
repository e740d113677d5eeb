#include "kernels/conv_transpose2d/nhwc/direct_phases.h"

#include "kernels/conv2d/nhwc/direct.h"

#define ROW(columns)                                                                               \
    HG_ROW(conv_transpose2d, nhwc, "direct_phases" #columns),                                      \
        .rev = 2, .algorithm = &hg_conv_transpose2d_nhwc_direct_phases, .tile = {0, columns},      \
        .run.direct = &HG_ROWS(direct_ukernels)
/* Panels of at most so many columns. */
const hg_kernel HG_ROWS(conv_transpose2d_nhwc_direct_phases)[] = {
    {ROW(16)}, {ROW(24)}, {ROW(32)}, {.name = NULL}};
