/* The search. Contract: search.h. */
#include "tuner/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernels/common/attr.h"

static const double HOPELESS = 3.0, SCREEN_LIMIT = 1.30, RACE_LIMITS[] = {1.12, 1.07};
static const double MIN_GAIN = 0.01;     /* below this a change is not worth the risk */
static const double SEPARATED = 2.6;     /* standard errors: a two-sided 99 % interval */
static const double LONG_CALL_NS = 50e6; /* the reference is not timed again beyond this */
static const double BEFORE_FINALS = 0.6; /* of the time */
static const double THOROUGH = 3.0, EPOCH_NS = 0.7e9; /* seconds from which on there are epochs */
enum {
    MAX_EPOCHS = 3,
    SCREEN_ROUNDS = 3,
    RACE_ROUNDS = 3,
    MAX_FINALISTS = 4,
    MIN_FINALS = 5,
    MAX_FINALS = 90
};

typedef struct search {
    hg_workload work;
    hg_entrant *list; /* list[0 .. alive) still race; the others lost, in no order */
    int count, alive;
    hg_canary canary;
    uint64_t random;
    double deadline; /* of the timing */
    const hg_search_options *options;
    hg_search_report *report;
} search;

static bool stopped(const search *s)
{
    return s->options->stop && *s->options->stop;
}

static bool out_of_time(const search *s)
{
    return hg_clock_ns() > s->deadline;
}

static void tell(const search *s, const char *stage)
{
    double best = 0;
    for (int i = 0; i < s->alive; i++)
        if (i == 0 || s->list[i].ns < best) best = s->list[i].ns;
    if (s->options->progress) s->options->progress(s->options->self, stage, best);
}

/* The yardstick: the untuned choice, or, if that was barred, the next that was not. */
static int yardstick(const search *s)
{
    int at = 0;
    for (int i = 1; i < s->alive; i++)
        if (s->list[i].candidate < s->list[at].candidate) at = i;
    return at;
}

/* ---- 1. Candidates and their correctness ---- */

static void bar(search *s, hg_entrant *e, const char *name, double error)
{
    if (s->report->barred++ == 0) {
        snprintf(s->report->barred_name, sizeof s->report->barred_name, "%s", name);
        s->report->barred_error = error;
    }
    s->report->default_barred = s->report->default_barred || e->candidate == 0;
    hg_runner_free(&e->runner);
}

static double timed_call(const search *s, const hg_entrant *e)
{
    const double start = hg_clock_ns();
    hg_runner_run(&e->runner, &s->work);
    return hg_clock_ns() - start;
}

/* The kernel of "NAME" or "NAME CONFIG". */
static bool find_kernel(const hg_context *context, const char *name, hg_kernel_info *info)
{
    const size_t length = strcspn(name, " ");
    for (size_t i = 0; hg_kernel_get(context, i, info); i++)
        if (strlen(info->name) == length && strncmp(info->name, name, length) == 0) return true;
    return false;
}

static bool is_reference(const search *s, const char *name)
{
    hg_kernel_info info;
    return find_kernel(s->work.context, name, &info) && info.reference;
}

/* The reference among the candidates; -1 if there is none. */
static int find_reference(const search *s, char (*names)[HG_RUNNER_NAME_SIZE], int count)
{
    for (int i = 0; i < count; i++)
        if (is_reference(s, names[i])) return i;
    return -1;
}

static hg_status run_reference(search *s, const char *name, hg_entrant *e, hg_reason *why)
{
    const hg_status status = hg_runner_create(&s->work, name, &e->runner, why);
    if (status) return status;
    hg_workload_erase(&s->work);
    e->ns = timed_call(s, e);
    hg_workload_expect(&s->work);
    if (e->ns < LONG_CALL_NS) e->ns = HG_MIN(e->ns, timed_call(s, e));
    return HG_OK;
}

