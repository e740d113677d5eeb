/* One plan in several threads at once, and objects freed in unusual order. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "tests/api.h"

enum { THREADS = 4, RUNS = 100 };

typedef struct runner {
    const hg_plan *plan;
    const descriptor *d;
    const float *want;
    int wrong;
} runner;

static void *run_many(void *argument)
{
    runner *r = argument;
    float y[SAMPLE_OUTPUT];
    for (int i = 0; i < RUNS; i++) {
        const hg_status status = run_sample(r->plan, r->d, y);
        r->wrong += status != HG_OK || memcmp(y, r->want, sizeof y) != 0;
    }
    return NULL;
}

static void share(const hg_plan *plan, const descriptor *d, const float *want)
{
    pthread_t threads[THREADS];
    runner runners[THREADS];
    int started = 0;
    for (int i = 0; i < THREADS; i++) {
        runners[started] = (runner){plan, d, want, 0};
        started += pthread_create(&threads[started], NULL, run_many, &runners[started]) == 0;
    }
    expect(started == THREADS, "%s: only %d threads for runs", hg_op_name(d->op), started);
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        expect(runners[i].wrong == 0, "%s: %d of %d concurrent runs differ", hg_op_name(d->op),
               runners[i].wrong, RUNS);
    }
}

/* Many threads plan with one filter: its packed form is made once and shared. */
typedef struct planner {
    hg_context *context;
    hg_filter *filter;
    const descriptor *d;
    const float *want;
    int wrong;
} planner;

static void *plan_many(void *argument)
{
    planner *p = argument;
    float y[SAMPLE_OUTPUT];
    for (int i = 0; i < RUNS; i++) {
        hg_plan *plan;
        if (descriptor_plan(p->context, p->d, p->filter, NULL, &plan)) {
            p->wrong++;
            continue;
        }
        p->wrong += run_sample(plan, p->d, y) != HG_OK || memcmp(y, p->want, sizeof y) != 0;
        hg_plan_free(plan);
    }
    return NULL;
}

static void plan_together(hg_context *context, const descriptor *d, const float *want)
{
    pthread_t threads[THREADS];
    planner planners[THREADS];
    hg_filter *filter = NULL;
    int started = 0;
    if (!expect(!hg_filter_create(context, &d->filter, sample_weights(), &filter), "a filter"))
        return;
    for (int i = 0; i < THREADS; i++) {
        planners[started] = (planner){context, filter, d, want, 0};
        started += pthread_create(&threads[started], NULL, plan_many, &planners[started]) == 0;
    }
    expect(started == THREADS, "%s: only %d threads for plans", hg_op_name(d->op), started);
    for (int i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        expect(planners[i].wrong == 0, "%s: %d of %d concurrent plans fail or differ",
               hg_op_name(d->op), planners[i].wrong, RUNS);
    }
    hg_filter_free(filter);
}

void test_threads(void)
{
    for (hg_op op = 0; op < HG_OP_COUNT; op++) {
        static float want[SAMPLE_OUTPUT];
        const descriptor d = sample(op);
        hg_context_options o = quiet_options();
        hg_context *context;
        hg_filter *filter = NULL;
        hg_plan *plan = NULL;
        if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
        const bool conv = op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D;
        if (conv) hg_filter_create(context, &d.filter, sample_weights(), &filter);
        const hg_status status = descriptor_plan(context, &d, filter, NULL, &plan);
        hg_filter_free(filter);
        if (expect(status == HG_OK && run_sample(plan, &d, want) == HG_OK, "%s: %s", hg_op_name(op),
                   last.sentence)) {
            if (conv) plan_together(context, &d, want);
            hg_context_free(context); /* before its plan */
            share(plan, &d, want);
        }
        hg_plan_free(plan);
    }
}
