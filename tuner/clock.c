/* Time and the canary. Contract: clock.h. */
#include "tuner/clock.h"

#include <time.h>

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double hg_clock_ns(void)
{
    return now(CLOCK_MONOTONIC);
}

double hg_thread_ns(void)
{
    return now(CLOCK_THREAD_CPUTIME_ID);
}

void hg_canary_run(void *unused)
{
    enum { COUNT = 2048, TIMES = 150 }; /* 16 KiB, in L1 */
    static _Thread_local float a[COUNT], b[COUNT];
    (void)unused;
    for (int t = 0; t < TIMES; t++) {
        for (int i = 0; i < COUNT; i++) a[i] = a[i] * 0.999f + b[i];
        __asm__ volatile("" : : "r"(a) : "memory"); /* each time anew */
    }
}
