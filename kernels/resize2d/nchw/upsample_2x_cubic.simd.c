/* Bicubic resizing of NCHW planes to twice the size. Contract: upsample_2x_cubic.h. */
#include "kernels/resize2d/nchw/upsample_2x_cubic.h"

#include "kernels/resize2d/nchw/plane_rows.h"

/* Weights a quarter of the way from the second of four pixels to the third. */
typedef struct quarter {
    vfloat k0, k1, k2, k3;
} quarter;

HG_INLINE quarter quarter_weights(const hg_resize_plane_args *a)
{
    const float *weight = a->h.weight + HG_RESIZE_CUBIC_INNER;
    const int64_t step = a->h.out;
    return (quarter){v_all(weight[0]), v_all(weight[step]), v_all(weight[2 * step]),
                     v_all(weight[3 * step])};
}

HG_INLINE vfloat nearer_second(quarter k, vfloat v0, vfloat v1, vfloat v2, vfloat v3)
{
    return v_fma(k.k3, v3, v_fma(k.k2, v2, v_fma(k.k1, v1, v_mul(k.k0, v0))));
}

HG_INLINE vfloat nearer_third(quarter k, vfloat v0, vfloat v1, vfloat v2, vfloat v3)
{
    return v_fma(k.k0, v3, v_fma(k.k1, v2, v_fma(k.k2, v1, v_mul(k.k3, v0))));
}

/* 2 * VL floats of a row of twice the width, away from its border. */
HG_INLINE vpair cubic_pixels(quarter k, const float *in)
{
    const vfloat vi = v_load(in), vleft2 = v_load(in - 2), vleft = v_load(in - 1);
    const vfloat vright = v_load(in + 1), vright2 = v_load(in + 2);
    return v_zip(nearer_third(k, vleft2, vleft, vi, vright),
                 nearer_second(k, vleft, vi, vright, vright2));
}

/* Of the first pixels of a row or, if `last`, its last; the border's pixel repeats. Taps on the
 * other side have their usual weights in all lanes. */
HG_INLINE vpair cubic_edge(const hg_resize_plane_args *a, quarter k, const float *in, bool last)
{
    const float *const third = a->edge + (last ? 8 * VL : 0), *const second = third + 4 * VL;
    const vfloat vi = v_load(in);
    if (last) {
        const vfloat vleft = v_load(in - 1), vright = v_repeat_last(vi);
        const quarter k3 = {v_load(third + 3 * VL), v_load(third + 2 * VL), k.k2, k.k3};
        const quarter k2 = {k.k0, v_load(second + VL), v_load(second + 2 * VL),
                            v_load(second + 3 * VL)};
        return v_zip(nearer_third(k3, v_load(in - 2), vleft, vi, vright),
                     nearer_second(k2, vleft, vi, vright, v_repeat_last(vright)));
    }
    const vfloat vleft = v_repeat_first(vi), vright = v_load(in + 1);
    const quarter k3 = {k.k0, v_load(third + 2 * VL), v_load(third + VL), v_load(third)};
    const quarter k2 = {v_load(second), v_load(second + VL), k.k2, k.k3};
    return v_zip(nearer_third(k3, v_repeat_first(vleft), vleft, vi, vright),
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
    v_store_pair(out, cubic_edge(a, k, in, false));
    for (int64_t i = VL; i < last; i += VL) {
        const int64_t x = cubic_inside(a, i);
        v_store_pair(out + 2 * x, cubic_pixels(k, in + x));
    }
    v_store_pair(out + 2 * last, cubic_edge(a, k, in + last, true));
}

/* The two output rows between the middle ones of four. */
HG_INLINE void cubic_between(quarter k, const float *const rows[3], vpair below, int64_t x,
                             float *out, int64_t out_row, bool nontemporal)
{
    const vpair v0 = v_load_pair(rows[0] + x), v1 = v_load_pair(rows[1] + x);
    const vpair v2 = v_load_pair(rows[2] + x);
    v_put_pair(out + x,
               (vpair){nearer_second(k, v0.v0, v1.v0, v2.v0, below.v0),
                       nearer_second(k, v0.v1, v1.v1, v2.v1, below.v1)},
               nontemporal);
    v_put_pair(out + out_row + x,
               (vpair){nearer_third(k, v0.v0, v1.v0, v2.v0, below.v0),
                       nearer_third(k, v0.v1, v1.v1, v2.v1, below.v1)},
               nontemporal);
}

/* Input row iy into the ring, and the output rows between the two rows before it. */
HG_INLINE void cubic_rows(const hg_resize_plane_args *a, quarter k, int64_t iy, float *out,
                          bool nontemporal)
{
    const float *rows[3] = {cubic_slot(a, iy - 3), cubic_slot(a, iy - 2), cubic_slot(a, iy - 1)};
    const float *in = a->input + iy * a->in_row;
    float *slot = cubic_slot(a, iy);
    const int64_t last = a->h.in - VL, out_row = a->out_row;
    vpair below = cubic_edge(a, k, in, false);
    v_store_pair(slot, below);
    cubic_between(k, rows, below, 0, out, out_row, nontemporal);
    for (int64_t i = VL; i < last; i += VL) {
        const int64_t x = cubic_inside(a, i);
        below = cubic_pixels(k, in + x);
        v_store_pair(slot + 2 * x, below);
        cubic_between(k, rows, below, 2 * x, out, out_row, nontemporal);
    }
    below = cubic_edge(a, k, in + last, true);
    v_store_pair(slot + 2 * last, below);
    cubic_between(k, rows, below, 2 * last, out, out_row, nontemporal);
}

/* Rows near the border have fewer taps, and tables. */
HG_INLINE void cubic_plane(const hg_resize_plane_args *args, bool nontemporal)
{
    const hg_resize_plane_args copy = *args, *a = &copy;
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
        cubic_rows(a, k, ready++, a->output + y * a->out_row, nontemporal);
        y += 2;
    }
}

static void plane_2x_cubic(const hg_resize_plane_args *a)
{
    cubic_plane(a, false);
}

static void plane_2x_cubic_nontemporal(const hg_resize_plane_args *a)
{
    cubic_plane(a, true);
    v_drain();
}

static const hg_resize_plane_ukernels ukernels = {.plain = plane_2x_cubic,
                                                  .nontemporal = plane_2x_cubic_nontemporal};

const hg_kernel HG_ROWS(resize2d_nchw_upsample_2x_cubic)[] = {
    {HG_ROW(resize2d, nchw, "upsample_2x_cubic"), .rev = 1,
     .limits = {.resize_mode = 1 + HG_RESIZE_BICUBIC, .exact_factor = true},
     .algorithm = &hg_resize2d_nchw_upsample_2x_cubic.algorithm, .run.resize_plane = &ukernels},
    {.name = NULL},
};
