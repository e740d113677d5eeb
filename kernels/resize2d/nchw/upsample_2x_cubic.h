/* Bicubic resizing of NCHW planes to twice the size about the pixels' centres.
 *
 * The outputs of hg_resize_axis of either axis, rows 2i + 1 and 2i + 2 together; y is 0 or odd,
 * y_end odd or v.out. The input is at least VL + 4 wide. Away from the border all outputs have the
 * same four weights, from the left or from the right; `edge` has the weights of the first VL
 * pixels of a row and of its last VL: for each 4 vectors of its left output and 4 of its right
 * one (hg_resize_share). */
#ifndef HG_RESIZE2D_NCHW_UPSAMPLE_2X_CUBIC_H
#define HG_RESIZE2D_NCHW_UPSAMPLE_2X_CUBIC_H

#include "kernels/resize2d/nchw/plane.h"

enum {
    HG_RESIZE_EDGE_VECTORS = 16,
    HG_RESIZE_CUBIC_INNER = 5 /* an odd output of a row that has all four taps */
};

#endif
