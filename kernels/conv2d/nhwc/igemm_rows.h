/* Implicit GEMM: how outputs are cut into blocks of pixels, and the row pointers of a block. */
#ifndef HG_IGEMM_ROWS_H
#define HG_IGEMM_ROWS_H

#include "kernels/conv2d/phases.h"
#include "kernels/kernel.h"

/* Everything that follows from problem, kernel and config. */
typedef struct hg_igemm_blocking {
    int64_t mr, nr, c_group, k_group;
    int64_t group_panels, panels; /* panels per group, and of all groups */
    int64_t merged_taps; /* a row of taps is seen as one tap of so many channels; 0 = not */
    int64_t phases_y, phases_x;
    int64_t pixels;         /* of the largest phase, whole batch */
    int64_t taps, all_taps; /* of the largest class, and of the filter */
    int64_t block, blocks;  /* tiles per range */
    int64_t chunk, chunks;  /* panels per range */
} hg_igemm_blocking;

/* What the plan keeps; the pointers lead to memory behind it. */
typedef struct hg_igemm_tables {
    hg_igemm_blocking blocking;
    hg_phases y, x;
    float *zero; /* for taps in padding: the channels of a pixel, or of a row of taps */
} hg_igemm_tables;

/* Pixels [first, first + count) of one phase over the whole batch, and where their pointers are. */
typedef struct hg_igemm_pixels {
    const hg_phase *y, *x;
    int64_t first, count;   /* count > 0 */
    const float **rows;     /* [tile][tap][MR] */
    float **out;            /* [tile][MR] */
    const float **residual; /* [tile][MR] */
    float *windows;         /* free room for copies of rows of taps that lie partly in padding */
} hg_igemm_pixels;

/* Taps of a pixel as the microkernel counts them. */
static inline int64_t hg_igemm_taps(const hg_igemm_tables *t, const hg_igemm_pixels *px)
{
    return t->blocking.merged_taps ? px->y->taps : px->y->taps * px->x->taps;
}

/* Fills rows, out and, where the problem has one, residual; the last tile is completed with copies
 * of the last pixel. Rows of merged taps that lie partly in padding are copied to `windows`, which
 * needs merged_taps floats for each tap of a pixel. */
void hg_igemm_point(const hg_task *task, const hg_igemm_tables *t, hg_igemm_pixels *px);

#endif
