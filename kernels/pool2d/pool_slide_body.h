/* Sliding windows of stride 1, NHWC; included by one file per ISA, after pool_ops_<isa>.h.
 * Contract: hg_pool_slide_args in pool_slide.h.
 *
 * Two passes: `slide` goes along a row of the input into the buffer, `rows_down` goes down the
 * buffer into the output, some rows at a time.
 *
 * B neighbouring outputs share the taps that all their windows have, the core:
 *
 *     taps        0 1 2 | 3 4 5 6 | 7 8 9      B = 4, window 7
 *     output 0    s s s   c c c c
 *     output 1      s s   c c c c   p          suffix of the left, core, prefix of the right:
 *     output 2        s   c c c c   p p        (window - B) + 3B - 4 operations for B outputs,
 *     output 3            c c c c   p p p      about 3 each for any window
 *
 * An ordered maximum may be put together in any way that keeps the taps in order, rows first: the
 * first of equals and the last NaN stay the same. */
#include <math.h>

#include "kernels/pool2d/pool_slide.h"

enum { N_PAIR = HG_SLIDE_CHANNELS / VL }; /* vectors of a whole block of channels */

/* NUMBERS is the maximum where no tap is NaN, which costs a third. */
typedef enum slide_kind { NUMBERS, ANY, SUM } slide_kind;

HG_INLINE vec join(slide_kind kind, vec earlier, vec later)
{
    if (kind == SUM) return v_add(earlier, later);
    return kind == ANY ? v_greater_nan(earlier, later) : v_greater(earlier, later);
}

/* One pass over an axis. */
typedef struct axis {
    const float *in;
    float *out;
    int64_t in_step, out_step;
    const hg_pool_span *spans;
    int64_t count, window, first; /* outputs; taps; coordinate of `in` */
    size_t n_in, n_out;           /* lanes of the last vector; VL = all */
} axis;

/* Outputs i .. i + B, windows whole and at least B taps. n_vec <= N_PAIR. */
HG_INLINE void block(const axis *a, slide_kind kind, int B, int64_t taps, int n_vec, int64_t i)
{
    const float *in = a->in + (a->spans[i].first - a->first) * a->in_step;
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) {
        const size_t n_in = v == n_vec - 1 ? a->n_in : VL, n_out = v == n_vec - 1 ? a->n_out : VL;
        const float *tap = in + v * VL + (B - 1) * a->in_step;
        vec vs[8];
        vs[B - 1] = v_load(tap, n_in);
        for (int64_t k = B; k < taps; k++) {
            tap += a->in_step;
            vs[B - 1] = join(kind, vs[B - 1], v_load(tap, n_in));
        }
        const float *left = in + v * VL;
        HG_UNROLL
        for (int b = B - 2; b >= 0; b--)
            vs[b] = join(kind, v_load(left + b * a->in_step, n_in), vs[b + 1]);
        v_store(a->out + i * a->out_step + v * VL, vs[0], n_out);
        vec vp = vs[0];
        HG_UNROLL
        for (int b = 1; b < B; b++) {
            const vec vi = v_load(tap + b * a->in_step, n_in);
            vp = b == 1 ? vi : join(kind, vp, vi);
            v_store(a->out + (i + b) * a->out_step + v * VL, join(kind, vs[b], vp), n_out);
        }
    }
}

/* Windows cut by the left edge share their first tap: each is the one before and one more tap. */
HG_INLINE int64_t left_edge(const axis *a, slide_kind kind, int n_vec)
{
    const hg_pool_span *s = a->spans;
    const float *in = a->in + (s->first - a->first) * a->in_step;
    vec vacc[N_PAIR];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) vacc[v] = v_set(kind == SUM ? 0.0f : -INFINITY);
    int64_t taps = 0, i = 0;
    for (; i < a->count && s[i].first == s->first && s[i].taps < a->window; i++) {
        for (; taps < s[i].taps; taps++) {
            HG_UNROLL
            for (int v = 0; v < n_vec; v++) {
                const size_t n = v == n_vec - 1 ? a->n_in : VL;
                const vec vi = v_load(in + taps * a->in_step + v * VL, n);
                vacc[v] = join(kind, vacc[v], vi);
            }
        }
        HG_UNROLL
        for (int v = 0; v < n_vec; v++)
            v_store(a->out + i * a->out_step + v * VL, vacc[v], v == n_vec - 1 ? a->n_out : VL);
    }
    return i;
}

/* Windows cut by the right edge share their last tap: from the last output back. */
HG_INLINE int64_t right_edge(const axis *a, slide_kind kind, int n_vec, int64_t begin)
{
    const hg_pool_span *s = a->spans;
    const int64_t end = s[a->count - 1].first + s[a->count - 1].taps;
    vec vacc[N_PAIR];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) vacc[v] = v_set(kind == SUM ? 0.0f : -INFINITY);
    int64_t first = end, i = a->count - 1;
    for (; i >= begin && s[i].taps < a->window && s[i].first + s[i].taps == end; i--) {
        while (first > s[i].first) {
            first--;
            const float *in = a->in + (first - a->first) * a->in_step;
            HG_UNROLL
            for (int v = 0; v < n_vec; v++) {
                const vec vi = v_load(in + v * VL, v == n_vec - 1 ? a->n_in : VL);
                vacc[v] = join(kind, vi, vacc[v]);
            }
        }
        HG_UNROLL
        for (int v = 0; v < n_vec; v++)
            v_store(a->out + i * a->out_step + v * VL, vacc[v], v == n_vec - 1 ? a->n_out : VL);
    }
    return i + 1;
}

