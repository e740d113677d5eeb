/* The search: which kernel is fastest for a problem, measured so that noise does not decide.
 *
 * First race, once for each problem:
 *   1. Every candidate runs on the real shape; outputs are compared with rows that the scalar
 *      reference computed. One that differs is barred, whatever its speed. More than 3 times slower
 *      than the best: out.
 *   2. Screening: rounds in random order, least time counts, slower than 1.3 times the best: out.
 *   3. Racing: lower quartile counts; 1.12, then 1.07 times the best: out. Rivals of the untuned
 *      choice are the best that are left, 3 at most.
 * Then rounds of finals, each with fresh plans and buffers, other problems' rounds in between:
 * quads of each rival against the untuned choice, and of a copy of the untuned choice, whose
 * difference from itself is this problem's noise. A rival wins only if two rounds at least agree on
 * it, by the rule of `hourglass ab` (ab.h): 2 % faster, with 99 % certainty of 1 %. What cannot be
 * told stays undecided, with the untuned choice. */
#ifndef HG_TUNER_SEARCH_H
#define HG_TUNER_SEARCH_H

#include <signal.h>

#include "dispatch/table.h"
#include "tuner/ab.h"
#include "tuner/canary.h"

enum { HG_MAX_RIVALS = 3, HG_RACED = 24, HG_MOST_ROUNDS = 4 };

/* What the searches of a run share. */
typedef struct hg_searcher {
    hg_context *context;
    hg_canary canary;
    double slot_ns;                    /* of a quad */
    double end;                        /* of the run by hg_clock_ns; INFINITY = no limit */
    const volatile sig_atomic_t *stop; /* nonzero: give up as soon as possible; may be NULL */
    void (*progress)(void *self, const char *stage, double best_ns); /* may be NULL */
    void *self;
} hg_searcher;

/* A candidate's name and time. */
typedef struct hg_raced {
    char name[HG_RUNNER_NAME_SIZE];
    int candidate; /* its number in the dispatcher's list */
    double ratio;  /* to the untuned choice's time, when both last ran */
} hg_raced;

typedef struct hg_rival {
    hg_raced raced;
    hg_ab_series series;
    hg_ab_judgement judged;
    bool out; /* it is not worth a change */
} hg_rival;

/* One problem's search. */
typedef struct hg_search {
    hg_problem problem;
    char key[HG_KEY_SIZE];
    char untuned[HG_RUNNER_NAME_SIZE]; /* the yardstick: the untuned choice, or the next that is not
                                          barred */
    double untuned_ns;
    hg_raced raced[HG_RACED]; /* fastest first */
    int raced_count;
    hg_rival rivals[HG_MAX_RIVALS];
    int rival_count, rounds;
    hg_verdict verdict;                    /* NONE: not yet */
    int winner;                            /* of GAIN: a rival */
    int candidates;                        /* eligible kernels and configurations */
    int barred;                            /* wrong results, or no plan */
    char barred_name[HG_RUNNER_NAME_SIZE]; /* the first of them */
    double barred_error; /* its error relative to the largest value; < 0: it could not be planned */
    bool default_barred; /* the dispatcher's own choice is one of them */
    double noise;        /* of the canary, the worst of the rounds */
} hg_search;

/* The race, in about so many seconds, checking included. HG_OK without raced_count: the run ended
 * first. HG_UNSUPPORTED: there is no reference, or every candidate is barred. */
hg_status hg_search_race(hg_searcher *t, hg_search *s, double seconds, hg_reason *why);

/* A round of finals. Where the run ends first, the round does not count. */
hg_status hg_search_round(hg_searcher *t, hg_search *s, double seconds, hg_reason *why);

/* Sets the verdict if what was measured allows one; last: no further round will come.
 * floor: hg_ab_floor over all problems of the run. */
void hg_search_judge(hg_search *s, double floor, bool last);

/* Needs a race. */
void hg_search_record(const hg_searcher *t, const hg_search *s, hg_record *record);

/* The first rank of the record against the untuned choice: 1 unless the verdict is GAIN. */
double hg_search_ratio(const hg_search *s);

/* Did the run's end come, or a signal? */
bool hg_search_ended(const hg_searcher *t);

/* The revision of a kernel in today's registry; -1 if there is none of that name. */
int hg_kernel_revision(const hg_context *context, const char *name);

#endif
