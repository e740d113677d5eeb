/* Time, and a fixed piece of work that tells whether the machine is disturbed. */
#ifndef HG_TUNER_CLOCK_H
#define HG_TUNER_CLOCK_H

/* Monotonic time in nanoseconds. */
double hg_clock_ns(void);

/* A fixed piece of work, about 50 us: loads, multiply-adds and stores in L1. The clock rate of the
 * core shows in it, and a neighbour on the core's other half, which a chain of multiply-adds hardly
 * notices; what memory and outer caches do does not. */
void hg_canary_run(void);

/* Its duration. */
double hg_canary_ns(void);

/* What "undisturbed" means: the least time seen so far. */
typedef struct hg_canary {
    double best; /* 0 = none seen */
} hg_canary;

/* Runs the canary; returns its time over the best time seen. */
double hg_canary_ratio(hg_canary *canary);

#endif
