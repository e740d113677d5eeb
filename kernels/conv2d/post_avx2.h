/* The end of every convolution output, AVX2. */
#ifndef HG_POST_AVX2_H
#define HG_POST_AVX2_H

#include <stdbool.h>

#include "kernels/common/vec_avx2.h"

/* min and max return their second operand on NaN, so that NaN stays NaN. The slope is selected
 * by comparison, not by sign: -0 must not become slope * -0. leaky = (slope != 1). */
HG_INLINE __m256 hg_conv_post_avx2(__m256 v, bool leaky, __m256 vslope, __m256 vmin, __m256 vmax)
{
    if (leaky) {
        const __m256 vneg = _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_LT_OQ);
        v = _mm256_blendv_ps(v, _mm256_mul_ps(v, vslope), vneg);
    }
    return _mm256_min_ps(vmax, _mm256_max_ps(vmin, v));
}

#endif
