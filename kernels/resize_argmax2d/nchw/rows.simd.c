/* Resizing and argmax, NCHW: the row. Contract: rows.h. */
#include "kernels/resize_argmax2d/rows.h"

const hg_kernel HG_ROWS(resize_argmax2d_nchw_rows)[] = {
    {HG_ROW(resize_argmax2d, nchw, "rows"), .rev = 1, .algorithm = &hg_resize_argmax2d_rows,
     .run.resize_argmax = &HG_ROWS(argmax_ukernels)},
    {.name = NULL},
};
