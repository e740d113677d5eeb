/* Averages of 3x3 windows of stride 1, NHWC; included by one file per ISA, after pool_ops_<isa>.h.
 * Contract: hg_pool_slide_args in pool_slide.h, for any number of channels; `buffer` has width * 2
 * * channels floats and as many as one pixel for zeros behind them.
 *
 * Rows are read once, as they lie in memory. What an output row leaves to the next is kept per
 * output pixel: the sum of its last two rows, and its last row, of three taps each. */
#include "kernels/pool2d/pool_slide.h"

typedef struct k3_row {
    const float *in; /* pixel 0; rows outside the input are pixels of zeros, in one place */
    int64_t pixel;
} k3_row;

/* n channels of one output: the row's taps, whose count an edge may cut. */
HG_INLINE vec k3_taps(const float *in, int64_t step, int64_t taps, size_t n)
{
    vec vsum = v_load(in, n);
    for (int64_t i = 1; i < taps; i++) vsum = v_add(vsum, v_load(in + i * step, n));
    return vsum;
}

HG_INLINE void k3_one(const float *in, int64_t step, int64_t taps, float *carry, int64_t next,
                      float *out, vec vscale, size_t n)
{
    const vec vlast = k3_taps(in, step, taps, n), vabove = v_load(carry + next, n);
    if (out) v_store(out, v_mul(v_add(v_load(carry, n), vlast), vscale), n);
    v_store(carry, v_add(vabove, vlast), n);
    v_store(carry + next, vlast, n);
}

/* Outputs x .. end of one row of output, whose last row of taps is r, channels from `begin` on.
 * Without `out` the row of taps goes into the buffer only. */
HG_INLINE void k3_singles(const hg_pool_slide_args *a, k3_row r, float *out, int64_t x, int64_t end,
                          int64_t begin)
{
    for (; x < end; x++) {
        const hg_pool_span *s = &a->columns[x];
        const float *in = r.in + s->first * r.pixel;
        float *carry = a->buffer + x * 2 * a->channels, *to = out ? out + x * a->out_pixel : NULL;
        const vec vscale = v_set(out ? a->scales[x] : 1.0f);
        int64_t c = begin;
        for (; c + VL <= a->channels; c += VL)
            k3_one(in + c, r.pixel, s->taps, carry + c, a->channels, to ? to + c : NULL, vscale,
                   VL);
        const size_t n = (size_t)(a->channels - c);
        if (n)
            k3_one(in + c, r.pixel, s->taps, carry + c, a->channels, to ? to + c : NULL, vscale, n);
    }
}

/* Pairs of neighbours whose windows no edge cuts, from x on, in 1 or 2 (`height`) rows of output:
 * all whole vectors. */
HG_INLINE void k3_pairs(const hg_pool_slide_args *a, const k3_row rows[2], int height, bool emit,
                        float *out, int64_t x, int64_t n_pairs)
{
    const int64_t pixel = rows[0].pixel, next = a->channels, beside = a->out_pixel;
    const int64_t whole = a->channels / VL * VL, first = a->columns[x].first * pixel;
    const float *in[2] = {rows[0].in + first, height == 2 ? rows[1].in + first : NULL};
    float *carry = a->buffer + x * 2 * next;
    float *to[2] = {out + x * beside, out + x * beside + (height == 2 ? a->out_row : 0)};
    const float *scale = a->scales + x;
    for (; n_pairs > 0; n_pairs--, scale += 2) {
        const vec vscale[2] = {v_set(emit ? scale[0] : 1.0f), v_set(emit ? scale[1] : 1.0f)};
        for (int64_t c = 0; c < whole; c += VL) {
            vec vrow[2][2];
            HG_UNROLL
            for (int i = 0; i < height; i++) {
                const vec vmiddle = v_add(v_load(in[i] + pixel, VL), v_load(in[i] + 2 * pixel, VL));
                vrow[i][0] = v_add(v_load(in[i], VL), vmiddle);
                vrow[i][1] = v_add(vmiddle, v_load(in[i] + 3 * pixel, VL));
            }
            HG_UNROLL
            for (int j = 0; j < 2; j++) {
                float *kept = carry + 2 * j * next;
                const vec vupper = v_add(v_load(kept, VL), vrow[0][j]),
                          vabove = v_load(kept + next, VL);
                const vec vboth = v_add(height == 2 ? vrow[1][j] : vabove, vrow[0][j]);
                if (emit) v_store(to[0] + j * beside, v_mul(vupper, vscale[j]), VL);
                if (emit && height == 2)
                    v_store(to[1] + j * beside, v_mul(v_add(vabove, vboth), vscale[j]), VL);
                v_store(kept, vboth, VL);
                v_store(kept + next, vrow[height - 1][j], VL);
            }
            HG_UNROLL
            for (int i = 0; i < height; i++) in[i] += VL, to[i] += emit ? VL : 0;
            carry += VL;
        }
        HG_UNROLL
        for (int i = 0; i < height; i++)
            in[i] += 2 * pixel - whole, to[i] += emit ? 2 * beside - whole : 0;
        carry += 4 * next - whole;
    }
}

