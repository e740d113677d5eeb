/* Direct convolution: how a problem is cut into blocks and panels, and what that costs. */
#ifndef HG_DIRECT_BLOCKING_H
#define HG_DIRECT_BLOCKING_H

#include "kernels/conv2d/nhwc/direct.h"
#include "kernels/geometry.h"

/* Everything that follows from problem, kernel and config; the plan's tables. */
typedef struct hg_direct_blocking {
    bool flat;                /* the batch is one run of pixels */
    bool packed;              /* a group's input under a range is copied to scratch, side by side */
    bool joined;              /* a row of taps is side by side in the input */
    bool ahead, plain, alone; /* as hg_direct_args */
    hg_strides in;            /* of the input as the microkernel reads it */
    int64_t c_group, depth;   /* products per output */
    int64_t unit;             /* columns that are packed together; of dots one */
    int64_t k_group, units, group_panels, panels;
    int64_t each, more;    /* units of a panel; so many panels have one more */
    hg_span inside;        /* columns whose taps all lie inside the width */
    int64_t rows;          /* of an image; flat: pixels of the batch */
    int64_t block, blocks; /* rows per range; ranges */
    int64_t image_blocks;  /* blocks of an image, or of the batch (flat) */
    int64_t chunk, chunks; /* panels per range */
    int64_t packed_rows;   /* input rows of a block */
} hg_direct_blocking;

hg_direct_blocking hg_direct_blocking_of(const hg_problem *p, const hg_kernel *k,
                                         const hg_config *c);

/* As hg_algorithm.cost. */
hg_cost_fn hg_direct_cost;

/* Kernels of dots have no panels of units. */
static inline bool hg_direct_dots(const hg_kernel *k)
{
    return k->tile.nr == 0;
}

/* Panel i of a group: its first unit of columns, and how many it has. */
static inline int64_t hg_direct_panel(const hg_direct_blocking *b, int64_t i, int64_t *first)
{
    *first = i * b->each + HG_MIN(i, b->more);
    return b->each + (i < b->more);
}

/* First column of unit u of a group: the last one ends with the group, over columns of the one
 * before. */
static inline int64_t hg_direct_column(const hg_direct_blocking *b, int64_t u)
{
    return u < b->units - 1 ? u * b->unit : HG_MAX(b->k_group - b->unit, 0);
}

#endif
