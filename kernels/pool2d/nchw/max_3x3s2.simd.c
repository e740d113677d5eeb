/* Maxima of 3x3 windows of stride 2 in NCHW planes. Contract: hg_pool_band_args in bands.h, without
 * strips, with a buffer of one row; at most 1 column and row of padding before the input, windows
 * begin in it, at least VL outputs in a row.
 *
 * Row by row. Outputs x .. x + VL of one row of the band, pad.left 1:
 *
 *     columns       2x-1   2x  2x+1  2x+2  2x+3 ...
 *     window x       t0    t1   t2                       t1, t2: one load, split in even and odd
 *     window x + 1               t0    t1    t2          t0: t2 of the lane before
 *
 * The third row of a window is the first of the window below: its maxima wait in the buffer.
 * Windows cut by the lower edge repeat a row, which changes no maximum. */

#include "kernels/pool2d/nchw/pieces.h"

enum { ROWS_AHEAD = 4 }; /* rows between a prefetch and its load */

/* Lane of the output before: the first lane's comes from *vlast, where t2 leaves it rotated. */
HG_INLINE vfloat row_maxima(pool_kind kind, vfloat v1, vfloat v2, vfloat *vlast, vfloat *vflag)
{
    const vfloat vturned = v_turn_deinterleaved(v2), v0 = v_with_first(*vlast, vturned);
    *vlast = vturned;
    *vflag = v_note_nan(*vflag, v1, v2);
    return reduce(kind, reduce(kind, v0, v1), v2);
}

/* A row from one vector of outputs on: their t1 begin at `in`, t0 of the first lane is in vlast. */
typedef struct taps_row {
    const float *in;
    vfloat vlast;
} taps_row;

HG_INLINE taps_row row_from(const hg_pool_band_args *a, const float *row, int64_t x, vfloat *vflag)
{
    const int64_t at = 2 * x - a->left;
    const vfloat vbefore = v_all(at < 0 ? -INFINITY : row[at]);
    *vflag = v_note_nan(*vflag, vbefore, vbefore);
    return (taps_row){row + at + 1, vbefore};
}

/* The last vector of a row, of whose columns some may lie beyond the edge. */
HG_INLINE vfloat last_maxima(const hg_pool_band_args *a, pool_kind kind, const float *row,
                             vfloat *vflag)
{
    const int64_t x = a->width - VL;
    taps_row r = row_from(a, row, x, vflag);
    const int64_t inside = a->in_width - (2 * x - a->left + 1);
    vfloat v1, v2;
    if (inside >= 2 * VL)
        v_load_deinterleaved(r.in, &v1, &v2);
    else
        v_deinterleave(v_load(r.in), v_load_first_else(r.in + VL, (size_t)(inside - VL), -INFINITY),
                       &v1, &v2);
    return row_maxima(kind, v1, v2, &r.vlast, vflag);
}

HG_INLINE vfloat next_maxima(pool_kind kind, taps_row *r, int64_t x, vfloat *vflag)
{
    vfloat v1, v2;
    v_load_deinterleaved(r->in + 2 * x, &v1, &v2);
    return row_maxima(kind, v1, v2, &r->vlast, vflag);
}

/* The maxima of the band's first row. */
HG_INLINE void carry_row(const hg_pool_band_args *a, pool_kind kind, vfloat *vflag)
{
    taps_row first = row_from(a, a->input, 0, vflag);
    int64_t x = 0;
    for (; x < a->width - VL; x += VL) v_store(a->buffer + x, next_maxima(kind, &first, x, vflag));
    v_store(a->buffer + x, last_maxima(a, kind, a->input, vflag));
}

/* One row of output from its window's second and third row. Notes in a row wait for each other:
 * either row has its own flag. */
HG_INLINE void row_down(const hg_pool_band_args *a, pool_kind kind, const float *second,
                        const float *third, float *out, vfloat *vflags)
{
    const int64_t last = a->width - VL;
    float *carry = a->buffer;
    vfloat vflag1 = v_zero(), vflag2 = v_zero();
    taps_row r1 = row_from(a, second, 0, &vflag1), r2 = row_from(a, third, 0, &vflag2);
    int64_t x = 0;
    for (; x < last; x += VL) {
        hg_prefetch(r1.in + 2 * x, ROWS_AHEAD * a->in_row);
        hg_prefetch(r2.in + 2 * x, ROWS_AHEAD * a->in_row);
        const vfloat v1 = next_maxima(kind, &r1, x, &vflag1),
                     v2 = next_maxima(kind, &r2, x, &vflag2);
        const vfloat vacc = reduce(kind, reduce(kind, v_load(carry + x), v1), v2);
        v_store(carry + x, v2);
        v_store(out + x, v_in_order(vacc));
    }
    const vfloat v1 = last_maxima(a, kind, second, &vflag1);
    const vfloat v2 = last_maxima(a, kind, third, &vflag2);
    v_store(out + last, v_in_order(reduce(kind, reduce(kind, v_load(carry + x), v1), v2)));
    v_store(carry + x, v2);
    *vflags = v_add(*vflags, v_add(vflag1, vflag2));
}

HG_INLINE bool band(const hg_pool_band_args *a, pool_kind kind)
{
    vfloat vflag = v_zero();
    if (a->above == 0) carry_row(a, kind, &vflag);
    for (int64_t x = 0; a->above && x < a->width; x += VL) v_store(a->buffer + x, v_all(-INFINITY));
    for (int64_t y = 0; y < a->height; y++) {
        const int64_t below = a->in_rows - 1, first = 2 * y - a->above;
        const float *second = a->input + HG_MIN(first + 1, below) * a->in_row;
        const float *third = a->input + HG_MIN(first + 2, below) * a->in_row;
        row_down(a, kind, second, third, a->output + y * a->out_row, &vflag);
    }
    return !v_noted(vflag);
}

static void max_3x3s2_band(const hg_pool_band_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    hg_pool_band_args a = *args;
    for (int64_t i = 0; i < args->planes; i++, next_plane(&a))
        if (!band(&a, NUMBERS)) band(&a, ANY);
}

const hg_kernel HG_ROWS(pool2d_nchw_max_3x3s2)[] = {
    {HG_ROW(max_pool2d, nchw, "max_3x3s2"), .rev = 1,
     .limits = {.kernel = {3, 3},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_indices = true,
                .no_adaptive = true},
     .algorithm = &hg_pool2d_nchw_max_3x3s2.algorithm, .run.pool_band = max_3x3s2_band},
    {.name = NULL},
};
