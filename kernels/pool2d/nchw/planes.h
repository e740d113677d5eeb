/* Pooling of whole NCHW planes: the algorithms whose microkernel is run.pool. */
#ifndef HG_POOL_NCHW_PLANES_H
#define HG_POOL_NCHW_PLANES_H

#include "kernels/pool2d/pool2d.h"

/* 2x2s2: hg_pool_args for one channel. global: planes are channels, in_pixel and out_pixel lead
 * from one to the next; rows that follow each other are one. */
extern const hg_algorithm hg_pool2d_nchw_2x2s2, hg_pool2d_nchw_global;

#endif
