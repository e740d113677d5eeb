/* Samples and the few statistics that decide between kernels. */
#ifndef HG_TUNER_MEASURE_H
#define HG_TUNER_MEASURE_H

#include <stdbool.h>
#include <stdint.h>

#include "tuner/clock.h"
#include "tuner/workload.h"

enum { HG_MAX_SAMPLES = 96, HG_MAX_ENTRANTS = 512 };

/* A kernel in the race. */
typedef struct hg_entrant {
    hg_runner runner;
    int candidate; /* its number in the dispatcher's list; 0 = the untuned default */
    double ns;     /* least time of a call so far */
    double ratio;  /* to the default, at the last stage both took part in */
    double samples[HG_MAX_SAMPLES]; /* of the stage, ns per call */
    int count, batch;
} hg_entrant;

/* ns per call of `batch` calls in a row. Short calls are preceded by two that are not timed, so
 * that the caches hold what this kernel, not the one before, left there. */
double hg_sample(const hg_entrant *entrant, const hg_workload *w);

/* Calls per sample such that a sample takes at least unit_ns. */
int hg_batch(double ns, double unit_ns);

/* One round: every entrant named in order[0 .. n) is sampled once. Appends one sample to each. */
void hg_round(hg_entrant *entrants, const int *order, int n, const hg_workload *w);

/* The q-quantile, 0 <= q <= 1, of v[0 .. n), n >= 1; sorts a copy. n <= HG_MAX_SAMPLES. */
double hg_quantile(const double *v, int n, double q);

/* A random permutation of 0 .. n-1. */
void hg_shuffle(int *order, int n, uint64_t *state);

#endif
