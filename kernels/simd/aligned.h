/* Where vectors of an output are aligned, as stores past the caches want them. */
#ifndef HG_SIMD_ALIGNED_H
#define HG_SIMD_ALIGNED_H

#include "kernels/simd/simd.h"

/* Floats up to where a vector of y is aligned, at most n. */
HG_INLINE int64_t v_before_aligned(const float *y, int64_t n)
{
    return HG_MIN((VL - (int64_t)((uintptr_t)y / sizeof(float) % VL)) % VL, n);
}

#endif
