/* Windows of 2x2: their four taps in order, over the vector vocabulary. */
#ifndef HG_POOL_FOUR_TAPS_H
#define HG_POOL_FOUR_TAPS_H

#include "kernels/pool2d/reduce.h"

/* The input of the outputs from o on begins a cache line, if that of the first does. */
HG_INLINE bool at_cacheline(int64_t o)
{
    return 2 * VL >= HG_CACHELINE || o % (HG_CACHELINE / 2) == 0;
}

/* As the first is added to 0, -0 becomes +0 in sums. The divisor is 4: a product with 1/4 has the
 * same bits as the quotient. */
HG_INLINE vfloat four_taps(pool_kind kind, const vfloat vi[4])
{
    if (kind == SUM) {
        const vfloat vsum = v_add(v_add(v_add(v_add(v_zero(), vi[0]), vi[1]), vi[2]), vi[3]);
        return v_mul(vsum, v_all(0.25f));
    }
    if (kind == ANY) return reduce(ANY, reduce(ANY, reduce(ANY, vi[0], vi[1]), vi[2]), vi[3]);
    return v_max_first(v_max_first(vi[0], vi[1]), v_max_first(vi[2], vi[3]));
}

HG_INLINE void note_four(pool_kind kind, const vfloat vi[4], vfloat vflag[2])
{
    if (kind != NUMBERS) return;
    vflag[0] = v_note_nan(vflag[0], vi[0], vi[1]);
    vflag[1] = v_note_nan(vflag[1], vi[2], vi[3]);
}

/* The maximum and the place of its tap, one of voffset. Of numbers the first of the greatest: the
 * greater of either row, then of both. Of any the last NaN, if there is one: tap by tap. */
HG_INLINE vfloat four_taps_place(pool_kind kind, const vfloat vi[4], const vint voffset[4],
                                 vint *vplace)
{
    if (kind == NUMBERS) {
        const vfloat vmax0 = v_max_first(vi[0], vi[1]), vmax1 = v_max_first(vi[2], vi[3]);
        const vmask vtop = v_greater(vi[1], vi[0]), vbottom = v_greater(vi[3], vi[2]);
        const vmask vlower = v_greater(vmax1, vmax0);
        const vmask vright = m_select(vlower, vbottom, vtop);
        *vplace = i_add(i_where(vright, voffset[1]), i_where(vlower, voffset[2]));
        return v_max_first(vmax0, vmax1);
    }
    vfloat vacc = vi[0];
    *vplace = voffset[0];
    HG_UNROLL
    for (int i = 1; i < 4; i++) {
        *vplace = i_select(v_greater_or_nan(vi[i], vacc), voffset[i], *vplace);
        vacc = v_max_first_last_nan(vacc, vi[i]);
    }
    return vacc;
}

#endif
