/* Two tensors to one, by runs of elements that lie side by side. */
#ifndef HG_BINARY_RUNS_H
#define HG_BINARY_RUNS_H

#include "kernels/pointwise/walk.h"

enum { HG_BINARY_OPS = HG_MAXIMUM + 1 };

/*     for i < count:  output[i] = post(input[i] op other[single ? 0 : i])
 *
 * output may be input or other; otherwise they share nothing. post: slope and bounds. */
typedef void hg_binary_run_fn(const float *input, const float *other, float *output, int64_t count,
                              const hg_post *post);

typedef struct hg_binary_ukernels {
    /* By operation; whether other is a single number; whether stores bypass the caches. */
    hg_binary_run_fn *run[HG_BINARY_OPS][2][2];
    hg_spread_fn *spread;
} hg_binary_ukernels;

extern const hg_algorithm hg_binary_runs;

#endif
