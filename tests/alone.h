/* Runs each range of a plan's work by itself: ranges must not lean on one another. */
#ifndef HG_TEST_ALONE_H
#define HG_TEST_ALONE_H

#include "dispatch/plan.h"

/* From now on the plan's ranges run from the last to the first, each on scratch full of NaN. One
 * plan at a time, on one thread. */
void run_ranges_alone(hg_plan *plan);

#endif
