#include "tests/fuzz/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "tests/compare.h"
#include "tests/descriptor.h"
#include "tests/executor.h"
#include "tests/run_guarded.h"
#include "tests/winograd_bound.h"

_Noreturn void fuzz_fail(const char *key, const char *what)
{
    fprintf(stderr, "FAILED %s\n  %s\n", key, what);
    abort();
}

hg_context *fuzz_context(int threads)
{
    static hg_context *contexts[3];
    hg_context **context = &contexts[threads];
    const hg_context_options o = {
        .threads = threads, .executor = test_executor, .ignore_environment = true};
    if (!*context && hg_context_create(&o, context)) fuzz_fail("", "no context");
    return *context;
}

void fuzz_check_key(const hg_problem *p)
{
    char key[HG_KEY_SIZE], again[HG_KEY_SIZE];
    hg_problem parsed;
    hg_reason why = {""};
    hg_problem_key(p, key);
    if (hg_problem_parse(key, &parsed, &why)) fuzz_fail(key, why.text);
    hg_problem_key(&parsed, again);
    if (strcmp(key, again)) fuzz_fail(key, again);
}

/* Row number pick of the operator's, NEON through SIMDe included. */
static const hg_kernel *picked(hg_op op, uint8_t pick)
{
    hg_machine machine;
    hg_context_machine(fuzz_context(1), &machine);
    const hg_kernel *k, *rows[256];
    size_t count = 0;
    for (size_t i = 0; (k = hg_registry_at(i)) != NULL && count < 256; i++)
        if (k->op == op && hg_isa_usable(k->isa, machine.isa, true)) rows[count++] = k;
    return rows[pick % count];
}

static hg_plan *make_plan(const hg_problem *p, const case_data *d, int threads, const char *kernel)
{
    char key[HG_KEY_SIZE];
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_status status = HG_OK;
    hg_problem_key(p, key);
    if (hg_problem_has_filter(p)) {
        hg_filter_desc order;
        hg_problem_filter(p, &order);
        float *weights = malloc((size_t)(hg_problem_reduction(p) * p->out.c) * sizeof *weights);
        if (!weights) return NULL;
        filter_reorder(&order, d->weights, weights);
        status = hg_filter_create(fuzz_context(threads), &order, weights, &filter);
        free(weights);
    }
    if (!status)
        status = data_plan(fuzz_context(threads), key, filter, d->bias, d->slopes, kernel, &plan);
    hg_filter_free(filter);
    if ((status == HG_OK) != (plan != NULL)) fuzz_fail(key, "a status and a plan that disagree");
    if (status && status != HG_NO_MEMORY && !kernel) fuzz_fail(key, hg_status_string(status));
    return plan;
}

static void check_result(const hg_problem *p, const case_data *d, const hg_plan *plan,
                         const oracle_output *want, const run_result *got)
{
    const char *key = hg_plan_key(plan);
    char text[400] = "";
    if (got->trouble[0]) fuzz_fail(key, got->trouble);
    if (got->status != (want->fault ? HG_INDEX : HG_OK))
        fuzz_fail(key, hg_status_string(got->status));
    if (want->fault) return;
    const oracle_input in = data_for_oracle(d);
    double *norm_bounds;
    if (!winograd_bounds(hg_plan_kernel(plan), p, &in, d->kind, &norm_bounds)) return;
    const int64_t wrong =
        compare_all(p, d->kind, want, norm_bounds, got->y, got->indices, text, sizeof text);
    free(norm_bounds);
    if (wrong) {
        fprintf(stderr, "%s\n", hg_plan_kernel(plan));
        fuzz_fail(key, text);
    }
}

void fuzz_check(const hg_problem *p, const case_data *d, uint8_t pick)
{
    const oracle_input in = data_for_oracle(d);
    oracle_output want;
    run_result results[2] = {{0}};
    char name[256];
    snprintf(name, sizeof name, "%s", picked(p->op, pick)->name);
    if (!oracle_run(p, &in, &want)) return;
    bool run = true;
    for (int way = 0; way < 2 && run; way++) {
        hg_plan *plan = make_plan(p, d, 1 + way, name);
        if (!plan) plan = make_plan(p, d, 1 + way, NULL);
        run = plan != NULL;
        if (!run) break;
        /* The default may depend on the threads; the bits of what was chosen may not. */
        snprintf(name, sizeof name, "%s", hg_plan_kernel(plan));
        run_guarded(plan, p, d, way ? GUARD_START : GUARD_END, &results[way]);
        check_result(p, d, plan, &want, &results[way]);
        if (way && !want.fault && !run_result_same_bits(p, &results[0], &results[1]))
            fuzz_fail(hg_plan_key(plan), "other bits with two threads");
        hg_plan_free(plan);
    }
    for (int way = 0; way < 2; way++) run_result_free(&results[way]);
    oracle_free(&want);
}
