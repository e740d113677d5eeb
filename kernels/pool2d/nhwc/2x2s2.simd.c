/* Windows of 2x2 of stride 2 without padding, NHWC. Contract: hg_pool_args in pool2d.h. A vector is
 * VL channels of one tap.
 *
 * Maxima are first taken as if no tap were NaN, which halves the work on the busiest ports; a row
 * that turns out to hold NaN is done again. */
#include "kernels/pool2d/four_taps.h"
#include "kernels/pool2d/indices.h"
#include "kernels/pool2d/nhwc/rows.h"

enum {
    AHEAD = 512, /* floats between a prefetch and its load */
    BLOCK = 8    /* vectors of channels that tensors in L2 are taken by */
};

/* n <= VL channels of one pixel. */
HG_INLINE void load_taps(const hg_pool_args *a, const float *in, size_t n, bool once, vfloat vi[4])
{
    const int64_t right = a->column_step, down = a->row_step;
    const float *taps[4] = {in, in + right, in + down, in + down + right};
    HG_UNROLL
    for (int i = 0; i < 4; i++)
        vi[i] = n == VL && once ? v_load_once(taps[i]) : v_load_up_to(taps[i], n);
}

HG_INLINE void pixel(const hg_pool_args *a, pool_kind kind, const float *in, float *out, size_t n,
                     vfloat vflag[2])
{
    vfloat vi[4];
    load_taps(a, in, n, kind != SUM, vi);
    v_store_up_to(out, four_taps(kind, vi), n);
    note_four(kind, vi, vflag);
}

/* Two rows side by side are more than the hardware's prefetchers follow well. */
HG_INLINE bool far_row(const hg_pool_args *args, pool_kind kind)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t right = a->column_step, down = a->row_step;
    const int64_t whole = a->channels / HG_CACHELINE * HG_CACHELINE;
    vfloat vflag[4] = {v_zero(), v_zero(), v_zero(), v_zero()};
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + 2 * x * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        int64_t c = 0;
        for (; c < whole; c += HG_CACHELINE) {
            hg_prefetch(in + c, AHEAD);
            hg_prefetch(in + c, AHEAD + right);
            hg_prefetch(in + c, AHEAD + down);
            hg_prefetch(in + c, AHEAD + down + right);
            HG_UNROLL
            for (int i = 0; i < HG_CACHELINE; i += VL)
                pixel(a, kind, in + c + i, out + c + i, VL, vflag + i / VL % 2 * 2);
        }
        for (; c + VL <= a->channels; c += VL) pixel(a, kind, in + c, out + c, VL, vflag);
        if (c < a->channels) pixel(a, kind, in + c, out + c, (size_t)(a->channels - c), vflag);
    }
    return !v_noted(vflag[0]) && !v_noted(vflag[1]) && !v_noted(vflag[2]) && !v_noted(vflag[3]);
}

/* n_vec (even) vectors of channels, tap by tap: in L2, long runs of memory come faster than lines
 * from four places in turn. The loops over taps stay loops, or compilers would mix their loads
 * again. */
HG_INLINE void block(const hg_pool_args *a, pool_kind kind, const float *in, float *out, int n_vec,
                     vfloat vflag[BLOCK / 2])
{
    vfloat vacc[BLOCK];
    HG_UNROLL
    for (int i = 0; i < n_vec; i++) vacc[i] = identity_of(kind);
    for (int64_t y = 0; y < a->rows; y++) {
        const float *tap = in + y * a->row_step;
        for (int64_t x = 0; x < a->columns->taps; x++, tap += a->column_step) {
            HG_UNROLL
            for (int i = 0; i < n_vec; i += 2) {
                const float *at = tap + i * VL;
                const vfloat v0 = kind == SUM ? v_load(at) : v_load_once(at);
                const vfloat v1 = kind == SUM ? v_load(at + VL) : v_load_once(at + VL);
                vacc[i] = reduce(kind, vacc[i], v0), vacc[i + 1] = reduce(kind, vacc[i + 1], v1);
                if (kind == NUMBERS) vflag[i / 2] = v_note_nan(vflag[i / 2], v0, v1);
            }
        }
    }
    HG_UNROLL
    for (int i = 0; i < n_vec; i++)
        v_store(out + i * VL, kind == SUM ? v_mul(vacc[i], v_all(0.25f)) : vacc[i]);
}

