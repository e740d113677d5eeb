/* Max-unpooling: the contract between the portable driver and the gather kernels. */
#ifndef HG_UNPOOL2D_H
#define HG_UNPOOL2D_H

#include "kernels/index_rule.h"
#include "kernels/kernel.h"

extern const hg_algorithm hg_unpool2d_gather;

/* Every output belongs to the block of one input at most: blocks tile the top left of the output.
 * Fewer pixels than one block may be left over. */
hg_supports_fn hg_unpool_tiles;

/* Index steps of one output pixel to the right and down. */
hg_index_rule hg_unpool_rule(const hg_problem *p);

/* Zero fill and scatter of channels [c, c + channels) of image n, every index checked. */
void hg_unpool_scatter(const hg_task *t, int64_t n, int64_t c, int64_t channels);
double hg_unpool_cost(const hg_problem *p, double efficiency);

/* One row of input pixels, NHWC; each owns a block of window.h x window.w output pixels.
 *
 *     for x < width, ky < window.h, kx < window.w, c < channels:
 *         expected = first + x*index_window + c*index_channel + ky*index_row + kx*index_column
 *         output[ky*out_row + (x*window.w + kx)*out_pixel + c] =
 *             indices[x*in_pixel + c] == expected ? input[x*in_pixel + c] : 0
 *
 * NCHW kernels do `height` rows of one channel, in_down and 2*out_row apart, windows of 2x2; row y
 * expects y*2*index_row more.
 *
 * *stray is set (never cleared) if some element matched nowhere in its block. Within a block the
 * offsets ky*index_row + kx*index_column are below 2^31; with HG_INDEX_I32 every expected index is.
 * Any index whatever may be met. Only the elements named are read and written. */
typedef struct hg_unpool_args {
    const float *input;
    const void *indices;
    float *output;
    bool *stray;
    int64_t width, channels;
    hg_size2 window;
    int64_t in_pixel, out_row, out_pixel;
    int64_t height, in_down; /* NCHW only */
    hg_index_type index_type;
    int64_t first, index_image, index_window, index_channel, index_row, index_column;
} hg_unpool_args;

#endif
