/* Statistics of A/B runs. Contract: ab.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tuner/ab.h"

/* Ratios as logarithms: 1 % either way is the least that counts, 2 % the least that is called a
 * difference. */
static const double LEAST = 0.00995, DIFFERENCE = 0.0198;
static const double FLOORS = 3.0;       /* so many noise floors are a difference */
static const double CONFIDENCE = 0.005; /* at each end of the interval */
static const double DISCOVERY_RATE = 0.05;
static const double NORMAL = 1.4826; /* standard deviation over median distance, normal noise */

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle of v[0 .. n), which is sorted. */
static double middle(double *v, int n)
{
    if (n == 0) return 0;
    qsort(v, (size_t)n, sizeof *v, by_value);
    return 0.5 * (v[(n - 1) / 2] + v[n / 2]);
}

static double median(const double *v, int n)
{
    double sorted[HG_AB_CONFIRMING * HG_AB_QUADS];
    memcpy(sorted, v, (size_t)n * sizeof *v);
    return middle(sorted, n);
}

/* Chance of at most k heads in n throws of a coin. */
static double at_most(int k, int n)
{
    double term = exp2(-(double)n), sum = 0;
    for (int i = 0; i <= k; i++) {
        sum += term;
        term *= (double)(n - i) / (double)(i + 1);
    }
    return sum;
}

void hg_ab_add(hg_ab_series *series, const hg_ab_result *r)
{
    if (r->quads == 0 || series->sweeps == HG_AB_MOST_SWEEPS) return;
    memcpy(series->ratio + series->quads, r->ratio, (size_t)r->quads * sizeof *r->ratio);
    memcpy(series->control + series->controls, r->control,
           (size_t)r->controls * sizeof *r->control);
    series->quads += r->quads;
    series->controls += r->controls;
    series->sweep_ratio[series->sweeps] = median(r->ratio, r->quads);
    series->sweeps++;
}

/* The median of a layer's controls, and its standard error by their median distance from it. */
typedef struct control {
    double median, error;
    bool one_sided; /* all controls lie on one side: this layer's copies do differ */
} control;

static control control_of(const hg_ab_series *series)
{
    const int n = series->controls;
    double v[HG_COUNT(series->control)];
    memcpy(v, series->control, (size_t)n * sizeof *v);
    control c = {.median = middle(v, n)};
    c.one_sided = n > 2 * HG_AB_CONTROLS && v[0] * v[n - 1] > 0;
    for (int i = 0; i < n; i++) v[i] = fabs(v[i] - c.median);
    c.error = 1.2533 * NORMAL * middle(v, n) / sqrt((double)HG_MAX(n, 1));
    return c;
}

double hg_ab_floor(const hg_ab_series *series, int layers)
{
    double *distances = malloc(2 * ((size_t)layers + 1) * sizeof *distances);
    if (!distances) return INFINITY;
    double *errors = distances + layers + 1;
    for (int i = 0; i < layers; i++) {
        const control c = control_of(&series[i]);
        distances[i] = fabs(c.median);
        errors[i] = c.error;
    }
    /* What the spread of the quads explains is no difference of the copies; the intervals of the
     * verdicts have it already. */
    const double seen = NORMAL * middle(distances, layers), explained = middle(errors, layers);
    free(distances);
    return sqrt(HG_MAX(seen * seen - explained * explained, 0));
}

/* Sweeps whose median lies beyond `bound`. */
static int sweeps_above(const hg_ab_series *series, double bound)
{
    int count = 0;
    for (int s = 0; s < series->sweeps; s++) count += series->sweep_ratio[s] > bound;
    return count;
}

static hg_ab_verdict decide(const hg_ab_series *series, const hg_ab_judgement *j)
{
    const int n = series->sweeps;
    const int above = sweeps_above(series, LEAST), not_below = sweeps_above(series, -LEAST);
    if (j->low > LEAST && j->median > j->threshold && above == n) return HG_AB_SLOWER;
    if (j->high < -LEAST && j->median < -j->threshold && not_below == 0) return HG_AB_FASTER;
    /* A third of the quads elsewhere would widen the interval. */
    return j->low > -DIFFERENCE && j->high < DIFFERENCE ? HG_AB_SAME : HG_AB_INCONCLUSIVE;
}

hg_ab_judgement hg_ab_judge(const hg_ab_series *series, double floor)
{
    hg_ab_judgement j = {.verdict = HG_AB_INCONCLUSIVE, .low = -INFINITY, .high = INFINITY};
    const control own = control_of(series);
    j.threshold = FLOORS * HG_MAX(floor, own.one_sided ? fabs(own.median) : 0);
    j.threshold = HG_MAX(DIFFERENCE, j.threshold);
    j.chance = 1;
    const int n = series->quads;
    if (n == 0) return j;
    double sorted[HG_COUNT(series->ratio)];
    memcpy(sorted, series->ratio, (size_t)n * sizeof *sorted);
    j.median = middle(sorted, n);
    /* The median lies between the order statistics k and n - 1 - k with a chance of
     * 1 - 2 at_most(k - 1, n), whatever the noise is like. */
    int k = 0;
    while (at_most(k, n) <= CONFIDENCE) k++;
    if (k > 0) j.low = sorted[k - 1], j.high = sorted[n - k];
    int beyond = 0;
    for (int i = 0; i < n; i++) beyond += j.median > 0 ? sorted[i] > LEAST : sorted[i] < -LEAST;
    j.chance = at_most(n - beyond, n);
    j.verdict = decide(series, &j);
    return j;
}

bool hg_ab_recurs(const hg_ab_series *series, hg_ab_verdict verdict)
{
    const hg_ab_judgement j = hg_ab_judge(series, 0);
    return verdict == HG_AB_SLOWER ? j.median > LEAST && j.low > 0
                                   : j.median < -LEAST && j.high < 0;
}

void hg_ab_control_discoveries(hg_ab_judgement *judgements, int n)
{
    double *chances = malloc(((size_t)n + 1) * sizeof *chances), bound = 0;
    for (int i = 0; chances && i < n; i++) chances[i] = judgements[i].chance;
    if (chances) qsort(chances, (size_t)n, sizeof *chances, by_value);
    for (int i = 0; chances && i < n; i++)
        if (chances[i] <= DISCOVERY_RATE * (i + 1) / n) bound = chances[i];
    free(chances);
    for (int i = 0; i < n; i++)
        if (judgements[i].verdict >= HG_AB_FASTER && judgements[i].chance > bound)
            judgements[i].verdict = HG_AB_INCONCLUSIVE;
}
