/* Bilinear resizing of NCHW planes to twice the size. Contract: upsample_2x_bilinear.c, plane.h. */
#include "kernels/resize2d/nchw/plane.h"
#include "kernels/simd/simd.h"

/* 3/4 of one and 1/4 of the other. */
HG_INLINE vfloat mix(vfloat vnear, vfloat vaway)
{
    return v_fma(v_all(0.25f), vaway, v_mul(v_all(0.75f), vnear));
}

/* 2 * VL floats of a row of twice the width. Neighbours are beside a pixel in memory, but for the
 * first and last of a row. */
HG_INLINE vpair double_pixels(const float *in, bool first, bool last)
{
    const vfloat vi = v_load(in);
    const vfloat vleft = first ? v_repeat_first(vi) : v_load(in - 1);
    const vfloat vright = last ? v_repeat_last(vi) : v_load(in + 1);
    return v_zip(mix(vi, vleft), mix(vi, vright));
}

/* Two output rows between the row above, which `carry` holds, and that of `in`, which replaces it.
 * nontemporal: a constant. */
HG_INLINE void double_between(const hg_resize_plane_args *a, const float *in, bool first, bool last,
                              vpair above, float *carry, float *out, bool nontemporal)
{
    const vpair below = double_pixels(in, first, last);
    v_store_pair(carry, below);
    v_put_pair(out, (vpair){mix(above.v0, below.v0), mix(above.v1, below.v1)}, nontemporal);
    v_put_pair(out + a->out_row, (vpair){mix(below.v0, above.v0), mix(below.v1, above.v1)},
               nontemporal);
}

/* The last pixels start earlier and repeat some: what they need of the row above is kept. */
HG_INLINE void double_rows(const hg_resize_plane_args *a, const float *in, float *out,
                           bool nontemporal)
{
    const int64_t last = a->h.in - VL;
    float *carry = a->ring;
    const vpair end = v_load_pair(carry + 2 * last);
    double_between(a, in, true, last == 0, v_load_pair(carry), carry, out, nontemporal);
    for (int64_t x = VL; x < last; x += VL)
        double_between(a, in + x, false, false, v_load_pair(carry + 2 * x), carry + 2 * x,
                       out + 2 * x, nontemporal);
    if (last > 0)
        double_between(a, in + last, false, true, end, carry + 2 * last, out + 2 * last,
                       nontemporal);
}

/* An input row alone. */
HG_INLINE void double_row(const hg_resize_plane_args *a, const float *in, float *out)
{
    const int64_t last = a->h.in - VL;
    v_store_pair(out, double_pixels(in, true, last == 0));
    for (int64_t x = VL; x < last; x += VL)
        v_store_pair(out + 2 * x, double_pixels(in + x, false, false));
    if (last > 0) v_store_pair(out + 2 * last, double_pixels(in + last, false, true));
}

/* Rows 2i + 1 and 2i + 2 lie between input rows i and i + 1. */
HG_INLINE void double_plane(const hg_resize_plane_args *args, bool nontemporal)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_resize_plane_args copy = *args, *a = &copy;
    int64_t y = a->y;
    double_row(a, a->input + HG_MAX(y - 1, 0) / 2 * a->in_row, a->ring);
    if (y == 0) double_row(a, a->input, a->output), y = 1;
    for (; y + 1 < a->y_end; y += 2)
        double_rows(a, a->input + (y + 1) / 2 * a->in_row, a->output + y * a->out_row, nontemporal);
    if (y < a->y_end) double_row(a, a->input + y / 2 * a->in_row, a->output + y * a->out_row);
}

static void plane_2x_bilinear(const hg_resize_plane_args *a)
{
    double_plane(a, false);
}

static void plane_2x_bilinear_nontemporal(const hg_resize_plane_args *a)
{
    double_plane(a, true);
    v_drain();
}

static const hg_resize_plane_ukernels ukernels = {.plain = plane_2x_bilinear,
                                                  .nontemporal = plane_2x_bilinear_nontemporal};

const hg_kernel HG_ROWS(resize2d_nchw_upsample_2x_bilinear)[] = {
    {HG_ROW(resize2d, nchw, "upsample_2x_bilinear"), .rev = 1,
     .limits = {.resize_mode = 1 + HG_RESIZE_BILINEAR, .exact_factor = true},
     .algorithm = &hg_resize2d_nchw_upsample_2x_bilinear.algorithm, .run.resize_plane = &ukernels},
    {.name = NULL},
};
