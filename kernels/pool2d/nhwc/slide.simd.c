/* Sliding windows of stride 1, NHWC. Contract: hg_pool_slide_args in bands.h.
 *
 * Each row of the input goes into a row of the buffer, with the windows' widths taken together;
 * each step down takes the windows' heights together, some rows of output at a time.
 *
 * B neighbouring outputs share the taps that all their windows have, the core:
 *
 *     taps        0 1 2 | 3 4 5 6 | 7 8 9      B = 4, window 7
 *     output 0    s s s   c c c c
 *     output 1      s s   c c c c   p          suffix of the left, core, prefix of the right:
 *     output 2        s   c c c c   p p        (window - B) + 3B - 4 operations for B outputs,
 *     output 3            c c c c   p p p      about 3 each for any window
 */
#include "kernels/pool2d/nhwc/bands.h"
#include "kernels/pool2d/reduce.h"

enum { N_PAIR = HG_SLIDE_CHANNELS / VL }; /* vectors of a whole block of channels */

/* One pass over an axis. */
typedef struct axis {
    const float *in;
    float *out;
    int64_t in_step, out_step;
    const hg_pool_span *spans;
    int64_t count, pixels, left, window; /* outputs; of `in`; padding before it; taps */
    size_t n_in, n_out;                  /* lanes of the last vector; VL = all */
} axis;

/* Outputs i .. i + B, windows whole and at least B taps. n_vec <= N_PAIR. */
HG_INLINE void block(const axis *a, pool_kind kind, int B, int64_t taps, int n_vec, int64_t i)
{
    const float *in = a->in + a->spans[i].first * a->in_step;
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) {
        const size_t n_in = v == n_vec - 1 ? a->n_in : VL, n_out = v == n_vec - 1 ? a->n_out : VL;
        const float *tap = in + v * VL + (B - 1) * a->in_step;
        vfloat vs[8];
        vs[B - 1] = v_load_up_to(tap, n_in);
        for (int64_t k = B; k < taps; k++) {
            tap += a->in_step;
            vs[B - 1] = reduce(kind, vs[B - 1], v_load_up_to(tap, n_in));
        }
        const float *left = in + v * VL;
        HG_UNROLL
        for (int b = B - 2; b >= 0; b--)
            vs[b] = reduce(kind, v_load_up_to(left + b * a->in_step, n_in), vs[b + 1]);
        v_store_up_to(a->out + i * a->out_step + v * VL, vs[0], n_out);
        vfloat vp = vs[0];
        HG_UNROLL
        for (int b = 1; b < B; b++) {
            const vfloat vi = v_load_up_to(tap + b * a->in_step, n_in);
            vp = b == 1 ? vi : reduce(kind, vp, vi);
            v_store_up_to(a->out + (i + b) * a->out_step + v * VL, reduce(kind, vs[b], vp), n_out);
        }
    }
}

/* Windows cut by the left edge share their first tap: each is the one before and one more tap. */
HG_INLINE int64_t left_edge(const axis *a, pool_kind kind, int n_vec)
{
    const hg_pool_span *s = a->spans;
    const float *in = a->in + s->first * a->in_step;
    vfloat vacc[N_PAIR];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) vacc[v] = identity_of(kind);
    int64_t taps = 0, i = 0;
    for (; i < a->count && s[i].first == s->first && s[i].taps < a->window; i++) {
        for (; taps < s[i].taps; taps++) {
            HG_UNROLL
            for (int v = 0; v < n_vec; v++) {
                const size_t n = v == n_vec - 1 ? a->n_in : VL;
                const vfloat vi = v_load_up_to(in + taps * a->in_step + v * VL, n);
                vacc[v] = reduce(kind, vacc[v], vi);
            }
        }
        HG_UNROLL
        for (int v = 0; v < n_vec; v++)
            v_store_up_to(a->out + i * a->out_step + v * VL, vacc[v],
                          v == n_vec - 1 ? a->n_out : VL);
    }
    return i;
}

