/* Nearest upsampling and the convolution behind it as one transposed convolution.
 *
 * Along one axis, factor f and kernel w of R taps: pixel i of the input fills f pixels of the
 * enlarged image, i*f + a for 0 <= a < f, and output o reads the enlarged pixel o - begin + r under
 * tap r. So pixel i reaches the outputs
 *
 *     o = i*f + (a + R-1 - r) - (R-1 - begin)
 *
 * which is what a transposed convolution of stride f does whose crop is R-1 - begin, and whose
 * kernel has R+f-1 taps
 *
 *     summed[j] = sum of w[r] over the a and r with a + R-1 - r = j
 *
 * The edges of the input are edges of enlarged pixels: no output sees a part of one, so that
 * nothing is different at the border. A padding beyond R-1 is a negative crop. */
#ifndef HG_UPSAMPLE_CONV2D_H
#define HG_UPSAMPLE_CONV2D_H

#include "kernels/problem.h"

/* The filter of the transposed convolution, in canonical order (as HG_IOHW); sizes unchecked. */
hg_filter_desc hg_upsampled_filter(const hg_filter_desc *conv, hg_size2 factor);

/* Its weights, sums in double that are rounded once: [out_channels][in_channels / groups] kernels
 * of either filter. */
void hg_upsampled_weights(const hg_filter_desc *conv, hg_size2 factor, const float *weights,
                          float *summed);

#endif
