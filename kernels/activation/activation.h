/* Activations that are functions: behind the sums of a convolution, or alone.
 *
 * Slope and bounds (ReLU and its kin) are applied to sums in registers (simd/post.h). Functions ask
 * for as many registers as the sums do: they go over outputs that were just written, a block of a
 * range at a time, while these are in L1 or L2, and no microkernel knows of them. What is written
 * twice, such as the columns of an overlapping tile, must be written before the function comes. */
#ifndef HG_ACTIVATION_H
#define HG_ACTIVATION_H

#include "kernels/kernel.h"

/* What is the same in all elements of a run. */
typedef struct hg_activation_args {
    float factor, offset; /* of hg_post */
    const float *slopes;  /* HG_PRELU: of element i slopes[i], or slopes[0] if they share it */
    bool share;
} hg_activation_args;

/*     for i < n:  y[i] = function(x[i])            y may be x; nothing else is read or written */
typedef void hg_activate_fn(const float *x, float *y, int64_t n, const hg_activation_args *args);

/* By hg_activation; NULL for those that slope and bounds say. */
typedef struct hg_activations {
    hg_activate_fn *of[HG_ACTIVATION_COUNT];
} hg_activations;

/* The reference calculates in double; instruction sets are within 2 ULP (docs/accuracy.md). */
extern const hg_activations hg_activations_ref, hg_activations_avx2, hg_activations_avx512,
    hg_activations_neon;

/* A block of the output: of one image rows [y, y + rows), columns [x, x + columns), channels
 * [c, c + channels). */
typedef struct hg_block {
    int64_t n, y, x, c, rows, columns, channels;
} hg_block;

/* Applies the task's function, if it has one, to a block that holds its sums; to each element
 * once. */
void hg_activate_block(const hg_task *t, const hg_block *at);

HG_INLINE void hg_finish(const hg_task *t, hg_block at)
{
    if (t->activate) hg_activate_block(t, &at);
}

/* ... to channels [c, c + channels) of the pixel at y; NHWC. */
HG_INLINE void hg_finish_pixel(const hg_task *t, float *y, int64_t c, int64_t channels)
{
    if (!t->activate) return;
    const hg_post *post = &t->problem->post;
    const hg_activation_args args = {post->factor, post->offset, t->slopes + c, false};
    t->activate(y, y, channels, &args);
}

/* For algorithms that do not finish their outputs themselves (hg_algorithm.finishes): ranges of the
 * whole output, and the function on some of them. */
int64_t hg_activate_ranges(const hg_problem *p);
void hg_activate_range(const hg_task *t, int64_t begin, int64_t end);

#endif
