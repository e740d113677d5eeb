/* What the depthwise and the grouped microkernels share, over the vector vocabulary: where blocks
 * of channels lie, and the end of every output. Contract: depthwise.h. */
#ifndef HG_DEPTHWISE_FINISH_H
#define HG_DEPTHWISE_FINISH_H

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

/* Each instruction set has PIN: loads are made again, and addresses computed, where compilers would
 * copy registers and add in the address; and POST, how v_post_tile ends sums. */
#include HG_TEXT(HG_JOIN(depthwise, HG_SIMD).h)

/* Ends and stores outputs x .. x + px - 1, one vector of channels from `at` on, or the lanes of
 * `tail`. late, a constant: the bounds are read here each time; gcc would else keep them in
 * registers that a loop may need. */
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
            vacc[j] = v_add(vacc[j], v_load_partial(added, tail, whole));
    }
    v_post_tile(vacc, 1, px, px, a->post.slope != 1.0f, &here->post, (v_post_order)POST);
    float *out = l->out + x * a->out_step + at;
    HG_UNROLL
    for (int j = 0; j < px; j++, out += a->out_step) {
        if (PIN) __asm__("" : "+r"(out));
        v_store_partial(out, vacc[j], tail, whole);
    }
}

#endif
