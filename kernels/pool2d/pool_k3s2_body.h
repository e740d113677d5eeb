/* Maxima of 3x3 windows of stride 2, NHWC; included by one file per ISA, after pool_ops_<isa>.h.
 * Contract: hg_pool_slide_args in pool_slide.h, but for the stride; `buffer` has one row of
 * width * channels floats.
 *
 * The third row of a window is the first of the window below: its maxima along the row are carried
 * in the buffer. Windows cut by an edge repeat their last tap, which changes no maximum. Maxima are
 * first taken as if no tap were NaN; an output row that turns out to see one is done again. */
#include "kernels/pool2d/pool_slide.h"

enum { AHEAD = 512 }; /* floats between a prefetch and its load */

HG_INLINE vec three(const float *in, int64_t second, int64_t third, size_t n, vec *vflag)
{
    const vec v1 = v_load(in + second, n), v2 = v_load(in + third, n);
    *vflag = v_note_nan(*vflag, v1, v2);
    return v_greater(v_greater(v_load(in, n), v1), v2);
}

/* Offsets of the second and third tap; those beyond an edge repeat the last. */
HG_INLINE void taps_of(const hg_pool_span *s, int64_t step, int64_t at[2])
{
    at[0] = HG_MIN(s->taps - 1, 1) * step;
    at[1] = HG_MIN(s->taps - 1, 2) * step;
}

/* The first pixel of a row is the only one that is no window's second or third tap. */
HG_INLINE bool first_is_nan(const hg_pool_slide_args *a, const float *in)
{
    vec vflag = v_set(0.0f);
    int64_t c = 0;
    for (; c + VL <= a->channels; c += VL)
        vflag = v_note_nan(vflag, v_load(in + c, VL), v_load(in + c, VL));
    const size_t n = (size_t)(a->channels - c);
    if (n) vflag = v_note_nan(vflag, v_load(in + c, n), v_set(0.0f));
    return v_noted(vflag);
}

/* Maxima along one row into the buffer; false if there is NaN. */
HG_INLINE bool carry_row(const hg_pool_slide_args *a, const float *row)
{
    vec vflag = v_set(0.0f);
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = row + a->columns[x].first * a->in_pixel;
        float *carry = a->buffer + x * a->channels;
        int64_t at[2], c = 0;
        taps_of(&a->columns[x], a->in_pixel, at);
        for (; c + VL <= a->channels; c += VL)
            v_store(carry + c, three(in + c, at[0], at[1], VL, &vflag), VL);
        const size_t n = (size_t)(a->channels - c);
        if (n) v_store(carry + c, three(in + c, at[0], at[1], n, &vflag), n);
    }
    return !v_noted(vflag) && !first_is_nan(a, row);
}

/* n channels of one output; `down` leads from the window's first row to the others. */
HG_INLINE void combine(const float *in, const int64_t at[2], const int64_t down[2], float *carry,
                       float *out, size_t n, vec *vflag)
{
    const vec vmiddle = three(in + down[0], at[0], at[1], n, vflag);
    const vec vlast = three(in + down[1], at[0], at[1], n, vflag);
    v_store(out, v_greater(v_greater(v_load(carry, n), vmiddle), vlast), n);
    v_store(carry, vlast, n);
}

/* One output row; the buffer holds the maxima of its first row, and then of its third. */
HG_INLINE bool output_row(const hg_pool_slide_args *a, const float *row, float *out,
                          const int64_t down[2])
{
    vec vflag = v_set(0.0f);
    for (int64_t x = 0; x < a->width; x++, out += a->out_pixel) {
        const float *in = row + a->columns[x].first * a->in_pixel;
        float *carry = a->buffer + x * a->channels;
        int64_t at[2], c = 0;
        taps_of(&a->columns[x], a->in_pixel, at);
        for (; c + 2 * VL <= a->channels; c += 2 * VL) {
            v_prefetch(in + c, AHEAD + down[0]);
            v_prefetch(in + c, AHEAD + down[0] + a->in_pixel);
            v_prefetch(in + c, AHEAD + down[1]);
            v_prefetch(in + c, AHEAD + down[1] + a->in_pixel);
            combine(in + c, at, down, carry + c, out + c, VL, &vflag);
            combine(in + c + VL, at, down, carry + c + VL, out + c + VL, VL, &vflag);
        }
        for (; c + VL <= a->channels; c += VL)
            combine(in + c, at, down, carry + c, out + c, VL, &vflag);
        const size_t n = (size_t)(a->channels - c);
        if (n) combine(in + c, at, down, carry + c, out + c, n, &vflag);
    }
    return !v_noted(vflag) && !first_is_nan(a, row + down[0]) && !first_is_nan(a, row + down[1]);
}

/* The same with NaN, tap by tap, without the buffer. */
HG_INLINE vec window_of(const float *in, const int64_t at[2], const int64_t down[2], size_t n)
{
    const int64_t rows[3] = {0, down[0], down[1]}, taps[3] = {0, at[0], at[1]};
    vec vacc = v_load(in, n);
    for (int i = 1; i < 9; i++)
        vacc = v_greater_nan(vacc, v_load(in + rows[i / 3] + taps[i % 3], n));
    return vacc;
}

HG_INLINE void output_row_nan(const hg_pool_slide_args *a, const float *row, float *out,
                              const int64_t down[2])
{
    for (int64_t x = 0; x < a->width; x++, out += a->out_pixel) {
        const float *in = row + a->columns[x].first * a->in_pixel;
        int64_t at[2], c = 0;
        taps_of(&a->columns[x], a->in_pixel, at);
        for (; c + VL <= a->channels; c += VL)
            v_store(out + c, window_of(in + c, at, down, VL), VL);
        const size_t n = (size_t)(a->channels - c);
        if (n) v_store(out + c, window_of(in + c, at, down, n), n);
    }
}

static void max_k3s2(const hg_pool_slide_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_slide_args copy = *args, *a = &copy;
    bool clean = carry_row(a, a->input + a->rows->first * a->in_row);
    for (int64_t y = 0; y < a->height; y++) {
        const float *row = a->input + a->rows[y].first * a->in_row;
        float *out = a->output + y * a->out_row;
        int64_t down[2];
        taps_of(&a->rows[y], a->in_row, down);
        const bool clean_below = output_row(a, row, out, down);
        if (!clean || !clean_below) output_row_nan(a, row, out, down);
        clean = clean_below;
    }
}
