/* Resizing: what the algorithms share. */
#ifndef HG_RESIZE2D_H
#define HG_RESIZE2D_H

#include "kernels/geometry.h"
#include "kernels/resize2d/taps.h"

enum { HG_RESIZE_MOST_TAPS = 256 }; /* of an axis, where some of its weights lie on the stack */

/* An NCHW plane is an image of one channel: both layouts can take the same path. */
typedef struct hg_resize_images {
    int64_t count, channels; /* of each */
    int64_t per_n;
    int64_t in_pixel, out_pixel;
} hg_resize_images;

hg_resize_images hg_resize_images_of(const hg_problem *p);
/* Floats from a tensor's first element to that of image i. */
int64_t hg_resize_image_offset(const hg_resize_images *m, const hg_strides *s, int64_t i);

/* Rows of the input that rows [begin, end) of the output are made of, by a plan's tables. */
hg_span hg_resize_rows_under(const void *tables, int64_t begin, int64_t end);

/* Nearest mode: is the index of every output o / factor, factors being whole? Builders state all
 * such problems in one way (hg_resize_repeats). */
bool hg_resize_has_factor(const hg_problem *p);

/* `nontemporal` is 1 for non-temporal stores: lines of an output beyond the last-level cache are
 * better not read before they are written. */
hg_configs_fn hg_resize_nontemporal_configs;
/* Are they asked for, and is each output pixel of the NHWC task whole aligned vectors? */
bool hg_resize_nontemporal(const hg_task *t);

#endif
