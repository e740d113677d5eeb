/* A library with one slow kernel, to try `hourglass ab` on: bench/ab_trial compiles this with the
 * library's archive, in which hg_run has been renamed. After a plan whose kernel has TRIAL_KERNEL
 * in its name, the caller is held for TRIAL_PERCENT of the time that the run took. */
#include <string.h>
#include <time.h>

#include "hourglass/hourglass.h"

hg_status hg_run_unslowed(const hg_plan *plan, const hg_io *io, void *workspace);

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

hg_status hg_run(const hg_plan *plan, const hg_io *io, void *workspace)
{
    const double start = now_ns();
    const hg_status status = hg_run_unslowed(plan, io, workspace);
    const double end = now_ns();
    if (strstr(hg_plan_kernel(plan), TRIAL_KERNEL))
        while (now_ns() - end < (end - start) * TRIAL_PERCENT / 100) continue;
    return status;
}
