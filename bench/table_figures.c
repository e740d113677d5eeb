/* How well tables serve: the times of loading, looking up and running, and the regret of problems
 * that no record is of, by leaving out each record in turn.
 *   table_figures TABLE [THREADS]
 * Regret: time of what is chosen over the least time of the record, less 1. A choice that is not
 * among a record's 8 best is taken at 1.1 times the last of them, and counted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/plan.h"
#include "kernels/common/attr.h"
#include "tuner/clock.h"
#include "tuner/journal.h"

enum { MANY = 10000, REPEATS = 5, LOOKUPS = 200000, RUNS = 1000000 };
static const double BEYOND = 1.1;

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static hg_context *context_of(const char *text, size_t size, int threads)
{
    hg_context *context = NULL;
    const hg_context_options o = {
        .threads = threads, .table = text, .table_size = size, .ignore_environment = true};
    return hg_context_create(&o, &context) ? NULL : context;
}

/* ---- Regret ---- */

typedef struct regrets {
    const char *what;
    double *v;
    size_t n, unknown;
    double most;
    const char *worst; /* its key */
} regrets;

/* The time of a choice by the record; unknown: it is not in it. */
static double time_of(const hg_table_entry *e, const hg_candidate *c, bool *unknown)
{
    double kind = 0, slowest = 0;
    for (int r = 0; r < e->count; r++) {
        const double ns = e->ranks[r].ns;
        slowest = HG_MAX(slowest, ns);
        if (!hg_same_kind(c->kernel, &c->config, e->ranks[r].kernel, &e->ranks[r].config)) continue;
        if (hg_config_equal(&c->config, &e->ranks[r].config)) return ns;
        if (kind == 0) kind = ns;
    }
    *unknown = kind == 0;
    return kind > 0 ? kind : BEYOND * slowest;
}

static double least_time(const hg_table_entry *e)
{
    double least = INFINITY;
    for (int r = 0; r < e->count; r++)
        if (e->ranks[r].ns > 0) least = HG_MIN(least, e->ranks[r].ns);
    return least;
}

static void note(regrets *g, const hg_table_entry *e, const hg_candidate *c)
{
    bool unknown = false;
    const double regret = HG_MAX(time_of(e, c, &unknown) / least_time(e) - 1, 0);
    if (regret > g->most) g->most = regret, g->worst = e->key;
    g->v[g->n++] = regret;
    g->unknown += unknown;
}

static void print_regrets(regrets *g)
{
    double sum = 0;
    for (size_t i = 0; i < g->n; i++) sum += g->v[i];
    if (g->n == 0) return;
    qsort(g->v, g->n, sizeof *g->v, by_value);
    printf("regret, %-28s mean %6.2f %%, p95 %6.1f %%, worst %6.1f %% (%zu problems, %zu choices "
           "not in their record)\n    the worst: %s\n",
           g->what, 100 * sum / (double)g->n, 100 * g->v[(g->n - 1) * 95 / 100],
           100 * g->v[g->n - 1], g->n, g->unknown, g->worst ? g->worst : "none");
}

static void leave_one_out(const hg_context *context)
{
    const hg_table *table = &context->table;
    regrets of[] = {{"by the estimate:", .v = NULL},
                    {"by similar problems:", .v = NULL},
                    {"of them, those that have any:", .v = NULL},
                    {"the same, by the estimate:", .v = NULL}};
    double spent = 0;
    for (size_t i = 0; i < HG_COUNT(of); i++) of[i].v = malloc((table->count + 1) * sizeof(double));
    for (size_t i = 0; i < table->count; i++) {
        hg_candidate list[HG_MAX_CANDIDATES];
        const hg_table_entry *e = &table->entries[i];
        hg_problem p;
        hg_prediction guess;
        if (e->threads != context->threads || hg_problem_parse(e->key, &p, NULL)) continue;
        const size_t count = hg_candidates(context, &p, false, 0, list);
        if (count == 0) continue;
        const double start = hg_clock_ns();
        hg_predict(context, &p, list, count, e, &guess);
        spent += hg_clock_ns() - start;
        note(&of[0], e, list);
        note(&of[1], e, guess.neighbours ? guess.best : list);
        if (guess.neighbours) note(&of[2], e, guess.best), note(&of[3], e, list);
    }
    printf("a prediction: %.0f us\n", of[0].n ? spent * 1e-3 / (double)of[0].n : 0);
    for (size_t i = 0; i < HG_COUNT(of); i++) {
        print_regrets(&of[i]);
        free(of[i].v);
    }
}

