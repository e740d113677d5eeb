/* Averages of 3x3 windows of stride 1 in NCHW planes, one column of padding on either side; part of
 * pool_planes_body.h.
 *
 * Two rows of output at a time, sums of columns first: they share the two rows between them. The
 * sums of the columns left and right of a vector are in its neighbours:
 *
 *     vbefore  . . . 7    v  0 1 .. 6 7    vafter  0 . . .
 *     left: 7 0 1 .. 6                     right: 1 .. 6 7 0
 *
 * Beyond the edges there is 0. */

typedef struct two_rows {
    vec v0, v1;
} two_rows;

/* Sums of VL columns of rows 0 .. 2 and 1 .. 3. */
HG_INLINE two_rows column_sums(const float *const rows[4], int64_t x)
{
    const vec vmiddle = v_add(v_load(rows[1] + x, VL), v_load(rows[2] + x, VL));
    return (two_rows){v_add(v_load(rows[0] + x, VL), vmiddle),
                      v_add(vmiddle, v_load(rows[3] + x, VL))};
}

/* Two rows of output, and the scales of either. */
typedef struct avg3_target {
    float *out0, *out1;
    const float *scale0, *scale1;
} avg3_target;

HG_INLINE vec three_columns(vec vbefore, vec v, vec vafter)
{
    return v_add(v_add(v_shift_last(vbefore, v), v), v_shift1(v, vafter));
}

HG_INLINE void avg3_store(const avg3_target *t, int64_t x, two_rows before, two_rows now,
                          two_rows after)
{
    const vec v0 = v_mul(three_columns(before.v0, now.v0, after.v0), v_load(t->scale0 + x, VL));
    const vec v1 = v_mul(three_columns(before.v1, now.v1, after.v1), v_load(t->scale1 + x, VL));
    v_store(t->out0 + x, v0, VL);
    v_store(t->out1 + x, v1, VL);
}

/* The last vector starts earlier and repeats outputs. It also mends the last output of the vector
 * before it, whose right neighbour was not the next one. */
HG_INLINE void avg3_rows(const float *const rows[4], avg3_target t, int64_t width)
{
    const int64_t last = (width - 1) / VL * VL, end = width - VL;
    const two_rows none = {v_set(0.0f), v_set(0.0f)};
    const two_rows before_end = column_sums(rows, end - VL), at_end = column_sums(rows, end);
    two_rows before = none, now = column_sums(rows, 0);
    int64_t x = 0;
    for (; x + VL < last; x += VL) {
        const two_rows after = column_sums(rows, x + VL);
        avg3_store(&t, x, before, now, after);
        before = now, now = after;
    }
    avg3_store(&t, x, before, now, at_end);
    avg3_store(&t, end, before_end, at_end, none);
}

/* The last two rows of an odd number start one earlier and repeat one. */
HG_INLINE void avg3_band(const hg_pool_planes_args *a)
{
    for (int64_t i = 0; i < a->height; i += 2) {
        const int64_t y = HG_MIN(i, a->height - 2);
        const float *rows[4];
        HG_UNROLL
        for (int j = 0; j < 4; j++) {
            const int64_t in = y + j - a->above;
            rows[j] = in >= 0 && in < a->in_rows ? a->input + in * a->in_row : a->nothing;
        }
        float *out = a->output + y * a->out_row;
        const avg3_target t = {out, out + a->out_row, a->scales + a->scale_rows[y],
                               a->scales + a->scale_rows[y + 1]};
        avg3_rows(rows, t, a->width);
    }
}
