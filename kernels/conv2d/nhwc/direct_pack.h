/* Direct convolution: packed weights.
 *
 *     panels of units    [panel][ky][kx][C/groups][columns of the panel], the panels of a group
 *                        sharing its units as evenly as can be; columns past a group narrower than
 *                        a unit are zero
 *     panels of dots     [K][ky][kx][C/groups], and HG_DIRECT_BEHIND zeros */
#ifndef HG_DIRECT_PACK_H
#define HG_DIRECT_PACK_H

#include "kernels/kernel.h"

/* Where the weight of output channel k, input channel c of its group and tap (y, x) lies: at
 * origin[k*k_step + c*c_step + y*y_step + x*x_step]. A convolution of more than `channels` has
 * those of phases side by side: of the next one they begin at origin[1], and so on. */
typedef struct hg_direct_filter {
    const float *origin;
    int64_t channels, k_step, c_step, y_step, x_step;
} hg_direct_filter;

/* Input channels of a group whose weights, read from where they lie, stay in cache until all phases
 * of a transposed convolution have taken theirs. */
enum { HG_DIRECT_PACK_CHANNELS = 16 };

/* The weights of input channels [begin, end) of each group; `begin` is a multiple of
 * HG_DIRECT_PACK_CHANNELS. */
void hg_direct_pack(const hg_problem *p, const hg_kernel *k, const hg_direct_filter *filter,
                    int64_t begin, int64_t end, float *packed);

#endif
