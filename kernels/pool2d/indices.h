/* Indices of VL outputs side by side, over the vector vocabulary.
 *
 * An index is that of the window's first tap plus what the tap's place in the window adds. Places
 * are counted in indices where these have 32 bits; else in positions of the plane, which the store
 * multiplies by `scale`. `type` is a constant wherever speed matters. */
#ifndef HG_POOL_INDICES_H
#define HG_POOL_INDICES_H

#include "kernels/pool2d/pool2d.h"
#include "kernels/simd/simd.h"

typedef struct index_lanes {
    int32_t unit;  /* what one position of the plane counts */
    int32_t scale; /* 64 bits: indices of one position */
    vint vlanes;   /* 32 bits: what lanes add; of VL lanes */
    vint vstep;
    vlong vlanes64[2]; /* 64 bits: the same, half of the lanes in each */
    vlong vstep64;
} index_lanes;

/* Indices of the lanes' first taps. */
typedef struct index_firsts {
    vint v;
    vlong v64[2];
} index_firsts;

/* step: from one lane to the next. Lanes beyond the last may exceed 32 bits: they wrap. */
HG_INLINE index_lanes index_lanes_of(const hg_pool_args *a, hg_index_type type, int64_t step)
{
    const bool narrow = type == HG_INDEX_I32;
    int32_t lanes[VL];
    int64_t lanes64[VL];
    for (int i = 0; i < VL; i++) {
        lanes64[i] = i * step;
        lanes[i] = narrow ? (int32_t)lanes64[i] : 0;
    }
    return (index_lanes){.unit = narrow ? (int32_t)a->index_scale : 1,
                         .scale = (int32_t)a->index_scale,
                         .vlanes = i_load(lanes),
                         .vstep = i_all(narrow ? (int32_t)(VL * step) : 0),
                         .vlanes64 = {l_load(lanes64), l_load(lanes64 + VL / 2)},
                         .vstep64 = l_all(VL * step)};
}

/* The places of the four taps of a 2x2 window. */
HG_INLINE void four_offsets(const hg_pool_args *a, const index_lanes *l, vint voffset[4])
{
    const int32_t right = (int32_t)(a->plane_column * l->unit);
    const int32_t down = (int32_t)(a->plane_row * l->unit);
    voffset[0] = i_all(0);
    voffset[1] = i_all(right);
    voffset[2] = i_all(down);
    voffset[3] = i_all(down + right);
}

/* corner: the position in the plane of the first lane's window. */
HG_INLINE index_firsts index_firsts_of(const hg_pool_args *a, const index_lanes *l,
                                       hg_index_type type, int64_t corner)
{
    const int64_t first = corner * a->index_scale + a->index_first;
    index_firsts f;
    if (type == HG_INDEX_I32) {
        f.v = i_add(i_all((int32_t)first), l->vlanes);
    } else {
        f.v64[0] = l_add(l_all(first), l->vlanes64[0]);
        f.v64[1] = l_add(l_all(first), l->vlanes64[1]);
    }
    return f;
}

HG_INLINE void next_firsts(const index_lanes *l, hg_index_type type, index_firsts *f)
{
    if (type == HG_INDEX_I32) {
        f->v = i_add(f->v, l->vstep);
    } else {
        f->v64[0] = l_add(f->v64[0], l->vstep64);
        f->v64[1] = l_add(f->v64[1], l->vstep64);
    }
}

/* The indices of n <= VL lanes. */
HG_INLINE void store_indices(const index_lanes *l, hg_index_type type, void *indices, int64_t at,
                             const index_firsts *f, vint vplace, size_t n)
{
    if (type == HG_INDEX_I32) {
        i_store_up_to((int32_t *)indices + at, i_add(f->v, vplace), n);
        return;
    }
    int64_t *out = (int64_t *)indices + at, tail[VL], *to = n == VL ? out : tail;
    l_store(to, l_fma_half(vplace, 0, l->scale, f->v64[0]));
    l_store(to + VL / 2, l_fma_half(vplace, 1, l->scale, f->v64[1]));
    for (size_t i = 0; n < VL && i < n; i++) out[i] = tail[i];
}

#endif
