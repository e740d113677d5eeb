/* What windows do with their taps, over the vector vocabulary. */
#ifndef HG_POOL_REDUCE_H
#define HG_POOL_REDUCE_H

#include <math.h>

#include "kernels/simd/simd.h"

/* NUMBERS is the maximum where no tap is NaN, which costs a third less than ANY. */
typedef enum pool_kind { NUMBERS, ANY, SUM } pool_kind;

/* An ordered maximum may be put together in any way that keeps the taps in order: the first of
 * equals and the last NaN stay the same. */
HG_INLINE vfloat reduce(pool_kind kind, vfloat earlier, vfloat later)
{
    if (kind == SUM) return v_add(earlier, later);
    return kind == ANY ? v_max_first_last_nan(earlier, later) : v_max_first(earlier, later);
}

/* What changes nothing. */
HG_INLINE vfloat identity_of(pool_kind kind)
{
    return v_all(kind == SUM ? 0.0f : -INFINITY);
}

#endif
