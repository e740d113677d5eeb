/* Any window, NHWC. Contract: hg_pool_args in pool2d.h. A vector is VL channels of one tap; no lane
 * ever leaves its channel. */
#include "kernels/pool2d/nhwc/rows.h"
#include "kernels/simd/simd.h"

#include <math.h>

enum { BLOCK = 8, PAIR = 2 }; /* vectors of accumulators per pass over a window */
/* Windows of more than MANY taps are taken FEW taps at a time. */
enum { MANY = 16, FEW = 8 };

typedef enum window_kind { MAX, SUM, SUM_ABS, SUM_SQUARE } window_kind;

HG_INLINE vfloat accumulate(window_kind kind, vfloat vacc, vfloat vi)
{
    switch (kind) {
    case MAX:
        return v_max_first_last_nan(vacc, vi);
    case SUM:
        return v_add(vacc, vi);
    case SUM_ABS:
        return v_add(vacc, v_abs(vi));
    default:
        return v_fma(vi, vi, vacc);
    }
}

HG_INLINE vfloat finish(window_kind kind, vfloat vacc, vfloat vdivisor)
{
    if (kind == SUM) return v_div(vacc, vdivisor);
    return kind == SUM_SQUARE ? v_sqrt(vacc) : vacc;
}

/* Where a window's taps are taken in several passes, the output holds what is accumulated so far.
 */
typedef struct pass {
    int64_t rows, taps;
    bool first, last;
} pass;

/* A pass over one window for n_vec vectors of channels; only the last vector of a pixel is a tail.
 */
HG_INLINE void window(const hg_pool_args *a, window_kind kind, pass pass, const float *restrict in,
                      float *restrict out, vfloat vdivisor, int n_vec, vtail tail, bool whole)
{
    vfloat vacc[BLOCK];
    HG_UNROLL
    for (int v = 0; v < n_vec; v++)
        vacc[v] = pass.first ? v_all(kind == MAX ? -INFINITY : 0.0f)
                             : v_load_partial(out + v * VL, tail, whole);
    for (int64_t ky = 0; ky < pass.rows; ky++) {
        const float *tap = in + ky * a->row_step;
        for (int64_t kx = 0; kx < pass.taps; kx++, tap += a->column_step) {
            HG_UNROLL
            for (int v = 0; v < n_vec; v++)
                vacc[v] = accumulate(kind, vacc[v], v_load_partial(tap + v * VL, tail, whole));
        }
    }
    HG_UNROLL
    for (int v = 0; v < n_vec; v++)
        v_store_partial(out + v * VL, pass.last ? finish(kind, vacc[v], vdivisor) : vacc[v], tail,
                        whole);
}

/* All channels of a pixel. */
HG_INLINE void pixel(const hg_pool_args *a, window_kind kind, pass pass, const float *in,
                     float *out, vfloat vdivisor)
{
    const int64_t blocks = a->channels / (BLOCK * VL) * (BLOCK * VL);
    const int64_t whole = a->channels / VL * VL;
    const vtail tail = v_tail((size_t)(a->channels - whole));
    int64_t c = 0;
    for (; c < blocks; c += BLOCK * VL)
        window(a, kind, pass, in + c, out + c, vdivisor, BLOCK, tail, true);
    for (; c + PAIR * VL <= whole; c += PAIR * VL)
        window(a, kind, pass, in + c, out + c, vdivisor, PAIR, tail, true);
    if (c < whole) window(a, kind, pass, in + c, out + c, vdivisor, 1, tail, true), c += VL;
    if (c < a->channels) window(a, kind, pass, in + c, out + c, vdivisor, 1, tail, false);
}

/* A window of many taps. They are far apart in memory: with more of them side by side than a set of
 * the cache has ways, lines that the hardware fetched ahead are lost before their use. A function
 * of its own, whose registers the short windows beside it would miss. */
__attribute__((noinline)) static void pixel_in_passes(const hg_pool_args *a, window_kind kind,
                                                      int64_t nx, const float *in, float *out,
                                                      float divisor)
{
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t j = 0; j < nx; j += FEW) {
            const pass pass = {1, HG_MIN(nx - j, (int64_t)FEW), i + j == 0,
                               i == a->rows - 1 && j + FEW >= nx};
            pixel(a, kind, pass, in + i * a->row_step + j * a->column_step, out, v_all(divisor));
        }
}

HG_INLINE void row_of(const hg_pool_args *args, window_kind kind)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    for (int64_t x = 0; x < a->width; x++) {
        const hg_pool_span *column = &a->columns[x];
        const int64_t nx = column->taps;
        const float divisor = kind == SUM ? hg_pool_divisor(a, column) : 1.0f;
        const float *in = a->input + column->first * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        if (a->rows * nx <= MANY || a->channels < BLOCK * VL)
            pixel(a, kind, (pass){a->rows, nx, true, true}, in, out, v_all(divisor));
        else
            pixel_in_passes(args, kind, nx, in, out, divisor);
    }
}

static void max_window(const hg_pool_args *a)
{
    row_of(a, MAX);
}

static void avg_window(const hg_pool_args *a)
{
    row_of(a, SUM);
}

static void lp_window(const hg_pool_args *a)
{
    if (a->power == 1.0f)
        row_of(a, SUM_ABS);
    else
        row_of(a, SUM_SQUARE);
}

const hg_kernel HG_ROWS(pool2d_nhwc_window)[] = {
    {HG_ROW(max_pool2d, nhwc, "window"), .rev = 4, .limits = {.no_indices = true},
     .algorithm = &hg_pool2d_nhwc_window, .run.pool = max_window},
    {HG_ROW(avg_pool2d, nhwc, "window"), .rev = 4, .algorithm = &hg_pool2d_nhwc_window,
     .run.pool = avg_window},
    {HG_ROW(lp_pool2d, nhwc, "window"), .rev = 4, .algorithm = &hg_pool2d_nhwc_window,
     .run.pool = lp_window},
    {.name = NULL},
};
