/* Transposed convolution by the transforms and products of conv2d's Winograd. */
#include "kernels/conv_transpose2d/nhwc/winograd.h"

#include "kernels/conv2d/nhwc/winograd.h"

#define ROW(word, a, m, r, s, how)                                                                 \
    {HG_ROW(conv_transpose2d, nhwc, "winograd_" #word), .rev = 2,                                  \
     .limits = {.one_group = true, .exactness = how},                                              \
     .algorithm = &hg_conv_transpose2d_nhwc_winograd, .run.winograd = &HG_ROWS(winograd_##word)},
const hg_kernel HG_ROWS(conv_transpose2d_nhwc_winograd)[] = {
    HG_WINOGRAD_OF_PHASES(ROW) HG_WINOGRAD_UNSTRIDED(ROW){.name = NULL}};
