/* Windows of 2x2 of stride 2 without padding, NCHW. Contract: hg_pool_args in pool2d.h. A vector is
 * VL neighbouring outputs of a row; the last of a row starts earlier and repeats outputs, unless
 * the row has fewer.
 *
 * Maxima are first taken as if no tap were NaN, which halves the work on the busiest ports; a plane
 * that turns out to hold NaN is done again. */
#include "kernels/pool2d/four_taps.h"
#include "kernels/pool2d/indices.h"
#include "kernels/pool2d/nchw/planes.h"

enum { ROWS_AHEAD = 4 }; /* rows between a prefetch and its load */

/* 2n floats of a row, n <= VL, as even and odd columns; lanes are deinterleaved. */
HG_INLINE void load_columns(const float *p, size_t n, vfloat v[2])
{
    if (n == VL) {
        v_deinterleave(v_load_once(p), v_load_once(p + VL), &v[0], &v[1]);
    } else {
        const size_t floats = 2 * n;
        const vfloat vlow = v_load_up_to(p, floats);
        v_deinterleave(vlow, floats > VL ? v_load_first(p + VL, floats - VL) : v_zero(), &v[0],
                       &v[1]);
    }
}

HG_INLINE void load_taps(const hg_pool_args *a, const float *in, size_t n, vfloat vi[4])
{
    load_columns(in, n, vi);
    load_columns(in + a->row_step, n, vi + 2);
}

/* Rows of a few hundred bytes end before the hardware's prefetchers have learnt them. */
HG_INLINE void prefetch_rows(const hg_pool_args *a, const float *in)
{
    hg_prefetch(in, ROWS_AHEAD * a->row_step);
    hg_prefetch(in, (ROWS_AHEAD + 1) * a->row_step);
}

/* n <= VL outputs. */
HG_INLINE void outputs(const hg_pool_args *a, pool_kind kind, const float *in, float *out, size_t n,
                       vfloat vflag[2])
{
    vfloat vi[4];
    load_taps(a, in, n, vi);
    v_store_up_to(out, v_in_order(four_taps(kind, vi)), n);
    note_four(kind, vi, vflag);
}

HG_INLINE bool plane(const hg_pool_args *args, pool_kind kind)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t last = HG_MAX(a->width - VL, 0);
    const size_t few = (size_t)HG_MIN(a->width, (int64_t)VL);
    vfloat vflag[2] = {v_zero(), v_zero()};
    for (int64_t y = 0; y < a->height; y++) {
        const float *in = a->input + y * a->in_down;
        float *out = a->output + y * a->out_down;
        for (int64_t x = 0; x < last; x += VL) {
            if (at_cacheline(x)) prefetch_rows(a, in + 2 * x);
            outputs(a, kind, in + 2 * x, out + x, VL, vflag);
        }
        if (few == VL) {
            prefetch_rows(a, in + 2 * last);
            outputs(a, kind, in + 2 * last, out + last, VL, vflag);
        } else {
            outputs(a, kind, in, out, few, vflag);
        }
    }
    return !v_noted(vflag[0]) && !v_noted(vflag[1]);
}

static void max_2x2s2_plane(const hg_pool_args *a)
{
    if (!plane(a, NUMBERS)) plane(a, ANY);
}

static void avg_2x2s2_plane(const hg_pool_args *a)
{
    plane(a, SUM);
}

/* ---- With indices ---- */

/* n <= VL outputs from x on. */
HG_INLINE void outputs_indices(const hg_pool_args *a, const index_lanes *l, const vint voffset[4],
                               hg_index_type type, pool_kind kind, int64_t y, int64_t x, size_t n,
                               vfloat vflag[2])
{
    const float *in = a->input + y * a->in_down + 2 * x;
    const int64_t at = y * a->out_down + x;
    const int64_t corner = a->plane_first + 2 * (y * a->plane_down + x * a->plane_pixel);
    const index_firsts f = index_firsts_of(a, l, type, corner);
    vfloat vi[4];
    vint vplace;
    prefetch_rows(a, in);
    load_taps(a, in, n, vi);
    v_store_up_to(a->output + at, v_in_order(four_taps_place(kind, vi, voffset, &vplace)), n);
    vplace = i_bits(v_in_order(v_bits(vplace)));
    store_indices(l, type, a->indices, at, &f, vplace, n);
    note_four(kind, vi, vflag);
}

HG_INLINE bool plane_indices(const hg_pool_args *args, hg_index_type type, pool_kind kind)
{
    const hg_pool_args copy = *args, *a = &copy;
    const index_lanes l = index_lanes_of(a, type, 2 * a->plane_pixel * a->index_scale);
    const int64_t last = a->width - VL;
    vint voffset[4];
    four_offsets(a, &l, voffset);
    vfloat vflag[2] = {v_zero(), v_zero()};
    for (int64_t y = 0; y < a->height; y++) {
        for (int64_t x = 0; x < last; x += VL)
            outputs_indices(a, &l, voffset, type, kind, y, x, VL, vflag);
        if (last >= 0)
            outputs_indices(a, &l, voffset, type, kind, y, last, VL, vflag);
        else
            outputs_indices(a, &l, voffset, type, kind, y, 0, (size_t)a->width, vflag);
    }
    return !v_noted(vflag[0]) && !v_noted(vflag[1]);
}

static void max_2x2s2_plane_indices(const hg_pool_args *a)
{
    if (a->index_type == HG_INDEX_I32) {
        if (!plane_indices(a, HG_INDEX_I32, NUMBERS)) plane_indices(a, HG_INDEX_I32, ANY);
    } else if (!plane_indices(a, HG_INDEX_I64, NUMBERS)) {
        plane_indices(a, HG_INDEX_I64, ANY);
    }
}

#define TWO_BY_TWO .kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true

const hg_kernel HG_ROWS(pool2d_nchw_2x2s2)[] = {
    {HG_ROW(max_pool2d, nchw, "2x2s2"), .rev = 4, .limits = {TWO_BY_TWO, .no_indices = true},
     .algorithm = &hg_pool2d_nchw_2x2s2, .run.pool = max_2x2s2_plane},
    {HG_ROW(max_pool2d, nchw, "2x2s2_indices"), .rev = 3,
     .limits = {TWO_BY_TWO, .only_indices = true}, .algorithm = &hg_pool2d_nchw_2x2s2,
     .run.pool = max_2x2s2_plane_indices},
    {HG_ROW(avg_pool2d, nchw, "2x2s2"), .rev = 4, .limits = {TWO_BY_TWO},
     .algorithm = &hg_pool2d_nchw_2x2s2, .run.pool = avg_2x2s2_plane},
    {.name = NULL},
};
