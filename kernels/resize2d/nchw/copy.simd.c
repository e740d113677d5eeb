/* Copies of pixels, NCHW. Contract: copy.h. Two equal rows are written at once. */
#include "kernels/resize2d/copy.h"

#include "kernels/resize2d/singles.h"

HG_INLINE void copy_rows(const hg_resize_copy_args *a, float *out0, float *out1)
{
    if (a->factor == 1)
        copy_floats(a->input, out0, out1, a->width);
    else
        copy_singles(a, out0, out1);
}

static void copy(const hg_resize_copy_args *a)
{
    int64_t y = 0;
    for (; y + 2 <= a->height; y += 2)
        copy_rows(a, a->output + y * a->out_row, a->output + (y + 1) * a->out_row);
    if (y < a->height) copy_rows(a, a->output + y * a->out_row, NULL);
}

const hg_kernel HG_ROWS(resize2d_nchw_copy)[] = {
    {HG_ROW(resize2d, nchw, "copy"), .rev = 3, .limits = {.resize_mode = 1 + HG_RESIZE_NEAREST},
     .algorithm = &hg_resize2d_copy, .run.resize_copy = copy},
    {.name = NULL},
};
