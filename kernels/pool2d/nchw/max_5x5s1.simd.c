/* Maxima of 5x5 windows of stride 1 in NCHW planes, two columns of padding on either side.
 * Contract: hg_pool_band_args in bands.h, without strips; at least VL outputs in a row.
 *
 * Row maxima go to the buffer, from vectors that begin 2 columns before their outputs:
 *
 *     v  0 1 2 3 .. | 8 9 ..  next
 *     pairs    0 1, 1 2, 2 3 ..        v and itself one lane on
 *     fours    0 1 2 3, 1 2 3 4 ..     pairs and themselves two lanes on
 *     windows  0 1 2 3 4, ..           fours and v four lanes on
 *
 * Loads that cross cache lines would cost more than these shuffles. Outside the row is -inf. */
#include "kernels/pool2d/nchw/down.h"

/* Columns x .. x + VL of a row; some or all lie beyond its end. */
HG_INLINE vfloat end_of_row(const hg_pool_band_args *a, const float *in, int64_t x)
{
    const int64_t n = HG_MIN(HG_MAX(a->in_width - x, 0), (int64_t)VL);
    return v_load_first_else(in + HG_MIN(x, a->in_width), (size_t)n, -INFINITY);
}

typedef struct row5 {
    vfloat v0, v1, vpairs; /* of the next outputs, those behind them; pairs of v0 */
} row5;

/* Windows of the next outputs; v2 is behind v1. */
HG_INLINE vfloat next_windows(pool_kind kind, row5 *r, vfloat v2, vfloat *vflag)
{
    const vfloat vpairs = reduce(kind, r->v1, v_shift1(r->v1, v2));
    const vfloat vfours = reduce(kind, r->vpairs, v_shift2(r->vpairs, vpairs));
    const vfloat vout = reduce(kind, vfours, v_shift4(r->v0, r->v1));
    if (kind == NUMBERS) *vflag = v_note_nan(*vflag, v2, v2);
    *r = (row5){r->v1, v2, vpairs};
    return vout;
}

/* vectors: of outputs in a row. */
HG_INLINE void windows_of_row(const hg_pool_band_args *a, pool_kind kind, int64_t vectors,
                              const float *in, float *out, vfloat *vflag)
{
    const vfloat vnone = v_all(-INFINITY), vfirst = v_load(in);
    row5 r = {.v0 = v_after_last2(vnone, vfirst),
              .v1 = vectors > 2 ? v_load(in + VL - 2) : end_of_row(a, in, VL - 2)};
    r.vpairs = reduce(kind, r.v0, v_shift1(r.v0, r.v1));
    if (kind == NUMBERS) *vflag = v_note_nan(v_note_nan(*vflag, vfirst, vfirst), r.v1, r.v1);
    for (int64_t i = 2; i < vectors + 2; i++) {
        const int64_t x = i * VL - 2;
        vfloat v2 = vnone;
        if (i + 1 < vectors)
            v2 = v_load(in + x);
        else if (i <= vectors)
            v2 = end_of_row(a, in, x);
        v_store(out + (i - 2) * VL, next_windows(kind, &r, v2, vflag));
    }
}

HG_INLINE void windows_down(const hg_pool_band_args *a, pool_kind kind, int64_t vectors)
{
    const int64_t last = (vectors - 1) * VL;
    const size_t n = (size_t)(a->width - last);
    int64_t y = 0;
    for (; y + 4 <= a->height; y += 4) {
        for (int64_t x = 0; x < last; x += VL) down_at(a, kind, 4, 5, y, x, VL);
        down_at(a, kind, 4, 5, y, last, n);
    }
    for (; y < a->height; y++) down(a, kind, 1, 5, y);
}

/* Returns false if it met NaN where none may be. Each row has its own flag: notes in a row wait for
 * each other. */
HG_INLINE bool band_of(const hg_pool_band_args *args, pool_kind kind, int64_t vectors)
{
    /* What is constant here becomes part of addresses. */
    hg_pool_band_args copy = *args, *a = &copy;
    a->buffer_row = vectors * VL;
    a->stride.h = a->dilation.h = 1;
    const float *in = a->input;
    float *out = a->buffer + a->above * a->buffer_row;
    vfloat vflags = v_zero();
    for (int64_t y = 0; y < a->in_rows; y++, in += a->in_row, out += a->buffer_row) {
        vfloat vflag = v_zero();
        windows_of_row(a, kind, vectors, in, out, &vflag);
        vflags = v_add(vflags, vflag);
    }
    if (kind == NUMBERS && v_noted(vflags)) return false;
    windows_down(a, kind, vectors);
    return true;
}

/* Narrow rows have no loop: its end would be guessed wrong as often as it is met. NaN is rare. */
HG_INLINE bool band(const hg_pool_band_args *a, pool_kind kind)
{
    const int64_t vectors = HG_CEIL_DIV(a->width, (int64_t)VL);
    if (kind == NUMBERS && vectors == 2) return band_of(a, kind, 2);
    if (kind == NUMBERS && vectors == 3) return band_of(a, kind, 3);
    if (kind == NUMBERS && vectors == 4) return band_of(a, kind, 4);
    return band_of(a, kind, vectors);
}

HG_COLD static void with_nan(hg_pool_band_args a)
{
    band(&a, ANY);
}

static void max_5x5s1_band(const hg_pool_band_args *args)
{
    hg_pool_band_args a = *args;
    fill_outside(&a, NUMBERS);
    for (int64_t i = 0; i < args->planes; i++, next_plane(&a))
        if (!band(&a, NUMBERS)) with_nan(a);
}

const hg_kernel HG_ROWS(pool2d_nchw_max_5x5s1)[] = {
    {HG_ROW(max_pool2d, nchw, "max_5x5s1"), .rev = 1,
     .limits = {.kernel = {5, 5},
                .stride = {1, 1},
                .dilation = {1, 1},
                .no_indices = true,
                .no_adaptive = true},
     .algorithm = &hg_pool2d_nchw_max_5x5s1.algorithm, .run.pool_band = max_5x5s1_band},
    {.name = NULL},
};
