/* Bands: a convolution a few rows of output at a time, for NCHW tensors on NHWC kernels and for
 * pooling what was just computed.
 *
 *     input rows of the band -> NHWC scratch | kernel -> NHWC scratch | pooling kernel -> NHWC
 *         scratch, if fused | -> output rows of the band
 *
 * Every band is the same inner problem: rows above and below the image are packed as zeros, so that
 * the kernel knows no vertical padding, and rows of output behind the last one are dropped. All of
 * a band stays in a worker's L2, where whole copies of large tensors would leave every cache. Dense
 * NHWC rows need no copies: input inside the image is read, whole bands are written, in place. */
#ifndef HG_BANDS_H
#define HG_BANDS_H

#include "dispatch/context.h"

struct hg_plan;

/* Rows of output per band that suit the caches and the threads; 0 where bands gain nothing or are
 * not possible. Fused problems run in no other way. */
int64_t hg_band_rows(const hg_context *context, int threads, const hg_problem *p);
/* Whether a problem can be cut into bands of so many rows. */
bool hg_bands_possible(const hg_problem *p, int64_t rows);
/* What the kernel runs for each band, and how many bands the batch has. */
hg_problem hg_problem_of_band(const hg_problem *p, int64_t rows);
int64_t hg_band_count(const hg_problem *p, int64_t rows);
/* Bands begin to end, on a worker's scratch. */
void hg_run_bands(const struct hg_plan *plan, const hg_io *io, const hg_task *task, int64_t begin,
                  int64_t end);

#endif