/* Plans, runs and checks one candidate. false: barred. */
static bool admit(search *s, const char *name, double best, hg_entrant *e)
{
    double error = -1;
    if (hg_runner_create(&s->work, name, &e->runner, NULL)) {
        bar(s, e, name, error);
        return false;
    }
    hg_workload_erase(&s->work);
    e->ns = timed_call(s, e);
    if (!hg_workload_matches(&s->work, &error)) {
        bar(s, e, name, error);
        return false;
    }
    /* The first call also pays for cold code and memory: give near ones another. */
    if (best == 0 || e->ns < 2 * HOPELESS * best) e->ns = HG_MIN(e->ns, timed_call(s, e));
    return true;
}

static int list_candidates(search *s, char (*names)[HG_RUNNER_NAME_SIZE])
{
    hg_runner plain;
    if (hg_runner_create(&s->work, NULL, &plain, NULL)) return 0;
    int n = 0;
    while (n < HG_MAX_ENTRANTS &&
           hg_plan_candidate(plain.plan, (size_t)n, names[n], HG_RUNNER_NAME_SIZE))
        n++;
    hg_runner_free(&plain);
    return n;
}

static hg_status admit_all(search *s, char (*names)[HG_RUNNER_NAME_SIZE], hg_reason *why)
{
    const int n = list_candidates(s, names), reference = find_reference(s, names, n);
    s->report->candidates = n;
    if (reference < 0) return hg_fail(why, HG_UNSUPPORTED, "no reference kernel to compare with");
    hg_entrant *ref = &s->list[0]; /* the order in the list has no meaning */
    *ref = (hg_entrant){.candidate = reference};
    const hg_status status = run_reference(s, names[reference], ref, why);
    if (status) return status;
    double best = ref->ns;
    s->alive = s->count = 1;
    for (int i = 0; i < n && !stopped(s); i++) {
        /* Other configurations of the reference are no rivals. */
        if (is_reference(s, names[i])) continue;
        hg_entrant *e = &s->list[s->count];
        *e = (hg_entrant){.candidate = i};
        if (!admit(s, names[i], best, e)) continue;
        best = HG_MIN(best, e->ns);
        s->alive = ++s->count;
        tell(s, "check");
    }
    return HG_OK;
}

/* ---- Dropping ---- */

/* Sorts out those whose score is more than limit times the best, and the worst beyond `keep`; the
 * yardstick always stays. Notes everyone's ratio to the yardstick at this stage. */
static void drop(search *s, double (*score)(const hg_entrant *), double limit, int keep)
{
    const int base = s->list[yardstick(s)].candidate;
    double best = INFINITY, reference = 1;
    for (int i = 0; i < s->alive; i++) {
        const double v = score(&s->list[i]);
        best = HG_MIN(best, v);
        if (s->list[i].candidate == base) reference = v;
    }
    for (int i = 1; i < s->alive; i++) /* insertion sort: best first */
        for (int j = i; j > 0 && score(&s->list[j]) < score(&s->list[j - 1]); j--) {
            const hg_entrant held = s->list[j];
            s->list[j] = s->list[j - 1];
            s->list[j - 1] = held;
        }
    int kept = 0;
    for (int i = 0; i < s->alive; i++) {
        hg_entrant *e = &s->list[i];
        const double v = score(e);
        e->ratio = v / reference;
        e->count = 0; /* a new stage begins */
        if (e->candidate != base && (v > limit * best || kept >= keep)) {
            hg_runner_free(&e->runner); /* its name stays, for the record */
            continue;
        }
        const hg_entrant held = *e;
        *e = s->list[kept];
        s->list[kept++] = held;
    }
    s->alive = kept;
}

static double least(const hg_entrant *e)
{
    return e->count ? hg_quantile(e->samples, e->count, 0.0) : e->ns;
}

static double quartile(const hg_entrant *e)
{
    return e->count ? hg_quantile(e->samples, e->count, 0.25) : e->ns;
}

static void set_batches(search *s)
{
    /* A millisecond per sample drowns the clock's cost; less only where the budget is tight. */
    const double fair = s->options->seconds * 1e9 / (12.0 * s->alive);
    for (int i = 0; i < s->alive; i++)
        s->list[i].batch = hg_batch(s->list[i].ns, HG_MIN(1e6, HG_MAX(fair, 1e5)));
}

