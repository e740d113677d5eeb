/* The default executor: a pthreadpool. Without it in the build, callers bring their own. */
#include "dispatch/context.h"

#if defined(HG_WITH_PTHREADPOOL)
#include <pthreadpool.h>

typedef struct call {
    void (*task)(void *argument, size_t i);
    void *argument;
} call;

static void call_task(void *context, size_t i)
{
    const call *c = context;
    c->task(c->argument, i);
}

static void parallel_for(void *self, size_t count, void (*task)(void *argument, size_t i),
                         void *argument)
{
    call c = {task, argument};
    pthreadpool_parallelize_1d(self, call_task, &c, count, 0);
}

bool hg_executor_create(int threads, hg_executor *executor)
{
    pthreadpool_t pool = pthreadpool_create((size_t)threads);
    if (!pool) return false;
    *executor = (hg_executor){parallel_for, pool};
    return true;
}

void hg_executor_free(hg_executor *executor)
{
    pthreadpool_destroy(executor->self);
}

#else

bool hg_executor_create(int threads, hg_executor *executor)
{
    (void)threads;
    (void)executor;
    return false;
}

void hg_executor_free(hg_executor *executor)
{
    (void)executor;
}
#endif
