/* The end of every convolution output, over the vector vocabulary: the one place that knows what
 * hg_post says. A new activation is a member there, a kind of vpost here, and a line in v_post. */
#ifndef HG_SIMD_POST_H
#define HG_SIMD_POST_H

#include <math.h>

#include "kernels/simd/simd.h"

/* An hg_post in registers. */
typedef struct vpost {
    bool leaky;
    vfloat vslope, vmin, vmax;
} vpost;

HG_INLINE vpost v_post_of(const hg_post *post)
{
    return (vpost){post->slope != 1.0f, v_all(post->slope), v_all(post->min), v_all(post->max)};
}

/* The slope is selected by comparison, not by sign: -0 must not become slope * -0. */
HG_INLINE vfloat v_leaky(vfloat v, vfloat vslope)
{
    return v_select(v_negative(v), v_mul(v, vslope), v);
}

/* NaN stays NaN. */
HG_INLINE vfloat v_post(vfloat v, const vpost *post)
{
    if (post->leaky) v = v_leaky(v, post->vslope);
    return v_clamp(v, post->vmin, post->vmax);
}

/* How v_post_tile goes about it; a constant. */
typedef enum v_post_order {
    V_POST_STEPS,  /* all slopes, then all bounds */
    V_POST_CHOICE, /* slopes and bounds as one, or bounds alone: gcc keeps fewer registers for it */
    V_POST_NEEDED  /* only what changes something: a branch more, an operation less for each sum */
} v_post_order;

/* The same of the sums v[r*pitch + c], r < rows, c < columns; all of them constants. leaky is
 * (post->slope != 1), which callers may know before they let the others be read. */
HG_INLINE void v_post_tile(vfloat *v, int rows, int columns, int pitch, bool leaky,
                           const hg_post *post, v_post_order order)
{
    const vpost p = {true, v_all(post->slope), v_all(post->min), v_all(post->max)};
    if (leaky) {
        HG_UNROLL
        for (int i = 0; i < rows * columns; i++) {
            vfloat *const to = v + i / columns * pitch + i % columns;
            *to = order == V_POST_CHOICE ? v_post(*to, &p) : v_leaky(*to, p.vslope);
        }
    }
    if (order != V_POST_NEEDED || post->min > -INFINITY) {
        HG_UNROLL
        for (int i = 0; i < rows * columns; i++) {
            vfloat *const to = v + i / columns * pitch + i % columns;
            *to = order == V_POST_NEEDED ? v_at_least(*to, p.vmin) : v_clamp(*to, p.vmin, p.vmax);
        }
    }
    if (order == V_POST_NEEDED && post->max < INFINITY) {
        HG_UNROLL
        for (int i = 0; i < rows * columns; i++) {
            vfloat *const to = v + i / columns * pitch + i % columns;
            *to = v_at_most(*to, p.vmax);
        }
    }
}

#endif