/* Windows cut by the right edge share their last tap: from the last output back. */
HG_INLINE int64_t right_edge(const axis *a, pool_kind kind, int n_vec, int64_t begin)
{
    const hg_pool_span *s = a->spans;
    const int64_t end = s[a->count - 1].first + s[a->count - 1].taps;
    vfloat vacc[N_PAIR];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) vacc[v] = identity_of(kind);
    int64_t first = end, i = a->count - 1;
    for (; i >= begin && s[i].taps < a->window && s[i].first + s[i].taps == end; i--) {
        while (first > s[i].first) {
            first--;
            const float *in = a->in + first * a->in_step;
            HG_UNROLL
            for (int v = 0; v < n_vec; v++) {
                const vfloat vi = v_load_up_to(in + v * VL, v == n_vec - 1 ? a->n_in : VL);
                vacc[v] = reduce(kind, vi, vacc[v]);
            }
        }
        HG_UNROLL
        for (int v = 0; v < n_vec; v++)
            v_store_up_to(a->out + i * a->out_step + v * VL, vacc[v],
                          v == n_vec - 1 ? a->n_out : VL);
    }
    return i + 1;
}

HG_INLINE void slide(const axis *a, pool_kind kind, int n_vec)
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

/* ---- Windows of 3 and 5 along a row: every pixel is loaded once and taken twice ---- */

/* Pixel x of a row, or the identity outside. */
HG_INLINE vfloat column(const axis *a, pool_kind kind, bool inside, int64_t x, int v, size_t n)
{
    if (inside || (x >= 0 && x < a->pixels)) {
        const float *p = a->in + x * a->in_step + v * VL;
        return n == VL ? v_load_once(p) : v_load_up_to(p, n);
    }
    return identity_of(kind);
}

/* What two outputs leave to the next two: of window 3 the pixels 0 1 before the new ones, of window
 * 5 the pairs (0 1) and (2 3), and the pixels 1 and 3. */
typedef struct carried {
    vfloat pair0[V_IN_CACHELINE], pair1[V_IN_CACHELINE], odd0[V_IN_CACHELINE], odd1[V_IN_CACHELINE];
} carried;

/* Outputs x and x + 1; the last may stand alone. */
HG_INLINE void two(const axis *a, pool_kind kind, int K, bool inside, bool alone, int n_vec,
                   carried *s, int64_t x, vfloat vflag[V_IN_CACHELINE])
{
    const int64_t next = x - a->left + K - 1;
    float *out = a->out + x * a->out_step;
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) {
        const vfloat v0 = column(a, kind, inside, next, v, a->n_in);
        const vfloat v1 = column(a, kind, inside, next + 1, v, a->n_in);
        vfloat vout0, vout1;
        if (kind == NUMBERS) vflag[v] = v_note_nan(vflag[v], v0, v1);
        if (K == 3) {
            const vfloat vcore = reduce(kind, s->odd1[v], v0);
            vout0 = reduce(kind, s->pair1[v], vcore), vout1 = reduce(kind, vcore, v1);
            s->pair1[v] = v0, s->odd1[v] = v1;
        } else {
            const vfloat vboth = reduce(kind, v0, v1);
            vout0 = reduce(kind, reduce(kind, s->pair0[v], s->pair1[v]), v0);
            vout1 = reduce(kind, s->odd0[v], reduce(kind, s->pair1[v], vboth));
            s->pair0[v] = s->pair1[v], s->odd0[v] = s->odd1[v];
            s->pair1[v] = vboth, s->odd1[v] = v1;
        }
        v_store(out + v * VL, vout0);
        if (!alone) v_store(out + a->out_step + v * VL, vout1);
    }
}

/* A row for n_vec vectors of channels; false if it met NaN where none may be. */
HG_INLINE bool along(const axis *a, pool_kind kind, int K, int n_vec)
{
    vfloat vflag[V_IN_CACHELINE];
    carried s;
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) {
        vfloat vi[4] = {v_zero(), v_zero(), v_zero(), v_zero()};
        HG_UNROLL
        for (int i = 0; i < K - 1; i++) vi[i] = column(a, kind, false, i - a->left, v, a->n_in);
        vflag[v] = v_note_nan(v_note_nan(v_zero(), vi[0], vi[1]), vi[2], vi[3]);
        s.pair0[v] = reduce(kind, vi[0], vi[1]), s.odd0[v] = vi[1];
        s.pair1[v] = K == 3 ? vi[0] : reduce(kind, vi[2], vi[3]), s.odd1[v] = vi[K - 2];
    }
    /* The new pixels of outputs from `first` to `end` lie inside. */
    const int64_t first = HG_MAX(a->left - (K - 1), 0);
    const int64_t end = HG_MIN(a->count, a->pixels + a->left - (K - 1)) - 3;
    int64_t x = 0;
    for (; x < first; x += 2) two(a, kind, K, false, x + 1 == a->count, n_vec, &s, x, vflag);
    for (; x < end; x += 4) {
        two(a, kind, K, true, false, n_vec, &s, x, vflag);
        two(a, kind, K, true, false, n_vec, &s, x + 2, vflag);
    }
    for (; x < a->count; x += 2) two(a, kind, K, false, x + 1 == a->count, n_vec, &s, x, vflag);
    bool clean = true;
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) clean &= kind != NUMBERS || !v_noted(vflag[v]);
    return clean;
}

