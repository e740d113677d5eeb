/* Crews. Contract: crew.h. */
#include "bench/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>

#include "kernels/common/attr.h"
#include "tuner/clock.h"

typedef struct crew {
    const hg_crew *asked;
    int threads;
    atomic_int waiting, generation, stop;
    atomic_int abandoned; /* not all threads could be started: nobody waits any more */
    double best;          /* ns of the fastest repetition; written by thread 0 */
} crew;

static void barrier(crew *c)
{
    if (c->threads == 1) return;
    const int generation = atomic_load(&c->generation);
    if (atomic_fetch_add(&c->waiting, 1) + 1 == c->threads) {
        atomic_store(&c->waiting, 0);
        atomic_fetch_add(&c->generation, 1);
        return;
    }
    for (int spins = 0; !atomic_load(&c->abandoned) && atomic_load(&c->generation) == generation;
         spins++)
        if (spins > 10000) sched_yield();
}

static void repeat(crew *c, int thread)
{
    const double begin = hg_clock_ns();
    for (int i = 0; !atomic_load(&c->stop); i++) {
        barrier(c);
        const double start = hg_clock_ns();
        c->asked->work(c->asked->argument, thread, c->threads);
        barrier(c);
        const double end = hg_clock_ns();
        if (thread == 0 && i > 0) c->best = c->best ? HG_MIN(c->best, end - start) : end - start;
        if (thread == 0 && i >= c->asked->repeats && end - begin > c->asked->least_ns)
            atomic_store(&c->stop, 1);
        barrier(c);
    }
}

typedef struct member {
    crew *crew;
    int thread;
} member;

static void *serve(void *argument)
{
    const member *m = argument;
    repeat(m->crew, m->thread);
    return NULL;
}

double hg_crew_time(const hg_crew *asked)
{
    pthread_t threads[HG_CREW_MOST];
    member members[HG_CREW_MOST];
    crew c = {.asked = asked, .threads = HG_MIN(asked->threads, HG_CREW_MOST)};
    int made = 1;
    for (; made < c.threads; made++) {
        members[made] = (member){&c, made};
        if (pthread_create(&threads[made], NULL, serve, &members[made])) break;
    }
    if (made < c.threads) {
        atomic_store(&c.stop, 1);
        atomic_store(&c.abandoned, 1);
    } else {
        repeat(&c, 0);
    }
    for (int i = 1; i < made; i++) pthread_join(threads[i], NULL);
    return made < c.threads ? 0 : c.best;
}
