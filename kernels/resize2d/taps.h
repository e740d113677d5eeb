/* Resizing: where the taps of every output lie along one axis, and what they weigh. */
#ifndef HG_RESIZE2D_TAPS_H
#define HG_RESIZE2D_TAPS_H

#include "kernels/kernel.h"

/* One axis. Output coordinate o is the sum over k < count[o] of
 * weight[k*out + o] * input[first[o] + k]; all taps lie inside the input. count is 0 outside the
 * region of crop_and_resize, otherwise at least 1; 1 with weight 1 in nearest mode. The first and
 * the last tap of an output have weight; one between them whose weight is 0 does not count: as 0
 * times infinity is NaN, it must not be multiplied. Weights from count[o] on are 0. */
typedef struct hg_resize_axis {
    int64_t in, out;
    int64_t taps; /* no count is larger */
    bool holes;   /* some weight between others is 0 */
    const int32_t *first, *count;
    const int32_t *same; /* outputs from o on that have the first and count of o; 1 with holes */
    const float *weight;
} hg_resize_axis;

/* The tables of a plan begin with this; the memory that it leads to follows, and then, aligned to a
 * cache line, what an algorithm keeps besides. */
typedef struct hg_resize_axes {
    hg_resize_axis v, h;
    size_t bytes; /* with all that the axes lead to */
} hg_resize_axes;

/* Without tables: the sizes. */
hg_resize_axes hg_resize_axes_of(const hg_problem *p);
hg_prepare_fn hg_resize_prepare;

/* What lies behind. */
static inline void *hg_resize_behind(const void *tables)
{
    return (char *)(uintptr_t)tables + ((const hg_resize_axes *)tables)->bytes;
}

/* Half the support of a mode's filter, in pixels of the input; 0 = the mode has none. */
double hg_resize_radius(hg_resize_mode mode);

/* ---- Doubling ---- */

/* Are both axes doubled about the pixels' centres by the filter of `mode`, bilinear or bicubic,
 * the image's border pixels repeating outside? Bicubic: with weights that hg_resize_share can
 * share out, that is, neither one of them nor what clamping makes of some vanishes. */
bool hg_resize_doubles(const hg_problem *p, hg_resize_mode mode);

/* The bicubic filter a quarter of the way from the second of four pixels to the third. */
void hg_resize_quarters(const hg_resize_attr *r, double weight[4]);

/* Weights of the positions from `first` on, for the taps that they are clamped to: positions of one
 * pixel have equal shares of its weight. Their products then add up like the pixel's own even where
 * it is infinite, which terms of both signs would not. */
void hg_resize_share(const double weight[4], bool reversed, int64_t first, int64_t in,
                     float share[4]);

#endif
