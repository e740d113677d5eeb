/* Built without threads (option `threads`): who wants more than one gives an executor. */
#include "dispatch/workers.h"

hg_workers *hg_workers_create(const hg_host *host, int threads)
{
    (void)host, (void)threads;
    return NULL;
}

void hg_workers_free(const hg_host *host, hg_workers *workers)
{
    (void)host, (void)workers;
}

bool hg_workers_worth(const hg_workers *workers, double ns)
{
    (void)workers, (void)ns;
    return false;
}

void hg_workers_run(void *self, size_t count, void (*task)(void *argument, size_t i),
                    void *argument)
{
    (void)self;
    while (count-- > 0) task(argument, count);
}
