/* The race among all candidates of a problem. Contract: search.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/select.h"
#include "tuner/measure.h"
#include "tuner/search.h"

static const double HOPELESS = 3.0, SCREEN_LIMIT = 1.30, RACE_LIMITS[] = {1.12, 1.07};
static const double LOOKS_FASTER = 0.97;
static const double HARDLY_SLOWER = 1.02; /* a rival may look so, in a race */
static const double FOR_CHECK = 0.1;      /* of the time: rows by the reference */
static const double FOR_ADMISSION = 0.6;  /* of the time: until then candidates are admitted */
static const double PRUNE = 3.0;          /* times the least estimate */
static const double SHORT_CALL_NS = 1e5;
enum { SHORT_CALLS = 8 };
enum { PRUNE_FROM = 16, SCREEN_ROUNDS = 3, RACE_ROUNDS = 3, LEAST_KEPT = 4 };

typedef struct race {
    hg_searcher *searcher;
    hg_search *search;
    hg_workload work;
    hg_candidate *candidates;
    size_t count;
    hg_entrant *list; /* list[0 .. alive) still race; the others lost, in no order */
    int listed, alive;
    uint64_t random;
    double start, seconds;
} race;

static bool over(const race *r, double share)
{
    return hg_search_ended(r->searcher) || hg_clock_ns() > r->start + share * r->seconds * 1e9;
}

static void tell(const race *r, const char *stage)
{
    double best = 0;
    for (int i = 0; i < r->alive; i++)
        if (i == 0 || r->list[i].ns < best) best = r->list[i].ns;
    if (r->searcher->progress) r->searcher->progress(r->searcher->self, stage, best);
}

/* The yardstick: the untuned choice, or, if that was barred, the next that was not. */
static int yardstick(const race *r)
{
    int at = 0;
    for (int i = 1; i < r->alive; i++)
        if (r->list[i].candidate < r->list[at].candidate) at = i;
    return at;
}

/* ---- Candidates and their correctness ---- */

static void bar(race *r, hg_entrant *e, const char *name, double error)
{
    hg_search *s = r->search;
    if (s->barred++ == 0) {
        snprintf(s->barred_name, sizeof s->barred_name, "%s", name);
        s->barred_error = error;
    }
    s->default_barred = s->default_barred || e->candidate == 0;
    hg_runner_free(&e->runner);
}

static double timed_call(const race *r, const hg_entrant *e)
{
    const double start = r->work.clock();
    hg_runner_run(&e->runner, &r->work);
    return r->work.clock() - start;
}

/* Rows that the reference computes are what the others must compute. */
static hg_status expect_some(race *r, hg_reason *why)
{
    char name[HG_RUNNER_NAME_SIZE];
    size_t at = 0;
    while (at < r->count && !r->candidates[at].kernel->reference) at++;
    if (at == r->count) return hg_fail(why, HG_UNSUPPORTED, "no reference kernel to compare with");
    hg_candidate_format(&r->candidates[at], name, sizeof name);
    hg_runner reference;
    const hg_status status = hg_runner_create(&r->work, name, &reference, why);
    if (status) return status;
    hg_workload_expect_some(&r->work, &reference, FOR_CHECK * r->seconds * 1e9, r->searcher->stop);
    hg_runner_free(&reference);
    return HG_OK;
}

/* Plans, runs and checks one candidate. false: barred. best: 0 = none yet. */
static bool admit(race *r, const char *name, double best, hg_entrant *e)
{
    double error = -1;
    if (hg_runner_create(&r->work, name, &e->runner, NULL)) {
        bar(r, e, name, error);
        return false;
    }
    hg_workload_erase(&r->work);
    e->ns = timed_call(r, e);
    if (!hg_workload_matches(&r->work, &error)) {
        bar(r, e, name, error);
        return false;
    }
    /* The first call also pays for cold code and memory: give near ones another. Of short calls a
     * few cost nothing, and a single one may have been interrupted. */
    const bool near = best == 0 || e->ns < 2 * HOPELESS * best;
    const int again = e->ns < SHORT_CALL_NS ? SHORT_CALLS : near;
    for (int i = 0; i < again; i++) e->ns = HG_MIN(e->ns, timed_call(r, e));
    return true;
}

