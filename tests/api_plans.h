/* Plans of every operator by every kernel and configuration that may run them here, with data. */
#ifndef HG_TEST_API_PLANS_H
#define HG_TEST_API_PLANS_H

#include "dispatch/plan.h"

typedef struct planned {
    hg_plan *plan;
    hg_io io;
    void *workspace;
    const char *name; /* of the kernel and configuration, and the problem */
    size_t outputs;   /* elements of io.output */
} planned;

/* `small`: problems that run in microseconds, by every algorithm; else such as are shared among
 * threads, by every kernel of the strongest instruction set. Visits each plan with its output and
 * workspace cleared. The number of plans. */
int each_plan(hg_context *context, bool small, void (*visit)(const planned *p));

/* The keys of the small problems. */
const char *const *small_plan_keys(size_t *count);

#endif
