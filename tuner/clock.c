/* Time and the canary. Contract: clock.h. */
#include "tuner/clock.h"

#include <time.h>

double hg_clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double hg_canary_ns(void)
{
    enum { STEPS = 25000 };
    static volatile float sink;
    const double start = hg_clock_ns();
    float a = 1.0f + sink * 0.0f, b = 2.0f; /* two chains, bound by latency: about 2 ns per step */
    for (int i = 0; i < STEPS; i++) {
        a = a * 0.999f + 0.001f;
        b = b * 0.998f + 0.002f;
    }
    sink = a + b;
    return hg_clock_ns() - start;
}

double hg_canary_ratio(hg_canary *canary)
{
    const double ns = hg_canary_ns();
    if (canary->best == 0 || ns < canary->best) canary->best = ns;
    return ns / canary->best;
}
