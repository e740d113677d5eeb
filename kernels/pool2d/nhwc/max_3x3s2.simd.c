/* Maxima of 3x3 windows of stride 2, NHWC. Contract: hg_pool_slide_args in bands.h, but for
 * the stride; `buffer` has one row of width * channels floats.
 *
 * The third row of a window is the first of the window below: its maxima along the row are carried
 * in the buffer from one pair of output rows to the next. Windows cut by an edge repeat their last
 * tap, which changes no maximum. Maxima are first taken as if no tap were NaN; an output row that
 * turns out to see one is done again. */
#include "kernels/pool2d/nhwc/bands.h"
#include "kernels/simd/simd.h"

enum { HEIGHT = 2 }; /* output rows taken together */

HG_INLINE vfloat three(const float *in, int64_t second, int64_t third, size_t n, vfloat *vflag)
{
    const vfloat v1 = v_load_up_to(in + second, n), v2 = v_load_up_to(in + third, n);
    *vflag = v_note_nan(*vflag, v1, v2);
    return v_max_first(v_max_first(v_load_up_to(in, n), v1), v2);
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
    vfloat vflag = v_zero();
    int64_t c = 0;
    for (; c + VL <= a->channels; c += VL)
        vflag = v_note_nan(vflag, v_load(in + c), v_load(in + c));
    const size_t n = (size_t)(a->channels - c);
    if (n) vflag = v_note_nan(vflag, v_load_up_to(in + c, n), v_zero());
    return v_noted(vflag);
}

/* Maxima along one row into the buffer; false if there is NaN. */
HG_INLINE bool carry_row(const hg_pool_slide_args *a, const float *row)
{
    vfloat vflag = v_zero();
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = row + a->columns[x].first * a->in_pixel;
        float *carry = a->buffer + x * a->channels;
        int64_t at[2], c = 0;
        taps_of(&a->columns[x], a->in_pixel, at);
        for (; c + VL <= a->channels; c += VL)
            v_store(carry + c, three(in + c, at[0], at[1], VL, &vflag));
        const size_t n = (size_t)(a->channels - c);
        if (n) v_store_up_to(carry + c, three(in + c, at[0], at[1], n, &vflag), n);
    }
    return !v_noted(vflag) && !first_is_nan(a, row);
}

/* n channels of one output; `down` leads from the window's first row to the others. */
HG_INLINE void combine(const float *in, const int64_t at[2], const int64_t down[2], float *carry,
                       float *out, size_t n, vfloat *vflag)
{
    const vfloat vmiddle = three(in + down[0], at[0], at[1], n, vflag);
    const vfloat vlast = three(in + down[1], at[0], at[1], n, vflag);
    v_store_up_to(out, v_max_first(v_max_first(v_load_up_to(carry, n), vmiddle), vlast), n);
    v_store_up_to(carry, vlast, n);
}

/* Maxima of two windows in one row, which share their third and first tap. */
HG_INLINE void five(const float *in, int64_t pixel, vfloat v[2], vfloat vflag[2])
{
    const vfloat v1 = v_load_once(in + pixel), v2 = v_load_once(in + 2 * pixel);
    const vfloat v3 = v_load_once(in + 3 * pixel), v4 = v_load_once(in + 4 * pixel);
    vflag[0] = v_note_nan(vflag[0], v1, v2);
    vflag[1] = v_note_nan(vflag[1], v3, v4);
    v[0] = v_max_first(v_max_first(v_load(in), v1), v2);
    v[1] = v_max_first(v_max_first(v2, v3), v4);
}

/* Pairs of neighbours whose windows no edge cuts, in 1 or 2 (`height`) rows of output: all whole
 * vectors. rows[0] and rows[1] are the second and third row of the first window, rows[2] and
 * rows[3] of the one below it. Pointers move on: with one index for all, each address would need
 * its own sum. */
HG_INLINE void pairs(const hg_pool_slide_args *a, const float *const rows[2 * HEIGHT], int height,
                     int64_t n_pairs, float *carry, float *out, vfloat vflag[4])
{
    const int64_t pixel = a->in_pixel, next = a->channels, beside = a->out_pixel;
    const int64_t whole = a->channels / VL * VL, below = a->out_row;
    const float *in[2 * HEIGHT];
    HG_UNROLL
    for (int i = 0; i < 2 * height; i++) in[i] = rows[i];
    float *to[HEIGHT] = {out, out + below};
    for (; n_pairs > 0; n_pairs--) {
        for (const float *end = in[0] + whole; in[0] < end;) {
            vfloat vfirst[2] = {v_load(carry), v_load(carry + next)};
            HG_UNROLL
            for (int i = 0; i < height; i++) {
                vfloat vmiddle[2], vlast[2];
                five(in[2 * i], pixel, vmiddle, vflag + 2 * i);
                five(in[2 * i + 1], pixel, vlast, vflag + 2 * i);
                HG_UNROLL
                for (int j = 0; j < 2; j++) {
                    const vfloat v = v_max_first(v_max_first(vfirst[j], vmiddle[j]), vlast[j]);
                    v_store(to[i] + j * beside, v);
                    vfirst[j] = vlast[j];
                }
            }
            v_store(carry, vfirst[0]);
            v_store(carry + next, vfirst[1]);
            HG_UNROLL
            for (int i = 0; i < 2 * height; i++) in[i] += VL;
            HG_UNROLL
            for (int i = 0; i < height; i++) to[i] += VL;
            carry += VL;
        }
        HG_UNROLL
        for (int i = 0; i < 2 * height; i++) in[i] += 4 * pixel - whole;
        HG_UNROLL
        for (int i = 0; i < height; i++) to[i] += 2 * beside - whole;
        carry += 2 * next - whole;
    }
}