static bool is_first_of_algorithm(const race *r, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (r->candidates[j].kernel->algorithm == r->candidates[i].kernel->algorithm) return false;
    return true;
}

/* Estimates order, and may be wrong by more for one algorithm than for another: where candidates
 * are many, those far behind are left out, but never a whole algorithm. */
static bool worth_a_run(const race *r, size_t i)
{
    if (r->count <= PRUNE_FROM || is_first_of_algorithm(r, i)) return true;
    double least = INFINITY;
    for (size_t j = 0; j < r->count; j++) least = HG_MIN(least, r->candidates[j].cost);
    return r->candidates[i].cost <= PRUNE * least;
}

/* The reference is no rival: it runs only where there is nothing else. */
static void admit_all(race *r)
{
    double best = 0;
    for (int references = 0; references < 2 && r->listed == 0; references++)
        for (size_t i = 0; i < r->count && r->listed < HG_MAX_ENTRANTS; i++) {
            if (r->candidates[i].kernel->reference != (references == 1)) continue;
            if (!worth_a_run(r, i)) continue;
            if (hg_search_ended(r->searcher) || (r->listed > 1 && over(r, FOR_ADMISSION))) return;
            char name[HG_RUNNER_NAME_SIZE];
            hg_candidate_format(&r->candidates[i], name, sizeof name);
            hg_entrant *e = &r->list[r->listed];
            *e = (hg_entrant){.candidate = (int)i};
            if (!admit(r, name, best, e)) continue;
            best = best == 0 ? e->ns : HG_MIN(best, e->ns);
            r->alive = ++r->listed;
            tell(r, "check");
        }
}

/* ---- Dropping ---- */

static int by_ratio(const void *a, const void *b)
{
    const hg_entrant *x = a, *y = b;
    return (x->ratio > y->ratio) - (x->ratio < y->ratio);
}

/* Sorts out those whose score is more than limit times the best, and the worst beyond `keep`; the
 * yardstick always stays. Notes everyone's ratio to the yardstick at this stage. */
static void drop(race *r, double (*score)(const hg_entrant *), double limit, int keep)
{
    const int base = r->list[yardstick(r)].candidate;
    const double yard = score(&r->list[yardstick(r)]);
    for (int i = 0; i < r->alive; i++) r->list[i].ratio = score(&r->list[i]) / yard;
    qsort(r->list, (size_t)r->alive, sizeof *r->list, by_ratio);
    const double most = limit * r->list[0].ratio;
    int kept = 0;
    for (int i = 0; i < r->alive; i++) {
        hg_entrant *e = &r->list[i];
        e->count = 0; /* a new stage begins */
        if (e->candidate != base && (e->ratio > most || kept >= keep)) {
            hg_runner_free(&e->runner); /* its name stays, for the record */
            continue;
        }
        const hg_entrant held = *e;
        *e = r->list[kept];
        r->list[kept++] = held;
    }
    r->alive = kept;
}

static double least(const hg_entrant *e)
{
    return e->count ? hg_quantile(e->samples, e->count, 0.0) : e->ns;
}

static double quartile(const hg_entrant *e)
{
    return e->count ? hg_quantile(e->samples, e->count, 0.25) : e->ns;
}

static void set_batches(race *r)
{
    /* A millisecond per sample drowns the clock's cost; less only where the time is short. */
    const double left = r->start + r->seconds * 1e9 - hg_clock_ns();
    const double fair = left / (12.0 * r->alive);
    for (int i = 0; i < r->alive; i++)
        r->list[i].batch = hg_batch(r->list[i].ns, HG_MIN(1e6, HG_MAX(fair, 1e5)));
}

/* Rounds in random order; at least one, however little time is left. */
static void random_rounds(race *r, int rounds, const char *stage)
{
    int order[HG_MAX_ENTRANTS];
    for (int i = 0; i < rounds && !hg_search_ended(r->searcher) && (i == 0 || !over(r, 1)); i++) {
        hg_shuffle(order, r->alive, &r->random);
        hg_round(r->list, order, r->alive, &r->work);
        tell(r, stage);
    }
}