/* Whether a row has NaN; n_vec vectors of each of its pixels. Each is noted apart from the others:
 * notes in a row wait for each other. */
HG_INLINE bool row_has_nan(const axis *a, int n_vec)
{
    const float *in = a->in;
    vfloat vflag[N_PAIR], vlast[N_PAIR];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++)
        vflag[v] = v_zero(), vlast[v] = v_load_up_to(in + v * VL, v == n_vec - 1 ? a->n_in : VL);
    for (int64_t x = a->pixels % 2; x < a->pixels; x += 2) {
        HG_UNROLL
        for (int v = 0; v < n_vec; v++) {
            const float *at = in + x * a->in_step + v * VL;
            const size_t n = v == n_vec - 1 ? a->n_in : VL;
            vflag[v] = v_note_nan(vflag[v], v_load_up_to(at, n), v_load_up_to(at + a->in_step, n));
        }
    }
    bool found = false;
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) found |= v_noted(v_note_nan(vflag[v], vlast[v], vlast[v]));
    return found;
}

/* One row of the input into its row of the buffer; false if it met NaN where none may be. */
HG_INLINE bool across(const hg_pool_slide_args *a, pool_kind kind, int n_vec, size_t n, int64_t c,
                      int64_t row)
{
    axis across = {.in = a->input + row * a->in_row + c,
                   .out = a->buffer + row % a->ring * (a->width * HG_SLIDE_CHANNELS),
                   .in_step = a->in_pixel,
                   .out_step = HG_SLIDE_CHANNELS,
                   .spans = a->columns,
                   .count = a->width,
                   .pixels = a->in_width,
                   .left = a->left,
                   .window = a->window.w,
                   .n_in = n,
                   .n_out = VL};
    if (a->window.w != 3 && a->window.w != 5) {
        if (kind == NUMBERS && row_has_nan(&across, n_vec)) return false;
        slide(&across, kind, n_vec);
        return true;
    }
    const int group = HG_MIN(n_vec, V_IN_CACHELINE);
    bool clean = true;
    for (int v = 0; v < n_vec; v += group, across.in += group * VL, across.out += group * VL)
        clean &= a->window.w == 3 ? along(&across, kind, 3, group) : along(&across, kind, 5, group);
    return clean;
}

/* ---- Down the buffer ---- */

/* B rows of output from y on, at least B rows high; a->row[i] is their i-th row of the buffer. */
HG_INLINE void down(const hg_pool_slide_args *a, pool_kind kind, int B, int64_t taps, int n_vec,
                    size_t n, int64_t c, int64_t y)
{
    float *out = a->output + y * a->out_row + c;
    const float *above[8], *below[8], *scale = kind == SUM ? a->scale + a->scale_rows[y] : NULL;
    HG_UNROLL
    for (int b = 0; b < B; b++) above[b] = a->row[b], below[b] = a->row[taps - 1 + b];
    for (int64_t x = 0; x < a->width; x++, out += a->out_pixel) {
        const vfloat vscale = v_all(kind == SUM ? scale[x] : 1.0f);
        const int64_t at = x * HG_SLIDE_CHANNELS;
        vfloat vcore[N_PAIR];
        HG_UNROLL
        for (int v = 0; v < n_vec; v++) vcore[v] = v_load(above[B - 1] + at + v * VL);
        for (int64_t k = B; k < taps; k++) {
            const float *row = (k == taps - 1 ? below[0] : a->row[k]) + at;
            HG_UNROLL
            for (int v = 0; v < n_vec; v++) vcore[v] = reduce(kind, vcore[v], v_load(row + v * VL));
        }
        HG_UNROLL
        for (int v = 0; v < n_vec; v++) {
            const int64_t lane = at + v * VL;
            vfloat vs[8], vp = vcore[v];
            vs[B - 1] = vcore[v];
            HG_UNROLL
            for (int b = B - 2; b >= 0; b--)
                vs[b] = reduce(kind, v_load(above[b] + lane), vs[b + 1]);
            HG_UNROLL
            for (int b = 0; b < B; b++) {
                if (b > 0) {
                    const vfloat vi = v_load(below[b] + lane);
                    vp = b == 1 ? vi : reduce(kind, vp, vi);
                    vs[b] = reduce(kind, vs[b], vp);
                }
                if (kind == SUM) vs[b] = v_mul(vs[b], vscale);
                v_store_up_to(out + b * a->out_row + v * VL, vs[b], v == n_vec - 1 ? n : VL);
            }
        }
    }
}