HG_INLINE k3_row k3_row_of(const hg_pool_slide_args *a, int64_t row)
{
    const float *zeros = a->buffer + a->width * 2 * a->channels;
    if (row < 0 || row >= a->in_height) return (k3_row){zeros, 0};
    return (k3_row){a->input + row * a->in_row, a->in_pixel};
}

HG_INLINE void k3_scales(const hg_pool_slide_args *a, int64_t y, int32_t *extent_now)
{
    if (a->rows[y].extent == *extent_now) return;
    *extent_now = a->rows[y].extent;
    for (int64_t x = 0; x < a->width; x++) {
        const double extent = (double)a->rows[y].extent * a->columns[x].extent;
        a->scales[x] = 1.0f / (float)(a->divisor > 0.0 ? a->divisor : extent);
    }
}

/* One or two rows of output, whose last rows of taps are `rows`; columns between first and end are
 * cut by no edge. */
HG_INLINE void k3_rows(const hg_pool_slide_args *a, const k3_row rows[2], int height, bool emit,
                       float *out, int64_t first, int64_t end)
{
    const int64_t whole = a->channels / VL * VL;
    if (first < end) k3_pairs(a, rows, height, emit, out, first, (end - first) / 2);
    for (int64_t i = 0; i < height; i++) {
        float *to = emit ? out + i * a->out_row : NULL;
        k3_singles(a, rows[i], to, 0, first, 0);
        k3_singles(a, rows[i], to, end, a->width, 0);
        if (whole < a->channels) k3_singles(a, rows[i], to, first, end, whole);
    }
}

static void avg_k3s1(const hg_pool_slide_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_slide_args copy = *args, *a = &copy;
    int64_t first = 0, end;
    int32_t extent = 0; /* that scales are for */
    while (first < a->width && a->columns[first].taps < 3) first++;
    for (end = first; end < a->width && a->columns[end].taps == 3;) end++;
    end = first + (end - first) / 2 * 2;
    for (int64_t i = 0; i < (a->width * 2 + 1) * a->channels; i++) a->buffer[i] = 0.0f;
    for (int64_t i = 0; i < 2; i++) {
        const k3_row rows[2] = {k3_row_of(a, a->top + i)};
        if (rows->pixel) k3_rows(a, rows, 1, false, a->output, first, end);
    }
    for (int64_t y = 0, height; y < a->height; y += height) {
        const int64_t last = a->top + y + 2; /* row of taps */
        const k3_row rows[2] = {k3_row_of(a, last), k3_row_of(a, last + 1)};
        const bool two = y + 1 < a->height && a->rows[y].extent == a->rows[y + 1].extent &&
                         rows[0].pixel && rows[1].pixel;
        float *out = a->output + y * a->out_row;
        k3_scales(a, y, &extent);
        height = two ? 2 : 1;
        if (two)
            k3_rows(a, rows, 2, true, out, first, end);
        else
            k3_rows(a, rows, 1, true, out, first, end);
    }
}
