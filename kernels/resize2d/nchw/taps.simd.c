/* Separable filters, NCHW: VL pixels at a time. Contract: separable.h. */
#include "kernels/resize2d/separable.h"

#include "kernels/resize2d/singles.h"
#include "kernels/resize2d/sums.h"

static void along_x(const hg_resize_along_x_args *a)
{
    sum_singles(a);
}

static const hg_resize_separable_ukernels ukernels = {along_x, along_y};

const hg_kernel HG_ROWS(resize2d_nchw_taps)[] = {
    {HG_ROW(resize2d, nchw, "taps"), .rev = 5, .algorithm = &hg_resize2d_separable,
     .run.resize_separable = &ukernels},
    {.name = NULL},
};
