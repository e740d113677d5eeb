/* A library with one slow kernel, to try `hourglass ab` on: bench/ab_trial links this in front of
 * the real one. After a plan whose kernel has TRIAL_KERNEL in its name, the caller is held for
 * TRIAL_PERCENT of the time that the run took. */
#include <dlfcn.h>
#include <string.h>
#include <time.h>

#include "hourglass/hourglass.h"

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

hg_status hg_run(const hg_plan *plan, const hg_io *io, void *workspace)
{
    static hg_status (*real)(const hg_plan *plan, const hg_io *io, void *workspace);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "hg_run");
    if (!strstr(hg_plan_kernel(plan), TRIAL_KERNEL)) return real(plan, io, workspace);
    const double start = now_ns();
    const hg_status status = real(plan, io, workspace);
    const double end = now_ns();
    while (now_ns() - end < (end - start) * TRIAL_PERCENT / 100) continue;
    return status;
}
