/* NCHW planes of twice the size; part of resize_planes_body.h. */
#include "kernels/resize2d/resize_planes_rows.h"

/* ---- Bilinear: of the ring there is one row, and no tables are needed ---- */

/* 3/4 of one and 1/4 of the other. */
HG_INLINE vec mix(vec vnear, vec vaway)
{
    return v_fma(v_mul(v_set(0.75f), vnear), v_set(0.25f), vaway);
}

/* 2 * VL floats of a row of twice the width. Neighbours are beside a pixel in memory, but for the
 * first and last of a row. */
HG_INLINE pair double_pixels(const float *in, bool first, bool last)
{
    const vec vi = v_load(in);
    const vec vleft = first ? v_after_first(vi) : v_load(in - 1);
    const vec vright = last ? v_before_last(vi) : v_load(in + 1);
    return v_zip(mix(vi, vleft), mix(vi, vright));
}

HG_INLINE void store_pair(float *out, pair v)
{
    v_store(out, v.v0);
    v_store(out + VL, v.v1);
}

/* past: a constant; beyond the caches. */
HG_INLINE void put_pair(float *out, pair v, bool past)
{
    if (!past) {
        store_pair(out, v);
        return;
    }
    v_store_past(out, v.v0);
    v_store_past(out + VL, v.v1);
}

/* Two output rows between the row above, which `carry` holds, and that of `in`, which replaces it.
 */
HG_INLINE void double_between(const hg_resize_plane_args *a, const float *in, bool first, bool last,
                              pair above, float *carry, float *out, bool past)
{
    const pair below = double_pixels(in, first, last);
    store_pair(carry, below);
    put_pair(out, (pair){mix(above.v0, below.v0), mix(above.v1, below.v1)}, past);
    put_pair(out + a->out_row, (pair){mix(below.v0, above.v0), mix(below.v1, above.v1)}, past);
}

HG_INLINE pair load_pair(const float *p)
{
    return (pair){v_load(p), v_load(p + VL)};
}

/* The last pixels start earlier and repeat some: what they need of the row above is kept. */
HG_INLINE void double_rows(const hg_resize_plane_args *a, const float *in, float *out, bool past)
{
    const int64_t last = a->h.in - VL;
    float *carry = a->ring;
    const pair end = load_pair(carry + 2 * last);
    double_between(a, in, true, last == 0, load_pair(carry), carry, out, past);
    for (int64_t x = VL; x < last; x += VL)
        double_between(a, in + x, false, false, load_pair(carry + 2 * x), carry + 2 * x,
                       out + 2 * x, past);
    if (last > 0)
        double_between(a, in + last, false, true, end, carry + 2 * last, out + 2 * last, past);
}

/* An input row alone. */
HG_INLINE void double_row(const hg_resize_plane_args *a, const float *in, float *out)
{
    const int64_t last = a->h.in - VL;
    store_pair(out, double_pixels(in, true, last == 0));
    for (int64_t x = VL; x < last; x += VL)
        store_pair(out + 2 * x, double_pixels(in + x, false, false));
    if (last > 0) store_pair(out + 2 * last, double_pixels(in + last, false, true));
}

/* Rows 2i + 1 and 2i + 2 lie between input rows i and i + 1. */
HG_INLINE void double_plane(const hg_resize_plane_args *a, bool past)
{
    int64_t y = a->y;
    double_row(a, a->input + HG_MAX(y - 1, 0) / 2 * a->in_row, a->ring);
    if (y == 0) double_row(a, a->input, a->output), y = 1;
    for (; y + 1 < a->y_end; y += 2)
        double_rows(a, a->input + (y + 1) / 2 * a->in_row, a->output + y * a->out_row, past);
    if (y < a->y_end) double_row(a, a->input + y / 2 * a->in_row, a->output + y * a->out_row);
}

/* ---- Nearest ---- */

