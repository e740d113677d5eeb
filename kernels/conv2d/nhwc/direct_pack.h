/* Direct convolution: packed weights.
 *
 *     panels of units    [panel][ky][kx][C/groups][columns of the panel], the panels of a group
 *                        sharing its units as evenly as can be; columns past a group narrower than
 *                        a unit are zero
 *     panels of dots     [K][ky][kx][C/groups], and HG_DIRECT_BEHIND zeros */
#ifndef HG_DIRECT_PACK_H
#define HG_DIRECT_PACK_H

#include "kernels/geometry.h"
#include "kernels/kernel.h"

/* Where the weight of output channel k, input channel c of its group and tap (y, x) lies: at
 * origin[k*k_step + c*c_step + y*y_step + x*x_step]. A convolution of more than `channels` has
 * those of phases side by side: of the next one they begin at origin[1], and so on. */
typedef struct hg_direct_filter {
    const float *origin;
    int64_t channels, k_step, c_step, y_step, x_step;
} hg_direct_filter;

/* How many panels a group has; of dots one. */
int64_t hg_direct_pack_panels(const hg_problem *p, const hg_kernel *k);

/* Of each group one panel, if there are so many, of the weights of some input channels: every panel
 * is packed from channel 0 on. */
void hg_direct_pack(const hg_problem *p, const hg_kernel *k, const hg_direct_filter *filter,
                    int64_t panel, hg_span channels, float *packed);

#endif
