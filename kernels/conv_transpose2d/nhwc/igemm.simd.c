/* Transposed convolution by the tiles of conv2d, to which phases are rows of pixels like any. */
#include "kernels/conv2d/nhwc/igemm.h"

#define ROW(mr, nr)                                                                                \
    HG_ROW(conv_transpose2d, nhwc, "igemm" #mr "x" #nr),                                           \
        .rev = 3, .algorithm = &hg_conv2d_nhwc_igemm, .tile = {mr, nr},                            \
        .run.igemm = &HG_ROWS(igemm_ukernels)[HG_IGEMM_##mr##x##nr]
#define ENTRY(mr, nr) {ROW(mr, nr)},
const hg_kernel HG_ROWS(conv_transpose2d_nhwc_igemm)[] = {HG_IGEMM_TILES(ENTRY){.name = NULL}};
