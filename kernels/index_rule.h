/* What the indices of max_pool2d and max_unpool2d count. */
#ifndef HG_INDEX_RULE_H
#define HG_INDEX_RULE_H

#include "kernels/problem.h"

/* Every index convention is linear: index of (n, c, y, x) = n*at.n + c*at.c + y*at.h + x*at.w, and
 * at.h and at.w are multiples of `scale`. A position in the plane, y*at.h/scale + x*at.w/scale,
 * is below h*w. */
typedef struct hg_index_rule {
    hg_strides at;
    int64_t scale;
} hg_index_rule;

hg_index_rule hg_index_rule_of(hg_index_convention convention, int64_t c, hg_size2 image);

#endif