HG_INLINE void slide(const axis *a, slide_kind kind, int n_vec)
{
    int64_t i = left_edge(a, kind, n_vec);
    const int64_t end = i < a->count ? right_edge(a, kind, n_vec, i) : i;
    if (i >= end) return;
    for (; a->window >= 8 && i + 8 <= end; i += 8) block(a, kind, 8, a->window, n_vec, i);
    for (; a->window == 5 && i + 4 <= end; i += 4) block(a, kind, 4, 5, n_vec, i);
    for (; a->window >= 4 && i + 4 <= end; i += 4) block(a, kind, 4, a->window, n_vec, i);
    for (; a->window == 3 && i + 2 <= end; i += 2) block(a, kind, 2, 3, n_vec, i);
    for (; a->window >= 2 && i + 2 <= end; i += 2) block(a, kind, 2, a->window, n_vec, i);
    for (; i < end; i++) block(a, kind, 1, a->window, n_vec, i);
}

/* Whether a row has NaN; n_vec vectors of each of its pixels. */
HG_INLINE bool row_has_nan(const hg_pool_slide_args *a, const float *in, int n_vec, size_t n)
{
    vec vflag = v_set(0.0f);
    for (int64_t x = 0; x < a->in_width; x++, in += a->in_pixel) {
        HG_UNROLL
        for (int v = 0; v < n_vec; v += 2) {
            const vec vi = v_load(in + v * VL, v == n_vec - 1 ? n : VL);
            const vec vj = v + 1 < n_vec ? v_load(in + (v + 1) * VL, v + 2 == n_vec ? n : VL) : vi;
            vflag = v_note_nan(vflag, vi, vj);
        }
    }
    return v_noted(vflag);
}

/* B rows of output from y on, windows whole and at least B rows high, or one row of any height. */
HG_INLINE void down(const hg_pool_slide_args *a, slide_kind kind, int B, int64_t taps, int n_vec,
                    size_t n, int64_t c, int64_t y)
{
    const int64_t step = a->width * HG_SLIDE_CHANNELS;
    const float *in = a->buffer + (a->rows[y].first - a->first_row) * step;
    float *out = a->output + y * a->out_row + c;
    for (int64_t x = 0; x < a->width; x++, in += HG_SLIDE_CHANNELS, out += a->out_pixel) {
        const vec vscale = v_set(kind == SUM ? a->scales[x] : 1.0f);
        HG_UNROLL
        for (int v = 0; v < n_vec; v++) {
            const size_t n_out = v == n_vec - 1 ? n : VL;
            const float *tap = in + v * VL + (B - 1) * step, *left = in + v * VL;
            vec vs[8];
            vs[B - 1] = v_load(tap, VL);
            for (int64_t k = B; k < taps; k++) {
                tap += step;
                vs[B - 1] = join(kind, vs[B - 1], v_load(tap, VL));
            }
            HG_UNROLL
            for (int b = B - 2; b >= 0; b--)
                vs[b] = join(kind, v_load(left + b * step, VL), vs[b + 1]);
            vec vp = vs[0];
            HG_UNROLL
            for (int b = 0; b < B; b++) {
                if (b > 0) {
                    const vec vi = v_load(tap + b * step, VL);
                    vp = b == 1 ? vi : join(kind, vp, vi);
                    vs[b] = join(kind, vs[b], vp);
                }
                if (kind == SUM) vs[b] = v_mul(vs[b], vscale);
                v_store(out + b * a->out_row + v * VL, vs[b], n_out);
            }
        }
    }
}

/* One row of windows cut by an edge: the row before it, kept in `edge`, and `count` more rows of
 * the buffer from `row` on, which follow it, or lie before it. */
HG_INLINE void down_edge(const hg_pool_slide_args *a, slide_kind kind, int n_vec, size_t n,
                         int64_t c, int64_t y, int64_t row, int64_t count, bool before)
{
    const int64_t step = a->width * HG_SLIDE_CHANNELS;
    const float *in = a->buffer + row * step;
    float *out = a->output + y * a->out_row + c, *edge = a->edge;
    for (int64_t x = 0; x < a->width; x++) {
        const vec vscale = v_set(kind == SUM ? a->scales[x] : 1.0f);
        HG_UNROLL
        for (int v = 0; v < n_vec; v++) {
            vec vacc = v_load(edge + v * VL, VL);
            for (int64_t k = 0; k < count; k++) {
                const float *tap = in + (before ? count - 1 - k : k) * step + v * VL;
                const vec vi = v_load(tap, VL);
                vacc = before ? join(kind, vi, vacc) : join(kind, vacc, vi);
            }
            v_store(edge + v * VL, vacc, VL);
            v_store(out + v * VL, kind == SUM ? v_mul(vacc, vscale) : vacc,
                    v == n_vec - 1 ? n : VL);
        }
        in += HG_SLIDE_CHANNELS, out += a->out_pixel, edge += HG_SLIDE_CHANNELS;
    }
}

