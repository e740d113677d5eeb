/* Averages of 3x3 windows of stride 1 in NCHW planes, one column of padding on either side.
 * Contract: hg_pool_band_args in bands.h, without strips; at least 2 * VL outputs in a row, and 2
 * rows.
 *
 * Two rows of output at a time, sums of columns first: they share the two rows between them. The
 * sums of the columns left and right of a vector are in its neighbours:
 *
 *     vbefore  . . . 7    v  0 1 .. 6 7    vafter  0 . . .
 *     left: 7 0 1 .. 6                     right: 1 .. 6 7 0
 *
 * Beyond the edges there is 0. */
#include "kernels/pool2d/nchw/pieces.h"

typedef struct two_sums {
    vfloat v0, v1;
} two_sums;

/* Sums of VL columns of rows 0 .. 2 and 1 .. 3. */
HG_INLINE two_sums column_sums(const float *const rows[4], int64_t x)
{
    const vfloat vmiddle = v_add(v_load(rows[1] + x), v_load(rows[2] + x));
    return (two_sums){v_add(v_load(rows[0] + x), vmiddle), v_add(vmiddle, v_load(rows[3] + x))};
}

/* Two rows of output, and the scales of either. */
typedef struct target {
    float *out0, *out1;
    const float *scale0, *scale1;
} target;

HG_INLINE vfloat three_columns(vfloat vbefore, vfloat v, vfloat vafter)
{
    return v_add(v_add(v_after_last(vbefore, v), v), v_shift1(v, vafter));
}

HG_INLINE void store(const target *t, int64_t x, two_sums before, two_sums now, two_sums after)
{
    const vfloat v0 = v_mul(three_columns(before.v0, now.v0, after.v0), v_load(t->scale0 + x));
    const vfloat v1 = v_mul(three_columns(before.v1, now.v1, after.v1), v_load(t->scale1 + x));
    v_store(t->out0 + x, v0);
    v_store(t->out1 + x, v1);
}

/* The last vector starts earlier and repeats outputs. It also mends the last output of the vector
 * before it, whose right neighbour was not the next one. */
HG_INLINE void output_rows(const float *const rows[4], target t, int64_t width)
{
    const int64_t last = (width - 1) / VL * VL, end = width - VL;
    const two_sums none = {v_zero(), v_zero()};
    const two_sums before_end = column_sums(rows, end - VL), at_end = column_sums(rows, end);
    two_sums before = none, now = column_sums(rows, 0);
    int64_t x = 0;
    for (; x + VL < last; x += VL) {
        const two_sums after = column_sums(rows, x + VL);
        store(&t, x, before, now, after);
        before = now, now = after;
    }
    store(&t, x, before, now, at_end);
    store(&t, end, before_end, at_end, none);
}

/* The last two rows of an odd number start one earlier and repeat one. */
HG_INLINE void band(const hg_pool_band_args *a)
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
        const target t = {out, out + a->out_row, a->scales.scale + a->scales.rows[y],
                          a->scales.scale + a->scales.rows[y + 1]};
        output_rows(rows, t, a->width);
    }
}

static void avg_3x3s1_band(const hg_pool_band_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    hg_pool_band_args a = *args;
    for (int64_t i = 0; i < args->planes; i++, next_plane(&a)) band(&a);
}

const hg_kernel HG_ROWS(pool2d_nchw_avg_3x3s1)[] = {
    {HG_ROW(avg_pool2d, nchw, "avg_3x3s1"), .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .no_adaptive = true},
     .algorithm = &hg_pool2d_nchw_avg_3x3s1.algorithm, .run.pool_band = avg_3x3s1_band},
    {.name = NULL},
};
