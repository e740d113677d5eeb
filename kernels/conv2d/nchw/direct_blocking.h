/* How a problem is cut into bands for direct convolution on NCHW tensors, and what that costs. The
 * words: direct.c. */
#ifndef HG_DIRECT_NCHW_BLOCKING_H
#define HG_DIRECT_NCHW_BLOCKING_H

#include "kernels/kernel.h"

/* Everything that follows from problem, kernel and config; begins the plan's tables. */
typedef struct hg_direct_nchw_blocking {
    bool flat; /* lines are pixels */
    int64_t c_group, k_group, depth;
    int64_t lines, block, bands; /* of an image, of a band; bands of an image */
    int64_t chunk, chunks;       /* output channels of a group per range */
    int64_t out_rows, width;     /* rows of outputs of a band, columns of each */
    int64_t vectors, lanes;      /* of a row of outputs, of each */
    int64_t left, inside;        /* zeros before the input, and columns of it, in a row */
    int64_t every, below;        /* input rows from strip to strip; strips from output row to row */
    int64_t rows, pitch, plane;  /* of the strips; plane: floats of a channel */
    int64_t residues;            /* of the columns that taps want */
    int64_t bytes;               /* of all strips, and what may be written after them */
} hg_direct_nchw_blocking;

hg_direct_nchw_blocking hg_direct_nchw_blocking_of(const hg_problem *p, const hg_kernel *k,
                                                   const hg_config *c);

/* Strips under so many rows of outputs. */
int64_t hg_direct_nchw_strips(const hg_problem *p, const hg_direct_nchw_blocking *b, int64_t rows);

/* Strips of the default blocking fit their cache, and rows their vectors. */
hg_supports_fn hg_direct_nchw_fits;

/* As hg_algorithm.cost. */
hg_cost_fn hg_direct_nchw_cost;

#endif
