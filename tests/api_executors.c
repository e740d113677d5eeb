/* An executor of one run, and a program's own loops on a context's. */
#include <fenv.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api.h"
#include "tests/executor.h"

enum { FLOATS = 1 << 18, THREADS = 3, INDICES = 1000 };

static const char *const key = "conv2d f32 nhwc n1 c24 h48 w48 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1";

/* How often each was asked, and for how many parts at most. */
typedef struct asked {
    int times;
    size_t most;
} asked;

static void ask(void *self, size_t count, void (*task)(void *argument, size_t i), void *argument)
{
    asked *a = self;
    a->times++;
    a->most = count > a->most ? count : a->most;
    test_executor.parallel_for(NULL, count, task, argument);
}

static hg_plan *plan_of(hg_context *context)
{
    hg_filter_desc desc;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    if (hg_key_filter(key, &desc)) {
        float *weights = calloc((size_t)(24 * 24 * 9), sizeof *weights);
        for (int i = 0; weights && i < 24 * 24 * 9; i++) weights[i] = (float)(i % 29 - 14) / 16;
        if (weights) hg_filter_create(context, &desc, weights, &filter);
        free(weights);
    }
    hg_plan_from_key(context, key, filter, NULL, NULL, &plan);
    hg_filter_free(filter);
    return plan;
}

static hg_status run(const hg_plan *plan, const hg_executor *executor, float *y)
{
    static float x[FLOATS];
    for (int i = 0; i < FLOATS; i++) x[i] = (float)(i % 41 - 20) / 32;
    void *workspace = aligned_alloc(64, hg_plan_workspace_size(plan) + 64);
    const hg_io io = {.input = x, .output = y, .executor = executor};
    const hg_status status = hg_run(plan, &io, workspace);
    free(workspace);
    return status;
}

static void check_run(const hg_plan *plan, asked *context_asked)
{
    static float want[FLOATS], got[FLOATS];
    asked own = {0};
    const hg_executor executor = {ask, &own}, empty = {NULL, &own};
    expect(run(plan, NULL, want) == HG_OK && context_asked->times > 0, "the context's executor");
    const int before = context_asked->times;
    expect(run(plan, &executor, got) == HG_OK && own.times > 0, "the run's executor");
    expect(own.most >= 2 && own.most <= THREADS, "the run's executor: %zu parts", own.most);
    expect(context_asked->times == before, "the context's executor was asked, too");
    expect(memcmp(want, got, sizeof want) == 0, "another executor, other bits");
    last = (heard){0};
    expect_refused(run(plan, &empty, got), 1u << HG_INVALID, NULL, "io.executor", "no function");
    expect(run(plan, NULL, got) == HG_OK && context_asked->times > before,
           "the context's executor once more");
}

/* What the tasks of a loop leave. */
typedef struct seen {
    int counts[INDICES]; /* atomic */
    int rounding;        /* atomic: of a task that had another than the caller */
    hg_context *nested;
} seen;

static void visit(void *argument, size_t i)
{
    seen *s = argument;
    __atomic_add_fetch(&s->counts[i], 1, __ATOMIC_RELAXED);
    if (fegetround() != FE_TOWARDZERO) __atomic_store_n(&s->rounding, 1, __ATOMIC_RELAXED);
}

static void nest(void *argument, size_t i)
{
    seen *s = argument;
    static seen inner[8];
    inner[i] = (seen){0};
    hg_parallel_for(s->nested, INDICES, visit, &inner[i]);
    for (int at = 0; at < INDICES; at++)
        if (inner[i].counts[at] != 1) return;
    visit(argument, i);
}

static void check_loops(hg_context *context, const char *what)
{
    static const size_t counts[] = {0, 1, 2, 3, 7, INDICES};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        seen s = {.nested = context};
        const int before = fegetround();
        fesetround(FE_TOWARDZERO);
        const hg_status status = hg_parallel_for(context, counts[c], visit, &s);
        fesetround(before);
        size_t wrong = 0;
        for (size_t i = 0; i < INDICES; i++) wrong += s.counts[i] != (i < counts[c]);
        expect(status == HG_OK && wrong == 0, "%s: %zu of a loop of %zu", what, wrong, counts[c]);
        expect(s.rounding == 0, "%s: the rounding of a loop of %zu", what, counts[c]);
    }
    static seen outer;
    outer = (seen){.nested = context};
    const int before = fegetround();
    fesetround(FE_TOWARDZERO);
    hg_parallel_for(context, 8, nest, &outer);
    fesetround(before);
    for (int i = 0; i < 8; i++) expect(outer.counts[i] == 1, "%s: a loop within a loop", what);
    last = (heard){0};
    expect_refused(hg_parallel_for(context, 3, NULL, NULL), 1u << HG_INVALID, NULL, "task", what);
    expect(hg_parallel_for(NULL, 3, visit, NULL) == HG_INVALID, "a loop without a context");
}

void test_executors(void)
{
    asked of_context = {0};
    hg_context_options o = quiet_options();
    hg_context *one, *own, *usual;
    bool ok = hg_context_create(&o, &one) == HG_OK;
    o.threads = THREADS;
    ok = hg_context_create(&o, &usual) == HG_OK && ok;
    o.executor = (hg_executor){ask, &of_context};
    ok = hg_context_create(&o, &own) == HG_OK && ok;
    hg_plan *plan = ok ? plan_of(own) : NULL;
    if (expect(plan != NULL, "contexts and a plan")) {
        check_run(plan, &of_context);
        check_loops(one, "one thread");
        check_loops(usual, "the default executor");
    }
    hg_plan_free(plan);
    hg_context_free(one), hg_context_free(own), hg_context_free(usual);
}