/* Every pixel four times. */
HG_INLINE void repeat_rows(const hg_resize_plane_args *a, bool past)
{
    const int64_t last = a->h.in - VL;
    for (int64_t y = a->y; y < a->y_end; y += 2) {
        const float *in = a->input + y / 2 * a->in_row;
        float *out = a->output + y * a->out_row;
        for (int64_t x = 0; x < last; x += VL) {
            if (!past) hg_prefetch(out + 2 * x, ROWS_AHEAD * a->out_row);
            if (!past) hg_prefetch(out + 2 * x, (ROWS_AHEAD + 1) * a->out_row);
            const pair v = v_zip(v_load(in + x), v_load(in + x));
            put_pair(out + 2 * x, v, past);
            put_pair(out + a->out_row + 2 * x, v, past);
        }
        const pair v = v_zip(v_load(in + last), v_load(in + last));
        put_pair(out + 2 * last, v, past);
        put_pair(out + a->out_row + 2 * last, v, past);
    }
}

static void repeat_past(const hg_resize_plane_args *args)
{
    const hg_resize_plane_args copy = *args;
    repeat_rows(&copy, true);
    v_drain();
}

static void repeat_near(const hg_resize_plane_args *args)
{
    const hg_resize_plane_args copy = *args;
    repeat_rows(&copy, false);
}

static void repeat_plane(const hg_resize_plane_args *a)
{
    (a->past ? repeat_past : repeat_near)(a);
}

/* ---- Bicubic ---- */

/* Weights a quarter of the way from the second of four pixels to the third. */
typedef struct quarter {
    vec k0, k1, k2, k3;
} quarter;

HG_INLINE quarter quarter_weights(const hg_resize_plane_args *a)
{
    const float *weight = a->h.weight + HG_PLANE_CUBIC_WIDTH - 1; /* an odd output: all taps */
    const int64_t step = a->h.out;
    return (quarter){v_set(weight[0]), v_set(weight[step]), v_set(weight[2 * step]),
                     v_set(weight[3 * step])};
}

HG_INLINE vec nearer_second(quarter k, vec v0, vec v1, vec v2, vec v3)
{
    return v_fma(v_fma(v_fma(v_mul(k.k0, v0), k.k1, v1), k.k2, v2), k.k3, v3);
}

HG_INLINE vec nearer_third(quarter k, vec v0, vec v1, vec v2, vec v3)
{
    return v_fma(v_fma(v_fma(v_mul(k.k3, v0), k.k2, v1), k.k1, v2), k.k0, v3);
}

/* 2 * VL floats of a row of twice the width, away from its border. */
HG_INLINE pair cubic_pixels(quarter k, const float *in)
{
    const vec vi = v_load(in), vleft2 = v_load(in - 2), vleft = v_load(in - 1);
    const vec vright = v_load(in + 1), vright2 = v_load(in + 2);
    return v_zip(nearer_third(k, vleft2, vleft, vi, vright),
                 nearer_second(k, vleft, vi, vright, vright2));
}

/* Of the first pixels of a row or, if `last`, its last; the border's pixel repeats. Taps on the
 * other side have their usual weights in all lanes. */
HG_INLINE pair cubic_edge(const hg_resize_plane_args *a, quarter k, const float *in, bool last)
{
    const float *const third = a->edge + (last ? 8 * VL : 0), *const second = third + 4 * VL;
    const vec vi = v_load(in);
    if (last) {
        const vec vleft = v_load(in - 1), vright = v_before_last(vi);
        const quarter k3 = {v_load(third + 3 * VL), v_load(third + 2 * VL), k.k2, k.k3};
        const quarter k2 = {k.k0, v_load(second + VL), v_load(second + 2 * VL),
                            v_load(second + 3 * VL)};
        return v_zip(nearer_third(k3, v_load(in - 2), vleft, vi, vright),
                     nearer_second(k2, vleft, vi, vright, v_before_last(vright)));
    }
    const vec vleft = v_after_first(vi), vright = v_load(in + 1);
    const quarter k3 = {k.k0, v_load(third + 2 * VL), v_load(third + VL), v_load(third)};
    const quarter k2 = {v_load(second), v_load(second + VL), k.k2, k.k3};
    return v_zip(nearer_third(k3, v_after_first(vleft), vleft, vi, vright),
                 nearer_second(k2, vleft, vi, vright, v_load(in + 2)));
}

