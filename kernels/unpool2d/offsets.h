/* Indices as offsets within their blocks, over the vector vocabulary. */
#ifndef HG_UNPOOL_OFFSETS_H
#define HG_UNPOOL_OFFSETS_H

#include "kernels/simd/simd.h"
#include "kernels/unpool2d/unpool2d.h"

/* Offsets 0 .. 2^31-1 of the n <= VL indices from element e on; others match no offset that a block
 * has. first: the index expected of lane 0 at the block's first pixel. Tails of 64 bits pass
 * through the stack; what spare lanes hold is no offset. */
HG_INLINE vint offsets(const hg_unpool_args *a, int64_t e, int64_t first, size_t n)
{
    const int64_t step = a->index_channel;
    if (a->index_type == HG_INDEX_I32) {
        /* Wrapping is harmless: equal modulo 2^32 and both below 2^31 means equal, and a negative
         * index matches no offset that the block has. */
        const int32_t *from = (const int32_t *)a->indices + e;
        const vint vlanes = i_mul(i_iota(), i_all((int32_t)step));
        const vint vindex = n == VL ? i_load(from) : i_load_first(from, n);
        return i_sub(vindex, i_add(i_all((int32_t)first), vlanes));
    }
    const int64_t *from = (const int64_t *)a->indices + e;
    int64_t tail[VL] = {0};
    for (size_t i = 0; n < VL && i < n; i++) tail[i] = from[i];
    if (n < VL) from = tail;
    const vlong vlow = l_add(l_all(first), l_multiples(step));
    const vlong vhigh = l_add(vlow, l_all(VL / 2 * step));
    return l_narrow(l_sub(l_load(from), vlow), l_sub(l_load(from + VL / 2), vhigh));
}

#endif
