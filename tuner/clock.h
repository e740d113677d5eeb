/* Time, and a fixed piece of work that tells whether the machine is disturbed. */
#ifndef HG_TUNER_CLOCK_H
#define HG_TUNER_CLOCK_H

/* Monotonic time in nanoseconds. */
double hg_clock_ns(void);

/* Duration of a fixed chain of multiply-adds, about 50 us: it touches no memory, so only the clock
 * rate of the core and other users of it change the figure. */
double hg_canary_ns(void);

/* What "undisturbed" means: the least time seen so far. */
typedef struct hg_canary {
    double best; /* 0 = none seen */
} hg_canary;

/* Runs the canary; returns its time over the best time seen. */
double hg_canary_ratio(hg_canary *canary);

#endif
