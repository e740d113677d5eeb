/* Rows of depthwise outputs over the vector vocabulary, for conv2d and the phases of
 * conv_transpose2d. Contract of both functions offered here, hg_depthwise_rows and
 * hg_depthwise_windows: hg_depthwise_args in depthwise.h. */
#ifndef HG_DEPTHWISE_ROWS_H
#define HG_DEPTHWISE_ROWS_H

#include "kernels/conv2d/nhwc/depthwise_finish.h"

enum {
    PX = 7, /* outputs of a step: the usual widths 7, 14, 28, 56 and 112 are multiples of it */
    PX_SMALL = 4, /* what is left of a row */
    PX_LEAST = 2, /* rows of 2 and 3 */
    MAX_KW = 7,
    ANY_PX = 4,     /* outputs side by side under any window, ... */
    ANY_VECTORS = 4 /* ... of half as many vectors; or one output, of as many */
};

/* ---- Windows of any size ---- */

/* px outputs from x on under the taps `cols`, `vectors` vectors of channels: so many sums that the
 * latency of the FMA is hidden; outputs side by side share the loads of weights. px and vectors are
 * constants. */
HG_INLINE void windows(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                       hg_span cols, size_t c, vtail tail, bool whole, int vectors, int px)
{
    const int64_t at = hg_block_begin(a, c), next = a->stride * a->pixel_step;
    const float *row = l->input + at;
    if (cols.end) row += (x * a->stride - a->left + cols.begin * a->dilation) * a->pixel_step;
    const float *weights[ANY_VECTORS];
    vfloat vacc[ANY_VECTORS][ANY_PX];
    HG_UNROLL
    for (int v = 0; v < vectors; v++) {
        weights[v] = hg_block_weights(a, l, c + (size_t)v * VL);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[v][j] = v_load(a->bias + at + v * VL);
    }
    for (int64_t r = 0; r < l->rows; r++, row += a->row_step) {
        const float *input = row;
        for (int64_t k = cols.begin; k < cols.end; k++) {
            HG_UNROLL
            for (int v = 0; v < vectors; v++) {
                const vfloat vk = v_load(weights[v] + r * a->weight_step + k * BLOCK);
                HG_UNROLL
                for (int j = 0; j < px; j++) {
                    const vfloat vi = v_load_partial(input + j * next + v * VL, tail, whole);
                    vacc[v][j] = v_fma(vi, vk, vacc[v][j]);
                }
            }
            input += a->dilation * a->pixel_step;
        }
    }
    HG_UNROLL
    for (int v = 0; v < vectors; v++)
        hg_depthwise_finish(a, l, x, at + v * VL, vacc[v], px, tail, whole, false);
}

/* All channels of px outputs, `vectors` vectors at a time. px and vectors are constants. */
HG_INLINE void windows_at(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                          hg_span cols, int vectors, int px)
{
    const size_t channels = a->channels, end = a->overlap ? HG_ROUND_UP(channels, BLOCK) : 0;
    const size_t some = (size_t)vectors * VL;
    const vtail none = v_tail(0);
    size_t c = 0;
    for (; c + some <= channels; c += some) windows(a, l, x, cols, c, none, true, vectors, px);
    for (; c < end || (VECTORS > 1 && c + VL <= channels); c += VL)
        windows(a, l, x, cols, c, none, true, 1, px);
    if (c < channels) windows(a, l, x, cols, c, v_tail(channels - c), false, 1, px);
}

static void hg_depthwise_windows(const hg_depthwise_args *args)
{
    const hg_depthwise_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const int64_t reach = (a->cols - 1) * a->dilation + 1;
    const hg_span inside = hg_outputs_inside(a->count, a->stride, a->left, reach, a->width);
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        for (int64_t x = 0; x < a->count;) {
            const hg_span cols =
                hg_taps_inside(x * a->stride - a->left, a->cols, a->dilation, a->width);
            if (x >= inside.begin && x + ANY_PX <= inside.end) {
                windows_at(a, l, x, cols, ANY_VECTORS / 2, ANY_PX);
                x += ANY_PX;
            } else {
                windows_at(a, l, x, cols, ANY_VECTORS, 1);
                x++;
            }
        }
    }
}

/* ---- Windows of KW columns, by steps of outputs that share their inputs ---- */

