/* Tensors of a run that may share elements. */
#ifndef HG_OVERLAP_H
#define HG_OVERLAP_H

#include "hourglass/runtime.h"
#include "kernels/problem.h"

/* Does the output lie where it may not, as far as it is noticed (runtime.h, pointwise.h)? */
bool hg_overlaps_input(const hg_problem *p, const hg_io *io);
bool hg_overlaps_other(const hg_problem *p, const hg_io *io);

#endif
