/* Maxima of 3x3 windows of stride 2 in NCHW planes; part of pool_planes_body.h.
 *
 * Row by row. Outputs x .. x + VL of one row of the band, pad.left 1:
 *
 *     columns       2x-1   2x  2x+1  2x+2  2x+3 ...
 *     window x       t0    t1   t2                       t1, t2: one load, split in even and odd
 *     window x + 1               t0    t1    t2          t0: t2 of the lane before
 *
 * The third row of a window is the first of the window below: its maxima wait in the buffer.
 * Windows cut by the lower edge repeat a row, which changes no maximum. */

enum { ROWS_AHEAD = 4 }; /* rows between a prefetch and its load */

/* Lane of the output before: the first lane's comes from *vlast, where t2 leaves it rotated. */
HG_INLINE vec row_maxima(planes_kind kind, vec v1, vec v2, vec *vlast, vec *vflag)
{
    const vec vturned = v_turn(v2), v0 = v_first_of(*vlast, vturned);
    *vlast = vturned;
    *vflag = v_note_nan(*vflag, v1, v2);
    return join(kind, join(kind, v0, v1), v2);
}

/* A row from one vector of outputs on: their t1 begin at `in`, t0 of the first lane is in vlast. */
typedef struct k3s2_row {
    const float *in;
    vec vlast;
} k3s2_row;

HG_INLINE k3s2_row row_from(const hg_pool_planes_args *a, const float *row, int64_t x, vec *vflag)
{
    const int64_t at = 2 * x - a->left;
    const vec vbefore = v_set(at < 0 ? -INFINITY : row[at]);
    *vflag = v_note_nan(*vflag, vbefore, vbefore);
    return (k3s2_row){row + at + 1, vbefore};
}

/* The last vector of a row, of whose columns some may lie beyond the edge. */
HG_INLINE vec last_maxima(const hg_pool_planes_args *a, planes_kind kind, const float *row,
                          vec *vflag)
{
    const int64_t x = a->width - VL;
    k3s2_row r = row_from(a, row, x, vflag);
    const int64_t inside = a->in_width - (2 * x - a->left + 1);
    vec v1, v2;
    if (inside >= 2 * VL)
        v_pairs(r.in, &v1, &v2);
    else
        v_pairs_inside(r.in, (size_t)inside, -INFINITY, &v1, &v2);
    return row_maxima(kind, v1, v2, &r.vlast, vflag);
}

HG_INLINE vec next_maxima(planes_kind kind, k3s2_row *r, int64_t x, vec *vflag)
{
    vec v1, v2;
    v_pairs(r->in + 2 * x, &v1, &v2);
    return row_maxima(kind, v1, v2, &r->vlast, vflag);
}

/* The maxima of the band's first row. */
HG_INLINE void k3s2_carry(const hg_pool_planes_args *a, planes_kind kind, vec *vflag)
{
    k3s2_row first = row_from(a, a->input, 0, vflag);
    int64_t x = 0;
    for (; x < a->width - VL; x += VL)
        v_store(a->buffer + x, next_maxima(kind, &first, x, vflag), VL);
    v_store(a->buffer + x, last_maxima(a, kind, a->input, vflag), VL);
}

/* One row of output from its window's second and third row. Notes in a row wait for each other:
 * either row has its own flag. */
HG_INLINE void k3s2_row_down(const hg_pool_planes_args *a, planes_kind kind, const float *second,
                             const float *third, float *out, vec *vflags)
{
    const int64_t last = a->width - VL;
    float *carry = a->buffer;
    vec vflag1 = v_set(0.0f), vflag2 = v_set(0.0f);
    k3s2_row r1 = row_from(a, second, 0, &vflag1), r2 = row_from(a, third, 0, &vflag2);
    int64_t x = 0;
    for (; x < last; x += VL) {
        hg_prefetch(r1.in + 2 * x, ROWS_AHEAD * a->in_row);
        hg_prefetch(r2.in + 2 * x, ROWS_AHEAD * a->in_row);
        const vec v1 = next_maxima(kind, &r1, x, &vflag1), v2 = next_maxima(kind, &r2, x, &vflag2);
        const vec vacc = join(kind, join(kind, v_load(carry + x, VL), v1), v2);
        v_store(carry + x, v2, VL);
        v_store(out + x, v_order(vacc), VL);
    }
    const vec v1 = last_maxima(a, kind, second, &vflag1);
    const vec v2 = last_maxima(a, kind, third, &vflag2);
    v_store(out + last, v_order(join(kind, join(kind, v_load(carry + x, VL), v1), v2)), VL);
    v_store(carry + x, v2, VL);
    *vflags = v_add(*vflags, v_add(vflag1, vflag2));
}

HG_INLINE bool k3s2_band(const hg_pool_planes_args *a, planes_kind kind)
{
    vec vflag = v_set(0.0f);
    if (a->above == 0) k3s2_carry(a, kind, &vflag);
    for (int64_t x = 0; a->above && x < a->width; x += VL)
        v_store(a->buffer + x, v_set(-INFINITY), VL);
    for (int64_t y = 0; y < a->height; y++) {
        const int64_t below = a->in_rows - 1, first = 2 * y - a->above;
        const float *second = a->input + HG_MIN(first + 1, below) * a->in_row;
        const float *third = a->input + HG_MIN(first + 2, below) * a->in_row;
        k3s2_row_down(a, kind, second, third, a->output + y * a->out_row, &vflag);
    }
    return !v_noted(vflag);
}
