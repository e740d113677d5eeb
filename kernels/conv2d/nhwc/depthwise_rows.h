/* Rows of depthwise outputs over the vector vocabulary, for conv2d and the phases of
 * conv_transpose2d. Contract of the functions offered here, hg_depthwise_rows with its rest,
 * hg_depthwise_narrow and hg_depthwise_windows: hg_depthwise_args in depthwise.h. */
#ifndef HG_DEPTHWISE_ROWS_H
#define HG_DEPTHWISE_ROWS_H

#include "kernels/conv2d/nhwc/depthwise_finish.h"

enum {
    PX = 7,     /* outputs of a step: the usual widths 7, 14, 28, 56 and 112 are multiples of it */
    PX_ANY = 8, /* under windows of any width, whose sums would else wait for each other */
    PX_SMALL = 4, /* what is left of a row: so many or more */
    PX_LEAST = 2, /* rows of 2 and 3 */
    MAX_KW = 7,
    ANY_KW = 0, /* windows of any width, so many columns of taps at a time: */
    PASS = 3,
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
    ENDS,       /* at most those columns are padding: they alone are tested */
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

/* Adds the products of a row of KW taps to px outputs; column 0 is the input's column ix. Each
 * input is loaded once and serves every output that it lies under:
 *
 *     KW = 3, STRIDE = 1:   column  0  1  2  3  4  5
 *                           output  0  0  0
 *                                      1  1  1
 *                                         2  2  2
 *                                            3  3  3
 *
 * The KW weights stay in registers. px, vectors, where, KW and STRIDE are constants. */
HG_INLINE void row_of_taps(const hg_depthwise_args *a, const float *input, int64_t ix,
                           const float *weights, vtail tail, bool whole, int vectors,
                           hg_depthwise_edge where, int px, int KW, int STRIDE,
                           vfloat vacc[VECTORS][PX_ANY])
{
    const int columns = (px - 1) * STRIDE + KW;
    const int begin = where == LEFT || where == LEFT_RIGHT ? KW / 2 : 0;
    const int end = columns - (where == RIGHT || where == LEFT_RIGHT ? KW / 2 : 0);
    vfloat vk[MAX_KW][VECTORS];
    HG_UNROLL
    for (int k = 0; k < KW; k++) {
        HG_UNROLL
        for (int v = 0; v < vectors; v++) vk[k][v] = v_load(weights + k * BLOCK + v * VL);
    }
    /* The input is stepped: one register instead of a pointer per column. */
    HG_UNROLL
    for (int i = begin; i < end; i++, input += a->pixel_step) {
        const bool at_end = i < KW / 2 || i >= columns - KW / 2;
        const bool tested = where == TESTED || (where == ENDS && at_end);
        if (tested && (uint64_t)(ix + i) >= (uint64_t)a->width) continue;
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
}

/* Outputs x .. x + px - 1, `vectors` vectors of channels. AVX2: the weights of a row of taps take 7
 * registers at most beside PX sums and an input, and with px = PX a step makes fewer loads than
 * products, which leaves the FMA units as its bound. NEON: two vectors, a block of packed weights,
 * load in pairs and give the 12 sums in flight that three multiply-add pipes of latency 4 want:
 * with px = PX and KW = 7, 14 sums, 14 weights and 2 inputs in 32 registers. px, vectors, where, KW
 * and STRIDE are constants. */
HG_INLINE void step(const hg_depthwise_args *a, const hg_depthwise_line *l, int64_t x,
                    const float *weights, int64_t at, vtail tail, bool whole, int vectors,
                    hg_depthwise_edge where, int px, int KW, int STRIDE)
{
    const int64_t first = x * STRIDE - a->left;
    const int begin = where == LEFT || where == LEFT_RIGHT ? KW / 2 : 0;
    const float *row = l->input + (first + begin) * a->pixel_step + at;
    const float *bias = a->bias + at;
    vfloat vacc[VECTORS][PX_ANY];
    HG_UNROLL
    for (int j = 0; j < px; j++) {
        HG_UNROLL
        for (int v = 0; v < vectors; v++) vacc[v][j] = v_load(bias + v * VL);
        if (PIN) __asm__("" : "+r"(bias));
    }
    for (int64_t r = 0; r < l->rows; r++, row += a->row_step, weights += a->weight_step) {
        if (KW != ANY_KW) {
            row_of_taps(a, row, first, weights, tail, whole, vectors, where, px, KW, STRIDE, vacc);
            continue;
        }
        const float *input = row, *vk_at = weights;
        int64_t k = 0;
        for (; k + PASS <= a->cols; k += PASS, input += PASS * a->pixel_step, vk_at += PASS * BLOCK)
            row_of_taps(a, input, first + k, vk_at, tail, whole, vectors, where, px, PASS, STRIDE,
                        vacc);
        for (; k < a->cols; k++, input += a->pixel_step, vk_at += BLOCK)
            row_of_taps(a, input, first + k, vk_at, tail, whole, vectors, where, px, 1, STRIDE,
                        vacc);
    }
    HG_UNROLL
    for (int v = 0; v < vectors; v++)
        hg_depthwise_finish(a, l, x, at + v * VL, vacc[v], px, tail, whole,
                            V_REGISTERS < 32 && (KW == ANY_KW || KW * STRIDE > 3));
}

/* px outputs from x on, all rows and channels. px, where, KW, STRIDE and overlap, which is that of
 * the arguments, are constants. */
HG_INLINE void steps(const hg_depthwise_args *a, int64_t x, hg_depthwise_edge where, int px, int KW,
                     int STRIDE, bool overlap)
{
    const int64_t channels = (int64_t)a->channels;
    const vtail tail = v_tail(overlap ? 0 : a->channels % VL);
    for (int64_t i = 0; i < a->line_count; i++) {
        const hg_depthwise_line line = a->lines[i], *l = &line;
        const float *weights = l->weights;
        if (overlap)
            for (int64_t c = 0; c < channels; c += BLOCK, weights += a->block_step) {
                if (KW != ANY_KW && a->ahead) fetch_ahead(a, l, x, c, px, KW, STRIDE);
                step(a, l, x, weights, HG_MIN(c, channels - BLOCK), tail, true, VECTORS, where, px,
                     KW, STRIDE);
            }
        else {
            int64_t c = 0;
            for (; VECTORS > 1 && c + VL <= channels; c += VL)
                step(a, l, x, weights + c, c, tail, true, 1, where, px, KW, STRIDE);
            if (VECTORS == 1 || c < channels)
                step(a, l, x, weights + c, c, tail, false, 1, where, px, KW, STRIDE);
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

/* What steps of PX leave of a row, the outputs from x on: PX_SMALL and more, in one step or two
 * halves. KW and STRIDE are constants. */
HG_INLINE void hg_depthwise_rest(const hg_depthwise_args *args, int64_t x, int KW, int STRIDE)
{
    const hg_depthwise_args copy = *args, *a = &copy;
    for (int64_t px; x < a->count; x += px) {
        px = a->count - x;
        if (px > PX) px = (px + 1) / 2;
        const int64_t before = a->left - x * STRIDE; /* columns of padding */
        const int64_t after = (px - 1) * STRIDE + KW - before - a->width;
        if (before > KW / 2 || after > KW / 2) {
            steps(a, x, TESTED, PX_SMALL, KW, STRIDE, true);
            if (px > PX_SMALL) /* repeats some outputs */
                steps(a, x + px - PX_SMALL, TESTED, PX_SMALL, KW, STRIDE, true);
        } else if (px == PX_SMALL)
            steps(a, x, ENDS, PX_SMALL, KW, STRIDE, true);
        else if (px == PX_SMALL + 1)
            steps(a, x, ENDS, PX_SMALL + 1, KW, STRIDE, true);
        else
            steps(a, x, ENDS, PX_SMALL + 2, KW, STRIDE, true);
    }
}

/* As hg_depthwise_rest, of constants; not inlined. */
typedef void hg_depthwise_rest_fn(const hg_depthwise_args *args, int64_t x);

/* A row of whole blocks of channels, by steps of PX as long as what is left can be made of steps of
 * PX_SMALL to PX. */
HG_INLINE void rows_of_blocks(const hg_depthwise_args *args, hg_depthwise_rest_fn *rest, int KW,
                              int STRIDE)
{
    const hg_depthwise_args copy = *args, *a = &copy;
    int64_t x = 0;
    for (; a->count - x >= PX + PX_SMALL || a->count - x == PX; x += PX) {
        const int64_t before = a->left - x * STRIDE; /* columns of padding */
        const int64_t after = (PX - 1) * STRIDE + KW - before - a->width;
        if (before <= 0 && after <= 0)
            steps(a, x, INSIDE, PX, KW, STRIDE, true);
        else if (KW > 1 && before == KW / 2 && after <= 0)
            steps(a, x, LEFT, PX, KW, STRIDE, true);
        else if (KW > 1 && before <= 0 && after == KW / 2)
            steps(a, x, RIGHT, PX, KW, STRIDE, true);
        else if (KW > 1 && before == KW / 2 && after == KW / 2)
            steps(a, x, LEFT_RIGHT, PX, KW, STRIDE, true);
        else
            steps(a, x, TESTED, PX, KW, STRIDE, true);
    }
    if (x < a->count) rest(args, x);
}

/* A row by steps of `most` outputs, a constant, and PX_SMALL, the last of which repeats some. */
HG_INLINE void rows_of_any(const hg_depthwise_args *args, int most, int KW, int STRIDE,
                           bool overlap)
{
    const hg_depthwise_args copy = *args, *a = &copy;
    const int64_t cols = KW == ANY_KW ? a->cols : KW;
    for (int64_t begin = 0, px; begin < a->count; begin += px) {
        px = a->count - begin > PX_SMALL && a->count >= most ? most : PX_SMALL;
        const int64_t x = HG_MIN(begin, a->count - px), first = x * STRIDE - a->left;
        const bool inside = first >= 0 && first + (px - 1) * STRIDE + cols <= a->width;
        if (px == PX_SMALL)
            steps(a, x, TESTED, PX_SMALL, KW, STRIDE, overlap);
        else if (inside)
            steps(a, x, INSIDE, most, KW, STRIDE, overlap);
        else
            steps(a, x, TESTED, most, KW, STRIDE, overlap);
    }
}

/* KW, STRIDE and overlap, which is that of the arguments, are constants. Whole blocks of channels,
 * the rests of their rows and few channels are best functions of their own: what gcc keeps in
 * registers for one would be missed by the others. rest may be NULL for few channels and windows of
 * any width. */
HG_INLINE void hg_depthwise_rows(const hg_depthwise_args *args, hg_depthwise_rest_fn *rest, int KW,
                                 int STRIDE, bool overlap)
{
    if (args->count < PX_SMALL || (KW == ANY_KW && args->dilation > 1))
        hg_depthwise_windows(args);
    else if (KW == ANY_KW)
        rows_of_any(args, PX_ANY, KW, STRIDE, overlap);
    else if (overlap)
        rows_of_blocks(args, rest, KW, STRIDE);
    else
        rows_of_any(args, PX, KW, STRIDE, overlap);
}

#endif
