#include "kernels/conv_transpose2d/nhwc/direct_phases.h"

#include "kernels/conv2d/nhwc/direct.h"

#define ROW(columns)                                                                               \
    {HG_ROW(conv_transpose2d, nhwc, "direct_phases" #columns), .rev = 5, .tile = {0, columns},     \
     .algorithm = &hg_conv_transpose2d_nhwc_direct_phases,                                         \
     .run.direct = &HG_ROWS(direct_ukernels)},
const hg_kernel HG_ROWS(conv_transpose2d_nhwc_direct_phases)[] = {
    HG_DIRECT_COLUMNS(ROW){HG_ROW(conv_transpose2d, nhwc, "direct_phases_dot"), .rev = 5,
                           .algorithm = &hg_conv_transpose2d_nhwc_direct_phases,
                           .run.direct = &HG_ROWS(direct_dot_ukernels)},
    {.name = NULL},
};
