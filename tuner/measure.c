/* Samples and statistics. Contract: measure.h. */
#include "tuner/measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"

static const double DISTURBED = 1.06; /* canary over its best: the machine did something else */

double hg_sample(const hg_entrant *entrant, const hg_workload *w)
{
    for (int i = 0; entrant->batch > 1 && i < 2; i++) hg_runner_run(&entrant->runner, w);
    const double start = hg_clock_ns();
    for (int i = 0; i < entrant->batch; i++) hg_runner_run(&entrant->runner, w);
    return (hg_clock_ns() - start) / entrant->batch;
}

int hg_batch(double ns, double unit_ns)
{
    return (int)HG_MIN(HG_MAX(ceil(unit_ns / HG_MAX(ns, 1.0)), 1.0), 1e6);
}

bool hg_round(hg_entrant *entrants, const int *order, int n, const hg_workload *w,
              hg_canary *canary)
{
    double sum[HG_MAX_ENTRANTS];
    int times[HG_MAX_ENTRANTS];
    bool calm = false;
    for (int attempt = 0; attempt < 2 && !calm; attempt++) {
        for (int i = 0; i < n; i++) sum[order[i]] = times[order[i]] = 0;
        calm = hg_canary_ratio(canary) <= DISTURBED;
        for (int i = 0; i < n; i++) {
            sum[order[i]] += hg_sample(&entrants[order[i]], w);
            times[order[i]]++;
        }
        calm = hg_canary_ratio(canary) <= DISTURBED && calm;
    }
    for (int i = 0; i < n; i++) {
        hg_entrant *e = &entrants[order[i]];
        if (times[order[i]] == 0 || e->count == HG_MAX_SAMPLES) continue;
        const double ns = sum[order[i]] / times[order[i]];
        times[order[i]] = 0; /* once per round, however often it is named */
        e->samples[e->count++] = ns;
        e->ns = HG_MIN(e->ns, ns);
    }
    return calm;
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

hg_log_ratio hg_paired(const double *a, const double *b, int n)
{
    /* Standard error of a median: 1.2533 sigma / sqrt(n), sigma = 1.4826 MAD for normal noise. The
     * floor keeps a handful of equal samples from looking certain. */
    static const double FLOOR = 0.0005;
    double v[HG_MAX_SAMPLES] = {0};
    for (int i = 0; i < n; i++) v[i] = log(a[i] / b[i]);
    const double median = hg_quantile(v, n, 0.5);
    for (int i = 0; i < n; i++) v[i] = fabs(v[i] - median);
    const double mad = hg_quantile(v, n, 0.5);
    return (hg_log_ratio){median, HG_MAX(1.2533 * 1.4826 * mad / sqrt((double)n), FLOOR)};
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