HG_INLINE float *cubic_slot(const hg_resize_plane_args *a, int64_t iy)
{
    return a->ring + (iy & a->slots) * a->ring_row;
}

/* Input pixels [x, x + VL) of a vector that ends 2 before the row's end or at it. */
HG_INLINE int64_t cubic_inside(const hg_resize_plane_args *a, int64_t x)
{
    return HG_MIN(x, a->h.in - VL - 2);
}

/* An input row into the ring. */
HG_INLINE void cubic_row(const hg_resize_plane_args *a, quarter k, int64_t iy)
{
    const float *in = a->input + iy * a->in_row;
    float *out = cubic_slot(a, iy);
    const int64_t last = a->h.in - VL;
    store_pair(out, cubic_edge(a, k, in, false));
    for (int64_t i = VL; i < last; i += VL) {
        const int64_t x = cubic_inside(a, i);
        store_pair(out + 2 * x, cubic_pixels(k, in + x));
    }
    store_pair(out + 2 * last, cubic_edge(a, k, in + last, true));
}

/* The two output rows between the middle ones of four. */
HG_INLINE void cubic_between(quarter k, const float *const rows[3], pair below, int64_t x,
                             float *out, int64_t out_row, bool past)
{
    const pair v0 = load_pair(rows[0] + x), v1 = load_pair(rows[1] + x);
    const pair v2 = load_pair(rows[2] + x);
    put_pair(out + x,
             (pair){nearer_second(k, v0.v0, v1.v0, v2.v0, below.v0),
                    nearer_second(k, v0.v1, v1.v1, v2.v1, below.v1)},
             past);
    put_pair(out + out_row + x,
             (pair){nearer_third(k, v0.v0, v1.v0, v2.v0, below.v0),
                    nearer_third(k, v0.v1, v1.v1, v2.v1, below.v1)},
             past);
}

/* Input row iy into the ring, and the output rows between the two rows before it. */
HG_INLINE void cubic_rows(const hg_resize_plane_args *a, quarter k, int64_t iy, float *out,
                          bool past)
{
    const float *rows[3] = {cubic_slot(a, iy - 3), cubic_slot(a, iy - 2), cubic_slot(a, iy - 1)};
    const float *in = a->input + iy * a->in_row;
    float *slot = cubic_slot(a, iy);
    const int64_t last = a->h.in - VL, out_row = a->out_row;
    pair below = cubic_edge(a, k, in, false);
    store_pair(slot, below);
    cubic_between(k, rows, below, 0, out, out_row, past);
    for (int64_t i = VL; i < last; i += VL) {
        const int64_t x = cubic_inside(a, i);
        below = cubic_pixels(k, in + x);
        store_pair(slot + 2 * x, below);
        cubic_between(k, rows, below, 2 * x, out, out_row, past);
    }
    below = cubic_edge(a, k, in + last, true);
    store_pair(slot + 2 * last, below);
    cubic_between(k, rows, below, 2 * last, out, out_row, past);
}

/* Rows near the border have fewer taps, and tables. */
HG_INLINE void cubic_plane(const hg_resize_plane_args *a, bool past)
{
    const quarter k = quarter_weights(a);
    int64_t ready = 0; /* input rows below are in the ring, or were */
    for (int64_t y = a->y; y < a->y_end;) {
        const int64_t end = a->v.first[y] + a->v.count[y];
        const bool inside = a->v.count[y] == 4;
        ready = HG_MAX(ready, a->v.first[y]);
        for (; ready < end - inside; ready++) cubic_row(a, k, ready);
        if (!inside) {
            y += any_rows_along_y(a, y);
            continue;
        }
        cubic_rows(a, k, ready++, a->output + y * a->out_row, past);
        y += 2;
    }
}
