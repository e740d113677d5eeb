/* Bicubic resizing of NHWC images to twice the size. */
#ifndef HG_RESIZE2D_NHWC_UPSAMPLE_2X_CUBIC_H
#define HG_RESIZE2D_NHWC_UPSAMPLE_2X_CUBIC_H

#include "kernels/resize2d/resize2d.h"

enum {
    HG_RESIZE_GAP_BEFORE = 2, /* pixels of the input before a gap that it needs, and... */
    HG_RESIZE_GAP_AROUND = 3, /* ... pixels that n gaps need more than n */
    HG_RESIZE_GAP_KINDS = 5,
    HG_RESIZE_GAP_INSIDE = 2
};

/* Gap i is before pixel i of `in`: the first two and the last two reach beyond the border. */
HG_INLINE int hg_resize_gap_kind(int64_t i, int64_t in)
{
    return i < 2 ? (int)i : in - i < 2 ? (int)(4 - (in - i)) : HG_RESIZE_GAP_INSIDE;
}

/* Gaps [begin, end) of the input's columns in the two output rows between rows[1] and rows[2], both
 * axes doubled about the pixels' centres. [x] being the four-tap sums along y by down[0..3] (upper
 * row) or down[4..7] (lower row), and w the weights of gap x in `across`,
 *
 *     output[2x - 1] = w[0] [x - 2] + ... + w[3] [x + 1]                              for x > 0
 *     output[2x]     = w[4] [x - 2] + ... + w[7] [x + 1]                              for x < width
 *
 * where columns outside the image repeat its border, and so do rows. `across` has 8 weights for
 * each kind of gap (hg_resize_gap_kind).
 *
 * scratch: two rows of end - begin + HG_RESIZE_GAP_AROUND pixels. upper or lower is NULL beyond the
 * output. */
typedef struct hg_resize_2x_cubic_args {
    const float *rows[4];
    const float *down, *across;
    float *scratch, *upper, *lower;
    int64_t begin, end, width, channels, in_pixel, out_pixel;
    bool nontemporal; /* output bypasses the caches: all its pixels are whole aligned vectors */
} hg_resize_2x_cubic_args;

extern const hg_algorithm hg_resize2d_nhwc_upsample_2x_cubic;

#endif
