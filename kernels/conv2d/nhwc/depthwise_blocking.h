/* Depthwise convolution: how a problem is cut into chunks and ranges, and what that costs. */
#ifndef HG_DEPTHWISE_BLOCKING_H
#define HG_DEPTHWISE_BLOCKING_H

#include "kernels/conv2d/nhwc/depthwise.h"

enum { HG_DEPTHWISE_LINES = 64 }; /* output rows of a call, at most */

/* Everything that follows from problem, kernel and config. */
typedef struct hg_depthwise_blocking {
    int64_t unit;  /* channels of a block of packed weights */
    int64_t group; /* channels of one */
    int64_t multiplier;
    int64_t taps, blocks; /* blocks of channels */
    int64_t rows, block;  /* output rows, and rows per range */
    int64_t lines;        /* output rows of a call */
    int64_t chunk;        /* channels at a time; a multiple of unit */
    int64_t width;        /* channels of a range; whole chunks */
    int64_t copied;       /* rows of its input in scratch; 0: they are read where they lie */
} hg_depthwise_blocking;

hg_depthwise_blocking hg_depthwise_blocking_of(const hg_problem *p, const hg_kernel *k,
                                               const hg_config *c);
/* Of the input of a range in scratch. */
size_t hg_depthwise_copy_bytes(const hg_problem *p, const hg_depthwise_blocking *b);
int64_t hg_depthwise_ranges_of(const hg_problem *p, const hg_depthwise_blocking *b);

/* As in hg_algorithm. */
hg_supports_fn hg_depthwise_supports;
hg_configs_fn hg_depthwise_configs;
hg_cost_fn hg_depthwise_cost;

#endif