/* ---- Times ---- */

/* As many records as MANY: those of the table again and again, with other heights. */
static char *multiply(const hg_lines *lines, size_t *size)
{
    char *text = malloc((size_t)MANY * 4096);
    *size = 0;
    for (size_t i = 0; text && i < MANY; i++) {
        hg_record r = lines->records[i % lines->count];
        const char *key = lines->records[i % lines->count].key, *h = strstr(key, " h");
        if (h)
            snprintf(r.key, sizeof r.key, "%.*s h%zu%s", (int)(h - key), key, 8 + i,
                     h + 2 + strspn(h + 2, "0123456789"));
        *size += hg_record_format(&r, text + *size, 4096);
    }
    return text;
}

static void loading(const hg_lines *lines)
{
    size_t size;
    char *text = multiply(lines, &size);
    double least = INFINITY, lookup = INFINITY;
    for (int i = 0; text && i < REPEATS; i++) {
        double start = hg_clock_ns();
        hg_context *context = context_of(text, size, 1);
        const double with = hg_clock_ns() - start;
        if (!context) break;
        const hg_table *table = &context->table;
        size_t found = 0;
        start = hg_clock_ns();
        for (size_t k = 0; k < LOOKUPS; k++) {
            const hg_table_entry *e = &table->entries[k * 7919 % table->count];
            const hg_table_span span = hg_table_of_key(table, e->key);
            for (size_t s = 0; s < span.count; s++)
                found += !strcmp(table->entries[span.slots[s].entry].key, e->key);
        }
        lookup = HG_MIN(lookup, (hg_clock_ns() - start) / LOOKUPS);
        if (found < LOOKUPS) printf("%zu of %d lookups found nothing\n", LOOKUPS - found, LOOKUPS);
        start = hg_clock_ns();
        hg_context *empty = context_of("", 0, 1);
        least = HG_MIN(least, with - (hg_clock_ns() - start));
        hg_context_free(empty);
        hg_context_free(context);
    }
    free(text);
    printf("loading %d records (%.1f MB): %.1f ms\n", MANY, (double)size * 1e-6, least * 1e-6);
    printf("lookup among them: %.2f us\n", lookup * 1e-3);
}

/* A plan of no images: all that hg_run does beside kernels. */
static void running(void)
{
    static float x[64];
    hg_context *context = context_of("", 0, 1);
    hg_plan *plan = NULL;
    double least = INFINITY;
    if (context)
        hg_plan_from_key(context, "max_pool2d f32 nhwc n0 c8 h4 w4 r2x2 s2x2 p0,0,0,0 d1x1 o2x2",
                         NULL, NULL, NULL, &plan);
    for (int i = 0; plan && i < REPEATS; i++) {
        const double start = hg_clock_ns();
        for (int k = 0; k < RUNS; k++) hg_run(plan, &(hg_io){.input = x, .output = x + 32}, NULL);
        least = HG_MIN(least, (hg_clock_ns() - start) / RUNS);
    }
    hg_plan_free(plan);
    hg_context_free(context);
    printf("hg_run beyond the kernel: %.1f ns\n", least);
}

int main(int argc, char **argv)
{
    hg_lines lines;
    hg_reason why = {""};
    const int threads = argc > 2 ? atoi(argv[2]) : 1;
    if (argc < 2 || hg_lines_read(argv[1], &lines, &why) || lines.count == 0) {
        fprintf(stderr, "usage: table_figures TABLE [THREADS]; a table with records%s%s\n",
                why.text[0] ? ": " : "", why.text);
        return 2;
    }
    hg_context *context = context_of(lines.text, lines.size, threads);
    if (!context) return 1;
    leave_one_out(context);
    loading(&lines);
    running();
    hg_context_free(context);
    hg_lines_free(&lines);
    return 0;
}
