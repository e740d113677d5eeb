#include "kernels/conv2d/nhwc/direct.h"
#include "kernels/conv_transpose2d/nhwc/direct_phases.h"

const hg_kernel HG_ROWS(conv_transpose2d_nhwc_direct_phases_dot)[] = {
    {HG_ROW(conv_transpose2d, nhwc, "direct_phases_dot"), .rev = 3,
     .algorithm = &hg_conv_transpose2d_nhwc_direct_phases,
     .run.direct = &HG_ROWS(direct_dot_ukernels)},
    {.name = NULL},
};
