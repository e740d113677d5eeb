/* The default executor: every slice runs once, whoever is there to run it. */
#include <pthread.h>
#include <unistd.h>

#include "dispatch/workers.h"
#include "tests/api.h"

enum { MOST_SLICES = 16, JOBS = 2000, CALLERS = 4 };

static hg_host plain_host(void)
{
    return hg_host_of(&(hg_context_options){.threads = 1});
}

typedef struct job {
    hg_workers *workers;
    int ran[MOST_SLICES]; /* atomic: how often each slice ran */
    int done;             /* atomic: slices that have returned */
    size_t count;
} job;

/* The two slices that are claimed first take some microseconds: a worker is of use and awake. Then
 * it and the caller claim the others, which take nothing, in a race. */
static void count_slice(void *argument, size_t i)
{
    job *j = argument;
    const int steps = i + 2 >= j->count ? 5000 : 0;
    for (volatile int step = 0; step < steps; step++) continue;
    __atomic_add_fetch(&j->ran[i], 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&j->done, 1, __ATOMIC_RELAXED);
}

/* Jobs in which something ran too often or not, or that came back too early. */
static int wrong_jobs(hg_workers *workers, void (*task)(void *, size_t), int jobs)
{
    int wrong = 0;
    for (int i = 0; i < jobs; i++) {
        job j = {.workers = workers, .count = (size_t)(i % MOST_SLICES) + 1};
        hg_workers_run(workers, j.count, task, &j);
        bool right = (size_t)__atomic_load_n(&j.done, __ATOMIC_RELAXED) == j.count;
        for (size_t s = 0; s < MOST_SLICES; s++) right = right && j.ran[s] == (s < j.count);
        wrong += !right;
    }
    return wrong;
}

static void *call_often(void *workers)
{
    return (void *)(intptr_t)wrong_jobs(workers, count_slice, JOBS);
}

static void share_workers(hg_workers *workers, int threads)
{
    pthread_t callers[CALLERS];
    int started = 0;
    while (started < CALLERS && !pthread_create(&callers[started], NULL, call_often, workers))
        started++;
    expect(started == CALLERS, "%d of %d callers", started, CALLERS);
    for (int i = 0; i < started; i++) {
        void *wrong;
        pthread_join(callers[i], &wrong);
        expect(!wrong, "%d threads, %d callers at once: %d jobs are wrong", threads, CALLERS,
               (int)(intptr_t)wrong);
    }
}

/* A slice that uses the workers which it runs on: they are taken, so it does its part itself. */
static void nest(void *argument, size_t i)
{
    job *j = argument;
    if (wrong_jobs(j->workers, count_slice, 3) == 0) count_slice(argument, i);
}

/* Slice 0 is the last to be claimed: it comes to an end only when all the others are done, whether
 * or not there was a worker for them. */
static void wait_for_others(void *argument, size_t i)
{
    job *j = argument;
    while (i == 0 && (size_t)__atomic_load_n(&j->done, __ATOMIC_ACQUIRE) < j->count - 1) continue;
    count_slice(argument, i);
}

void test_workers(void)
{
    static const int threads[] = {2, 3, 16};
    const hg_host host = plain_host();
    alarm(120); /* a slice that is lost is waited for forever */
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        hg_workers *workers = hg_workers_create(&host, threads[i]);
        if (!expect(workers != NULL, "%d threads", threads[i])) continue;
        const int wrong = wrong_jobs(workers, count_slice, JOBS);
        expect(wrong == 0, "%d threads: %d of %d jobs are wrong", threads[i], wrong, JOBS);
        expect(wrong_jobs(workers, nest, 50) == 0, "%d threads: jobs within jobs", threads[i]);
        expect(wrong_jobs(workers, wait_for_others, 50) == 0, "%d threads: the last slice waits",
               threads[i]);
        share_workers(workers, threads[i]);
        hg_workers_free(&host, workers);
    }
    for (int i = 0; i < 50; i++) { /* at once, whether or not the workers have begun */
        hg_workers *workers = hg_workers_create(&host, 4);
        hg_workers_free(&host, workers);
    }
    alarm(0);
    expect(true, "workers come and go");
    hg_workers_free(&host, NULL);
}
