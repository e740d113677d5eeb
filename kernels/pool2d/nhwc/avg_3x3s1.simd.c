/* Averages of 3x3 windows of stride 1, NHWC. Contract: hg_pool_slide_args in bands.h, for any
 * number of channels; `buffer` has width * 2 * channels floats and as many as one pixel for zeros
 * behind them.
 *
 * Rows are read once, as they lie in memory. What an output row leaves to the next is kept per
 * output pixel: the sum of its last two rows, and its last row, of three taps each. */
#include "kernels/pool2d/nhwc/tap_rows.h"

HG_INLINE void one(const float *in, int64_t step, int64_t taps, float *carry, int64_t next,
                   float *out, vfloat vscale, size_t n)
{
    const vfloat vlast = three(in, step, taps, n), vabove = v_load_up_to(carry + next, n);
    if (out) v_store_up_to(out, v_mul(v_add(v_load_up_to(carry, n), vlast), vscale), n);
    v_store_up_to(carry, v_add(vabove, vlast), n);
    v_store_up_to(carry + next, vlast, n);
}

/* Outputs x .. end of one row of output, whose last row of taps is r, channels from `begin` on.
 * Without `out` the row of taps goes into the buffer only. */
HG_INLINE void singles(const hg_pool_slide_args *a, taps_row r, float *out, const float *scale,
                       int64_t x, int64_t end, int64_t begin)
{
    for (; x < end; x++) {
        const hg_pool_span *s = &a->columns[x];
        const float *in = r.in + s->first * r.pixel;
        float *carry = a->buffer + x * 2 * a->channels, *to = out ? out + x * a->out_pixel : NULL;
        const vfloat vscale = v_all(out ? scale[x] : 1.0f);
        int64_t c = begin;
        for (; c + VL <= a->channels; c += VL)
            one(in + c, r.pixel, s->taps, carry + c, a->channels, to ? to + c : NULL, vscale, VL);
        const size_t n = (size_t)(a->channels - c);
        if (n) one(in + c, r.pixel, s->taps, carry + c, a->channels, to ? to + c : NULL, vscale, n);
    }
}

/* Pairs of neighbours whose windows no edge cuts, from x on, in 1 or 2 (`height`) rows of output:
 * all whole vectors. */
HG_INLINE void pairs(const hg_pool_slide_args *a, const taps_row rows[2], int height, bool emit,
                     float *out, const float *scale, int64_t x, int64_t n_pairs)
{
    const int64_t pixel = rows[0].pixel, next = a->channels, beside = a->out_pixel;
    const int64_t whole = a->channels / VL * VL, first = a->columns[x].first * pixel;
    const float *in[2] = {rows[0].in + first, height == 2 ? rows[1].in + first : NULL};
    float *carry = a->buffer + x * 2 * next;
    float *to[2] = {out + x * beside, out + x * beside + (height == 2 ? a->out_row : 0)};
    for (; n_pairs > 0; n_pairs--, x += 2) {
        const vfloat vscale[2] = {v_all(emit ? scale[x] : 1.0f), v_all(emit ? scale[x + 1] : 1.0f)};
        for (int64_t c = 0; c < whole; c += VL) {
            vfloat vrow[2][2];
            HG_UNROLL
            for (int i = 0; i < height; i++) {
                const vfloat vmiddle = v_add(v_load(in[i] + pixel), v_load(in[i] + 2 * pixel));
                vrow[i][0] = v_add(v_load(in[i]), vmiddle);
                vrow[i][1] = v_add(vmiddle, v_load(in[i] + 3 * pixel));
            }
            HG_UNROLL
            for (int j = 0; j < 2; j++) {
                float *kept = carry + 2 * j * next;
                const vfloat vupper = v_add(v_load(kept), vrow[0][j]), vabove = v_load(kept + next);
                const vfloat vboth = v_add(height == 2 ? vrow[1][j] : vabove, vrow[0][j]);
                if (emit) v_store(to[0] + j * beside, v_mul(vupper, vscale[j]));
                if (emit && height == 2)
                    v_store(to[1] + j * beside, v_mul(v_add(vabove, vboth), vscale[j]));
                v_store(kept, vboth);
                v_store(kept + next, vrow[height - 1][j]);
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

/* One or two rows of output, whose last rows of taps are `rows`; columns between first and end are
 * cut by no edge. */
HG_INLINE void output_rows(const hg_pool_slide_args *a, const taps_row rows[2], int height,
                           bool emit, float *out, const float *scale, int64_t first, int64_t end)
{
    const int64_t whole = a->channels / VL * VL;
    if (first < end) pairs(a, rows, height, emit, out, scale, first, (end - first) / 2);
    for (int64_t i = 0; i < height; i++) {
        float *to = emit ? out + i * a->out_row : NULL;
        singles(a, rows[i], to, scale, 0, first, 0);
        singles(a, rows[i], to, scale, end, a->width, 0);
        if (whole < a->channels) singles(a, rows[i], to, scale, first, end, whole);
    }
}

static void avg_3x3s1(const hg_pool_slide_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_slide_args copy = *args, *a = &copy;
    const int64_t first = a->whole.begin, end = first + (a->whole.end - first) / 2 * 2;
    const float *zeros = a->buffer + a->width * 2 * a->channels;
    for (int64_t i = 0; i < (a->width * 2 + 1) * a->channels; i++) a->buffer[i] = 0.0f;
    for (int64_t i = 0; i < 2; i++) {
        const taps_row rows[2] = {row_at(a, zeros, a->top + i)};
        if (rows->pixel) output_rows(a, rows, 1, false, a->output, NULL, first, end);
    }
    for (int64_t y = 0, height; y < a->height; y += height) {
        const int64_t last = a->top + y + 2; /* row of taps */
        const taps_row rows[2] = {row_at(a, zeros, last), row_at(a, zeros, last + 1)};
        const bool two = y + 1 < a->height && a->scale_rows[y] == a->scale_rows[y + 1] &&
                         rows[0].pixel && rows[1].pixel;
        float *out = a->output + y * a->out_row;
        const float *scale = a->scale + a->scale_rows[y];
        height = two ? 2 : 1;
        if (two)
            output_rows(a, rows, 2, true, out, scale, first, end);
        else
            output_rows(a, rows, 1, true, out, scale, first, end);
    }
}

const hg_kernel HG_ROWS(pool2d_nhwc_avg_3x3s1)[] = {
    {HG_ROW(avg_pool2d, nhwc, "avg_3x3s1"), .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .no_adaptive = true},
     .algorithm = &hg_pool2d_nhwc_avg_3x3s1.algorithm, .run.pool_slide = avg_3x3s1},
    {.name = NULL},
};