/* Outputs x .. end of a row, channels from `begin` on. */
HG_INLINE void singles(const hg_pool_slide_args *a, const float *row, float *out,
                       const int64_t down[2], int64_t x, int64_t end, int64_t begin, vfloat *vflag)
{
    for (; x < end; x++) {
        const float *in = row + a->columns[x].first * a->in_pixel;
        float *carry = a->buffer + x * a->channels, *to = out + x * a->out_pixel;
        int64_t at[2], c = begin;
        taps_of(&a->columns[x], a->in_pixel, at);
        for (; c + VL <= a->channels; c += VL)
            combine(in + c, at, down, carry + c, to + c, VL, vflag);
        const size_t n = (size_t)(a->channels - c);
        if (n) combine(in + c, at, down, carry + c, to + c, n, vflag);
    }
}

/* Rows of output from y on, 1 or 2; the buffer holds the maxima of their first row, and then of
 * their last. clean[i]: the second and third row of the i-th have no NaN. */
HG_INLINE void output_rows(const hg_pool_slide_args *a, int height, int64_t y, int64_t x,
                           int64_t n_pairs, bool clean[HEIGHT])
{
    const int64_t whole = a->channels / VL * VL, end = x + 2 * n_pairs;
    float *out = a->output + y * a->out_row;
    vfloat vflag[4] = {v_zero(), v_zero(), v_zero(), v_zero()};
    const float *inside[2 * HEIGHT];
    for (int i = 0; i < height; i++) {
        const float *row = a->input + a->rows[y + i].first * a->in_row;
        int64_t down[2];
        taps_of(&a->rows[y + i], a->in_row, down);
        singles(a, row, out + i * a->out_row, down, 0, x, 0, vflag + 2 * i);
        singles(a, row, out + i * a->out_row, down, end, a->width, 0, vflag + 2 * i);
        if (whole < a->channels)
            singles(a, row, out + i * a->out_row, down, x, end, whole, vflag + 2 * i);
        for (int j = 0; j < 2 && n_pairs; j++)
            inside[2 * i + j] = row + down[j] + a->columns[x].first * a->in_pixel;
        clean[i] = !first_is_nan(a, row + down[0]) && !first_is_nan(a, row + down[1]);
    }
    if (n_pairs)
        pairs(a, inside, height, n_pairs, a->buffer + x * a->channels, out + x * a->out_pixel,
              vflag);
    for (int i = 0; i < height; i++)
        clean[i] = clean[i] && !v_noted(vflag[2 * i]) && !v_noted(vflag[2 * i + 1]);
}

/* The same with NaN, tap by tap, without the buffer. */
HG_INLINE vfloat window_of(const float *in, const int64_t at[2], const int64_t down[2], size_t n)
{
    const int64_t rows[3] = {0, down[0], down[1]}, taps[3] = {0, at[0], at[1]};
    vfloat vacc = v_load_up_to(in, n);
    for (int i = 1; i < 9; i++)
        vacc = v_max_first_last_nan(vacc, v_load_up_to(in + rows[i / 3] + taps[i % 3], n));
    return vacc;
}

HG_INLINE void output_row_nan(const hg_pool_slide_args *a, const float *row, float *out,
                              const int64_t down[2])
{
    for (int64_t x = 0; x < a->width; x++, out += a->out_pixel) {
        const float *in = row + a->columns[x].first * a->in_pixel;
        int64_t at[2], c = 0;
        taps_of(&a->columns[x], a->in_pixel, at);
        for (; c + VL <= a->channels; c += VL) v_store(out + c, window_of(in + c, at, down, VL));
        const size_t n = (size_t)(a->channels - c);
        if (n) v_store_up_to(out + c, window_of(in + c, at, down, n), n);
    }
}

static void max_3x3s2(const hg_pool_slide_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_slide_args copy = *args, *a = &copy;
    const int64_t first = a->whole.begin, n_pairs = (a->whole.end - first) / 2;
    bool clean = carry_row(a, a->input + a->rows->first * a->in_row);
    for (int64_t y = 0, height; y < a->height; y += height) {
        bool below[HEIGHT] = {true, true};
        height = HG_MIN(a->height - y, (int64_t)HEIGHT);
        if (height == HEIGHT)
            output_rows(a, HEIGHT, y, first, n_pairs, below);
        else
            output_rows(a, 1, y, first, n_pairs, below);
        for (int64_t i = 0; i < height; i++) {
            const float *row = a->input + a->rows[y + i].first * a->in_row;
            int64_t down[2];
            taps_of(&a->rows[y + i], a->in_row, down);
            if (!clean || !below[i]) output_row_nan(a, row, a->output + (y + i) * a->out_row, down);
            clean = below[i];
        }
    }
}

const hg_kernel HG_ROWS(pool2d_nhwc_max_3x3s2)[] = {
    {HG_ROW(max_pool2d, nhwc, "max_3x3s2"), .rev = 3,
     .limits = {.kernel = {3, 3},
                .stride = {2, 2},
                .dilation = {1, 1},
                .no_indices = true,
                .no_adaptive = true},
     .algorithm = &hg_pool2d_nhwc_max_3x3s2.algorithm, .run.pool_slide = max_3x3s2},
    {.name = NULL},
};