/* Rounds in random order; at least one, however little time is left. */
static void random_rounds(search *s, int rounds, const char *stage)
{
    int order[HG_MAX_ENTRANTS];
    for (int r = 0; r < rounds && !stopped(s) && (r == 0 || !out_of_time(s)); r++) {
        hg_shuffle(order, s->alive, &s->random);
        if (!hg_round(s->list, order, s->alive, &s->work, &s->canary)) s->report->disturbed++;
        tell(s, stage);
    }
}

static void screen_and_race(search *s)
{
    drop(s, least, HOPELESS, HG_MAX_ENTRANTS);
    set_batches(s);
    random_rounds(s, SCREEN_ROUNDS, "screen");
    drop(s, least, SCREEN_LIMIT, HG_MAX(s->alive / 2, MAX_FINALISTS));
    for (size_t i = 0; i < HG_COUNT(RACE_LIMITS) && s->alive > 2; i++) {
        random_rounds(s, RACE_ROUNDS, "race");
        const int keep = i + 1 < HG_COUNT(RACE_LIMITS) ? s->alive : MAX_FINALISTS;
        drop(s, quartile, RACE_LIMITS[i], keep);
    }
}

/* As many finalists as the rest of the time has rounds for. */
static void seed_finals(search *s)
{
    double ns = 1e6;
    for (int i = 0; i < s->alive; i++) ns = HG_MAX(ns, s->list[i].ns);
    const double fit = (s->deadline - hg_clock_ns()) / (2 * MIN_FINALS * ns) - 1;
    drop(s, quartile, RACE_LIMITS[0], (int)HG_MIN(HG_MAX(fit, 1.0), (double)MAX_FINALISTS));
}

/* ---- 4. Finals ---- */

static bool settled(const search *s, int base)
{
    double best = 0;
    for (int i = 0; i < s->alive; i++) best = HG_MIN(best, log(s->list[i].ratio));
    for (int i = 0; i < s->alive; i++) {
        const hg_entrant *e = &s->list[i];
        const double gap = log(e->ratio) - best;
        const bool apart = gap > SEPARATED * e->interval;
        const bool equal = gap + SEPARATED * e->interval < MIN_GAIN;
        if (i != base && !apart && !equal) return false;
    }
    return true;
}

