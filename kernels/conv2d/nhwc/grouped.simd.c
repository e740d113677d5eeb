/* Grouped convolution with 2, 4 or 8 channels per group. Contract: depthwise.h, with the sum over
 * the channels of a group; packed weights as in depthwise.c.
 *
 * A vector holds several groups side by side and inputs are multiplied as loaded, without
 * broadcasts: accumulator d collects in lane c the product of input channel c for output channel
 * c ^ d. One shuffle per accumulator at the end brings them together:
 *
 *     G = 4:  lane            0   1   2   3 | 4 ...         output o takes
 *             accumulator 0   0>0 1>1 2>2 3>3               lane o
 *             accumulator 1   0>1 1>0 2>3 3>2               lane o ^ 1
 *             accumulator 2   0>2 1>3 2>0 3>1               lane o ^ 2
 *             accumulator 3   0>3 1>2 2>1 3>0               lane o ^ 3
 *
 * Where a group is two vectors, accumulators 4 to 7 are those of the other one. */
#include "kernels/conv2d/nhwc/depthwise_finish.h"

enum {
    SUMS = V_REGISTERS < 32 ? 12 : 16, /* of a tile */
    MAX_D = 4,                         /* accumulators of an output at a time */
    MAX_PX = SUMS / 2
};

/* Adds the products of accumulators [first, first + D) to vsum. D, first and px are constants. */
HG_INLINE void products(const hg_depthwise_args *a, int64_t taps, const float *row, int64_t cols,
                        const float *weights, vtail tail, bool whole, int px, int D, int G,
                        int first, vfloat *vsum)
{
    const int64_t step = a->stride * a->pixel_step;
    weights += first * BLOCK;
    vfloat vacc[MAX_PX][MAX_D];
    HG_UNROLL
    for (int i = 0; i < px; i++) {
        HG_UNROLL
        for (int d = 0; d < D; d++) vacc[i][d] = first + d ? v_zero() : vsum[i];
    }
    for (int64_t r = 0; r < taps; r++, row += a->row_step, weights += a->weight_step) {
        const float *input = row, *vk_at = weights;
        for (int64_t k = 0; k < cols; k++, vk_at += G * BLOCK) {
            vfloat vi[MAX_PX];
            const float *pixel = input;
            HG_UNROLL
            for (int i = 0; i < px; i++, pixel += step) vi[i] = v_load_partial(pixel, tail, whole);
            HG_UNROLL
            for (int d = 0; d < D; d++) {
                const vfloat vk = v_load(vk_at + d * BLOCK);
                HG_UNROLL
                for (int i = 0; i < px; i++) vacc[i][d] = v_fma(vi[i], vk, vacc[i][d]);
            }
            input += a->dilation * a->pixel_step;
        }
    }
    HG_UNROLL
    for (int i = 0; i < px; i++) {
        vsum[i] = first ? v_add(vsum[i], v_swap(vacc[i][0], first % VL)) : vacc[i][0];
        HG_UNROLL
        for (int d = 1; d < D; d++) vsum[i] = v_add(vsum[i], v_swap(vacc[i][d], (first + d) % VL));
    }
}

/* Outputs x .. x + px - 1 under the taps `cols`, the vector of channels at c. G, px are constants.
 */
HG_INLINE void tile(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x, hg_span cols,
                    size_t c, vtail tail, bool whole, int px, int G)
{
    const int64_t at = hg_block_begin(a, c), taps = l->rows, count = cols.end - cols.begin;
    const float *row = l->input + at, *bias = a->bias + at;
    if (cols.end) row += (x * a->stride - a->left + cols.begin * a->dilation) * a->pixel_step;
    const float *weights = hg_block_weights(a, l, c) + cols.begin * G * BLOCK;
    vfloat vsum[MAX_PX];
    HG_UNROLL
    for (int i = 0; i < px; i++) vsum[i] = v_load(bias);
    products(a, taps, row, count, weights, tail, whole, px, HG_MIN(G, MAX_D), G, 0, vsum);
    if (G > MAX_D) { /* the registers hold half of the accumulators */
        const int vector = (int)(c % BLOCK) / VL, other = (vector ^ (MAX_D / VL)) - vector;
        products(a, taps, row + other * VL, count, weights + other * VL, tail, whole, px, MAX_D, G,
                 MAX_D, vsum);
    }
    hg_depthwise_finish(a, l, x, at, vsum, px, tail, whole, V_REGISTERS < 32 && !whole);
}

/* px outputs from x on, all rows and channels; where groups are blocks, none is partial. px and G
 * are constants. */
HG_INLINE void tiles(const hg_depthwise_args *a, int64_t x, int px, int G)
{
    const int64_t first = x * a->stride - a->left;
    const hg_span cols = hg_taps_inside(first, a->cols, a->dilation, a->width);
    const size_t end = a->overlap ? HG_ROUND_UP(a->channels, BLOCK) : a->channels / VL * VL;
    const vtail tail = v_tail(a->channels % VL);
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        size_t c = 0;
        for (; c < end; c += VL) tile(a, l, x, cols, c, tail, true, px, G);
        if (G < BLOCK && c < a->channels) tile(a, l, x, cols, c, tail, false, px, G);
    }
}

HG_INLINE void grouped(const hg_depthwise_args *args, int G)
{
    const int px = SUMS / HG_MIN(G, MAX_D);
    const hg_depthwise_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const hg_span inside =
        hg_outputs_inside(a->count, a->stride, a->left, (a->cols - 1) * a->dilation + 1, a->width);
    for (int64_t x = 0; x < a->count;) {
        if (x < inside.begin || x >= inside.end || inside.end - inside.begin < px) {
            tiles(a, x, 1, G);
            x++;
        } else {
            x = HG_MIN(x, inside.end - px); /* the last tile repeats some outputs */
            tiles(a, x, px, G);
            x += px;
        }
    }
}

#define TILES(X) X(2) X(4) X(8)

#define FUNCTION(channels)                                                                         \
    static void grouped##channels(const hg_depthwise_args *a)                                      \
    {                                                                                              \
        grouped(a, channels);                                                                      \
    }
TILES(FUNCTION)

#define ROW(channels)                                                                              \
    {HG_ROW(conv2d, nhwc, "grouped" #channels), .rev = 3, .limits = {.group_channels = channels},  \
     .algorithm = &hg_conv2d_nhwc_depthwise, .run.depthwise = grouped##channels},

const hg_kernel HG_ROWS(conv2d_nhwc_grouped)[] = {TILES(ROW){.name = NULL}};
