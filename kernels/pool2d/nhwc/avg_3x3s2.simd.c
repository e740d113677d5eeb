/* Averages of 3x3 windows of stride 2, NHWC. Contract: hg_pool_slide_args in bands.h, but for the
 * stride; `buffer` has width * channels floats and as many as one pixel for zeros behind them.
 *
 * The third row of a window is the first of the window below: its sums along the row are carried in
 * the buffer from one pair of output rows to the next. */
#include "kernels/pool2d/nhwc/tap_rows.h"

enum { HEIGHT = 2 }; /* output rows taken together */

/* n channels of one output, whose first row of taps is in carry. */
HG_INLINE void one(const float *const in[2], const int64_t pixel[2], int64_t taps, float *carry,
                   float *out, vfloat vscale, size_t n)
{
    const vfloat vmiddle = three(in[0], pixel[0], taps, n);
    const vfloat vlast = three(in[1], pixel[1], taps, n);
    const vfloat vsum = v_add(v_add(v_load_up_to(carry, n), vmiddle), vlast);
    v_store_up_to(out, v_mul(vsum, vscale), n);
    v_store_up_to(carry, vlast, n);
}

/* Outputs x .. end of one row, whose second and third row of taps are r[0] and r[1]; channels from
 * `begin` on. */
HG_INLINE void singles(const hg_pool_slide_args *a, const taps_row r[2], float *out,
                       const float *scale, int64_t x, int64_t end, int64_t begin)
{
    const int64_t pixel[2] = {r[0].pixel, r[1].pixel};
    for (; x < end; x++) {
        const hg_pool_span *s = &a->columns[x];
        float *carry = a->buffer + x * a->channels, *to = out + x * a->out_pixel;
        const vfloat vscale = v_all(scale[x]);
        for (int64_t c = begin; c < a->channels; c += VL) {
            const float *const in[2] = {r[0].in + s->first * pixel[0] + c,
                                        r[1].in + s->first * pixel[1] + c};
            if (c + VL <= a->channels)
                one(in, pixel, s->taps, carry + c, to + c, vscale, VL);
            else
                one(in, pixel, s->taps, carry + c, to + c, vscale, (size_t)(a->channels - c));
        }
    }
}

/* Sums of two windows in one row, which share their third and first tap. */
HG_INLINE void five(const float *in, int64_t pixel, vfloat v[2])
{
    const vfloat v2 = v_load_once(in + 2 * pixel);
    v[0] = v_add(v_add(v_load(in), v_load(in + pixel)), v2);
    v[1] = v_add(v_add(v2, v_load(in + 3 * pixel)), v_load(in + 4 * pixel));
}

/* Pairs of neighbours whose windows no edge cuts, from x on, in 1 or 2 (`height`) rows of output:
 * all whole vectors. Rows of taps as in output_rows. Pointers move on: with one index for all, each
 * address would need its own sum. */
HG_INLINE void pairs(const hg_pool_slide_args *a, const taps_row *rows, int height, float *out,
                     const float *scale, int64_t x, int64_t n_pairs)
{
    const int64_t next = a->channels, beside = a->out_pixel, whole = next / VL * VL;
    int64_t pixel[2 * HEIGHT];
    const float *in[2 * HEIGHT];
    HG_UNROLL
    for (int i = 0; i < 2 * height; i++) {
        pixel[i] = height == HEIGHT ? a->in_pixel : rows[i].pixel; /* one register for all */
        in[i] = rows[i].in + a->columns[x].first * pixel[i];
    }
    float *carry = a->buffer + x * next;
    float *to[HEIGHT] = {out + x * beside, out + x * beside + (height == HEIGHT ? a->out_row : 0)};
    for (; n_pairs > 0; n_pairs--, x += 2) {
        const vfloat vscale[2] = {v_all(scale[x]), v_all(scale[x + 1])};
        for (const float *end = carry + whole; carry < end; carry += VL) {
            vfloat vfirst[2] = {v_load(carry), v_load(carry + next)};
            HG_UNROLL
            for (int i = 0; i < height; i++) {
                vfloat vmiddle[2], vlast[2];
                five(in[2 * i], pixel[2 * i], vmiddle);
                five(in[2 * i + 1], pixel[2 * i + 1], vlast);
                HG_UNROLL
                for (int j = 0; j < 2; j++) {
                    const vfloat vsum = v_add(v_add(vfirst[j], vmiddle[j]), vlast[j]);
                    v_store(to[i] + j * beside, v_mul(vsum, vscale[j]));
                    vfirst[j] = vlast[j];
                }
            }
            v_store(carry, vfirst[0]);
            v_store(carry + next, vfirst[1]);
            HG_UNROLL
            for (int i = 0; i < 2 * height; i++) in[i] += VL;
            HG_UNROLL
            for (int i = 0; i < height; i++) to[i] += VL;
        }
        HG_UNROLL
        for (int i = 0; i < 2 * height; i++) in[i] += 4 * pixel[i] - whole;
        HG_UNROLL
        for (int i = 0; i < height; i++) to[i] += 2 * beside - whole;
        carry += 2 * next - whole;
    }
}

