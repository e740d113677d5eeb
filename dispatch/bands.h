/* Bands: a convolution, plain or transposed, a few rows of output at a time, for NCHW tensors on
 * NHWC kernels and for pooling what was just computed.
 *
 *     input rows of the band -> NHWC scratch | kernel -> NHWC scratch | pooling kernel -> NHWC
 *         scratch, if fused | -> output rows of the band
 *
 * Every band is the same inner problem: rows above and below the image are packed as zeros, so that
 * the kernel knows no vertical padding, and rows of output behind the last one are dropped. All of
 * a band stays in a worker's L2, where whole copies of large tensors would leave every cache, and
 * grow with the image. Bands of a transposed convolution have a multiple of its stride of rows: row
 * i of the input reaches the outputs from i * stride - crop on, so that the rows under each band
 * lie alike. Dense NHWC rows need no copies: input inside the image is read, whole bands are
 * written, in place. */
#ifndef HG_BANDS_H
#define HG_BANDS_H

#include "dispatch/context.h"

struct hg_plan;

/* Whether NHWC copies of an NCHW convolution's whole tensors are bounded, by the caches or its
 * weights; others go in bands alone. True of other operators. */
bool hg_copies_bounded(const hg_context *context, const hg_problem *p);
/* Whether L2 does not hold a convolution's weights: short bands would read them again and again. */
bool hg_weights_crowd(const hg_context *context, const hg_problem *p);
/* Rows of output per band that suit the caches and the threads; 0 where bands gain nothing or are
 * not possible. Tall: as many as hold twice the weights, where those crowd the caches. Fused
 * problems, and those whose whole copies are not bounded, run in no other way. */
int64_t hg_band_rows(const hg_context *context, int threads, const hg_problem *p, bool tall);
/* Whether a problem can be cut into bands of so many rows. */
bool hg_bands_possible(const hg_problem *p, int64_t rows);
/* What the kernel runs for each band, and how many bands the batch has. */
hg_problem hg_problem_of_band(const hg_problem *p, int64_t rows);
int64_t hg_band_count(const hg_problem *p, int64_t rows);
/* Bands begin to end, on a worker's scratch. */
void hg_run_bands(const struct hg_plan *plan, const hg_io *io, const hg_task *task, int64_t begin,
                  int64_t end);

#endif
