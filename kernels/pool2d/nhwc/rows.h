/* Pooling of NHWC by rows of output pixels: what its algorithms share. The microkernel is run.pool.
 */
#ifndef HG_POOL_NHWC_ROWS_H
#define HG_POOL_NHWC_ROWS_H

#include "kernels/pool2d/pool2d.h"

extern const hg_algorithm hg_pool2d_nhwc_window, hg_pool2d_nhwc_2x2s2, hg_pool2d_nhwc_global;

/* The members that all of them share. */
#define HG_POOL_BY_ROWS                                                                            \
    .size = hg_pool_rows_size, .prepare = hg_pool_rows_prepare, .run = hg_pool_rows_run
hg_size_fn hg_pool_rows_size;
hg_prepare_fn hg_pool_rows_prepare;
hg_run_fn hg_pool_rows_run;

/* efficiency: of AVX2 with all lanes at work and no indices. */
double hg_pool_rows_cost(const hg_problem *p, const hg_kernel *k, double efficiency);

#endif
