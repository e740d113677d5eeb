/* Resizing and argmax: microkernels of both layouts, and the row of NHWC. Contract: rows.h. */
#include "kernels/resize_argmax2d/classes.h"

const hg_argmax_ukernels HG_ROWS(argmax_ukernels) = {
    .along_x = argmax_along_x,
    .classes = argmax_classes,
    .transposer = &HG_JOIN(hg_transposer, HG_SIMD)};

const hg_kernel HG_ROWS(resize_argmax2d_nhwc_rows)[] = {
    {HG_ROW(resize_argmax2d, nhwc, "rows"), .rev = 1, .algorithm = &hg_resize_argmax2d_rows,
     .run.resize_argmax = &HG_ROWS(argmax_ukernels)},
    {.name = NULL},
};
