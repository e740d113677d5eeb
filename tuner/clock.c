/* Time and the canary. Contract: clock.h. */
#include "tuner/clock.h"

#include <time.h>

double hg_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void hg_canary_run(void)
{
    enum { COUNT = 2048, TIMES = 150 }; /* 16 KiB, in L1 */
    static _Thread_local float a[COUNT], b[COUNT];
    for (int t = 0; t < TIMES; t++) {
        for (int i = 0; i < COUNT; i++) a[i] = a[i] * 0.999f + b[i];
        __asm__ volatile("" : : "r"(a) : "memory"); /* each time anew */
    }
}

double hg_canary_ns(void)
{
    const double start = hg_clock_ns();
    hg_canary_run();
    return hg_clock_ns() - start;
}

double hg_canary_ratio(hg_canary *canary)
{
    const double ns = hg_canary_ns();
    if (canary->best == 0 || ns < canary->best) canary->best = ns;
    return ns / canary->best;
}
