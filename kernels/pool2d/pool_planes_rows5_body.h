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

/* Columns x .. x + VL of a row; some lie beyond its end. */
HG_INLINE vec end_of_row(const hg_pool_planes_args *a, const float *in, int64_t x)
{
    const int64_t n = a->in_width - x;
    if (n <= 0) return v_set(-INFINITY);
    return n >= VL ? v_load(in + x, VL) : v_load_inside(in + x, (size_t)n, -INFINITY);
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

HG_INLINE void windows_of_row(const hg_pool_planes_args *a, planes_kind kind, const float *in,
                              float *out, vec *vflag)
{
    const vec vnone = v_set(-INFINITY), vfirst = v_load(in, VL);
    row5 r = {.v0 = v_shift_last(vnone, v_shift_last(vnone, vfirst)),
              .v1 = end_of_row(a, in, VL - 2)};
    r.vpairs = join(kind, r.v0, v_shift1(r.v0, r.v1));
    if (kind == NUMBERS) *vflag = v_note_nan(v_note_nan(*vflag, vfirst, vfirst), r.v1, r.v1);
    const int64_t inside = a->width - 3 * VL + 2; /* v2 lies inside */
    int64_t x = 0;
    for (; x <= inside; x += VL)
        v_store(out + x, next_windows(kind, &r, v_load(in + x + 2 * VL - 2, VL), vflag), VL);
    for (; x < a->width; x += VL)
        v_store(out + x, next_windows(kind, &r, end_of_row(a, in, x + 2 * VL - 2), vflag), VL);
}

/* Returns false if it met NaN where none may be. Each row has its own flag: notes in a row wait for
 * each other. */
HG_INLINE bool rows5_band(const hg_pool_planes_args *a, planes_kind kind)
{
    vec vflags = v_set(0.0f);
    for (int64_t y = 0; y < a->in_rows; y++) {
        vec vflag = v_set(0.0f);
        windows_of_row(a, kind, a->input + y * a->in_row,
                       a->buffer + (a->above + y) * a->buffer_row, &vflag);
        vflags = v_add(vflags, vflag);
    }
    return !v_noted(vflags);
}
