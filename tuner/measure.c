/* Samples and statistics. Contract: measure.h. */
#include "tuner/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"

double hg_sample(const hg_entrant *entrant, const hg_workload *w)
{
    for (int i = 0; entrant->batch > 1 && i < 2; i++) hg_runner_run(&entrant->runner, w);
    const double start = w->clock();
    for (int i = 0; i < entrant->batch; i++) hg_runner_run(&entrant->runner, w);
    return (w->clock() - start) / entrant->batch;
}

int hg_batch(double ns, double unit_ns)
{
    return (int)HG_MIN(HG_MAX(ceil(unit_ns / HG_MAX(ns, 1.0)), 1.0), 1e6);
}

void hg_round(hg_entrant *entrants, const int *order, int n, const hg_workload *w)
{
    for (int i = 0; i < n; i++) {
        hg_entrant *e = &entrants[order[i]];
        const double ns = hg_sample(e, w);
        e->ns = HG_MIN(e->ns, ns);
        if (e->count < HG_MAX_SAMPLES) e->samples[e->count++] = ns;
    }
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double hg_quantile(const double *v, int n, double q)
{
    double sorted[HG_MAX_SAMPLES];
    memcpy(sorted, v, (size_t)n * sizeof *v);
    qsort(sorted, (size_t)n, sizeof *sorted, by_value);
    const double at = q * (n - 1);
    const int below = (int)at;
    const int above = HG_MIN(below + 1, n - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

void hg_shuffle(int *order, int n, uint64_t *state)
{
    for (int i = 0; i < n; i++) order[i] = i;
    for (int i = n - 1; i > 0; i--) {
        *state = *state * 6364136223846793005u + 1442695040888963407u;
        const int j = (int)((*state >> 33) % (uint64_t)(i + 1));
        const int held = order[i];
        order[i] = order[j];
        order[j] = held;
    }
}
