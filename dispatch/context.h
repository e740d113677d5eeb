/* What plans share: machine, tables, executor, host. Immutable after creation. */
#ifndef HG_CONTEXT_H
#define HG_CONTEXT_H

#include "dispatch/cores.h"
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
    hg_cores cores;
    hg_machine machine; /* cores.classes[table.self] */
    hg_table table;
    /* The context as each other class of the machine's cores sees it: copies, which it owns, with
     * another machine, and a table that finds the records of that. NULL at 0, behind the last, and
     * in the copies. */
    hg_context *of_class[HG_MAX_CLASSES];
    char preferred[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE]; /* "" = none */
    char misses[1024];                                    /* file for untuned problems; "" = none */
};

/* Where to report what is wrong with arguments: with no context, nowhere. */
static inline const hg_host *hg_context_host(const hg_context *context)
{
    return context ? &context->host : NULL;
}

void hg_context_retain(hg_context *context);

/* The context as class number i of its machine's cores sees it. */
static inline const hg_context *hg_context_of_class(const hg_context *context, int i)
{
    return i == context->table.self ? context : context->of_class[i];
}

/* The context as the class of that key sees it; NULL: it is none of this machine's. */
const hg_context *hg_context_of_machine(const hg_context *context, const char *key);

#endif