/* Rows of one step down from y on: as many as share a divisor, and are left. */
HG_INLINE int rows_of_step(const hg_pool_slide_args *a, pool_kind kind, int64_t y)
{
    const int step = hg_slide_step(a->window.h);
    int same = 1;
    while (same < step && y + same < a->height &&
           (kind != SUM || a->scale_rows[y + same] == a->scale_rows[y]))
        same++;
    int B = step;
    while (B > same) B /= 2;
    return B;
}

/* Rows are made when the first window needs them; their lines are used again after the last. Rows
 * outside the input are a row of the identity. Returns false if it met NaN where none may be. */
HG_INLINE bool planes(const hg_pool_slide_args *a, pool_kind kind, int n_vec, size_t n, int64_t c)
{
    const int64_t size = a->width * HG_SLIDE_CHANNELS;
    float *none = a->buffer + a->ring * size;
    for (int64_t i = 0; i < size; i += VL) v_store(none + i, identity_of(kind));
    int64_t made = HG_MAX(a->top, 0);
    for (int64_t y = 0, step; y < a->height; y += step) {
        const int B = rows_of_step(a, kind, y);
        const int64_t first = a->top + y, end = first + B - 1 + a->window.h;
        step = B;
        for (; made < HG_MIN(end, a->in_height); made++)
            if (!across(a, kind, n_vec, n, c, made)) return false;
        for (int64_t r = first; r < end; r++)
            a->row[r - first] = r < 0 || r >= a->in_height ? none : a->buffer + r % a->ring * size;
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
    return true;
}

/* A whole block of channels at once, or its vectors one by one. */
HG_INLINE bool channels(const hg_pool_slide_args *a, pool_kind kind)
{
    if (a->channels == HG_SLIDE_CHANNELS) return planes(a, kind, N_PAIR, VL, 0);
    int64_t c = 0;
    for (; c + VL <= a->channels; c += VL)
        if (!planes(a, kind, 1, VL, c)) return false;
    return c == a->channels || planes(a, kind, 1, (size_t)(a->channels - c), c);
}

/* Those that turned out to hold NaN: one body for all vectors, since they are rare. */
static void channels_with_nan(const hg_pool_slide_args *a)
{
    for (int64_t c = 0; c < a->channels; c += VL)
        planes(a, ANY, 1, (size_t)HG_MIN(a->channels - c, (int64_t)VL), c);
}

/* Copies that no store can alias: what depends on them alone leaves the loops. */
static void max_slide(const hg_pool_slide_args *args)
{
    const hg_pool_slide_args a = *args;
    if (!channels(&a, NUMBERS)) channels_with_nan(&a);
}

static void avg_slide(const hg_pool_slide_args *args)
{
    const hg_pool_slide_args a = *args;
    channels(&a, SUM);
}

#define STRIDE_1 .stride = {1, 1}, .dilation = {1, 1}, .no_adaptive = true

const hg_kernel HG_ROWS(pool2d_nhwc_slide)[] = {
    {HG_ROW(max_pool2d, nhwc, "slide"), .rev = 2, .limits = {STRIDE_1, .no_indices = true},
     .algorithm = &hg_pool2d_nhwc_slide.algorithm, .run.pool_slide = max_slide},
    {HG_ROW(avg_pool2d, nhwc, "slide"), .rev = 2, .limits = {STRIDE_1},
     .algorithm = &hg_pool2d_nhwc_slide.algorithm, .run.pool_slide = avg_slide},
    {.name = NULL},
};
