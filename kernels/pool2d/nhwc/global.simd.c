/* Averages and maxima over the whole image, NHWC. Contract: hg_pool_args in pool2d.h, width 1; sums
 * are of stretches of taps, in any order.
 *
 * Up to 8 vectors of channels stay in registers while pixels go by, so that pixels of few channels
 * are read as they lie in memory. Images of more channels go by a stretch of pixels at a time,
 * which stays in the nearest cache for all its channels; the output holds what is summed or taken
 * so far. Maxima are first taken as if no tap were NaN; images that turn out to hold one are done
 * again. What one channel adds up, and in which order, does not depend on how many others the call
 * has. */
#include "kernels/pool2d/nhwc/rows.h"
#include "kernels/pool2d/reduce.h"

enum {
    GROUP = 8,      /* vectors; a whole number of such groups is in the blocks of ranges (rows.c) */
    STRETCH = 4096, /* floats of a stretch of pixels */
    TAPS_MIN = 8    /* pixels of it at least */
};

typedef struct stretch {
    const float *in;
    int64_t step, taps; /* floats between pixels; pixels */
    bool first, last;
    vfloat vscale;
} stretch;

/* n_vec vectors of channels, n lanes of the last; false if it met NaN where none may be. Few
 * vectors take parts of the stretch side by side, for results in a row wait for each other. */
HG_INLINE bool take_group(const stretch *s, pool_kind kind, int64_t c, float *out, int n_vec,
                          size_t n)
{
    const int chains = n_vec <= 2 ? 4 : n_vec <= 4 ? 2 : 1, all = chains * n_vec;
    const int64_t each = s->taps / chains;
    vfloat vacc[GROUP], vflag[GROUP], vi[GROUP];
    HG_UNROLL
    for (int i = 0; i < all; i++) vacc[i] = identity_of(kind), vflag[i] = v_zero();
    const float *in = s->in + c;
    for (int64_t tap = 0; tap < each; tap++, in += s->step) {
        HG_UNROLL
        for (int i = 0; i < all; i++) {
            const float *at = in + i / n_vec * each * s->step + i % n_vec * VL;
            const size_t lanes = i % n_vec == n_vec - 1 ? n : VL;
            vi[i] = kind == NUMBERS && lanes == VL ? v_load_once(at) : v_load_up_to(at, lanes);
            vacc[i] = reduce(kind, vacc[i], vi[i]);
            if (kind == NUMBERS && (i % 2 == 1 || i + 1 == all))
                vflag[i / 2] = v_note_nan(vflag[i / 2], vi[i / 2 * 2], vi[i]);
        }
    }
    HG_UNROLL
    for (int i = n_vec; i < all; i++) vacc[i % n_vec] = reduce(kind, vacc[i % n_vec], vacc[i]);
    in = s->in + c + each * chains * s->step;
    for (int64_t tap = each * chains; tap < s->taps; tap++, in += s->step) {
        HG_UNROLL
        for (int v = 0; v < n_vec; v++) {
            vi[v] = v_load_up_to(in + v * VL, v == n_vec - 1 ? n : VL);
            vacc[v] = reduce(kind, vacc[v], vi[v]);
            if (kind == NUMBERS) vflag[0] = v_note_nan(vflag[0], vi[v], vi[v]);
        }
    }
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) {
        const size_t lanes = v == n_vec - 1 ? n : VL;
        if (!s->first) vacc[v] = reduce(kind, v_load_up_to(out + v * VL, lanes), vacc[v]);
        if (kind == SUM && s->last) vacc[v] = v_mul(vacc[v], s->vscale);
        v_store_up_to(out + v * VL, vacc[v], lanes);
    }
    HG_UNROLL
    for (int i = 1; 2 * i < all; i++) vflag[0] = v_add(vflag[0], vflag[i]);
    return kind != NUMBERS || !v_noted(vflag[0]);
}

/* The last group of a pixel; n is VL or less. */
HG_INLINE bool take_rest(const stretch *s, pool_kind kind, int64_t c, float *out, int64_t n_vec,
                         size_t n)
{
#define CASE(count)                                                                                \
    case count:                                                                                    \
        return take_group(s, kind, c, out, count, n);
    switch (n_vec) {
        HG_ONE_TO_SEVEN(CASE)
    default:
        return take_group(s, kind, c, out, GROUP, n);
    }
#undef CASE
}

HG_INLINE bool take_stretch(const hg_pool_args *a, pool_kind kind, const stretch *s)
{
    int64_t c = 0;
    for (; c + GROUP * VL <= a->channels; c += GROUP * VL)
        if (!take_group(s, kind, c, a->output + c, GROUP, VL)) return false;
    const int64_t rest = a->channels - c, n_vec = HG_CEIL_DIV(rest, (int64_t)VL);
    if (rest == 0) return true;
    if (rest == n_vec * VL) return take_rest(s, kind, c, a->output + c, n_vec, VL);
    return take_rest(s, kind, c, a->output + c, n_vec, (size_t)(rest - (n_vec - 1) * VL));
}

HG_INLINE bool window(const hg_pool_args *args, pool_kind kind)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const hg_pool_span *column = a->columns;
    /* Rows that follow each other are one long row; an empty window is a row without taps. */
    const bool joined = a->row_step == column->taps * a->column_step || column->taps == 0;
    const int64_t rows = joined ? 1 : HG_MAX(a->rows, 1);
    const int64_t taps = joined || a->rows == 0 ? a->rows * column->taps : column->taps;
    const int64_t few = HG_MAX(STRETCH / HG_MAX(a->column_step, 1), (int64_t)TAPS_MIN);
    const int64_t most = a->column_step > GROUP * VL ? few : HG_MAX(taps, 1);
    stretch s = {.step = a->column_step, .vscale = v_all(1.0f / hg_pool_divisor(a, column))};
    for (int64_t y = 0; y < rows; y++) {
        int64_t x = 0;
        do {
            s.in = a->input + column->first * a->in_pixel + y * a->row_step + x * s.step;
            s.taps = HG_MIN(taps - x, most);
            s.first = x == 0 && y == 0;
            x += s.taps;
            s.last = x == taps && y == rows - 1;
            if (!take_stretch(a, kind, &s)) return false;
        } while (x < taps);
    }
    return true;
}

static void means_nhwc(const hg_pool_args *a)
{
    window(a, SUM);
}

static void maxima_nhwc(const hg_pool_args *a)
{
    if (!window(a, NUMBERS)) window(a, ANY);
}

const hg_kernel HG_ROWS(pool2d_nhwc_global)[] = {
    {HG_ROW(avg_pool2d, nhwc, "global"), .rev = 2, .algorithm = &hg_pool2d_nhwc_global,
     .run.pool = means_nhwc},
    {HG_ROW(max_pool2d, nhwc, "global"), .rev = 1, .limits = {.no_indices = true},
     .algorithm = &hg_pool2d_nhwc_global, .run.pool = maxima_nhwc},
    {.name = NULL},
};
