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

/* Maxima of two windows in one row, which share their third and first tap. */
HG_INLINE void five(const float *in, int64_t pixel, vec v[2], vec vflag[2])
{
    const vec v1 = v_load_once(in + pixel), v2 = v_load_once(in + 2 * pixel);
    const vec v3 = v_load_once(in + 3 * pixel), v4 = v_load_once(in + 4 * pixel);
    vflag[0] = v_note_nan(vflag[0], v1, v2);
    vflag[1] = v_note_nan(vflag[1], v3, v4);
    v[0] = v_greater(v_greater(v_load(in, VL), v1), v2);
    v[1] = v_greater(v_greater(v2, v3), v4);
}

/* All whole vectors of two neighbours of the row, whose windows no edge cuts. Returns the channels
 * done. */
HG_INLINE int64_t combine_two(const hg_pool_slide_args *a, const float *in, const int64_t down[2],
                              float *carry, float *out, vec vflag[4])
{
    const int64_t pixel = a->in_pixel, next = a->channels, beside = a->out_pixel;
    const float *middle = in + down[0], *last = in + down[1];
    int64_t c = 0;
    for (; c + VL <= a->channels; c += VL) {
        vec vmiddle[2], vlast[2];
        v_prefetch(middle + c, AHEAD);
        v_prefetch(middle + c, AHEAD + 2 * pixel);
        v_prefetch(last + c, AHEAD);
        v_prefetch(last + c, AHEAD + 2 * pixel);
        five(middle + c, pixel, vmiddle, vflag);
        five(last + c, pixel, vlast, vflag + 2);
        v_store(out + c, v_greater(v_greater(v_load(carry + c, VL), vmiddle[0]), vlast[0]), VL);
        v_store(carry + c, vlast[0], VL);
        const vec vcarry = v_load(carry + next + c, VL);
        v_store(out + beside + c, v_greater(v_greater(vcarry, vmiddle[1]), vlast[1]), VL);
        v_store(carry + next + c, vlast[1], VL);
    }
    return c;
}

/* One output row; the buffer holds the maxima of its first row, and then of its third. */
HG_INLINE bool output_row(const hg_pool_slide_args *a, const float *row, float *out,
                          const int64_t down[2])
{
    vec vflag[4] = {v_set(0.0f), v_set(0.0f), v_set(0.0f), v_set(0.0f)};
    for (int64_t x = 0, step; x < a->width; x += step, out += step * a->out_pixel) {
        const hg_pool_span *columns = &a->columns[x];
        const bool pair = x + 1 < a->width && columns[0].taps == 3 && columns[1].taps == 3;
        const float *in = row + columns->first * a->in_pixel;
        float *carry = a->buffer + x * a->channels;
        const int64_t done = pair ? combine_two(a, in, down, carry, out, vflag) : 0;
        step = pair ? 2 : 1;
        for (int64_t i = 0; i < step; i++) {
            int64_t at[2], c = done;
            taps_of(&columns[i], a->in_pixel, at);
            const float *here = in + 2 * i * a->in_pixel;
            float *kept = carry + i * a->channels, *to = out + i * a->out_pixel;
            for (; c + VL <= a->channels; c += VL)
                combine(here + c, at, down, kept + c, to + c, VL, vflag);
            const size_t n = (size_t)(a->channels - c);
            if (n) combine(here + c, at, down, kept + c, to + c, n, vflag);
        }
    }
    const bool clean =
        !v_noted(vflag[0]) && !v_noted(vflag[1]) && !v_noted(vflag[2]) && !v_noted(vflag[3]);
    return clean && !first_is_nan(a, row + down[0]) && !first_is_nan(a, row + down[1]);
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
