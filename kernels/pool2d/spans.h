/* Windows along both axes, made at plan time. All padding, dilation, ceil and adaptive rules end
 * here. */
#ifndef HG_POOL_SPANS_H
#define HG_POOL_SPANS_H

#include "kernels/kernel.h"

/* One output coordinate along an axis. */
typedef struct hg_pool_span {
    int32_t first;  /* input coordinate of the first tap inside the input; 0 if there is none */
    int32_t taps;   /* taps inside the input, a dilation apart */
    int32_t extent; /* what the axis contributes to the divisor of an average; at least 1 */
} hg_pool_span;

/* The table of a plan: out.h spans of rows, then out.w of columns. */
size_t hg_pool_spans_size(const hg_problem *p);
hg_prepare_fn hg_pool_prepare_spans;

/* What sums of averages are multiplied by: scale[rows[y] + x], a rounded reciprocal. Rows whose
 * windows are as high share theirs: rows[y] is then the same. A vector of the kernel's may be
 * loaded from each column that is a multiple of its lanes, or ends the row. */
typedef struct hg_pool_scales {
    const int64_t *rows;
    const float *scale;
} hg_pool_scales;

/* The table of a plan with scales behind the spans; other operators than averages have none. */
size_t hg_pool_scales_size(const hg_problem *p, const hg_kernel *k);
hg_prepare_fn hg_pool_prepare_scales;
hg_pool_scales hg_pool_scales_of(const hg_problem *p, const void *tables);

#endif
