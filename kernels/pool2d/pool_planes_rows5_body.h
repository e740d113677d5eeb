/* Maxima of 5x5 windows of stride 1 in NCHW planes as wide as their output; part of
 * pool_planes_body.h.
 *
 * Row maxima go to the buffer, from vectors that begin 2 columns before their outputs:
 *
 *     v  0 1 2 3 .. | 8 9 ..  next
 *     pairs    0 1, 1 2, 2 3 ..        v and itself one lane on
 *     fours    0 1 2 3, 1 2 3 4 ..     pairs and themselves two lanes on
 *     windows  0 1 2 3 4, ..           fours and v four lanes on
 *
 * Loads that cross cache lines would cost more than these shuffles. Outside the row is -inf. */
#include "kernels/pool2d/pool_planes_down_body.h"

/* Columns x .. x + VL of a row; some or all lie beyond its end. */
HG_INLINE vec end_of_row(const hg_pool_planes_args *a, const float *in, int64_t x)
{
    const int64_t n = HG_MIN(HG_MAX(a->in_width - x, 0), (int64_t)VL);
    return v_load_inside(in + HG_MIN(x, a->in_width), (size_t)n, -INFINITY);
}

typedef struct row5 {
    vec v0, v1, vpairs; /* of the next outputs, those behind them; pairs of v0 */
} row5;

/* Windows of the next outputs; v2 is behind v1. */
HG_INLINE vec next_windows(planes_kind kind, row5 *r, vec v2, vec *vflag)
{
    const vec vpairs = join(kind, r->v1, v_shift1(r->v1, v2));
    const vec vfours = join(kind, r->vpairs, v_shift2(r->vpairs, vpairs));
    const vec vout = join(kind, vfours, v_shift4(r->v0, r->v1));
    if (kind == NUMBERS) *vflag = v_note_nan(*vflag, v2, v2);
    *r = (row5){r->v1, v2, vpairs};
    return vout;
}

/* vectors: of outputs in a row. */
HG_INLINE void windows_of_row(const hg_pool_planes_args *a, planes_kind kind, int64_t vectors,
                              const float *in, float *out, vec *vflag)
{
    const vec vnone = v_set(-INFINITY), vfirst = v_load(in, VL);
    row5 r = {.v0 = v_shift_last2(vnone, vfirst),
              .v1 = vectors > 2 ? v_load(in + VL - 2, VL) : end_of_row(a, in, VL - 2)};
    r.vpairs = join(kind, r.v0, v_shift1(r.v0, r.v1));
    if (kind == NUMBERS) *vflag = v_note_nan(v_note_nan(*vflag, vfirst, vfirst), r.v1, r.v1);
    for (int64_t i = 2; i < vectors + 2; i++) {
        const int64_t x = i * VL - 2;
        vec v2 = vnone;
        if (i + 1 < vectors)
            v2 = v_load(in + x, VL);
        else if (i <= vectors)
            v2 = end_of_row(a, in, x);
        v_store(out + (i - 2) * VL, next_windows(kind, &r, v2, vflag), VL);
    }
}

HG_INLINE void windows_down(const hg_pool_planes_args *a, planes_kind kind, int64_t vectors)
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
HG_INLINE bool rows5(const hg_pool_planes_args *args, planes_kind kind, int64_t vectors)
{
    /* What is constant here becomes part of addresses. */
    hg_pool_planes_args copy = *args, *a = &copy;
    a->buffer_row = vectors * VL;
    a->stride.h = a->dilation.h = 1;
    const float *in = a->input;
    float *out = a->buffer + a->above * a->buffer_row;
    vec vflags = v_set(0.0f);
    for (int64_t y = 0; y < a->in_rows; y++, in += a->in_row, out += a->buffer_row) {
        vec vflag = v_set(0.0f);
        windows_of_row(a, kind, vectors, in, out, &vflag);
        vflags = v_add(vflags, vflag);
    }
    if (kind == NUMBERS && v_noted(vflags)) return false;
    windows_down(a, kind, vectors);
    return true;
}

/* Narrow rows have no loop: its end would be guessed wrong as often as it is met. */
HG_INLINE bool rows5_band(const hg_pool_planes_args *a, planes_kind kind)
{
    const int64_t vectors = HG_CEIL_DIV(a->width, (int64_t)VL);
    if (vectors == 2) return rows5(a, kind, 2);
    if (vectors == 3) return rows5(a, kind, 3);
    if (vectors == 4) return rows5(a, kind, 4);
    return rows5(a, kind, vectors);
}