/* Machines change speed over seconds: with time to spare, finals are spread over a few of them. */
static void wait_for_epoch(const search *s)
{
    const double until = hg_clock_ns() + EPOCH_NS;
    while (!stopped(s) && hg_clock_ns() < until)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

static void final_round(search *s, int base, int number)
{
    int order[2 * (MAX_FINALISTS + 1)];
    const int n = s->alive;
    /* 1 2 3 3 2 1: a slow drift of the machine falls on everyone alike. */
    for (int i = 0; i < n; i++) order[i] = order[2 * n - 1 - i] = (i + number) % n;
    if (!hg_round(s->list, order, 2 * n, &s->work, &s->canary)) s->report->disturbed++;
    for (int i = 0; i < n; i++) {
        hg_entrant *e = &s->list[i];
        const hg_log_ratio q = hg_paired(e->samples, s->list[base].samples, e->count);
        e->ratio = i == base ? 1 : exp(q.median);
        e->interval = i == base ? 0 : q.error;
    }
    tell(s, "finals");
}

static void finals(search *s)
{
    const int epochs = s->options->seconds >= THOROUGH ? MAX_EPOCHS : 1;
    const int base = yardstick(s);
    int number = 0;
    for (int i = 0; i < s->alive; i++) s->list[i].count = 0;
    for (int epoch = 0; epoch < epochs && s->alive > 1 && !stopped(s); epoch++) {
        if (epoch) wait_for_epoch(s);
        for (int r = 0; r < MAX_FINALS / epochs && !stopped(s); r++) {
            final_round(s, base, number++);
            if (number >= MIN_FINALS && out_of_time(s)) return;
            if (r + 1 >= MIN_FINALS && settled(s, base)) break;
        }
    }
}

static bool gains(const hg_entrant *e)
{
    return e->ratio <= 1 - MIN_GAIN && log(e->ratio) + SEPARATED * e->interval < 0;
}

/* The finalist that replaces the yardstick, or the yardstick. Near ties go to the dispatcher's
 * order, so that a repetition decides alike. */
static int decide(const search *s)
{
    const int base = yardstick(s);
    double best = 1;
    for (int i = 0; i < s->alive; i++)
        if (i != base && gains(&s->list[i])) best = HG_MIN(best, s->list[i].ratio);
    int winner = base;
    for (int i = 0; i < s->alive; i++) {
        const hg_entrant *e = &s->list[i];
        if (i == base || !gains(e) || e->ratio > best * (1 + MIN_GAIN / 2)) continue;
        if (winner == base || e->candidate < s->list[winner].candidate) winner = i;
    }
    return winner;
}

/* ---- The record ---- */

int hg_kernel_revision(const hg_context *context, const char *name)
{
    hg_kernel_info info;
    return find_kernel(context, name, &info) ? info.revision : -1;
}

static void fill_rank(const search *s, const hg_entrant *e, double yardstick_ns, hg_ranked *rank)
{
    const size_t length = strcspn(e->runner.name, " ");
    *rank = (hg_ranked){.ns = e->ratio * yardstick_ns};
    snprintf(rank->kernel, sizeof rank->kernel, "%.*s", (int)length, e->runner.name);
    rank->rev = hg_kernel_revision(s->work.context, rank->kernel);
    if (e->runner.name[length]) hg_config_parse(e->runner.name + length + 1, &rank->config);
}

static int by_ratio(const void *a, const void *b)
{
    const hg_entrant *x = a, *y = b;
    return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

static void write_record(search *s, hg_record *record)
{
    hg_machine machine;
    hg_context_machine(s->work.context, &machine);
    const hg_entrant *base = &s->list[yardstick(s)], *winner = &s->list[decide(s)];
    const double ns = base->count ? hg_quantile(base->samples, base->count, 0.5) : base->ns;
    s->report->ratio = winner->ratio;
    s->report->interval = SEPARATED * winner->interval;
    *record = (hg_record){.threads = s->options->threads,
                          .default_ns = s->report->default_barred ? 0 : ns};
    snprintf(record->key, sizeof record->key, "%s", s->work.key);
    snprintf(record->machine, sizeof record->machine, "%s", machine.key);
    const int first = winner->candidate;
    fill_rank(s, winner, ns, &record->ranks[record->count++]);
    /* Those that left early carry the ratio of their last stage. */
    qsort(s->list, (size_t)s->count, sizeof *s->list, by_ratio);
    for (int i = 0; i < s->count && record->count < HG_RECORD_RANKS; i++)
        if (s->list[i].candidate != first)
            fill_rank(s, &s->list[i], ns, &record->ranks[record->count++]);
}

hg_status hg_search(hg_context *context, const hg_problem *p, const hg_search_options *options,
                    hg_record *record, hg_search_report *report, bool *was_stopped, hg_reason *why)
{
    *report = (hg_search_report){.ratio = 1};
    *was_stopped = false;
    search s = {.random = 1, .options = options, .report = report};
    hg_status status = hg_workload_create(context, p, &s.work, why);
    if (status) return status;
    char(*names)[HG_RUNNER_NAME_SIZE] = calloc(HG_MAX_ENTRANTS, sizeof *names);
    s.list = calloc(HG_MAX_ENTRANTS, sizeof *s.list);
    if (!names || !s.list) status = hg_fail(why, HG_NO_MEMORY, "out of memory");
    if (!status) status = admit_all(&s, names, why);
    if (!status && !stopped(&s)) {
        const double start = hg_clock_ns(), all = options->seconds * 1e9;
        s.deadline = start + BEFORE_FINALS * all;
        screen_and_race(&s);
        s.deadline = start + all;
        seed_finals(&s);
        finals(&s);
    }
    *was_stopped = stopped(&s);
    if (!status && !*was_stopped) write_record(&s, record);
    for (int i = 0; s.list && i < s.count; i++) hg_runner_free(&s.list[i].runner);
    free(s.list);
    free(names);
    hg_workload_free(&s.work);
    return status;
}