/* One or two rows of output: rows[0] and rows[1] are the second and third row of taps of the first,
 * rows[2] and rows[3] those of the one below it, and all inside the input where there are two. */
HG_INLINE void output_rows(const hg_pool_slide_args *a, const taps_row *rows, int height,
                           float *out, const float *scale)
{
    const int64_t whole = a->channels / VL * VL, x = a->whole.begin;
    const int64_t n_pairs = (a->whole.end - x) / 2, end = x + 2 * n_pairs;
    if (n_pairs) pairs(a, rows, height, out, scale, x, n_pairs);
    for (int64_t i = 0; i < height; i++, rows += 2, out += a->out_row) {
        singles(a, rows, out, scale, 0, x, 0);
        singles(a, rows, out, scale, end, a->width, 0);
        if (whole < a->channels) singles(a, rows, out, scale, x, end, whole);
    }
}

/* Sums along the first row of taps into the buffer. */
HG_INLINE void carry_row(const hg_pool_slide_args *a, taps_row r)
{
    for (int64_t x = 0; x < a->width; x++) {
        const hg_pool_span *s = &a->columns[x];
        const float *in = r.in + s->first * r.pixel;
        float *carry = a->buffer + x * a->channels;
        int64_t c = 0;
        for (; c + VL <= a->channels; c += VL)
            v_store(carry + c, three(in + c, r.pixel, s->taps, VL));
        const size_t n = (size_t)(a->channels - c);
        if (n) v_store_up_to(carry + c, three(in + c, r.pixel, s->taps, n), n);
    }
}

static void avg_3x3s2(const hg_pool_slide_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_slide_args copy = *args, *a = &copy;
    float *zeros = a->buffer + a->width * a->channels;
    for (int64_t c = 0; c < a->channels; c++) zeros[c] = 0.0f;
    carry_row(a, row_at(a, zeros, a->top));
    for (int64_t y = 0, height; y < a->height; y += height) {
        taps_row rows[2 * HEIGHT];
        bool two = y + 1 < a->height && a->scale_rows[y] == a->scale_rows[y + 1];
        for (int i = 0; i < 2 * HEIGHT; i++) {
            rows[i] = row_at(a, zeros, a->top + 2 * y + 1 + i);
            two = two && rows[i].pixel;
        }
        height = two ? HEIGHT : 1;
        float *out = a->output + y * a->out_row;
        const float *scale = a->scale + a->scale_rows[y];
        if (two)
            output_rows(a, rows, HEIGHT, out, scale);
        else
            output_rows(a, rows, 1, out, scale);
    }
}

const hg_kernel HG_ROWS(pool2d_nhwc_avg_3x3s2)[] = {
    {HG_ROW(avg_pool2d, nhwc, "avg_3x3s2"), .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {2, 2}, .dilation = {1, 1}, .no_adaptive = true},
     .algorithm = &hg_pool2d_nhwc_avg_3x3s2.algorithm, .run.pool_slide = avg_3x3s2},
    {.name = NULL},
};
