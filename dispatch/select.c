/* The tiers of the choice. Contract: select.h. */
#include "dispatch/select.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/bands.h"
#include "dispatch/builtin.h"
#include "dispatch/registry.h"

/* ---- What is wished ---- */

static int64_t named_bands(const char *text)
{
    hg_config config;
    return hg_config_parse(text + strcspn(text, " "), &config) ? config.bands : 0;
}

/* The candidate that "NAME" (any configuration: the first, that is the preferred), "NAME bands=N"
 * (the first in such bands) or "NAME CONFIG" names, or NULL. */
static const hg_candidate *named(const char *text, const hg_candidate *list, size_t count)
{
    const size_t length = strcspn(text, " ");
    hg_config config;
    const bool any = text[length] == '\0';
    if (!any && !hg_config_parse(text + length, &config)) return NULL;
    const bool only_bands =
        !any && config.bands > 0 && hg_config_equal(&config, &(hg_config){.bands = config.bands});
    for (size_t i = 0; i < count; i++) {
        const char *name = list[i].kernel->name;
        if (strlen(name) != length || strncmp(name, text, length)) continue;
        if (any || hg_config_equal(&config, &list[i].config)) return &list[i];
        if (only_bands && config.bands == list[i].config.bands) return &list[i];
    }
    return NULL;
}

/* ---- What is recorded ---- */

/* A choice and what it rests on. */
typedef enum tier {
    ESTIMATED,
    PREDICTED,
    IMAGES,
    THREADS,
    BUILTIN, /* this and those below: not untuned */
    EXACT,
    PREFERRED,
    FORCED
} tier;

static const char *const tier_words[] = {"least estimated cost",
                                         "tuned: by similar problems",
                                         "tuned: record for another number of images",
                                         "tuned: record for another number of threads",
                                         "tuned: record of the table that is compiled in",
                                         "tuned: exact table record",
                                         "preferred by the context",
                                         "forced by the caller"};

typedef struct choice {
    tier how;
    const hg_candidate *candidate;
    const hg_table_entry *entry; /* of a record */
    int rank;
    hg_prediction prediction; /* of PREDICTED */
} choice;

typedef struct question {
    const hg_context *context;
    const hg_problem *problem;
    char key[HG_KEY_SIZE]; /* the tuning key */
    hg_candidate list[HG_MAX_CANDIDATES];
    size_t count;
    hg_table_entry builtin; /* the record that is compiled in; of no ranks: none */
} question;

/* The entry's best rank that is a candidate, or is of a candidate's kind. */
static bool take_entry(const question *q, const hg_table_entry *e, tier how, choice *c)
{
    for (int r = 0; r < e->count; r++) {
        const hg_candidate *like = hg_candidate_like(q->list, q->count, e->ranks[r].kernel,
                                                     &e->ranks[r].config, how == EXACT);
        if (!like) continue;
        *c = (choice){.how = how, .candidate = like, .entry = e, .rank = r};
        return true;
    }
    return false;
}

static double octaves(int a, int b)
{
    return fabs(log2((double)HG_MAX(a, 1) / (double)HG_MAX(b, 1)));
}

static bool by_exact_record(const question *q, choice *c)
{
    const hg_table *table = &q->context->table;
    const hg_table_span span = hg_table_of_key(table, q->key);
    for (size_t i = span.count; i-- > 0;) {
        const hg_table_entry *e = &table->entries[span.slots[i].entry];
        if (e->threads == q->context->threads && !strcmp(e->key, q->key) &&
            take_entry(q, e, EXACT, c))
            return true;
    }
    return false;
}

/* Of the records for other numbers of threads that of the nearest; of two the later. */
static bool by_other_threads(const question *q, choice *c)
{
    const hg_table *table = &q->context->table;
    const hg_table_span span = hg_table_of_key(table, q->key);
    const int threads = q->context->threads;
    for (size_t i = span.count; i-- > 0;) {
        const hg_table_entry *e = &table->entries[span.slots[i].entry];
        if (strcmp(e->key, q->key)) continue;
        if (!c->entry || octaves(e->threads, threads) < octaves(c->entry->threads, threads))
            take_entry(q, e, THREADS, c);
    }
    return c->entry != NULL;
}