HG_INLINE void clear_edge(const hg_pool_slide_args *a, slide_kind kind)
{
    const vec videntity = v_set(kind == SUM ? 0.0f : -INFINITY);
    for (int64_t i = 0; i < a->width * HG_SLIDE_CHANNELS; i += VL)
        v_store(a->edge + i, videntity, VL);
}

/* What sums of row y are multiplied by. */
HG_INLINE void set_scales(const hg_pool_slide_args *a, slide_kind kind, int64_t y,
                          int32_t *extent_now)
{
    if (kind != SUM || a->rows[y].extent == *extent_now) return;
    *extent_now = a->rows[y].extent;
    for (int64_t x = 0; x < a->width; x++) {
        const double extent = (double)a->rows[y].extent * a->columns[x].extent;
        a->scales[x] = 1.0f / (float)(a->divisor > 0.0 ? a->divisor : extent);
    }
}

/* The pass down, as `slide` does it, but rows at a time: columns would leave one set of the cache
 * to hold all their lines. */
HG_INLINE void rows_down(const hg_pool_slide_args *a, slide_kind kind, int n_vec, size_t n,
                         int64_t c)
{
    const hg_pool_span *s = a->rows;
    int64_t y = 0, row = s->first, end = a->height;
    int32_t extent = 0; /* that scales are for */
    clear_edge(a, kind);
    for (; y < end && s[y].taps < a->window.h && s[y].first == s->first; y++) {
        const int64_t next = s[y].first + s[y].taps;
        set_scales(a, kind, y, &extent);
        down_edge(a, kind, n_vec, n, c, y, row - a->first_row, next - row, false);
        row = next;
    }
    for (int64_t whole; y < end && s[y].taps == a->window.h; y += whole) {
        int B = a->window.h >= 8 ? 8 : a->window.h >= 4 ? 4 : a->window.h >= 2 ? 2 : 1;
        while (B > 1 && (y + B > end || s[y + B - 1].taps < a->window.h ||
                         s[y + B - 1].extent != s[y].extent))
            B /= 2;
        whole = B;
        set_scales(a, kind, y, &extent);
        if (B == 8)
            down(a, kind, 8, a->window.h, n_vec, n, c, y);
        else if (B == 4 && a->window.h == 5)
            down(a, kind, 4, 5, n_vec, n, c, y);
        else if (B == 4)
            down(a, kind, 4, a->window.h, n_vec, n, c, y);
        else if (B == 2 && a->window.h == 3)
            down(a, kind, 2, 3, n_vec, n, c, y);
        else if (B == 2)
            down(a, kind, 2, a->window.h, n_vec, n, c, y);
        else
            down(a, kind, 1, a->window.h, n_vec, n, c, y);
    }
    if (y == end) return;
    clear_edge(a, kind);
    row = s[end - 1].first + s[end - 1].taps;
    for (int64_t back = end - 1; back >= y; back--) {
        set_scales(a, kind, back, &extent);
        down_edge(a, kind, n_vec, n, c, back, s[back].first - a->first_row, row - s[back].first,
                  true);
        row = s[back].first;
    }
}

/* Returns false if it met NaN where none may be. */
HG_INLINE bool planes(const hg_pool_slide_args *a, slide_kind kind, int n_vec, size_t n, int64_t c)
{
    const int64_t buffer_row = a->width * HG_SLIDE_CHANNELS;
    for (int64_t y = 0; y < a->in_rows; y++) {
        const float *in = a->input + y * a->in_row + c;
        if (kind == NUMBERS && row_has_nan(a, in, n_vec, n)) return false;
        const axis across = {.in = in,
                             .out = a->buffer + y * buffer_row,
                             .in_step = a->in_pixel,
                             .out_step = HG_SLIDE_CHANNELS,
                             .spans = a->columns,
                             .count = a->width,
                             .window = a->window.w,
                             .n_in = n,
                             .n_out = VL};
        slide(&across, kind, n_vec);
    }
    rows_down(a, kind, n_vec, n, c);
    return true;
}

/* A whole block of channels at once, or its vectors one by one. */
HG_INLINE bool channels(const hg_pool_slide_args *a, slide_kind kind)
{
    if (a->channels == HG_SLIDE_CHANNELS) return planes(a, kind, N_PAIR, VL, 0);
    int64_t c = 0;
    for (; c + VL <= a->channels; c += VL)
        if (!planes(a, kind, 1, VL, c)) return false;
    return c == a->channels || planes(a, kind, 1, (size_t)(a->channels - c), c);
}

static void max_slide(const hg_pool_slide_args *a)
{
    if (!channels(a, NUMBERS)) channels(a, ANY);
}

static void avg_slide(const hg_pool_slide_args *a)
{
    channels(a, SUM);
}
