/* Resizing: tables of taps, and the contract between the portable drivers and the microkernels. */
#ifndef HG_RESIZE2D_H
#define HG_RESIZE2D_H

#include "kernels/kernel.h"

extern const hg_kernel hg_resize2d_ref[], hg_resize2d_avx2[], hg_resize2d_neon[],
    hg_resize_twice_avx2[], hg_resize_twice_neon[], hg_resize_widen_avx2[], hg_resize_widen_neon[],
    hg_resize_cubic_avx2[], hg_resize_cubic_neon[];
extern const hg_algorithm hg_resize_copy, hg_resize_taps, hg_resize_twice, hg_resize_widen,
    hg_resize_cubic;

/* ---- Tables (resize2d_table.c) ---- */

/* One axis of the plan's table. Output coordinate o is the sum over k < count[o] of
 * weight[k*out + o] * input[first[o] + k]; all taps lie inside the input. count is 0 outside the
 * region of crop_and_resize, otherwise at least 1; 1 with weight 1 in nearest mode. The first and
 * the last tap of an output have weight; one between them whose weight is 0 does not count: as 0
 * times infinity is NaN, it must not be multiplied. Weights from count[o] on are 0. */
typedef struct hg_resize_axis {
    int64_t in, out;
    int64_t taps; /* no count is larger */
    bool holes;   /* some weight between others is 0 */
    const int32_t *first, *count;
    const float *weight;
} hg_resize_axis;

/* Half the support of a mode's filter, in pixels of the input; 0 = the mode has none. */
double hg_resize_radius(hg_resize_mode mode);
size_t hg_resize_table_size(const hg_problem *p);
void hg_resize_prepare(const hg_problem *p, const hg_kernel *k, const hg_config *c, void *tables);
/* tables may be NULL where only sizes are asked for. */
hg_resize_axis hg_resize_vertical(const hg_problem *p, const void *tables);
hg_resize_axis hg_resize_horizontal(const hg_problem *p, const void *tables);

/* Bicubic doubling about the pixels' centres: the filter a quarter of the way from the second of
 * four positions to the third. false: one of them, or what clamping makes of some, is no weight. */
bool hg_resize_quarters(const hg_resize_attr *r, double weight[4]);

/* Weights of the positions from `first` on, for the taps that they are clamped to: positions of one
 * pixel have equal shares of its weight. Their products then add up like the pixel's own even where
 * it is infinite, which terms of both signs would not. */
void hg_resize_share(const double weight[4], bool reversed, int64_t first, int64_t in,
                     float share[4]);

/* HG_PYTORCH_NEAREST: from one output's coordinate to the next. */
float hg_resize_single_step(int64_t in, int64_t out, double scale);

/* Nearest mode: is the index of every output o * in / out, rounded down, with out a multiple of
 * in? For builders, which make one problem of all conventions that agree there. */
bool hg_resize_repeats(const hg_problem *p);

/* ---- Stores past the caches (resize2d.c) ---- */

/* Lines of an output beyond the last-level cache are better not read before they are written. */
int hg_resize_store_configs(const hg_problem *p, const hg_kernel *k,
                            hg_config list[HG_MAX_CONFIGS]);
/* Is each output pixel of an NHWC task whole aligned vectors? */
bool hg_resize_whole_vectors(const hg_task *t);

/* ---- Microkernels (the drivers call them) ---- */

/* Floats behind a row of scratch that along_x may overwrite with anything. */
enum { HG_RESIZE_SLACK = 16, HG_RESIZE_GROUP = 4, HG_RESIZE_MOST_TAPS = 256 };

