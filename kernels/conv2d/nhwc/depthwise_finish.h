/* What the depthwise and the grouped microkernels share, over the vector vocabulary: where blocks
 * of channels lie, and the end of every output. Contract: depthwise.h. */
#ifndef HG_DEPTHWISE_FINISH_H
#define HG_DEPTHWISE_FINISH_H

#include <math.h>

#include "kernels/conv2d/nhwc/depthwise.h"
#include "kernels/simd/post.h"
#include "kernels/simd/simd.h"

enum { BLOCK = HG_DEPTHWISE_BLOCK(VL), VECTORS = BLOCK / VL /* of a block */ };

/* The channel that the block of packed weights with channel c begins at, plus c % BLOCK. */
HG_INLINE int64_t hg_block_begin(const hg_depthwise_args *a, size_t c)
{
    if (!a->overlap) return (int64_t)c;
    const int64_t in_block = (int64_t)(c % BLOCK), begin = (int64_t)c - in_block;
    return HG_MIN(begin, (int64_t)a->channels - BLOCK) + in_block;
}

/* Packed weights of the vector of channels at c. */
HG_INLINE const float *hg_block_weights(const hg_depthwise_args *a, const hg_depthwise_line *l,
                                        size_t c)
{
    return l->weights + (int64_t)(c / BLOCK) * a->block_step + (int64_t)(c % BLOCK);
}

/* Ends and stores outputs x .. x + px - 1, one vector of channels from `at` on, or the lanes of
 * `tail`. Bounds that are none are left out: loops of three rows of taps would feel them. late, a
 * constant: they are read here each time; gcc would else keep them in registers that a loop may
 * need. */
HG_INLINE void hg_depthwise_finish(const hg_depthwise_args *a, const hg_depthwise_line *l,
                                   int64_t x, int64_t at, vfloat *vacc, int px, vtail tail,
                                   bool whole, bool late)
{
    const hg_depthwise_args *here = a;
    if (late) __asm__("" : "+r"(here));
    if (l->residual) {
        const float *added = l->residual + x * a->residual_step + at;
        HG_UNROLL
        for (int j = 0; j < px; j++, added += a->residual_step)
            vacc[j] = v_add(vacc[j], v_load_part(added, tail, whole));
    }
    if (a->slope != 1.0f) {
        const vfloat vslope = v_all(here->slope);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[j] = v_leaky(vacc[j], vslope);
    }
    if (here->min > -INFINITY) {
        const vfloat vmin = v_all(here->min);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[j] = v_at_least(vacc[j], vmin);
    }
    if (here->max < INFINITY) {
        const vfloat vmax = v_all(here->max);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[j] = v_at_most(vacc[j], vmax);
    }
    float *out = l->out + x * a->out_step + at;
    HG_UNROLL
    for (int j = 0; j < px; j++, out += a->out_step) {
        __asm__("" : "+r"(out)); /* no sum in the address: some CPUs would take a step more */
        v_store_part(out, vacc[j], tail, whole);
    }
}

#endif
