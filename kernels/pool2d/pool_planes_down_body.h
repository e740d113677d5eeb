/* Taps joined, outputs finished, and windows down the columns of the buffer; part of
 * pool_planes_body.h. */
#ifndef HG_POOL_PLANES_DOWN_BODY_H
#define HG_POOL_PLANES_DOWN_BODY_H

#include "kernels/pool2d/pool_planes.h"

/* NUMBERS is the maximum where no tap is NaN, which costs a third. */
typedef enum planes_kind { NUMBERS, ANY, SUM } planes_kind;

HG_INLINE vec join(planes_kind kind, vec earlier, vec later)
{
    if (kind == SUM) return v_add(earlier, later);
    return kind == ANY ? v_greater_nan(earlier, later) : v_greater(earlier, later);
}

/* What is stored at once: VL outputs, or all of a narrower row. */
HG_INLINE void finish(const hg_pool_planes_args *a, planes_kind kind, vec v, int64_t y, int64_t x,
                      size_t n)
{
    float *out = a->output + y * a->out_row + x;
    if (kind == SUM) v = v_mul(v, v_load(a->scales + a->scale_rows[y] + x, VL));
    if (n == VL)
        v_store(out, v, VL);
    else
        v_store_few(out, v, n);
}

/* B neighbouring rows of output, columns x .. x + n; of stride 1 they share the rows that all their
 * windows have. (Lanes picture: pool_slide_body.h.) */
HG_INLINE void down_at(const hg_pool_planes_args *a, planes_kind kind, int B, int64_t taps,
                       int64_t y, int64_t x, size_t n)
{
    const int64_t step = a->dilation.h * a->buffer_row;
    const float *left = a->buffer + y * a->stride.h * a->buffer_row + x;
    const float *tap = left + (B - 1) * step;
    vec vs[8];
    vs[B - 1] = v_load(tap, VL);
    for (int64_t k = B; k < taps; k++) vs[B - 1] = join(kind, vs[B - 1], v_load(tap += step, VL));
    HG_UNROLL
    for (int b = B - 2; b >= 0; b--) vs[b] = join(kind, v_load(left + b * step, VL), vs[b + 1]);
    vec vp = vs[0];
    HG_UNROLL
    for (int b = 0; b < B; b++) {
        if (b > 0) {
            const vec vi = v_load(tap + b * step, VL);
            vp = b == 1 ? vi : join(kind, vp, vi);
            vs[b] = join(kind, vs[b], vp);
        }
        finish(a, kind, vs[b], y + b, x, n);
    }
}

/* Vectors are loaded as they were stored: what lies across two stores would wait for both. */
HG_INLINE void down(const hg_pool_planes_args *a, planes_kind kind, int B, int64_t taps, int64_t y)
{
    int64_t x = 0;
    for (; x + VL <= a->width; x += VL) down_at(a, kind, B, taps, y, x, VL);
    if (x < a->width) down_at(a, kind, B, taps, y, x, (size_t)(a->width - x));
}

#endif
