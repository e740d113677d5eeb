/* The search: which kernel is fastest for a problem, measured so that noise does not decide.
 *
 *   1. Every candidate runs on the real shape and is compared with the scalar reference; one that
 *      differs is barred, whatever its speed. More than 3 times slower than the best: out.
 *   2. Screening: rounds in random order, least time counts, slower than 1.3 times the best: out.
 *   3. Racing: lower quartile counts, 1.12 and then 1.07 times the best: out, at most 4 stay.
 *   4. Finals against the dispatcher's untuned choice: palindromic rounds, paired ratios. The
 *      untuned choice is replaced only by a gain of at least 1 % whose interval excludes 0.
 *
 * A canary runs around every round; a disturbed round is repeated once. */
#ifndef HG_TUNER_SEARCH_H
#define HG_TUNER_SEARCH_H

#include <signal.h>

#include "dispatch/table.h"
#include "tuner/measure.h"

typedef struct hg_search_options {
    int threads;                       /* of the context, for the record */
    double seconds;                    /* of timing; checking comes on top */
    const volatile sig_atomic_t *stop; /* nonzero: give up at the next round; may be NULL */
    void (*progress)(void *self, const char *stage, double best_ns); /* may be NULL */
    void *self;
} hg_search_options;

typedef struct hg_search_report {
    int candidates;                        /* eligible kernels and configurations */
    int barred;                            /* wrong results, or no plan */
    char barred_name[HG_RUNNER_NAME_SIZE]; /* the first of them */
    double barred_error; /* its error relative to the largest value; < 0: it could not be planned */
    bool default_barred; /* the dispatcher's own choice is one of them */
    int disturbed;       /* rounds that stayed disturbed when repeated */
    double ratio;        /* the record's first kernel to the untuned choice; 1 = the same kernel */
    double interval;     /* half width of ratio's 99 % interval, relative */
} hg_search_report;

/* HG_OK with *stopped: given up, no record. HG_UNSUPPORTED: there is no reference. */
hg_status hg_search(hg_context *context, const hg_problem *p, const hg_search_options *options,
                    hg_record *record, hg_search_report *report, bool *stopped, hg_reason *why);

/* The revision of a kernel in today's registry; -1 if there is none of that name. */
int hg_kernel_revision(const hg_context *context, const char *name);

#endif
