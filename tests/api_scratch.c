/* Scratch is one slice's alone: many slices at once, each held where it first asks for work until
 * the others are there, too, on more threads than there are ranges or cores. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/common/attr.h"
#include "tests/api.h"
#include "tests/api_plans.h"

enum { MOST = 64 };

/* ---- Who is there ---- */

typedef struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    size_t expected, count;
    const char *scratch[MOST]; /* of the slices that have come to run something */
} meeting;

static meeting now = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, {NULL}};
static _Thread_local bool arrived;

static void open_meeting(size_t expected)
{
    now.expected = expected;
    now.count = 0;
}

/* Slices that find no work never come: nobody waits for them longer than this. */
static void arrive(const void *scratch)
{
    enum { PATIENCE_NS = 50000000 };
    struct timespec limit;
    if (arrived || now.expected == 0) return;
    arrived = true;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_nsec += PATIENCE_NS;
    limit.tv_sec += limit.tv_nsec / 1000000000;
    limit.tv_nsec %= 1000000000;
    pthread_mutex_lock(&now.lock);
    now.scratch[now.count++] = scratch;
    pthread_cond_broadcast(&now.arrived);
    while (now.count < now.expected &&
           pthread_cond_timedwait(&now.arrived, &now.lock, &limit) == 0) {
    }
    pthread_mutex_unlock(&now.lock);
}

/* ---- The kernel, with a look at its scratch ---- */

static const hg_algorithm *real;
static hg_algorithm watched;
static hg_kernel kernel;
static size_t own_scratch;

/* Scratch is promised to hold nothing: it holds NaN. */
static void run_watched(const hg_task *t, int stage, int64_t begin, int64_t end)
{
    arrive(t->scratch);
    for (int64_t i = begin; i < end; i++) {
        if (own_scratch) memset(t->scratch, 0xff, own_scratch);
        real->run(t, stage, i, i + 1);
    }
}

static void watch(hg_plan *plan)
{
    real = plan->kernel->algorithm;
    own_scratch = plan->sizes.scratch;
    watched = *real;
    watched.run = run_watched;
    kernel = *plan->kernel;
    kernel.algorithm = &watched;
    plan->kernel = &kernel;
}

/* ---- Executors ---- */

typedef struct job {
    void (*task)(void *argument, size_t i);
    void *argument;
    size_t i;
} job;

static bool together; /* at once; else one after the other */
static size_t most_slices;
static const planned *running;

static void *work(void *argument)
{
    const job *j = argument;
    arrived = false;
    j->task(j->argument, j->i);
    return NULL;
}

static bool apart(const char *a, const char *b, size_t size)
{
    return a + size <= b || b + size <= a;
}

static void check_meeting(size_t count)
{
    const hg_plan *plan = running->plan;
    const char *begin = running->workspace, *end = begin + hg_plan_workspace_size(plan);
    bool inside = true, disjoint = true;
    for (size_t i = 0; i < now.count; i++) {
        inside &= now.scratch[i] >= begin && now.scratch[i] + plan->scratch_each <= end;
        for (size_t j = 0; j < i; j++)
            disjoint &= apart(now.scratch[i], now.scratch[j], plan->scratch_each);
    }
    if (!plan->scratch_each) return;
    expect(inside, "%s: scratch outside the workspace", running->name);
    expect(disjoint, "%s: of %zu slices, %zu at work, two share scratch", running->name, count,
           now.count);
}

static void parallel_for(void *self, size_t count, void (*task)(void *argument, size_t i),
                         void *argument)
{
    (void)self;
    pthread_t threads[MOST];
    job jobs[MOST];
    size_t started = 0;
    most_slices = HG_MAX(most_slices, count);
    open_meeting(together ? count : 0);
    for (size_t i = 0; i < count && i < MOST; i++) {
        jobs[i] = (job){task, argument, i};
        if (!together)
            work(&jobs[i]);
        else if (pthread_create(&threads[started], NULL, work, &jobs[i]) == 0)
            started++;
    }
    expect(count <= MOST && (!together || started == count), "%zu threads of %zu", started, count);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
    if (together) check_meeting(count);
    open_meeting(0);
}

static hg_status run_once(const planned *p, bool at_once, float *y)
{
    together = at_once;
    running = p;
    memset(p->io.output, 0, p->outputs * sizeof *y);
    const hg_status status = hg_run(p->plan, &p->io, p->workspace);
    memcpy(y, p->io.output, p->outputs * sizeof *y);
    return status;
}

static void run_both_ways(const planned *p)
{
    float *one = malloc(p->outputs * sizeof *one), *many = malloc(p->outputs * sizeof *many);
    if (expect(one && many, "memory")) {
        watch(p->plan);
        const hg_status first = run_once(p, false, one), second = run_once(p, true, many);
        expect(first == HG_OK && second == HG_OK &&
                   memcmp(one, many, p->outputs * sizeof *one) == 0,
               "%s: slices at once give other bits than one after the other", p->name);
    }
    free(one), free(many);
}

void test_scratch(void)
{
    static const int counts[] = {16, MOST};
    hg_context_options o = quiet_options();
    o.executor.parallel_for = parallel_for;
    for (size_t i = 0; i < HG_COUNT(counts); i++) {
        hg_context *context;
        o.threads = counts[i];
        most_slices = 0;
        if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
        each_plan(context, false, run_both_ways);
        expect(most_slices > 8, "at most %zu slices of %d threads", most_slices, counts[i]);
        hg_context_free(context);
    }
}
