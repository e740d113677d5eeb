/* Resizing: which place of the input an output's coordinate means. */
#ifndef HG_RESIZE2D_COORDINATES_H
#define HG_RESIZE2D_COORDINATES_H

#include "kernels/kernel.h"

/* One axis of a problem. */
typedef struct hg_resize_side {
    const hg_resize_attr *attr;
    int64_t in, out;
    double scale; /* 0 = out / in */
    double roi_begin, roi_end;
} hg_resize_side;

/* The coordinate base + frac, 0 <= frac < 1; frac is rem / den, or given alone (den 0). The
 * quotient of two integers below 2^33 is nearer than 2^-34 to 0, 1/2 or 1 only if it equals them:
 * comparing frac decides ties exactly. */
typedef struct hg_resize_coordinate {
    int64_t base, rem, den;
    double frac;
} hg_resize_coordinate;

hg_resize_side hg_resize_side_of(const hg_problem *p, bool vertical);
hg_resize_coordinate hg_resize_source(const hg_resize_side *s, int64_t o);
/* Does the output lie outside the region of crop_and_resize? */
bool hg_resize_outside(const hg_resize_side *s, int64_t o);
int64_t hg_resize_nearest(hg_rounding rounding, hg_resize_coordinate x);

/* HG_PYTORCH_NEAREST: from one output's coordinate to the next. */
float hg_resize_single_step(int64_t in, int64_t out, double scale);

/* Nearest mode: is the index of every output o * in / out, rounded down, with out a multiple of
 * in? Builders make one problem of all conventions that agree there. */
bool hg_resize_repeats(const hg_problem *p);

#endif