/* copy: `height` equal rows of output pixels, out_row apart.
 *
 *     output[y*out_row + x*out_pixel + c] = input[first[x]*in_pixel + c]          to the bit
 *
 * along_x: one row of scratch from one row of input; HG_RESIZE_SLACK floats follow it.
 *
 *     output[x*channels + c] = sum over k < count[x] of
 *                              weight[k*weight_step + x] * input[(first[x] + k)*in_pixel + c]
 *
 * along_y: `height` rows of output from the same `taps` rows of scratch.
 *
 *     output[y*out_row + x*out_pixel + c] = sum over k < taps of
 *                                           weight[k*weight_step + y] * rows[k][x*channels + c]
 *
 * Algorithm widen goes along y first: rows[k][x*in_pixel + c] are input, and output, of out_row, is
 * scratch; along_x then has scratch that begins with pixel in_first for its input, and writes
 * output[x*out_pixel + c].
 *
 * for y < height, x < width, c < channels. With `stream` output bypasses the caches. Sums run in
 * the order of k, fused after the first product, the same for every element whatever its lane:
 * results do not depend on how rows are cut. Outside scratch only the elements named are read and
 * written; nothing is aligned. */
typedef struct hg_resize_args {
    const float *input;
    const float *const *rows;
    float *output;
    const int32_t *first, *count;
    const int32_t *alike; /* widen: outputs from x on that have the first and count of x */
    const float *weight;
    int64_t weight_step, taps;
    bool holes; /* along_x: taps of weight 0, which do not count, between others */
    int64_t width, channels, height;
    int64_t in_pixel, out_pixel, out_row;
    int64_t in_width; /* along_x: input pixels of a row */
    int64_t in_first;
    bool ahead; /* widen: output is prefetched; at most 3 vectors of channels */
    bool stream;
    int64_t factor; /* copy: first[x] == x / factor for all x; 0 = not known */
} hg_resize_args;

typedef void hg_resize_fn(const hg_resize_args *args);

/* twice: what lies between two rows of input when both axes are doubled about the pixels' centres.
 * Outside the image its border pixels repeat.
 *
 *     a . b        upper = 3/4 (row above) + 1/4 (row below), lower = 1/4 and 3/4
 *      u u         and of each, along x:  output[2x - 1] = 3/4 [x - 1] + 1/4 [x]
 *     .     .                             output[2x]     = 1/4 [x - 1] + 3/4 [x]
 *      l l
 *     a . b        lower is written last: at the border upper is the same row
 */
typedef struct hg_resize_twice_args {
    const float *above, *below;
    float *upper, *lower;
    int64_t width, channels, in_pixel, out_pixel;
} hg_resize_twice_args;

/* cubic: gaps [begin, end) of the input's columns in the two output rows between rows[1] and
 * rows[2], both axes doubled about the pixels' centres. [x] being the four-tap sums along y by
 * down[0..3] (upper row) or down[4..7] (lower row), and w the weights of gap x in `across`,
 *
 *     output[2x - 1] = w[0] [x - 2] + ... + w[3] [x + 1]                              for x > 0
 *     output[2x]     = w[4] [x - 2] + ... + w[7] [x + 1]                              for x < width
 *
 * where columns outside the image repeat its border, and so do rows. `across` has 8 weights for
 * each kind of gap (hg_resize_gap_kind).
 *
 * scratch: two rows of end - begin + 3 pixels. upper or lower is NULL beyond the output. */
typedef struct hg_resize_cubic_args {
    const float *rows[4];
    const float *down, *across;
    float *scratch, *upper, *lower;
    int64_t begin, end, width, channels, in_pixel, out_pixel;
    bool past; /* output bypasses the caches: all its pixels are whole aligned vectors */
} hg_resize_cubic_args;

enum { HG_RESIZE_GAP_KINDS = 5, HG_RESIZE_INSIDE = 2 };

/* Gap i is before pixel i of `in`: the first two and the last two reach beyond the border. */
HG_INLINE int hg_resize_gap_kind(int64_t i, int64_t in)
{
    return i < 2 ? (int)i : in - i < 2 ? (int)(4 - (in - i)) : HG_RESIZE_INSIDE;
}

/* A row has copy, or along_x and along_y, or the three of twice, or cubic. */
typedef struct hg_resize_steps {
    hg_resize_fn *copy, *along_x, *along_y;
    void (*twice)(const hg_resize_twice_args *args);
    void (*twice_lines)(const hg_resize_twice_args *args); /* channels: a multiple of 8 */
    void (*twice_past)(const hg_resize_twice_args *args);  /* past the caches: each output pixel is
                                                              whole aligned vectors */
    void (*cubic)(const hg_resize_cubic_args *args);
} hg_resize_steps;

#endif