/* The same problem but for its images. */
static bool is_batch_of(const hg_metrics *a, const hg_metrics *b)
{
    for (int i = HG_IMAGES + 1; i < HG_METRICS; i++)
        if (a->v[i] != b->v[i]) return false;
    return a->padded == b->padded;
}

static bool by_other_batch(const question *q, choice *c)
{
    const hg_metrics m = hg_key_metrics(q->key);
    const hg_table *table = &q->context->table;
    const hg_table_span span = hg_table_of_family(table, m.family);
    double least = INFINITY;
    for (size_t i = span.count; i-- > 0;) {
        const hg_table_entry *e = &table->entries[span.slots[i].entry];
        const double d = fabs((double)(m.v[HG_IMAGES] - e->metrics.v[HG_IMAGES])) +
                         2 * octaves(e->threads, q->context->threads);
        if (d < least && is_batch_of(&m, &e->metrics) && take_entry(q, e, IMAGES, c)) least = d;
    }
    return c->entry != NULL;
}

/* The record of the table that is compiled in, as one of a file. */
static void find_builtin(question *q)
{
    const hg_builtin *table = &hg_builtin_table;
    const hg_builtin_record *r =
        hg_builtin_find(table, q->context->machine.key, q->key, q->context->threads);
    const hg_builtin_kernel *named = r ? &table->kernels[r->kernel] : NULL;
    const hg_kernel *kernel = named ? hg_registry_find(named->name) : NULL;
    if (!kernel || kernel->rev != named->rev) return;
    q->builtin = (hg_table_entry){.key = q->key,
                                  .threads = r->threads,
                                  .count = 1,
                                  .ranks = {{kernel, r->config, (double)r->ns}},
                                  .default_ns = (double)r->default_ns};
}

static bool by_builtin(const question *q, choice *c)
{
    return take_entry(q, &q->builtin, q->builtin.threads == q->context->threads ? BUILTIN : THREADS,
                      c);
}

static bool by_neighbours(const question *q, choice *c)
{
    hg_prediction p;
    hg_predict(q->context, q->problem, q->list, q->count, NULL, &p);
    if (p.neighbours > 0) *c = (choice){.how = PREDICTED, .candidate = p.best, .prediction = p};
    return p.neighbours > 0;
}

static void by_records(question *q, choice *c)
{
    static bool (*const tiers[])(const question *q, choice *c) = {
        by_exact_record, by_other_threads, by_other_batch, by_builtin, by_neighbours};
    if (q->count == 0 || q->context->reproducible) return;
    const hg_problem plain = hg_problem_for_tuning(q->problem);
    hg_problem_key(&plain, q->key);
    find_builtin(q);
    if (q->context->table.count == 0 && q->builtin.count == 0) return;
    for (size_t i = 0; i < HG_COUNT(tiers) && !c->candidate; i++) tiers[i](q, c);
}

const char *hg_entry_fault(const hg_context *context, const hg_table_entry *entry)
{
    hg_problem p;
    char key[HG_KEY_SIZE];
    if (hg_problem_parse(entry->key, &p, NULL)) return "its key is none";
    const hg_problem plain = hg_problem_for_tuning(&p);
    hg_problem_key(&plain, key);
    if (strcmp(key, entry->key)) return "its key is not in the form that is looked up";
    hg_candidate list[HG_MAX_CANDIDATES];
    const size_t count = hg_candidates(context, &p, false, 0, list);
    for (int r = 0; r < entry->count; r++)
        if (hg_candidate_like(list, count, entry->ranks[r].kernel, &entry->ranks[r].config, true))
            return NULL;
    return "none of its kernels and configurations can run its problem here";
}

/* ---- What is told ---- */

__attribute__((format(printf, 2, 3))) static void tell(char text[HG_EXPLAIN_SIZE],
                                                       const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, HG_EXPLAIN_SIZE - used, format, arguments);
    va_end(arguments);
}

static bool listed_before(const hg_candidate *list, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (list[j].kernel == list[i].kernel) return true;
    return false;
}

static void tell_runners_up(char *text, const hg_candidate *list, size_t count,
                            const hg_candidate *chosen)
{
    int told = 0;
    for (size_t i = 0; i < count && told < 3; i++) {
        if (list[i].kernel == chosen->kernel || listed_before(list, i)) continue;
        char name[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE];
        hg_candidate_format(&list[i], name, sizeof name);
        tell(text, "  also eligible: %s, estimated %.1f us\n", name, list[i].cost * 1e-3);
        told++;
    }
}

