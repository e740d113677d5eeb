/* What plans share: machine, tables, executor, host. Immutable after creation. */
#ifndef HG_CONTEXT_H
#define HG_CONTEXT_H

#include "dispatch/host.h"
#include "dispatch/table.h"
#include "dispatch/workers.h"
#include "hourglass/hourglass.h"

struct hg_context {
    int references; /* atomic */
    int threads;
    bool reproducible; /* kernels are chosen as for one thread without tables */
    hg_host host;
    hg_executor executor;
    hg_workers *workers; /* the default executor, if the caller brought none */
    hg_machine machine;
    hg_table table;
    char preferred[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE]; /* "" = none */
    char misses[1024];                                    /* file for untuned problems; "" = none */
};

/* Where to report what is wrong with arguments: with no context, nowhere. */
static inline const hg_host *hg_context_host(const hg_context *context)
{
    return context ? &context->host : NULL;
}

void hg_context_retain(hg_context *context);

#endif
