/* Maxima of any window with their indices, NHWC. Contract: hg_pool_args in pool2d.h. */
#include "kernels/pool2d/indices.h"
#include "kernels/pool2d/nhwc/rows.h"

#include <math.h>

/* VL channels of one window, or the lanes of a tail; places lie beside the maxima, as 32-bit lanes.
 */
HG_INLINE vfloat window(const hg_pool_args *a, const index_lanes *l, const float *in, int64_t taps,
                        vtail tail, bool whole, vint *vplace)
{
    const int32_t right = (int32_t)(a->plane_column * l->unit);
    vfloat vacc = v_all(-INFINITY);
    *vplace = i_all(0);
    for (int64_t ky = 0; ky < a->rows; ky++) {
        const float *tap = in + ky * a->row_step;
        vint vhere = i_all((int32_t)(ky * a->plane_row * l->unit));
        for (int64_t kx = 0; kx < taps; kx++, tap += a->column_step) {
            const vfloat vi = v_load_partial(tap, tail, whole);
            const vmask vtake = v_greater_or_nan(vi, vacc);
            vacc = v_select(vtake, vi, vacc);
            *vplace = i_blend(vtake, vhere, *vplace);
            vhere = i_add(vhere, i_all(right));
        }
    }
    return vacc;
}

static void store_no_indices(const hg_pool_args *a, int64_t at)
{
    for (int64_t c = 0; c < a->channels; c++) {
        if (a->index_type == HG_INDEX_I32)
            ((int32_t *)a->indices)[at + c] = -1;
        else
            ((int64_t *)a->indices)[at + c] = -1;
    }
}

HG_INLINE void row_of(const hg_pool_args *args, hg_index_type type)
{
    /* A copy that no store can alias: what depends on it alone leaves the loops. */
    const hg_pool_args copy = *args, *a = &copy;
    const index_lanes l = index_lanes_of(a, type, a->index_channel);
    const size_t rest = (size_t)(a->channels % VL);
    const vtail tail = v_tail(rest);
    for (int64_t x = 0; x < a->width; x++) {
        const hg_pool_span *column = &a->columns[x];
        const float *in = a->input + column->first * a->in_pixel;
        const int64_t corner = a->plane_first + column->first * a->plane_pixel;
        const int64_t taps = column->taps, at = x * a->out_pixel;
        index_firsts f = index_firsts_of(a, &l, type, corner);
        vint vplace;
        int64_t c = 0;
        for (; c + VL <= a->channels; c += VL) {
            v_store(a->output + at + c, window(a, &l, in + c, taps, tail, true, &vplace));
            store_indices(&l, type, a->indices, at + c, &f, vplace, VL);
            next_firsts(&l, type, &f);
        }
        if (rest) {
            v_store_tail(a->output + at + c, window(a, &l, in + c, taps, tail, false, &vplace),
                         tail);
            store_indices(&l, type, a->indices, at + c, &f, vplace, rest);
        }
        if (a->rows == 0 || taps == 0) store_no_indices(a, at);
    }
}

static void max_window_indices(const hg_pool_args *a)
{
    if (a->index_type == HG_INDEX_I32)
        row_of(a, HG_INDEX_I32);
    else
        row_of(a, HG_INDEX_I64);
}

const hg_kernel HG_ROWS(pool2d_nhwc_window_indices)[] = {
    {HG_ROW(max_pool2d, nhwc, "window_indices"), .rev = 3, .limits = {.only_indices = true},
     .algorithm = &hg_pool2d_nhwc_window, .run.pool = max_window_indices},
    {.name = NULL},
};
