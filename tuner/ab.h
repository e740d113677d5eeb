/* Two builds of the library, A and B, timed against each other, layer by layer.
 *
 * What separates one percent from noise here:
 *   - both run in one process on the same buffers, in quads A B B A, whose ratio cancels drift;
 *   - a slot of a quad is the median of many short batches, by the processor time of the thread
 * where it is alone: what else the machine does falls out;
 *   - where a process happens to get its memory can speed or slow a layer for as long as it lives,
 * so each sweep over the layers is a process of its own, with fresh copies of both builds;
 *   - a second copy of A stands in for B in a fifth of the quads: what it seems to gain or lose is
 * this run's noise floor. */
#ifndef HG_TUNER_AB_H
#define HG_TUNER_AB_H

#include <stdbool.h>
#include <stdint.h>

#include "kernels/problem.h"

enum {
    HG_AB_QUADS = 10,     /* of a layer in one sweep */
    HG_AB_CONFIRMING = 3, /* times as many where a verdict is confirmed */
    HG_AB_CONTROLS = 2,   /* quads of A and its copy, beside them */
    HG_AB_FIRST_SWEEPS = 3,
    HG_AB_MOST_SWEEPS = 12,
    HG_AB_NAME = 224,
    HG_AB_LABEL = 256
};

/* A layer to compare. */
typedef struct hg_ab_layer {
    hg_problem problem;
    char key[HG_KEY_SIZE], label[HG_AB_LABEL];
} hg_ab_layer;

/* ---- One sweep ---- */

typedef struct hg_ab_settings {
    const char *path[2]; /* the builds A and B */
    int threads;
    bool same_kernel; /* B is made to use A's kernel; else each build chooses */
} hg_ab_settings;

/* How the outputs of the builds differ. */
typedef enum hg_ab_work {
    HG_AB_SAME_BITS,
    HG_AB_CLOSE,     /* another order of summation: 1e-4 of the largest value at most */
    HG_AB_DIFFERENT, /* not the same function: times mean nothing */
    HG_AB_NO_PLAN    /* one of the builds cannot run the layer */
} hg_ab_work;

/* What a sweep found for a layer. */
typedef struct hg_ab_result {
    int layer;
    hg_ab_work work;
    double error;               /* of CLOSE and DIFFERENT, over the largest value */
    char kernel[2][HG_AB_NAME]; /* of A and B */
    char reason[200];           /* of NO_PLAN */
    int quads, controls;        /* measured: all, or none */
    double ratio[HG_AB_CONFIRMING * HG_AB_QUADS];      /* log(B / A), one for each quad */
    double control[HG_AB_CONFIRMING * HG_AB_CONTROLS]; /* log(copy of A / A) */
    double ns[2];  /* of a run of A and B: medians over the quads */
    int disturbed; /* quads that stayed disturbed when repeated */
} hg_ab_result;

/* Measures layers order[0 .. n) in a process of its own and hands over each result as it comes.
 * times: 1, or HG_AB_CONFIRMING for so many times as many quads. swapped: B is loaded first.
 * HG_IO: a build cannot be loaded, or the process died, as in a crash of a build. */
hg_status hg_ab_sweep(const hg_ab_settings *settings, const hg_ab_layer *layers, const int *order,
                      int n, int times, bool swapped,
                      void (*take)(void *self, const hg_ab_result *result), void *self,
                      hg_reason *why);

/* ---- Verdicts ---- */

typedef enum hg_ab_verdict {
    HG_AB_INCONCLUSIVE,
    HG_AB_SAME,
    HG_AB_FASTER,
    HG_AB_SLOWER
} hg_ab_verdict;

/* All that was measured of a layer, over the sweeps. */
typedef struct hg_ab_series {
    int sweeps, quads, controls;
    double ratio[HG_AB_MOST_SWEEPS * HG_AB_QUADS];
    double control[HG_AB_MOST_SWEEPS * HG_AB_CONTROLS];
    double sweep_ratio[HG_AB_MOST_SWEEPS]; /* median of each sweep */
} hg_ab_series;

typedef struct hg_ab_judgement {
    hg_ab_verdict verdict;
    double median, low, high; /* of log(B / A), and the 99 % interval of the median */
    double threshold;         /* beyond which a median is a difference */
    double chance;            /* that a layer less than 1 % slower (faster) would look like this */
} hg_ab_judgement;

void hg_ab_add(hg_ab_series *series, const hg_ab_result *result);

/* The noise floor of a run: how far copies of A differ from A for a typical layer, beyond what the
 * spread of their quads explains. */
double hg_ab_floor(const hg_ab_series *series, int layers);

/* SLOWER: the interval is above +1 %, the median above the threshold, and the median of every sweep
 * above +1 %. The threshold is 2 %, or 3 times the floor if that is more; the floor is the run's,
 * or the layer's own if all its controls lie on one side. FASTER: likewise below. SAME: the
 * interval lies within +-2 %. Else INCONCLUSIVE. */
hg_ab_judgement hg_ab_judge(const hg_ab_series *series, double floor);

/* Does one more sweep of a layer that is SLOWER (FASTER) say so, too? Its median is above +1 %
 * (below -1 %), its interval above (below) 0. */
bool hg_ab_recurs(const hg_ab_series *series, hg_ab_verdict verdict);

/* Of n verdicts SLOWER and FASTER keeps those that the false-discovery rate of 5 % over the whole
 * suite allows (Benjamini and Hochberg, 1995); the others become INCONCLUSIVE. */
void hg_ab_control_discoveries(hg_ab_judgement *judgements, int n);

#endif
