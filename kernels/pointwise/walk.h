/* Tensors element by element, in runs of elements that lie side by side.
 *
 * Dimensions that follow each other without gaps in all tensors become one, so that dense tensors
 * are a single run whatever their layout. A second tensor that repeats after few elements, or that
 * has one number for few elements, is laid out in scratch for a stretch of the run first: runs stay
 * long. */
#ifndef HG_POINTWISE_WALK_H
#define HG_POINTWISE_WALK_H

#include "kernels/kernel.h"

enum { HG_WALK_DIMENSIONS = 4, HG_FEW_CHANNELS = 8, HG_MOST_LANES = 16 };

typedef struct hg_walk_dimension {
    int64_t extent, in, other, out; /* steps */
} hg_walk_dimension;

/* How the second tensor gets beside a run. */
typedef enum hg_walk_layout { HG_AS_IT_LIES, HG_REPEATED, HG_SPREAD } hg_walk_layout;

/* What an algorithm keeps in its tables. */
typedef struct hg_walk {
    hg_walk_dimension d[HG_WALK_DIMENSIONS]; /* the innermost first: steps of in and out are 1 */
    hg_walk_layout layout;
    int64_t columns, rows, column_blocks, row_blocks; /* of a range, of d[0] and d[1] */
    int64_t ranges;
    /* HG_SPREAD over few channels: of VL values, lane i of vector j is the value places[j * VL +
     * i].
     */
    int32_t places[HG_FEW_CHANNELS * HG_MOST_LANES];
} hg_walk;

/* other: in's layout; in each dimension in's size or 1. out: in's sizes. */
hg_walk hg_walk_of(const hg_tensor *in, const hg_tensor *other, const hg_tensor *out,
                   const hg_kernel *k);

/* Bytes of a worker's scratch for what is laid out; a multiple of 64. */
size_t hg_walk_scratch(const hg_walk *w);

/* Estimated time but for what is calculated (hg_cost_fn). */
double hg_walk_ns(const hg_problem *p, const hg_walk *w);

/* Plain stores, and past the caches where runs are so long that these may pay (hg_configs_fn). */
int hg_walk_configs(const hg_walk *w, hg_config list[HG_MAX_CONFIGS]);

/* Where a run begins. */
typedef struct hg_place {
    const float *in, *other;
    float *out;
} hg_place;

/* One run; single: other is one number for all of it. */
typedef void hg_walk_run_fn(const hg_task *t, hg_place at, int64_t count, bool single);

/*     for x < count, c < channels:  output[x * channels + c] = value[x * step]
 *
 * HG_FEW_CHANNELS vectors behind the last may be written, too. places: those of the walk. */
typedef void hg_spread_fn(const float *value, int64_t step, int64_t channels, int64_t count,
                          const int32_t *places, float *output);

/* Ranges [begin, end) of the walk in t->tables; `first` are the tensors' first elements. */
void hg_walk_ranges(const hg_task *t, hg_place first, hg_spread_fn *spread, hg_walk_run_fn *run,
                    int64_t begin, int64_t end);

#endif