/* How a step of outputs lies on the input. A constant wherever it is passed. */
typedef enum hg_depthwise_edge {
    INSIDE,     /* every column is inside */
    LEFT,       /* the first KW / 2 columns are padding */
    RIGHT,      /* the last KW / 2 columns are padding */
    LEFT_RIGHT, /* both */
    TESTED      /* anything else: each column is tested */
} hg_depthwise_edge;

/* The cache lines at channel c under the px outputs after those from x on, in the rows of taps that
 * the row of outputs above has not read. A function of its own: what it needs would take registers
 * from layers that fetch nothing. */
__attribute__((noinline)) static void fetch_ahead(const hg_depthwise_args *a,
                                                  const hg_depthwise_line *l, int64_t x, int64_t c,
                                                  int px, int KW, int STRIDE)
{
    if (c % HG_CACHELINE) return;
    const int64_t next = ((x + px - 1) * STRIDE + KW - a->left) * a->pixel_step + c;
    for (int64_t r = HG_MAX(l->rows - a->ahead, 0); r < l->rows; r++) {
        HG_UNROLL
        for (int i = 0; i < px * STRIDE; i++)
            hg_prefetch(l->input, next + r * a->row_step + i * a->pixel_step);
    }
}

/* Outputs x .. x + px - 1, `vectors` vectors of channels. Each input is loaded once per row of taps
 * and serves every output that it lies under:
 *
 *     KW = 3, STRIDE = 1:   column  0  1  2  3  4  5
 *                           output  0  0  0
 *                                      1  1  1
 *                                         2  2  2
 *                                            3  3  3
 *
 * The KW weights of a row of taps stay in registers. AVX2: 7 at most with PX sums and an input, and
 * with px = PX a step makes fewer loads than products, which leaves the FMA units as its bound.
 * NEON: two vectors, a block of packed weights, load in pairs and give the 12 sums in flight that
 * three multiply-add pipes of latency 4 want: with px = PX and KW = 7, 14 sums, 14 weights and 2
 * inputs in 32 registers. px, vectors, where, KW and STRIDE are constants. */
HG_INLINE void step(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                    const float *weights, int64_t at, vtail tail, bool whole, int vectors,
                    hg_depthwise_edge where, int px, int KW, int STRIDE)
{
    const int columns = (px - 1) * STRIDE + KW;
    const int begin = where == LEFT || where == LEFT_RIGHT ? KW / 2 : 0;
    const int end = columns - (where == RIGHT || where == LEFT_RIGHT ? KW / 2 : 0);
    const float *row = l->input + (x * STRIDE - a->left + begin) * a->pixel_step + at;
    const float *bias = a->bias + at;
    vfloat vacc[VECTORS][PX];
    HG_UNROLL
    for (int j = 0; j < px; j++) {
        HG_UNROLL
        for (int v = 0; v < vectors; v++) vacc[v][j] = v_load(bias + v * VL);
        if (PIN) __asm__("" : "+r"(bias));
    }
    for (int64_t r = 0; r < l->rows; r++) {
        vfloat vk[MAX_KW][VECTORS];
        HG_UNROLL
        for (int k = 0; k < KW; k++) {
            HG_UNROLL
            for (int v = 0; v < vectors; v++) vk[k][v] = v_load(weights + k * BLOCK + v * VL);
        }
        const float *input = row; /* stepped: one register instead of a pointer per column */
        HG_UNROLL
        for (int i = begin; i < end; i++, input += a->pixel_step) {
            const int64_t ix = x * STRIDE - a->left + i;
            if (where == TESTED && (uint64_t)ix >= (uint64_t)a->width) continue;
            const bool shared = i % STRIDE < KW - STRIDE && i >= STRIDE && i < columns - STRIDE;
            HG_UNROLL
            for (int v = 0; v < vectors; v++) {
                const vfloat vload = v_load_partial(input + v * VL, tail, whole);
                const vfloat vi = shared ? v_keep(vload) : vload;
                HG_UNROLL
                for (int j = 0; j < px; j++) {
                    const int k = i - j * STRIDE; /* the tap of output j on this column */
                    if (k >= 0 && k < KW) vacc[v][j] = v_fma(vi, vk[k][v], vacc[v][j]);
                }
            }
        }
        row += a->row_step;
        weights += a->weight_step;
    }
    HG_UNROLL
    for (int v = 0; v < vectors; v++)
        hg_depthwise_finish(a, l, x, at + v * VL, vacc[v], px, tail, whole,
                            V_REGISTERS < 32 && KW * STRIDE > 3);
}

