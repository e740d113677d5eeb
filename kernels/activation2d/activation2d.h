/* A lone activation: the microkernels for slope and bounds; functions are those of
 * kernels/activation/. */
#ifndef HG_ACTIVATION2D_H
#define HG_ACTIVATION2D_H

#include "kernels/pointwise/walk.h"

/*     for i < count:  output[i] = post(input[i])
 *
 * output may be input; otherwise they share nothing. post: slope and bounds. */
typedef void hg_post_run_fn(const float *input, float *output, int64_t count, const hg_post *post);

typedef struct hg_activation2d_ukernels {
    hg_post_run_fn *run[2]; /* whether stores bypass the caches */
    hg_spread_fn *spread;
} hg_activation2d_ukernels;

extern const hg_algorithm hg_activation2d_runs;

#endif
