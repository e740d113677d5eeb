/* Transposed convolution by the tiles of conv2d, to which phases are rows of pixels like any. */
#include "kernels/conv2d/nhwc/igemm.h"

#define ROW(mr, nr) HG_IGEMM_ROW(HG_ROW(conv_transpose2d, nhwc, "igemm" #mr "x" #nr), mr, nr)
const hg_kernel HG_ROWS(conv_transpose2d_nhwc_igemm)[] = {HG_IGEMM_TILES(ROW){.name = NULL}};