HG_INLINE bool near_row(const hg_pool_args *args, pool_kind kind)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    vfloat vflag[BLOCK / 2] = {v_zero(), v_zero(), v_zero(), v_zero()};
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + 2 * x * a->in_pixel;
        float *out = a->output + x * a->out_pixel;
        int64_t c = 0;
        for (; c + BLOCK * VL <= a->channels; c += BLOCK * VL)
            block(a, kind, in + c, out + c, BLOCK, vflag);
        if (c + BLOCK / 2 * VL <= a->channels)
            block(a, kind, in + c, out + c, BLOCK / 2, vflag), c += BLOCK / 2 * VL;
        for (; c + VL <= a->channels; c += VL) pixel(a, kind, in + c, out + c, VL, vflag);
        if (c < a->channels) pixel(a, kind, in + c, out + c, (size_t)(a->channels - c), vflag + 2);
    }
    return !v_noted(v_add(v_add(vflag[0], vflag[1]), v_add(vflag[2], vflag[3])));
}

HG_INLINE bool row_of(const hg_pool_args *a, pool_kind kind)
{
    return a->far ? far_row(a, kind) : near_row(a, kind);
}

static void max_2x2s2(const hg_pool_args *a)
{
    if (!row_of(a, NUMBERS)) row_of(a, ANY);
}

static void avg_2x2s2(const hg_pool_args *a)
{
    row_of(a, SUM);
}

/* ---- With indices ---- */

/* n <= VL channels of one pixel, `at` floats from the row's begin. */
HG_INLINE void pixel_indices(const hg_pool_args *a, const index_lanes *l, const vint voffset[4],
                             hg_index_type type, pool_kind kind, const float *in, int64_t at,
                             const index_firsts *f, size_t n, vfloat vflag[2])
{
    vfloat vi[4];
    vint vplace;
    load_taps(a, in, n, true, vi);
    v_store_up_to(a->output + at, four_taps_place(kind, vi, voffset, &vplace), n);
    store_indices(l, type, a->indices, at, f, vplace, n);
    note_four(kind, vi, vflag);
}

HG_INLINE bool row_indices(const hg_pool_args *args, hg_index_type type, pool_kind kind)
{
    const hg_pool_args copy = *args, *a = &copy;
    const index_lanes l = index_lanes_of(a, type, a->index_channel);
    vint voffset[4];
    four_offsets(a, &l, voffset);
    vfloat vflag[2] = {v_zero(), v_zero()};
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + 2 * x * a->in_pixel;
        const int64_t corner = a->plane_first + 2 * x * a->plane_pixel, at = x * a->out_pixel;
        index_firsts f = index_firsts_of(a, &l, type, corner);
        int64_t c = 0;
        for (; c + VL <= a->channels; c += VL) {
            /* Two lines of input for one of output: pixels side by side are often dense. Beside
             * indices of 32 bits the hardware's prefetchers do as well. */
            if (type == HG_INDEX_I64 && at_cacheline(c)) {
                hg_prefetch(in + 2 * c, 2 * AHEAD);
                hg_prefetch(in + 2 * c, 2 * AHEAD + a->row_step);
            }
            pixel_indices(a, &l, voffset, type, kind, in + c, at + c, &f, VL, vflag);
            next_firsts(&l, type, &f);
        }
        const size_t n = (size_t)(a->channels - c);
        if (n) pixel_indices(a, &l, voffset, type, kind, in + c, at + c, &f, n, vflag);
    }
    return !v_noted(vflag[0]) && !v_noted(vflag[1]);
}

static void max_2x2s2_indices(const hg_pool_args *a)
{
    if (a->index_type == HG_INDEX_I32) {
        if (!row_indices(a, HG_INDEX_I32, NUMBERS)) row_indices(a, HG_INDEX_I32, ANY);
    } else if (!row_indices(a, HG_INDEX_I64, NUMBERS)) {
        row_indices(a, HG_INDEX_I64, ANY);
    }
}

#define TWO_BY_TWO .kernel = {2, 2}, .stride = {2, 2}, .dilation = {1, 1}, .no_padding = true

const hg_kernel HG_ROWS(pool2d_nhwc_2x2s2)[] = {
    {HG_ROW(max_pool2d, nhwc, "2x2s2"), .rev = 5, .limits = {TWO_BY_TWO, .no_indices = true},
     .algorithm = &hg_pool2d_nhwc_2x2s2, .run.pool = max_2x2s2},
    {HG_ROW(max_pool2d, nhwc, "2x2s2_indices"), .rev = 4,
     .limits = {TWO_BY_TWO, .only_indices = true}, .algorithm = &hg_pool2d_nhwc_2x2s2,
     .run.pool = max_2x2s2_indices},
    {HG_ROW(avg_pool2d, nhwc, "2x2s2"), .rev = 5, .limits = {TWO_BY_TWO},
     .algorithm = &hg_pool2d_nhwc_2x2s2, .run.pool = avg_2x2s2},
    {.name = NULL},
};