/* px outputs from x on, all rows and channels. px, where, KW, STRIDE and overlap, which is that of
 * the arguments, are constants. */
HG_INLINE void steps(const hg_depthwise_args *a, int64_t x, hg_depthwise_edge where, int px, int KW,
                     int STRIDE, bool overlap)
{
    const hg_depthwise_edge tested = where == INSIDE ? INSIDE : TESTED; /* one body: rare cases */
    const int64_t channels = (int64_t)a->channels;
    const vtail tail = v_tail(overlap ? 0 : a->channels % VL);
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        const float *weights = l->weights;
        if (overlap)
            for (int64_t c = 0; c < channels; c += BLOCK, weights += a->block_step) {
                if (a->ahead) fetch_ahead(a, l, x, c, px, KW, STRIDE);
                step(a, l, x, weights, HG_MIN(c, channels - BLOCK), tail, true, VECTORS, where, px,
                     KW, STRIDE);
            }
        else {
            int64_t c = 0;
            for (; VECTORS > 1 && c + VL <= channels; c += VL)
                step(a, l, x, weights + c, c, tail, true, 1, tested, px, KW, STRIDE);
            if (VECTORS == 1 || c < channels)
                step(a, l, x, weights + c, c, tail, false, 1, tested, px, KW, STRIDE);
        }
    }
}

/* Rows of fewer than PX_SMALL outputs; KW and STRIDE are constants. Windows of more than 3 columns
 * over so few are mostly padding, which a step would test column by column. */
HG_INLINE void hg_depthwise_narrow(const hg_depthwise_args *args, int KW, int STRIDE)
{
    if (args->count < PX_LEAST || KW > 3) {
        hg_depthwise_windows(args);
        return;
    }
    const hg_depthwise_args copy = *args, *a = &copy;
    for (int64_t x = 0; x + PX_LEAST <= a->count; x++) /* a third output's step repeats one */
        if (a->overlap)
            steps(a, x, TESTED, PX_LEAST, KW, STRIDE, true);
        else
            steps(a, x, TESTED, PX_LEAST, KW, STRIDE, false);
}

/* KW, STRIDE and overlap, which is that of the arguments, are constants. Whole blocks of channels
 * and few channels are best functions of their own: what gcc keeps in registers for one would be
 * missed by the other. */
HG_INLINE void hg_depthwise_rows(const hg_depthwise_args *args, int KW, int STRIDE, bool overlap)
{
    if (args->count < PX_SMALL) {
        hg_depthwise_windows(args);
        return;
    }
    const hg_depthwise_args copy = *args, *a = &copy;
    for (int64_t begin = 0, px; begin < a->count; begin += px) {
        const int64_t left = a->count - begin;
        /* 8 left: 4 + 4, not 7 + 4 */
        px = left > PX_SMALL && left != 2 * PX_SMALL && a->count >= PX ? PX : PX_SMALL;
        const int64_t x = HG_MIN(begin, a->count - px); /* the last step repeats some outputs */
        const int64_t before = a->left - x * STRIDE;    /* columns of padding */
        const int64_t after = (px - 1) * STRIDE + KW - before - a->width;
        const bool inside = before <= 0 && after <= 0;
        if (px == PX_SMALL)
            inside ? steps(a, x, INSIDE, PX_SMALL, KW, STRIDE, overlap)
                   : steps(a, x, TESTED, PX_SMALL, KW, STRIDE, overlap);
        else if (inside)
            steps(a, x, INSIDE, PX, KW, STRIDE, overlap);
        else if (KW > 1 && before == KW / 2 && after <= 0)
            steps(a, x, LEFT, PX, KW, STRIDE, overlap);
        else if (KW > 1 && before <= 0 && after == KW / 2)
            steps(a, x, RIGHT, PX, KW, STRIDE, overlap);
        else if (KW > 1 && before == KW / 2 && after == KW / 2)
            steps(a, x, LEFT_RIGHT, PX, KW, STRIDE, overlap);
        else
            steps(a, x, TESTED, PX, KW, STRIDE, overlap);
    }
}

#endif
