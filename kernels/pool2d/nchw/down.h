/* Windows down the columns of a buffer of row maxima or sums, over the vector vocabulary. */
#ifndef HG_POOL_NCHW_DOWN_H
#define HG_POOL_NCHW_DOWN_H

#include "kernels/pool2d/nchw/pieces.h"

/* Rows of the buffer that lie outside the input. */
HG_INLINE void fill_outside(const hg_pool_band_args *a, pool_kind kind)
{
    for (int64_t j = 0; j < a->band_rows; j++) {
        if (j == a->above && a->in_rows > 0) j += a->in_rows;
        for (int64_t x = 0; j < a->band_rows && x < a->width; x += VL)
            v_store(a->buffer + j * a->buffer_row + x, identity_of(kind));
    }
}

/* B neighbouring rows of output, columns x .. x + n; of stride 1 they share the rows that all their
 * windows have. (Picture: nhwc/slide.simd.c.) */
HG_INLINE void down_at(const hg_pool_band_args *a, pool_kind kind, int B, int64_t taps, int64_t y,
                       int64_t x, size_t n)
{
    const int64_t step = a->dilation.h * a->buffer_row;
    const float *left = a->buffer + y * a->stride.h * a->buffer_row + x;
    const float *tap = left + (B - 1) * step;
    vfloat vs[8];
    vs[B - 1] = v_load(tap);
    for (int64_t k = B; k < taps; k++) vs[B - 1] = reduce(kind, vs[B - 1], v_load(tap += step));
    HG_UNROLL
    for (int b = B - 2; b >= 0; b--) vs[b] = reduce(kind, v_load(left + b * step), vs[b + 1]);
    vfloat vp = vs[0];
    HG_UNROLL
    for (int b = 0; b < B; b++) {
        if (b > 0) {
            const vfloat vi = v_load(tap + b * step);
            vp = b == 1 ? vi : reduce(kind, vp, vi);
            vs[b] = reduce(kind, vs[b], vp);
        }
        finish(a, kind, vs[b], y + b, x, n);
    }
}

/* Vectors are loaded as they were stored: what lies across two stores would wait for both. */
HG_INLINE void down(const hg_pool_band_args *a, pool_kind kind, int B, int64_t taps, int64_t y)
{
    int64_t x = 0;
    for (; x + VL <= a->width; x += VL) down_at(a, kind, B, taps, y, x, VL);
    if (x < a->width) down_at(a, kind, B, taps, y, x, (size_t)(a->width - x));
}

HG_INLINE void rows_down(const hg_pool_band_args *a, pool_kind kind)
{
    const int64_t taps = a->window.h;
    const bool shared = a->stride.h == 1 && a->dilation.h == 1;
    fill_outside(a, kind);
    int64_t y = 0;
    for (; shared && taps >= 8 && y + 8 <= a->height; y += 8) down(a, kind, 8, taps, y);
    for (; shared && taps >= 4 && y + 4 <= a->height; y += 4) down(a, kind, 4, taps, y);
    for (; shared && taps >= 2 && y + 2 <= a->height; y += 2) down(a, kind, 2, taps, y);
    for (; y < a->height; y++) down(a, kind, 1, taps, y);
}

#endif
