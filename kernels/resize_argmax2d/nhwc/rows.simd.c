/* Resizing and argmax, NHWC: microkernels. Contract: rows.h. */
#include "kernels/resize_argmax2d/classes.h"

const hg_kernel HG_ROWS(resize_argmax2d_nhwc_rows)[] = {
    {HG_ROW(resize_argmax2d, nhwc, "rows"), .rev = 1, .algorithm = &hg_resize_argmax2d_rows,
     .run.resize_argmax = &argmax_ukernels},
    {.name = NULL},
};
