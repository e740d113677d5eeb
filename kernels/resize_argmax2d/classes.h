/* The microkernels of rows.h over the vector vocabulary. */
#ifndef HG_RESIZE_ARGMAX2D_CLASSES_H
#define HG_RESIZE_ARGMAX2D_CLASSES_H

#include "kernels/resize_argmax2d/rows.h"
#include "kernels/simd/simd.h"

enum {
    ANY_TAPS = 0, /* in place of a constant number of taps */
    FIXED_TAPS = 4,
    TOGETHER = V_REGISTERS < 32 ? 2 : HG_ARGMAX_ROWS /* rows whose sums fit the registers */
};

/* ---- Along x ---- */

/* Tap k of VL outputs, 0 where it is none; `near` is a constant. */
HG_INLINE vfloat column_tap(const float *from, vmask those, vint place, bool near)
{
    if (!near) return v_gather_lanes(those, from, place);
    return v_where(those, v_permute(v_load(from), p_of(place)));
}

/* One group of columns of every channel: its weights and places are loaded once. T, the number of
 * taps, and near are constants. */
HG_INLINE vmask group_along_x(const hg_argmax_along_x_args *a, int64_t x, int T, bool near)
{
    const hg_argmax_columns *h = &a->columns;
    const vint place = i_load(h->place + x);
    const float *from = a->stage + h->group[x / VL].base;
    float *to = a->ring + (x - a->x);
    vfloat vk[FIXED_TAPS];
    vmask those[FIXED_TAPS], wild = m_none();
    HG_UNROLL for (int k = 0; k < T; k++)
    {
        vk[k] = v_load(h->weight + k * h->step + x);
        those[k] = v_nonzero(vk[k]);
    }
    for (int64_t c = 0; c < a->channels; c++, from += a->stage_row, to += a->plane) {
        vfloat vacc = v_zero();
        HG_UNROLL for (int k = 0; k < T; k++)
        {
            const vfloat vi = column_tap(from + k, those[k], place, near);
            vacc = k == 0 ? v_mul(vk[k], vi) : v_fma(vk[k], vi, vacc);
        }
        for (int64_t k = 0; T == ANY_TAPS && k < h->taps; k++) {
            const vfloat vw = v_load(h->weight + k * h->step + x);
            const vfloat vi = column_tap(from + k, v_nonzero(vw), place, near);
            vacc = k == 0 ? v_mul(vw, vi) : v_fma(vw, vi, vacc);
        }
        v_store(to, vacc);
        wild = m_or(wild, v_greater_or_nan(v_abs(vacc), v_all(HG_ARGMAX_TAME)));
    }
    return wild;
}

HG_INLINE bool taps_along_x(const hg_argmax_along_x_args *a, int T)
{
    vmask wild = m_none();
    for (int64_t x = a->x; x < a->x + a->width; x += VL)
        wild = m_or(wild, a->columns.group[x / VL].close ? group_along_x(a, x, T, true)
                                                         : group_along_x(a, x, T, false));
    return m_any(wild);
}

static bool argmax_along_x(const hg_argmax_along_x_args *args)
{
    const hg_argmax_along_x_args copy = *args, *a = &copy; /* stores cannot change it */
    switch (a->columns.taps) {
    case 1:
        return taps_along_x(a, 1);
    case 2:
        return taps_along_x(a, 2);
    case 4:
        return taps_along_x(a, 4);
    default:
        return taps_along_x(a, ANY_TAPS);
    }
}

/* ---- Along y, and the largest ---- */

/* VL scores of H rows; vk: the weights, where T is a number. */
HG_INLINE void scores(const hg_argmax_classes_args *a, int T, int H, vfloat (*vk)[HG_ARGMAX_ROWS],
                      int64_t at, vfloat *vacc)
{
    const vfloat vfirst = v_load(a->rows[0] + at);
    HG_UNROLL for (int h = 0; h < H; h++) vacc[h] =
        v_mul(T == ANY_TAPS ? v_splat(a->weight + h) : vk[0][h], vfirst);
    HG_UNROLL for (int k = 1; k < T; k++)
    {
        const vfloat vi = v_load(a->rows[k] + at);
        HG_UNROLL for (int h = 0; h < H; h++) vacc[h] = v_fma(vk[k][h], vi, vacc[h]);
    }
    for (int64_t k = 1; T == ANY_TAPS && k < a->taps; k++) {
        const vfloat vi = v_load(a->rows[k] + at);
        HG_UNROLL for (int h = 0; h < H; h++) vacc[h] =
            v_fma(v_splat(a->weight + k * a->weight_step + h), vi, vacc[h]);
    }
}

/* H rows, T taps, both constants, as is `tame`. */
HG_INLINE void classes_of(const hg_argmax_classes_args *a, int T, int H, bool tame)
{
    vfloat vk[FIXED_TAPS][HG_ARGMAX_ROWS];
    HG_UNROLL for (int k = 0; k < T; k++)
    {
        HG_UNROLL for (int h = 0; h < H; h++) vk[k][h] =
            v_splat(a->weight + k * a->weight_step + h);
    }
    for (int64_t x = 0; x < a->width; x += VL) {
        vfloat vbest[HG_ARGMAX_ROWS], v[HG_ARGMAX_ROWS];
        vint vclass[HG_ARGMAX_ROWS], vc = i_all(0);
        int64_t at = x;
        scores(a, T, H, vk, at, vbest);
        HG_UNROLL for (int h = 0; h < H; h++) vclass[h] = vc;
        for (int64_t c = 1; c < a->channels; c++) {
            at += a->plane;
            vc = i_add(vc, i_all(1));
            scores(a, T, H, vk, at, v);
            HG_UNROLL for (int h = 0; h < H; h++)
            {
                vmask above = v_greater(v[h], vbest[h]);
                if (!tame) above = m_or(above, m_without(v_is_nan(v[h]), v_is_nan(vbest[h])));
                vclass[h] = i_select(above, vc, vclass[h]);
                vbest[h] = v_select(above, v[h], vbest[h]);
            }
        }
        HG_UNROLL for (int h = 0; h < H; h++) i_store(a->classes + h * a->plane + x, vclass[h]);
    }
}

/* At most so many of the rows: returns how many. T and most are constants. */
HG_INLINE int64_t classes_by(const hg_argmax_classes_args *a, int T, int most)
{
    if (most >= 4 && a->height >= 4) return classes_of(a, T, 4, true), 4;
    if (most >= 4 && a->height == 3) return classes_of(a, T, 3, true), 3;
    if (a->height >= 2) return classes_of(a, T, 2, true), 2;
    return classes_of(a, T, 1, true), 1;
}

static void argmax_classes(const hg_argmax_classes_args *args)
{
    hg_argmax_classes_args a = *args;
    while (a.height > 0) {
        int64_t done = 1;
        if (!a.tame)
            classes_of(&a, ANY_TAPS, 1, false);
        else if (a.taps == 1)
            done = classes_by(&a, 1, TOGETHER);
        else if (a.taps == 2)
            done = classes_by(&a, 2, TOGETHER);
        else if (a.taps == 4)
            done = classes_by(&a, 4, 2);
        else
            done = classes_by(&a, ANY_TAPS, 2);
        a.weight += done;
        a.classes += done * a.plane;
        a.height -= done;
    }
}

#endif
