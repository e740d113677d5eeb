#include "tests/executor.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct job {
    void (*task)(void *argument, size_t i);
    void *argument;
    size_t i;
    pthread_barrier_t *barrier;
} job;

static void *work(void *argument)
{
    const job *j = argument;
    pthread_barrier_wait(j->barrier);
    j->task(j->argument, j->i);
    return NULL;
}

static void parallel_for(void *self, size_t count, void (*task)(void *argument, size_t i),
                         void *argument)
{
    (void)self;
    enum { MOST = 16 };
    if (count < 2 || count > MOST) {
        for (size_t i = count; i-- > 0;) task(argument, i);
        return;
    }
    pthread_t threads[MOST];
    job jobs[MOST];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, (unsigned)count);
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (job){task, argument, count - 1 - i, &barrier};
        if (i && pthread_create(&threads[i], NULL, work, &jobs[i])) abort();
    }
    work(&jobs[0]);
    for (size_t i = 1; i < count; i++) pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
}

const hg_executor test_executor = {parallel_for, NULL};
