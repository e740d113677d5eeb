/* Along y: rows of output of a plane from rows of its ring, by the weights of v, over the vector
 * vocabulary. Up to PLANE_TAPS taps. */
#ifndef HG_RESIZE2D_NCHW_PLANE_ROWS_H
#define HG_RESIZE2D_NCHW_PLANE_ROWS_H

#include "kernels/resize2d/nchw/plane.h"
#include "kernels/simd/simd.h"

enum {
    PLANE_TAPS = 6,
    GROUP = 4,     /* output rows summed together */
    ROWS_AHEAD = 4 /* output rows between a prefetch and its store */
};

HG_INLINE vfloat blend(int T, const float *const *rows, const vfloat *vk, int64_t x)
{
    vfloat vacc = v_mul(vk[0], v_load(rows[0] + x));
    HG_UNROLL
    for (int k = 1; k < T; k++) vacc = v_fma(vk[k], v_load(rows[k] + x), vacc);
    return vacc;
}

/* VL columns of H output rows, out_row apart. */
HG_INLINE void blend_rows(int T, int H, const float *const *rows, vfloat (*vk)[GROUP], int64_t x,
                          float *out, int64_t out_row)
{
    vfloat vacc[GROUP], vi = v_load(rows[0] + x);
    HG_UNROLL
    for (int h = 0; h < H; h++) vacc[h] = v_mul(vk[0][h], vi);
    HG_UNROLL
    for (int k = 1; k < T; k++) {
        vi = v_load(rows[k] + x);
        HG_UNROLL
        for (int h = 0; h < H; h++) vacc[h] = v_fma(vk[k][h], vi, vacc[h]);
    }
    HG_UNROLL
    for (int h = 0; h < H; h++) v_store(out + h * out_row + x, vacc[h]);
}

/* Tap k of output row y. */
HG_INLINE const float *tap_row(const hg_resize_plane_args *a, int64_t y, int k)
{
    if (a->none && a->v.weight[k * a->v.out + y] == 0.0f) return a->none;
    return a->ring + ((a->v.first[y] + k) & a->slots) * a->ring_row;
}

/* H output rows from T rows of the ring. */
HG_INLINE void along_y(const hg_resize_plane_args *a, int T, int H, int64_t y)
{
    const float *rows[PLANE_TAPS];
    vfloat vk[PLANE_TAPS][GROUP];
    float *out = a->output + y * a->out_row;
    const int64_t last = a->h.out - VL, out_row = a->out_row;
    HG_UNROLL
    for (int k = 0; k < T; k++) {
        rows[k] = tap_row(a, y, k);
        HG_UNROLL
        for (int h = 0; h < H; h++) vk[k][h] = v_all(a->v.weight[k * a->v.out + y + h]);
    }
    int64_t x = 0;
    for (; x + VL <= last; x += 2 * VL) {
        blend_rows(T, H, rows, vk, x, out, out_row);
        blend_rows(T, H, rows, vk, x + VL, out, out_row);
    }
    if (x < last) blend_rows(T, H, rows, vk, x, out, out_row);
    blend_rows(T, H, rows, vk, last, out, out_row);
}

/* One row whose first output is not aligned: stores that cross cache lines take several times as
 * long, loads do not. */
HG_INLINE void row_along_y(const hg_resize_plane_args *a, int T, int64_t y)
{
    const float *rows[PLANE_TAPS];
    vfloat vk[PLANE_TAPS];
    float *out = a->output + y * a->out_row;
    const int64_t last = a->h.out - VL;
    const int64_t head = (int64_t)((0 - (uintptr_t)out / sizeof(float)) % VL);
    HG_UNROLL
    for (int k = 0; k < T; k++) {
        rows[k] = tap_row(a, y, k);
        vk[k] = v_all(a->v.weight[k * a->v.out + y]);
    }
    v_store(out, blend(T, rows, vk, 0));
    int64_t x = head;
    for (; x + VL < last; x += 2 * VL) {
        hg_prefetch(out + x, ROWS_AHEAD * a->out_row);
        v_store(out + x, blend(T, rows, vk, x));
        v_store(out + x + VL, blend(T, rows, vk, x + VL));
    }
    if (x < last) v_store(out + x, blend(T, rows, vk, x));
    v_store(out + last, blend(T, rows, vk, last));
}

/* Returns how many rows of output it made. */
HG_INLINE int64_t rows_along_y(const hg_resize_plane_args *a, int T, int64_t y)
{
    if (!a->aligned) return row_along_y(a, T, y), 1;
    /* 4 taps of 4 rows would need more registers than there are. */
    const int64_t most = HG_MIN(T > 2 ? 2 : GROUP, a->y_end - y), n = HG_MIN(a->v.same[y], most);
    if (n == 4) return along_y(a, T, T > 2 ? 2 : 4, y), 4;
    if (n >= 2) return along_y(a, T, 2, y), 2;
    return along_y(a, T, 1, y), 1;
}

HG_INLINE int64_t any_rows_along_y(const hg_resize_plane_args *a, int64_t y)
{
    switch (a->v.count[y]) {
    case 1:
        return rows_along_y(a, 1, y);
    case 2:
        return rows_along_y(a, 2, y);
    case 3:
        return rows_along_y(a, 3, y);
    default:
        return rows_along_y(a, 4, y);
    }
}

#endif
