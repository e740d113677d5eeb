/* hourglass table verify. Contract: table_verify.h. */
#include "cli/table_verify.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "dispatch/registry.h"
#include "dispatch/select.h"
#include "tuner/lint.h"
#include "tuner/search.h"

enum { ROUNDS = 2 };

/* A search whose only rival is the record's first kernel; false: there is nothing to time. */
static bool prepare(const hg_context *context, const hg_record *r, hg_search *s)
{
    hg_candidate list[HG_MAX_CANDIDATES];
    hg_reason why;
    *s = (hg_search){.rival_count = 1};
    if (r->threads != context->threads || hg_record_health(context, r, &why) != HG_HEALTHY ||
        hg_problem_parse(r->key, &s->problem, NULL))
        return false;
    const size_t count = hg_candidates(context, &s->problem, false, 0, list);
    const hg_kernel *kernel = hg_registry_find(r->ranks[0].kernel);
    const hg_candidate *choice = hg_candidate_like(list, count, kernel, &r->ranks[0].config, true);
    if (!choice || choice == list) return false; /* the untuned choice itself */
    snprintf(s->key, sizeof s->key, "%s", r->key);
    hg_candidate_format(&list[0], s->untuned, sizeof s->untuned);
    hg_candidate_format(choice, s->rivals[0].raced.name, sizeof s->rivals[0].raced.name);
    return true;
}

static const char *const words[] = {
    [HG_AB_INCONCLUSIVE] = "cannot be told",
    [HG_AB_SAME] = "no longer faster",
    [HG_AB_FASTER] = "holds",
    [HG_AB_SLOWER] = "SLOWER than the untuned choice",
};

int cli_verify_table(hg_context *context, const hg_lines *lines, double seconds)
{
    hg_searcher t = {.context = context, .slot_ns = 1.5e6, .end = INFINITY};
    hg_reason why = {""};
    size_t n = 0, counts[4] = {0};
    hg_search *searches = malloc((lines->count + 1) * sizeof *searches);
    if (!searches) hg_fail(&why, HG_NO_MEMORY, "out of memory");
    if (!searches || hg_canary_open(context, &t.canary, &why)) {
        fprintf(stderr, "hourglass: %s\n", why.text);
        free(searches);
        return CLI_FAILED;
    }
    for (size_t i = 0; i < lines->count; i++) {
        const hg_record *r = &lines->records[i];
        if (hg_lines_find(lines, r->key, r->threads, r->machine) == r)
            n += prepare(context, r, &searches[n]);
    }
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            if (hg_search_round(&t, &searches[i], seconds, &why))
                fprintf(stderr, "hourglass: %s: %s\n", searches[i].key, why.text);
    for (size_t i = 0; i < n; i++) {
        const hg_search *s = &searches[i];
        const hg_ab_judgement j = hg_ab_judge(&s->rivals[0].series, 0);
        counts[j.verdict]++;
        if (j.verdict == HG_AB_FASTER) continue;
        printf("%s: %s: %s, %.3f of the untuned time (%.3f to %.3f)\n", words[j.verdict], s->key,
               s->rivals[0].raced.name, exp(j.median), exp(j.low), exp(j.high));
    }
    printf(
        "%zu changed choice%s: %zu still faster, %zu no longer, %zu slower, %zu cannot be told\n",
        n, cli_plural(n), counts[HG_AB_FASTER], counts[HG_AB_SAME], counts[HG_AB_SLOWER],
        counts[HG_AB_INCONCLUSIVE]);
    hg_canary_close(&t.canary);
    free(searches);
    return counts[HG_AB_SLOWER] ? CLI_FAILED : CLI_OK;
}
