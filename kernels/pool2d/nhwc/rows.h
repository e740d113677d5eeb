/* Pooling of NHWC by rows of output pixels: what its algorithms share. The microkernel is run.pool.
 */
#ifndef HG_POOL_NHWC_ROWS_H
#define HG_POOL_NHWC_ROWS_H

#include "kernels/pool2d/pool2d.h"

extern const hg_algorithm hg_pool2d_nhwc_window, hg_pool2d_nhwc_2x2s2, hg_pool2d_nhwc_global;

/* The members that all of them share. */
#define HG_POOL_BY_ROWS                                                                            \
    .size = hg_pool_rows_size, .prepare = hg_pool_rows_prepare, .run = hg_pool_rows_run
void hg_pool_rows_size(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                       hg_sizes *sizes);
void hg_pool_rows_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                          void *tables);
void hg_pool_rows_run(const hg_task *t, int stage, int64_t begin, int64_t end);

/* efficiency: of AVX2 with all lanes at work and no indices. */
double hg_pool_rows_cost(const hg_problem *p, const hg_kernel *k, double efficiency);

#endif
