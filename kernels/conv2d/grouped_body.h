/* Rows of grouped outputs as tiles of px, for every ISA. What includes this defines tiles(). */
#ifndef HG_GROUPED_BODY_H
#define HG_GROUPED_BODY_H

#include "kernels/conv2d/depthwise.h"

/* px outputs from x on, all rows and channels. px and G are constants. */
HG_INLINE void tiles(const hg_depthwise_args *a, int64_t x, int px, int G);

HG_INLINE void grouped(const hg_depthwise_args *args, int px, int G)
{
    const hg_depthwise_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    const hg_span inside = hg_outputs_inside(a);
    for (int64_t x = 0; x < a->count;) {
        if (x < inside.begin || x >= inside.end || inside.end - inside.begin < px) {
            tiles(a, x, 1, G);
            x++;
        } else {
            x = HG_MIN(x, inside.end - px); /* the last tile repeats some outputs */
            tiles(a, x, px, G);
            x += px;
        }
    }
}

#endif
