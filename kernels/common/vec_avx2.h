/* AVX2 helpers shared by the kernels. */
#ifndef HG_COMMON_VEC_AVX2_H
#define HG_COMMON_VEC_AVX2_H

#if !defined(__AVX2__) || !defined(__FMA__)
#error "AVX2 kernels are built with -mavx2 -mfma: see kernels/meson.build"
#endif

#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/common/attr.h"

/* A window of VL words that starts VL - n into this table has its first n lanes set. */
static const int32_t hg_mask_words[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};

/* Mask of the first n lanes, 0 <= n <= 8. Masked-off lanes are neither read nor written. */
HG_INLINE __m256i hg_tail_mask(size_t n)
{
    return _mm256_loadu_si256((const __m256i *)(hg_mask_words + 8 - n));
}

/* Keeps v in a register. Otherwise gcc may repeat a load that several products share, as an operand
 * in memory of each of them, and make loads the bound of a loop. */
HG_INLINE __m256 hg_keep(__m256 v)
{
    __asm__("" : "+x"(v));
    return v;
}

#endif
