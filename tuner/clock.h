/* Time, and a fixed piece of work that tells whether the machine is disturbed. */
#ifndef HG_TUNER_CLOCK_H
#define HG_TUNER_CLOCK_H

/* Monotonic time in nanoseconds. */
double hg_clock_ns(void);
/* Processor time of the calling thread: what preempts it does not count. */
double hg_thread_ns(void);

/* A fixed piece of work, about 50 us: loads, multiply-adds and stores in L1. The clock rate of the
 * core shows in it, and a neighbour on the core's other half, which a chain of multiply-adds hardly
 * notices; what memory and outer caches do does not. */
void hg_canary_run(void *unused);

#endif
