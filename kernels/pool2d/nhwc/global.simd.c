/* Averages over the whole image, NHWC. Contract: hg_pool_args in pool2d.h, width 1; sums are of
 * stretches of taps, in any order.
 *
 * Up to 8 vectors of channels stay in registers while pixels go by, so that pixels of few
 * channels are read as they lie in memory. Images of more channels go by a stretch of pixels at a
 * time, which stays in the nearest cache for all its channels; the output holds the sum so far.
 * What one channel adds up, and in which order, does not depend on how many others the call has. */
#include "kernels/pool2d/nhwc/rows.h"
#include "kernels/simd/simd.h"

enum {
    SUMS = 8,                        /* accumulators */
    GROUP = VL > 8 ? 64 / VL : SUMS, /* vectors; a whole number of them in the blocks of ranges */
    STRETCH = 4096,                  /* floats of a stretch of pixels */
    TAPS_MIN = 8                     /* pixels of it at least */
};

typedef struct stretch {
    const float *in;
    int64_t step, taps; /* floats between pixels; pixels */
    bool first, last;
    vfloat vscale;
} stretch;

/* n_vec vectors of channels, n lanes of the last. Few vectors take several pixels at a time: sums
 * in a row wait for each other. */
HG_INLINE void add_group(const stretch *s, int64_t c, float *out, int n_vec, size_t n)
{
    const int chains = n_vec <= 2 ? 4 : n_vec <= 4 ? 2 : 1;
    vfloat vacc[SUMS];
    HG_UNROLL
    for (int i = 0; i < chains * n_vec; i++) vacc[i] = v_zero();
    const float *in = s->in + c;
    int64_t tap = 0;
    for (; tap + chains <= s->taps; tap += chains, in += chains * s->step) {
        HG_UNROLL
        for (int i = 0; i < chains * n_vec; i++) {
            const int k = i / n_vec, v = i % n_vec;
            vacc[i] =
                v_add(vacc[i], v_load_up_to(in + k * s->step + v * VL, v == n_vec - 1 ? n : VL));
        }
    }
    for (; tap < s->taps; tap++, in += s->step) {
        HG_UNROLL
        for (int v = 0; v < n_vec; v++)
            vacc[v] = v_add(vacc[v], v_load_up_to(in + v * VL, v == n_vec - 1 ? n : VL));
    }
    HG_UNROLL
    for (int v = 0; v < n_vec; v++) {
        const size_t lanes = v == n_vec - 1 ? n : VL;
        HG_UNROLL
        for (int k = 1; k < chains; k++) vacc[v] = v_add(vacc[v], vacc[k * n_vec + v]);
        if (!s->first) vacc[v] = v_add(v_load_up_to(out + v * VL, lanes), vacc[v]);
        v_store_up_to(out + v * VL, s->last ? v_mul(vacc[v], s->vscale) : vacc[v], lanes);
    }
}

/* The last group of a pixel; n is VL or less. */
HG_INLINE void add_rest(const stretch *s, int64_t c, float *out, int64_t n_vec, size_t n)
{
#define CASE(count)                                                                                \
    case count:                                                                                    \
        add_group(s, c, out, count, n);                                                            \
        break;
    switch (n_vec) {
        HG_ONE_TO_SEVEN(CASE)
    default:
        add_group(s, c, out, GROUP, n);
    }
#undef CASE
}

HG_INLINE void add_stretch(const hg_pool_args *a, const stretch *s)
{
    int64_t c = 0;
    for (; c + GROUP * VL <= a->channels; c += GROUP * VL)
        add_group(s, c, a->output + c, GROUP, VL);
    const int64_t rest = a->channels - c, n_vec = HG_CEIL_DIV(rest, (int64_t)VL);
    if (rest == n_vec * VL) {
        if (rest) add_rest(s, c, a->output + c, n_vec, VL);
    } else {
        add_rest(s, c, a->output + c, n_vec, (size_t)(rest - (n_vec - 1) * VL));
    }
}

static void means_nhwc(const hg_pool_args *args)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const hg_pool_span *column = a->columns;
    /* Rows that follow each other are one long row; an empty window is a row without taps. */
    const bool joined = a->row_step == column->taps * a->column_step || column->taps == 0;
    const int64_t rows = joined ? 1 : HG_MAX(a->rows, 1);
    const int64_t taps = joined || a->rows == 0 ? a->rows * column->taps : column->taps;
    const int64_t most = HG_MAX(STRETCH / HG_MAX(a->column_step, 1), (int64_t)TAPS_MIN);
    stretch s = {.step = a->column_step, .vscale = v_all(1.0f / hg_pool_divisor(a, column))};
    for (int64_t y = 0; y < rows; y++) {
        int64_t x = 0;
        do {
            s.in = a->input + column->first * a->in_pixel + y * a->row_step + x * s.step;
            s.taps = HG_MIN(taps - x, most);
            s.first = x == 0 && y == 0;
            x += s.taps;
            s.last = x == taps && y == rows - 1;
            add_stretch(a, &s);
        } while (x < taps);
    }
}

const hg_kernel HG_ROWS(pool2d_nhwc_global)[] = {
    {HG_ROW(avg_pool2d, nhwc, "global"), .rev = 1, .algorithm = &hg_pool2d_nhwc_global,
     .run.pool = means_nhwc},
    {.name = NULL},
};
