/* Rows of three taps that averages are made of, over the vector vocabulary. */
#ifndef HG_POOL_NHWC_TAP_ROWS_H
#define HG_POOL_NHWC_TAP_ROWS_H

#include "kernels/pool2d/nhwc/bands.h"
#include "kernels/simd/simd.h"

typedef struct taps_row {
    const float *in; /* pixel 0; rows outside the input are pixels of zeros, in one place */
    int64_t pixel;
} taps_row;

HG_INLINE taps_row row_at(const hg_pool_slide_args *a, const float *zeros, int64_t row)
{
    if (row < 0 || row >= a->in_height) return (taps_row){zeros, 0};
    return (taps_row){a->input + row * a->in_row, a->in_pixel};
}

/* n channels of one output: the row's taps, whose count an edge may cut. */
HG_INLINE vfloat three(const float *in, int64_t step, int64_t taps, size_t n)
{
    vfloat vsum = v_load_up_to(in, n);
    for (int64_t i = 1; i < taps; i++) vsum = v_add(vsum, v_load_up_to(in + i * step, n));
    return vsum;
}

#endif
