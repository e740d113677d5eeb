/* What the depthwise and the grouped kernels share, AVX2: parts of vectors and the epilogue. */
#ifndef HG_DEPTHWISE_POST_AVX2_H
#define HG_DEPTHWISE_POST_AVX2_H

#include "kernels/conv2d/depthwise.h"
#include "kernels/conv2d/post_avx2.h"

/* Lanes beyond the tensor are neither read nor written. masked is a constant. */
HG_INLINE __m256 hg_load_part(const float *p, __m256i vmask, bool masked)
{
    return masked ? _mm256_maskload_ps(p, vmask) : _mm256_loadu_ps(p);
}

/* Ends and stores outputs x .. x + px - 1, one vector of channels from `at` on. late, a constant:
 * the bounds are read here each time; gcc would else keep them in registers that a loop may need.
 */
HG_INLINE void hg_depthwise_finish(const hg_depthwise_args *a, const hg_depthwise_line *l,
                                   int64_t x, int64_t at, __m256 *vacc, int px, __m256i vmask,
                                   bool masked, bool late)
{
    const hg_depthwise_args *here = a;
    if (late) __asm__("" : "+r"(here));
    const __m256 vmin = _mm256_set1_ps(here->min), vmax = _mm256_set1_ps(here->max);
    if (l->residual) {
        const float *added = l->residual + x * a->residual_step + at;
        HG_UNROLL for (int j = 0; j < px; j++, added += a->residual_step) vacc[j] =
            _mm256_add_ps(vacc[j], hg_load_part(added, vmask, masked));
    }
    if (a->slope != 1.0f) {
        const __m256 vslope = _mm256_set1_ps(here->slope);
        HG_UNROLL for (int j = 0; j < px; j++) vacc[j] =
            hg_conv_post_avx2(vacc[j], true, vslope, vmin, vmax);
    }
    float *out = l->out + x * a->out_step + at;
    HG_UNROLL for (int j = 0; j < px; j++, out += a->out_step)
    {
        const __m256 v = hg_conv_post_avx2(vacc[j], false, vmin, vmin, vmax);
        if (masked)
            _mm256_maskstore_ps(out, vmask, v);
        else
            _mm256_storeu_ps(out, v);
    }
}

#endif
