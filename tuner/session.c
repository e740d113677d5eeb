/* A run over many problems. Contract: session.h. */
#include "tuner/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatch/select.h"
#include "tuner/clock.h"

static const double FOR_RACES = 0.45; /* of the time */
static const double LEAST_SHARE = 0.02;
static const double SLOTS = 100;     /* of quads, that a problem's time must have room for */
static const double FILL_NS = 1.5;   /* a byte of a workload costs about so much to make */
static const double MARGIN_NS = 1e9; /* by which a budget may be exceeded */

typedef struct run {
    hg_session *session;
    hg_job *jobs;
    size_t count;
    hg_ab_series *series; /* one for each rival, for the noise floor */
    bool stopped;         /* `decided` said so */
} run;

static bool ended(const run *r)
{
    return r->stopped || hg_search_ended(&r->session->searcher);
}

static double left_ns(const run *r)
{
    return r->session->searcher.end - hg_clock_ns();
}

/* ---- Order ---- */

static double estimate(const hg_session *s, const hg_problem *p)
{
    hg_candidate list[HG_MAX_CANDIDATES];
    const size_t n = hg_candidates(s->searcher.context, p, false, 0, list);
    return (n ? list[0].cost : 0) + hg_workload_bytes(p) * FILL_NS;
}

static int by_work(const void *a, const void *b)
{
    const hg_job *x = a, *y = b;
    return (x->work > y->work) - (x->work < y->work);
}

/* ---- Verdicts ---- */

/* How far copies of one plan seem to differ, over all problems that were measured. */
static double noise_floor(run *r)
{
    int n = 0;
    for (size_t i = 0; i < r->count; i++)
        for (int k = 0; r->jobs[i].search && k < r->jobs[i].search->rival_count; k++)
            if (r->jobs[i].search->rivals[k].series.controls && k == 0)
                r->series[n++] = r->jobs[i].search->rivals[k].series;
    return n ? hg_ab_floor(r->series, n) : 0;
}

static void hand_over(run *r, hg_job *job)
{
    job->done = true;
    r->stopped = !r->session->decided(r->session->self, job) || r->stopped;
}

static void refuse(run *r, hg_job *job, const char *why)
{
    job->done = true;
    r->session->refused(r->session->self, job, why);
    free(job->search);
    job->search = NULL;
}

/* ---- Races ---- */

static void race(run *r, hg_job *job, double seconds)
{
    hg_session *s = r->session;
    hg_reason why = {""};
    s->begin(s->self, job);
    job->search = calloc(1, sizeof *job->search);
    if (job->search) job->search->problem = job->problem;
    if (!job->search) {
        refuse(r, job, "out of memory");
    } else if (hg_search_race(&s->searcher, job->search, seconds, &why)) {
        refuse(r, job, why.text);
    } else if (job->search->raced_count == 0) { /* the end came first */
        free(job->search);
        job->search = NULL;
    } else {
        hg_search_judge(job->search, 0, false);
        if (job->search->verdict) hand_over(r, job);
    }
}

static void race_all(run *r)
{
    hg_session *s = r->session;
    char why[120];
    const double begin = hg_clock_ns();
    const double races = FOR_RACES * (s->budget > 0 ? s->budget : s->seconds * (double)r->count);
    for (size_t i = 0; i < r->count && !ended(r); i++) {
        hg_job *job = &r->jobs[i];
        const double bytes = hg_workload_bytes(&job->problem);
        if (s->memory > 0 && bytes > s->memory) {
            snprintf(why, sizeof why, "it needs about %.0f MiB, and %.0f MiB are free",
                     bytes / 1048576.0, s->memory / 1048576.0);
            refuse(r, job, why);
            continue;
        }
        /* What those before left unused is shared among the others. */
        const double spent = (hg_clock_ns() - begin) * 1e-9;
        const double share = (races - spent) / (double)(r->count - i);
        if (job->work > left_ns(r) + MARGIN_NS) break; /* those behind are larger still */
        race(r, job, HG_MAX(share, HG_MIN(LEAST_SHARE, s->seconds)));
    }
}

/* ---- Finals ---- */

static size_t undecided(const run *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->count; i++) n += r->jobs[i].search && !r->jobs[i].done;
    return n;
}

static void round_of(run *r, int number)
{
    hg_session *s = r->session;
    const double floor = noise_floor(r);
    size_t left = undecided(r);
    for (size_t i = 0; i < r->count && !ended(r); i++) {
        hg_job *job = &r->jobs[i];
        hg_reason why = {""};
        if (!job->search || job->done) continue;
        const int rounds = HG_MAX(2 - (number - 1), 1); /* two are needed; others are for doubts */
        const double each = s->seconds * (1 - FOR_RACES) / 2;
        const double fair = left_ns(r) * 1e-9 / (double)left / rounds;
        s->begin(s->self, job);
        if (hg_search_round(&s->searcher, job->search, HG_MIN(each, fair), &why))
            refuse(r, job, why.text);
        else
            hg_search_judge(job->search, floor, number == HG_MOST_ROUNDS);
        if (job->search && job->search->verdict) hand_over(r, job);
        left--;
    }
}

size_t hg_session_run(hg_session *s, hg_job *jobs, size_t count)
{
    run r = {.session = s, .jobs = jobs, .count = count};
    s->searcher.end = s->budget > 0 ? hg_clock_ns() + s->budget * 1e9 : INFINITY;
    if (s->budget > 0) s->seconds = HG_MAX(s->budget / (double)HG_MAX(count, 1), LEAST_SHARE);
    s->searcher.slot_ns = HG_MIN(s->searcher.slot_ns, s->seconds * 1e9 / SLOTS);
    r.series = malloc((count + 1) * sizeof *r.series);
    for (size_t i = 0; i < count; i++) {
        jobs[i].work = estimate(s, &jobs[i].problem);
        jobs[i].search = NULL;
        jobs[i].done = false;
    }
    qsort(jobs, count, sizeof *jobs, by_work);
    if (r.series) race_all(&r);
    for (int number = 1; number <= HG_MOST_ROUNDS && r.series && undecided(&r) && !ended(&r);
         number++)
        round_of(&r, number);
    size_t left = 0;
    const bool interrupted = s->searcher.stop && *s->searcher.stop;
    for (size_t i = 0; i < count; i++) {
        if (!jobs[i].done && jobs[i].search && !interrupted) {
            hg_search_judge(jobs[i].search, r.series ? noise_floor(&r) : 0, true);
            hand_over(&r, &jobs[i]);
        }
        left += !jobs[i].done;
        free(jobs[i].search);
        jobs[i].search = NULL;
    }
    free(r.series);
    return left;
}
