/* Rows and columns around an image, or off it: what reference, algorithm and microkernel share. */
#ifndef HG_PAD2D_H
#define HG_PAD2D_H

#include "kernels/kernel.h"

/* The row or column of `size` that row or column i of the input stands for, which may lie outside;
 * negative: none, it is the constant. */
HG_INLINE int64_t hg_pad_source(hg_pad_mode mode, int64_t i, int64_t size)
{
    if (i >= 0 && i < size) return i;
    if (mode == HG_PAD_CONSTANT) return -1;
    if (mode == HG_PAD_EDGE) return hg_clamp(i, 0, size - 1);
    const int64_t period = mode == HG_PAD_WRAP ? size : HG_MAX(2 * (size - 1), 1);
    const int64_t at = (i % period + period) % period;
    return at < size ? at : period - at;
}

/* Rows of output; a unit is what a column has: the channels of a pixel, or one float of a plane.
 *
 *     for y < rows, x < left + middle + right:
 *         from = sources[y] < 0 or columns[x] < 0 ? value : input[sources[y]][columns[x]]
 *         output[y][x] = from                  `unit` floats each
 *
 * Columns [left, left + middle) are columns[left], columns[left] + 1, ... of the input. */
typedef struct hg_pad_rows_args {
    const float *input;
    float *output;
    const int32_t *sources, *columns;
    int64_t rows, left, middle, right, unit;
    int64_t in_row, in_unit, out_row, out_unit; /* steps in floats */
    float value;
    bool nontemporal; /* stores of runs bypass the caches */
} hg_pad_rows_args;

extern const hg_algorithm hg_pad2d_rows;

#endif