static bool is_shipped(const question *q, const hg_table_entry *e)
{
    const hg_table *table = &q->context->table;
    return e != &q->builtin && (size_t)(e - table->entries) < table->shipped;
}

static void tell_record(char *text, const question *q, const choice *c)
{
    const hg_table_entry *e = c->entry;
    if (c->how < BUILTIN) tell(text, "  record of %s, %d threads\n", e->key, e->threads);
    if (is_shipped(q, e)) tell(text, "  of the table that is installed with the library\n");
    tell(text, "  measured %.1f us", e->ranks[c->rank].ns * 1e-3);
    if (c->rank == 0 && e->default_ns == e->ranks[0].ns)
        tell(text, "; the untuned choice: no other was faster for certain");
    else if (e->default_ns > 0)
        tell(text, "; the untuned choice %.1f us, %.2f times as long", e->default_ns * 1e-3,
             e->default_ns / e->ranks[c->rank].ns);
    tell(text, "\n");
    for (int r = 0, told = 0; r < e->count && told < 3; r++) {
        if (r == c->rank) continue;
        char config[HG_CONFIG_SIZE];
        hg_config_format(&e->ranks[r].config, config);
        tell(text, "  also measured: %s%s%s, %.1f us\n", e->ranks[r].kernel->name,
             config[0] ? " " : "", config, e->ranks[r].ns * 1e-3);
        told++;
    }
}

static void tell_prediction(char *text, const hg_prediction *p)
{
    tell(text, "  %d records within 3 octaves, the nearest at %.2f: %s\n", p->neighbours,
         p->distance, p->first->key);
    tell(text, "  predicted %.1f us; the untuned choice %.1f us\n", p->ns * 1e-3,
         p->default_ns * 1e-3);
}

static void explain(const question *q, const choice *c, const char *ignored, char *text)
{
    char name[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE];
    text[0] = '\0';
    hg_candidate_format(c->candidate, name, sizeof name);
    tell(text, "%s\n  %s, among %zu candidates; estimated %.1f us\n", name, tier_words[c->how],
         q->count, c->candidate->cost * 1e-3);
    if (ignored) tell(text, "  preferred %s cannot run this problem\n", ignored);
    if (c->entry) tell_record(text, q, c);
    if (c->how == PREDICTED) tell_prediction(text, &c->prediction);
    if (c->how != EXACT) tell_runners_up(text, q->list, q->count, c->candidate);
}

hg_status hg_select(const hg_context *context, const hg_problem *p, const char *forced,
                    hg_choice *out, hg_reason *why)
{
    question q = {.context = context, .problem = p};
    choice c = {.how = ESTIMATED};
    const char *wish = forced ? forced : context->preferred;
    const bool wished = wish[0] != '\0' || forced;
    q.count = hg_candidates(context, p, wished, named_bands(wish), q.list);
    if (wished) {
        c.candidate = named(wish, q.list, q.count);
        c.how = !c.candidate ? ESTIMATED : forced ? FORCED : PREFERRED;
        if (!c.candidate && forced)
            return hg_fail(why, HG_INVALID, "kernel \"%.120s\" cannot run this problem here",
                           forced);
        if (!c.candidate) q.count = hg_candidates(context, p, false, 0, q.list);
    }
    const bool granted = c.candidate != NULL;
    if (!granted) by_records(&q, &c);
    if (!c.candidate && q.count) c.candidate = &q.list[0];
    if (!c.candidate && hg_problem_is_fused(p) && !hg_bands_possible(p, 1))
        return hg_fail(why, HG_RANGE, "rows under one of the output are beyond 2 GiB");
    if (!c.candidate)
        return hg_fail(why, HG_UNSUPPORTED, "no kernel in this build runs this problem");
    out->candidate = *c.candidate;
    out->untuned = c.how < BUILTIN && !context->reproducible;
    out->measured = c.how == EXACT || c.how == BUILTIN ? c.entry->ranks[c.rank].ns : 0;
    explain(&q, &c, wished && !granted ? wish : NULL, out->explain);
    return HG_OK;
}
