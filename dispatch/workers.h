/* The default executor: threads - 1 workers that take slices of work beside the caller.
 *
 * Made for machines that do other work, too. A slice belongs to whoever claims it first, the caller
 * included, so a worker that gets no core costs nothing: the caller does its part. The caller waits
 * only for slices that a worker has begun. Nobody spins for more than 10 microseconds. Where
 * workers cost more time than they saved (woken for nothing, or put aside by the system in the
 * middle of a slice), the caller goes on alone for many times what was lost, and tries again. */
#ifndef HG_WORKERS_H
#define HG_WORKERS_H

#include <stddef.h>

#include "dispatch/host.h"

typedef struct hg_workers hg_workers;

/* threads: 2 and more, the caller counted in. NULL: no memory, or no threads to be had. */
hg_workers *hg_workers_create(const hg_host *host, int threads);
/* Nothing may be running on them. NULL is allowed. */
void hg_workers_free(const hg_host *host, hg_workers *workers);

/* Are workers of use for work of about `ns`? Not where they were of none lately, nor where they
 * would have to be woken for something short. */
bool hg_workers_worth(const hg_workers *workers, double ns);

/* hg_executor.parallel_for; self is an hg_workers. Several callers at once: one gets the workers,
 * the others do their slices themselves. */
void hg_workers_run(void *self, size_t count, void (*task)(void *argument, size_t i),
                    void *argument);

#endif
