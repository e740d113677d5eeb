/* Transposed convolution as dense phases, and its reference table.
 *
 * Along an axis, output oy = iy*stride + ky*dilation - begin. The outputs of one residue
 * f = (oy + begin) mod stride are reached by the taps with ky*dilation = f (mod stride) only: a
 * phase. Such taps differ by multiples of period = stride / gcd(stride, dilation), so a class of
 * taps is {c, c + period, c + 2*period, ...}, and a phase has one class or, where gcd does not
 * divide f, none. */
#ifndef HG_CONV_TRANSPOSE2D_H
#define HG_CONV_TRANSPOSE2D_H

#include "kernels/conv2d/igemm.h"
#include "kernels/kernel.h"

extern const hg_kernel hg_conv_transpose2d_ref[];

/* Number of phases of an axis that have outputs. */
int64_t hg_phase_count(int64_t stride, int64_t out);

int64_t hg_phase_period(int64_t stride, int64_t dilation);

/* Fills axis->phase[0 .. phases) and axis->offset. */
void hg_phase_axis(int64_t stride, int64_t dilation, int64_t begin, int64_t out, int64_t kernel,
                   hg_igemm_axis *axis);

#endif
