/* Rows of depthwise outputs as steps of PX or PX_SMALL, for every ISA. What includes this defines
 * steps() and any_window(). */
#ifndef HG_DEPTHWISE_ROWS_BODY_H
#define HG_DEPTHWISE_ROWS_BODY_H

#include "kernels/conv2d/depthwise.h"

enum {
    PX = 7, /* outputs of a step: the usual widths 7, 14, 28, 56 and 112 are multiples of it */
    PX_SMALL = 4, /* what is left of a row */
    MAX_KW = 7,
    BLOCK = HG_DEPTHWISE_BLOCK
};

/* How a step of outputs lies on the input. A constant wherever it is passed. */
typedef enum edge {
    INSIDE,     /* every column is inside */
    LEFT,       /* the first KW / 2 columns are padding */
    RIGHT,      /* the last KW / 2 columns are padding */
    LEFT_RIGHT, /* both */
    TESTED      /* anything else: each column is tested */
} edge;

/* Packed weights of the vector of channels at c. */
HG_INLINE const float *weights_at(const hg_depthwise_args *a, const hg_depthwise_line *l, size_t c)
{
    return l->weights + (int64_t)(c / BLOCK) * a->block_step + c % BLOCK;
}

/* px outputs from x on, all rows and channels. px, KW and STRIDE are constants. */
HG_INLINE void steps(const hg_depthwise_args *a, int64_t x, edge where, int px, int KW, int STRIDE);

/* All outputs under windows of any size. */
static void any_window(const hg_depthwise_args *args);

HG_INLINE void rows(const hg_depthwise_args *args, int KW, int STRIDE)
{
    if (args->count < PX_SMALL) {
        any_window(args);
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
            inside ? steps(a, x, INSIDE, PX_SMALL, KW, STRIDE)
                   : steps(a, x, TESTED, PX_SMALL, KW, STRIDE);
        else if (inside)
            steps(a, x, INSIDE, PX, KW, STRIDE);
        else if (before == KW / 2 && after <= 0)
            steps(a, x, LEFT, PX, KW, STRIDE);
        else if (before <= 0 && after == KW / 2)
            steps(a, x, RIGHT, PX, KW, STRIDE);
        else if (before == KW / 2 && after == KW / 2)
            steps(a, x, LEFT_RIGHT, PX, KW, STRIDE);
        else
            steps(a, x, TESTED, PX, KW, STRIDE);
    }
}

static void k3s1(const hg_depthwise_args *a)
{
    rows(a, 3, 1);
}

static void k3s2(const hg_depthwise_args *a)
{
    rows(a, 3, 2);
}

static void k5s1(const hg_depthwise_args *a)
{
    rows(a, 5, 1);
}

static void k5s2(const hg_depthwise_args *a)
{
    rows(a, 5, 2);
}

static void k7s1(const hg_depthwise_args *a)
{
    rows(a, 7, 1);
}

/* The phases of most transposed convolutions have windows of 2. */
static void phase(const hg_depthwise_args *a)
{
    if (a->cols == 2 && a->dilation == 1)
        rows(a, 2, 1);
    else
        any_window(a);
}

#endif