static void screen_and_race(race *r)
{
    drop(r, least, HOPELESS, HG_MAX_ENTRANTS);
    set_batches(r);
    random_rounds(r, SCREEN_ROUNDS, "screen");
    drop(r, least, SCREEN_LIMIT, HG_MAX(r->alive / 2, LEAST_KEPT));
    for (size_t i = 0; i < HG_COUNT(RACE_LIMITS) && r->alive > 2; i++) {
        random_rounds(r, RACE_ROUNDS, "race");
        const int keep = i + 1 < HG_COUNT(RACE_LIMITS) ? r->alive : LEAST_KEPT;
        drop(r, quartile, RACE_LIMITS[i], keep);
    }
}

/* ---- The result ---- */

static bool is_rival(const hg_search *s, int candidate)
{
    for (int i = 0; i < s->rival_count; i++)
        if (s->rivals[i].raced.candidate == candidate) return true;
    return false;
}

static hg_raced raced_of(const hg_entrant *e)
{
    hg_raced raced = {.candidate = e->candidate, .ratio = e->ratio};
    snprintf(raced.name, sizeof raced.name, "%s", e->runner.name);
    return raced;
}

/* Rivals are those that are still there, and those that left although they look faster: while the
 * untuned choice or the others were disturbed. */
static void choose_rivals(race *r, int base, int first, int end, double limit)
{
    hg_search *s = r->search;
    for (int i = first; i < end && s->rival_count < HG_MAX_RIVALS; i++) {
        const hg_entrant *e = &r->list[i];
        if (e->candidate != base && e->ratio <= limit && !is_rival(s, e->candidate))
            s->rivals[s->rival_count++].raced = raced_of(e);
    }
}

static void conclude(race *r)
{
    hg_search *s = r->search;
    const int base = r->list[yardstick(r)].candidate;
    s->untuned_ns = r->list[yardstick(r)].ns;
    snprintf(s->untuned, sizeof s->untuned, "%s", r->list[yardstick(r)].runner.name);
    choose_rivals(r, base, 0, r->alive, HARDLY_SLOWER);
    /* Over all stages the least times compare best: no stage was calm for certain. */
    for (int i = 0; i < r->listed; i++) r->list[i].ratio = r->list[i].ns / s->untuned_ns;
    qsort(r->list, (size_t)r->listed, sizeof *r->list, by_ratio);
    choose_rivals(r, base, 0, r->listed, LOOKS_FASTER);
    s->raced_count = HG_MIN(r->listed, (int)HG_RACED);
    for (int i = 0; i < s->raced_count; i++) s->raced[i] = raced_of(&r->list[i]);
}

hg_status hg_search_race(hg_searcher *t, hg_search *s, double seconds, hg_reason *why)
{
    race r = {.searcher = t, .search = s, .random = 1, .seconds = seconds};
    r.start = hg_clock_ns();
    hg_status status = hg_workload_create(t->context, &s->problem, &r.work, why);
    if (status) return status;
    snprintf(s->key, sizeof s->key, "%s", r.work.key);
    r.candidates = malloc(HG_MAX_CANDIDATES * sizeof *r.candidates);
    r.list = malloc(HG_MAX_ENTRANTS * sizeof *r.list);
    if (!r.candidates || !r.list) status = hg_fail(why, HG_NO_MEMORY, "out of memory");
    if (!status) {
        r.count = hg_candidates(t->context, &s->problem, false, 0, r.candidates);
        s->candidates = (int)r.count;
        status = expect_some(&r, why);
    }
    if (!status) admit_all(&r);
    if (!status && r.listed == 0 && !hg_search_ended(t))
        status = hg_fail(why, HG_UNSUPPORTED, "all candidates are barred; the first: %.120s",
                         s->barred_name);
    if (!status && r.listed > 0 && !hg_search_ended(t)) screen_and_race(&r);
    if (!status && r.listed > 0 && !hg_search_ended(t)) conclude(&r);
    for (int i = 0; i < r.listed; i++) hg_runner_free(&r.list[i].runner);
    free(r.list);
    free(r.candidates);
    hg_workload_free(&r.work);
    return status;
}
