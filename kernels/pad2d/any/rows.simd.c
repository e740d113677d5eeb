/* Padding, rows of output. Contract: kernels/pad2d/pad2d.h. */
#include "kernels/pad2d/pad2d.h"

#include "kernels/simd/aligned.h"

enum { AT_ONCE = 4 };

/* n floats. */
HG_INLINE void copy(const float *x, float *y, int64_t n, bool nontemporal)
{
    int64_t i = 0;
    if (nontemporal) i = v_before_aligned(y, n);
    if (i > 0) v_store_up_to(y, v_load_up_to(x, (size_t)i), (size_t)i);
    for (; i + AT_ONCE * VL <= n; i += AT_ONCE * VL) {
        vfloat v[AT_ONCE];
        HG_UNROLL
        for (int j = 0; j < AT_ONCE; j++) v[j] = v_load(x + i + j * VL);
        HG_UNROLL
        for (int j = 0; j < AT_ONCE; j++) v_put(y + i + j * VL, v[j], nontemporal);
    }
    for (; i < n; i += VL) {
        const size_t left = (size_t)HG_MIN(n - i, VL);
        v_store_up_to(y + i, v_load_up_to(x + i, left), left);
    }
}

HG_INLINE void fill(vfloat v, float *y, int64_t n, bool nontemporal)
{
    int64_t i = 0;
    if (nontemporal) i = v_before_aligned(y, n);
    if (i > 0) v_store_up_to(y, v, (size_t)i);
    for (; i + VL <= n; i += VL) v_put(y + i, v, nontemporal);
    if (i < n) v_store_first(y + i, v, (size_t)(n - i));
}

/* Columns [begin, end) of a row, each from where its table says. */
HG_INLINE void units(const hg_pad_rows_args *a, const float *x, float *y, int64_t begin,
                     int64_t end)
{
    const vfloat value = v_all(a->value);
    for (int64_t i = begin; i < end; i++) {
        const int64_t from = a->columns[i];
        if (from < 0)
            fill(value, y + i * a->out_unit, a->unit, false);
        else
            copy(x + from * a->in_unit, y + i * a->out_unit, a->unit, false);
    }
}

HG_INLINE void row(const hg_pad_rows_args *a, const float *x, float *y, bool nontemporal)
{
    const int64_t end = a->left + a->middle;
    const bool dense = a->in_unit == a->unit && a->out_unit == a->unit;
    units(a, x, y, 0, a->left);
    if (dense && a->middle > 0)
        copy(x + a->columns[a->left] * a->unit, y + a->left * a->unit, a->middle * a->unit,
             nontemporal);
    else
        units(a, x, y, a->left, end);
    units(a, x, y, end, end + a->right);
}

/* A row of nothing but the value. */
HG_INLINE void blank(const hg_pad_rows_args *a, float *y, bool nontemporal)
{
    const int64_t width = a->left + a->middle + a->right;
    const bool dense = a->out_unit == a->unit;
    const int64_t count = dense ? 1 : width, length = dense ? width * a->unit : a->unit;
    for (int64_t i = 0; i < count; i++)
        fill(v_all(a->value), y + i * a->out_unit, length, nontemporal);
}

HG_INLINE void run(const hg_pad_rows_args *a, bool nontemporal)
{
    for (int64_t i = 0; i < a->rows; i++) {
        float *const y = a->output + i * a->out_row;
        if (a->sources[i] < 0)
            blank(a, y, nontemporal);
        else
            row(a, a->input + a->sources[i] * a->in_row, y, nontemporal);
    }
    if (nontemporal) v_drain(); /* before another thread is told of it */
}

static void pad_rows(const hg_pad_rows_args *a)
{
    if (a->nontemporal)
        run(a, true);
    else
        run(a, false);
}

const hg_kernel HG_ROWS(pad2d_any_rows)[] = {
    {HG_ROW(pad2d, any, "rows"), .rev = 1, .algorithm = &hg_pad2d_rows, .run.pad_rows = pad_rows},
    {.name = NULL},
};
