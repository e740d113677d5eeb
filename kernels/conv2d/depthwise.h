/* Depthwise convolution on NHWC tensors, f32: vectors run over channels. */
#ifndef HG_DEPTHWISE_H
#define HG_DEPTHWISE_H

#include "kernels/kernel.h"

enum { HG_DEPTHWISE_BLOCK = 8 }; /* channels of one block of packed weights */

/* One output row and its window. Rows of taps in padding are left out. */
typedef struct hg_depthwise_line {
    const float *input; /* the first row of taps, column 0 */
    const float *weights;
    float *out;
    const float *residual; /* or NULL */
    int64_t rows;          /* of taps; may be 0 */
} hg_depthwise_line;

/* Some output rows. For each, with the fields of its line (columns of taps in padding are not left
 * out), in any order:
 *
 *     for x < count, c < channels:
 *         v = bias[c]
 *         for r < rows, k < cols:
 *             ix = x*stride + k*dilation - left
 *             if (0 <= ix < width)
 *                 v += input[r*row_step + ix*pixel_step + c]
 *                    * weights[(c/8)*block_step + r*weight_step + k*8 + c%8]
 *         if (residual) v += residual[x*residual_step + c]
 *         out[x*out_step + c] = post(v)
 *
 * Where `overlap`, the last block of 8 channels is [channels - 8, channels) for weights and tensors
 * alike, so that no vector is partial: tensors may then be touched before channel 0. Otherwise
 * channels < 8. weights and bias are readable up to the next multiple of 8 channels; nothing else
 * is read or written. Products are summed in this order in every kernel. Where `ahead`, input comes
 * from memory: what the next outputs of a row read is worth fetching. */
typedef struct hg_depthwise_args {
    const hg_depthwise_line *lines;
    int64_t line_count;
    int64_t row_step, pixel_step; /* in floats, as are all steps */
    int64_t cols, width, left, stride, dilation;
    int64_t weight_step, block_step;
    const float *bias;
    int64_t out_step, residual_step;
    int64_t count;
    size_t channels;
    bool overlap, ahead;
    float slope, min, max;
} hg_depthwise_args;

/* The channel that the block of packed weights with channel c begins at, plus c % 8. */
HG_INLINE int64_t hg_block_begin(const hg_depthwise_args *a, size_t c)
{
    if (!a->overlap) return (int64_t)c;
    const int64_t in_block = (int64_t)(c % HG_DEPTHWISE_BLOCK), begin = (int64_t)c - in_block;
    return HG_MIN(begin, (int64_t)a->channels - HG_DEPTHWISE_BLOCK) + in_block;
}

/* The lines at channel c under the px outputs after those from x on, in the rows of taps that the
 * row of outputs above has not read. px, KW and STRIDE are constants. */
HG_INLINE void hg_depthwise_ahead(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                                  int64_t c, int px, int KW, int STRIDE)
{
    enum { LINE = 16 }; /* channels */
    if (c % LINE) return;
    const int64_t next = ((x + px - 1) * STRIDE + KW - a->left) * a->pixel_step + c;
    for (int64_t r = HG_MAX(l->rows - STRIDE, 0); r < l->rows; r++)
        HG_UNROLL for (int i = 0; i < px * STRIDE; i++)
            hg_prefetch(l->input, next + r * a->row_step + i * a->pixel_step);
}

/* Taps [begin, end) of a window that starts at `first` lie inside [0, in). */
typedef struct hg_span {
    int64_t begin, end;
} hg_span;

static inline hg_span hg_taps_inside(int64_t first, int64_t kernel, int64_t dilation, int64_t in)
{
    if (first >= 0 && first + (kernel - 1) * dilation < in) return (hg_span){0, kernel};
    const int64_t begin = first < 0 ? HG_CEIL_DIV(-first, dilation) : 0;
    const int64_t end = first < in ? HG_MIN((in - 1 - first) / dilation + 1, kernel) : 0;
    return begin < end ? (hg_span){begin, end} : (hg_span){0, 0};
}

/* Outputs whose windows have all columns inside. */
static inline hg_span hg_outputs_inside(const hg_depthwise_args *a)
{
    const int64_t room = a->width + a->left - (a->cols - 1) * a->dilation - 1;
    const int64_t begin = a->left > 0 ? HG_CEIL_DIV(a->left, a->stride) : 0;
    const int64_t end = room < 0 ? 0 : HG_MIN(room / a->stride + 1, a->count);
    return begin < end ? (hg_span){begin, end} : (hg_span){0, 0};
}

extern const hg_algorithm hg_depthwise, hg_depthwise_phases;

#endif
