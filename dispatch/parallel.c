/* A program's own loops on a context's executor. */
#include <fenv.h>

#include "dispatch/context.h"
#include "kernels/common/attr.h"

typedef struct loop {
    void (*task)(void *argument, size_t i);
    void *argument;
    size_t count, next; /* next: atomic, the first that no slice has taken */
    fenv_t floats;      /* the caller's rounding and denormals */
} loop;

static void run_slice(void *argument, size_t slice)
{
    (void)slice;
    loop *l = argument;
    fenv_t own;
    fegetenv(&own);
    fesetenv(&l->floats);
    size_t i;
    while ((i = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED)) < l->count)
        l->task(l->argument, i);
    fesetenv(&own);
}

hg_status hg_parallel_for(hg_context *context, size_t count, void (*task)(void *argument, size_t i),
                          void *argument)
{
    if (!context) return HG_INVALID;
    if (!task) return hg_report(&context->host, HG_INVALID, "hg_parallel_for: the task is NULL");
    const size_t slices = HG_MIN((size_t)context->threads, count);
    if (slices < 2) {
        for (size_t i = 0; i < count; i++) task(argument, i);
        return HG_OK;
    }
    loop l = {.task = task, .argument = argument, .count = count};
    fegetenv(&l.floats);
    context->executor.parallel_for(context->executor.self, slices, run_slice, &l);
    return HG_OK;
}
