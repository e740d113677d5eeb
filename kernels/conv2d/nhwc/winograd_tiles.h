/* Winograd convolution by blocks of tiles: what the algorithms of conv2d and conv_transpose2d
 * share.
 *
 *     for block of tiles
 *       for chunk of panels, of all phases            one range of work
 *         transform the input under the tiles
 *         for phase                                   its part of the chunk
 *           for plane
 *             multiply                                no weights: zeros
 *           transform the products into outputs
 *
 * conv2d has one phase. Those of a transposed convolution that read the input in the same way share
 * its transform: each of them is a convolution of stride 1 whose outputs lie apart. */
#ifndef HG_WINOGRAD_TILES_H
#define HG_WINOGRAD_TILES_H

#include "kernels/conv2d/nhwc/winograd.h"
#include "kernels/geometry.h"

/* The outputs of a phase, and what it has weights for. */
typedef struct hg_winograd_phase {
    hg_size2 count;        /* outputs */
    hg_size2 before;       /* outputs of the first tile above and left of the first: 0 or 1 */
    int64_t out, residual; /* floats from the tensor's first pixel to the phase's */
    hg_span rows, columns; /* planes that have weights */
} hg_winograd_phase;

/* How the tiles of a convolution of stride 1 or 2 are cut into blocks and panels: follows from
 * problem, kernel, config and number of phases. */
typedef struct hg_winograd_tiles {
    int m, a, planes;
    int64_t tiles_h, tiles_w; /* of one of the dilation.h x dilation.w sub-images */
    int64_t tiles;            /* of all images */
    int64_t block, blocks;    /* tiles per range, of several images where they have few; blocks */
    size_t panels, all;       /* of NR output channels: of a phase, and of all phases */
    size_t chunk, chunks;     /* panels of all phases per range; chunks of them */
    size_t ldv, ldp;          /* floats per tile and plane */
    /* Floats per plane, of weights as well: one cache line more than a multiple of 4 KiB could be,
     * or the planes would share the same cache sets. */
    size_t plane_u, plane_v, plane_p;
} hg_winograd_tiles;

hg_winograd_tiles hg_winograd_tiles_of(const hg_problem *p, const hg_kernel *k, const hg_config *c,
                                       int64_t phases);

/* Pixels of a tile along an axis. */
static inline int hg_winograd_a(const hg_winograd_ukernels *u)
{
    return u->stride * (u->m - 1) + u->r;
}

/* Do pixels and tiles fit what blocks are counted in? */
bool hg_winograd_fits(const hg_problem *p);
/* As hg_algorithm.configs and cost; `multiplied`: planes that have weights, of all phases. */
int hg_winograd_configs(const hg_problem *p, const hg_kernel *k, int64_t phases,
                        hg_config list[HG_MAX_CONFIGS]);
double hg_winograd_cost(const hg_problem *p, const hg_kernel *k, int64_t phases,
                        int64_t multiplied);

/* Bytes of a phase's weights, and of a worker's blocks of pixels and products. */
size_t hg_winograd_weight_bytes(const hg_winograd_tiles *b);
size_t hg_winograd_scratch_bytes(const hg_winograd_tiles *b);

/* Ranges [begin, end) of blocks * chunks. The task's problem is the convolution,
 * its weights those of the first phase; zeros: a pixel in the padding. */
void hg_winograd_run(const hg_task *task, const hg_winograd_tiles *b,
                     const hg_winograd_phase *phases, const float *zeros, int64_t begin,
                     int64_t end);

/* A filter of r x r taps wherever they lie: tap (y, x) of output k and input c is
 * origin[k*k_step + c*c_step + (y - rows.begin)*y_step + (x - columns.begin)*x_step], where it is
 * inside `rows` and `columns`; the others are 0. */
typedef struct hg_winograd_filter {
    const float *origin;
    int64_t k_step, c_step, y_step, x_step;
    hg_span rows, columns;
} hg_winograd_filter;

/* Writes hg_winograd_weight_bytes: packed[plane][panel][c][NR], zeros in the last panel's excess.
 */
void hg_winograd_pack(const hg_problem *p, const hg_kernel *k, const hg_winograd_filter *filter,
                      float *packed);

#endif
