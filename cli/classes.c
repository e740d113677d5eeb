/* Classes of cores. Contract: cli.h. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "dispatch/context.h"

/* The processors of a class among those that this process may use. */
static cpu_set_t processors_of(const hg_cores *cores, int class, const cpu_set_t *allowed)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && cpu < HG_MAX_CPUS; cpu++)
        if (CPU_ISSET(cpu, allowed) && cores->of_cpu[cpu] == class) CPU_SET(cpu, &set);
    return set;
}

/* A context that is created on bound threads is of their class alone. */
static int work_bound(const hg_context *whole, const cpu_set_t *set,
                      int (*work)(void *self, hg_context *context), void *self)
{
    if (sched_setaffinity(0, sizeof *set, set)) {
        fprintf(stderr, "hourglass: cannot move to other cores: %s\n", strerror(errno));
        return CLI_FAILED;
    }
    hg_context *context = cli_context(whole->threads);
    const int code = context ? work(self, context) : CLI_FAILED;
    hg_context_free(context);
    return code;
}

int cli_each_class(hg_context *context, int (*work)(void *self, hg_context *context), void *self)
{
    const hg_cores *cores = &context->cores;
    cpu_set_t allowed;
    int worst = CLI_OK;
    if (cores->count == 1 || sched_getaffinity(0, sizeof allowed, &allowed))
        return work(self, context);
    for (int i = 0; i < cores->count && worst != CLI_INTERRUPTED; i++) {
        const cpu_set_t set = processors_of(cores, i, &allowed);
        const int code = work_bound(context, &set, work, self);
        if (code != CLI_OK) worst = code;
    }
    sched_setaffinity(0, sizeof allowed, &allowed);
    return worst;
}
