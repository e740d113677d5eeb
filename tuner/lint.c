/* Health of records. Contract: lint.h. */
#include "tuner/lint.h"

#include <stdio.h>
#include <string.h>

#include "dispatch/registry.h"
#include "dispatch/select.h"

/* Why a rank is no candidate; NULL if it is one. */
static const char *rank_fault(const hg_ranked *rank, const hg_problem *p, const hg_candidate *list,
                              size_t count)
{
    const hg_kernel *kernel = hg_registry_find(rank->kernel);
    if (!kernel) return "there is no such kernel";
    if (!hg_op_serves(kernel->op, p->op)) return "the kernel is another operator's";
    if (kernel->rev != rank->rev) return "the kernel has changed since";
    const hg_candidate *like = hg_candidate_like(list, count, kernel, &rank->config, true);
    if (like) return NULL;
    for (size_t i = 0; i < count; i++)
        if (list[i].kernel == kernel) return "the kernel has no such configuration here";
    return "the kernel cannot run the problem here";
}

/* NULL, or why no lookup finds the key. */
static const char *key_fault(const char *key, hg_problem *p)
{
    char canonical[HG_KEY_SIZE];
    if (hg_problem_parse(key, p, NULL)) return "the key names no problem";
    const hg_problem plain = hg_problem_for_tuning(p);
    hg_problem_key(&plain, canonical);
    return strcmp(canonical, key) ? "the key is not in the form that is looked up" : NULL;
}

hg_health hg_record_health(const hg_context *context, const hg_record *r, hg_reason *why)
{
    hg_problem p;
    why->text[0] = '\0';
    const char *fault = r->threads < 1 ? "threads is below 1" : key_fault(r->key, &p);
    if (fault) {
        hg_fail(why, HG_INVALID, "%s", fault);
        return HG_USELESS;
    }
    context = hg_context_of_machine(context, r->machine);
    if (!context) {
        hg_fail(why, HG_INVALID, "it is of machine %.80s", r->machine);
        return HG_ELSEWHERE;
    }
    hg_candidate list[HG_MAX_CANDIDATES];
    const size_t count = hg_candidates(context, &p, false, 0, list);
    for (int i = 0; i < r->count; i++) {
        fault = rank_fault(&r->ranks[i], &p, list, count);
        if (!fault) return i ? HG_LIMPING : HG_HEALTHY;
        if (i == 0) hg_fail(why, HG_INVALID, "%.90s: %s", r->ranks[i].kernel, fault);
    }
    return HG_USELESS;
}
