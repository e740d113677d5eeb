/* The statistics of `hourglass ab` on series made up here: what they must find, and what they must
 * never say. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/random.h"
#include "tuner/ab.h"

static long passed, failed;

static void expect(bool ok, const char *what, double value)
{
    if (!ok) printf("FAILED %s: %g\n", what, value);
    passed += ok;
    failed += !ok;
}

/* Noise of a series, as logarithms of ratios: of a process, of a quad, and how often and how far a
 * quad is thrown off by what else the machine does. */
typedef struct noise {
    double process, quad, spikes, spike;
} noise;

static const noise idle = {0.002, 0.004, 0.02, 0.1}, busy = {0.01, 0.06, 0.2, 0.5};

static double uniform(rng *r)
{
    return (double)rng_in(r, 1, 1 << 30) / (double)(1 << 30);
}

static double normal(rng *r)
{
    return sqrt(-2 * log(uniform(r))) * cos(6.283185307179586 * uniform(r));
}

static double quad(rng *r, const noise *n)
{
    const double spike = uniform(r) < n->spikes ? n->spike * (2 * uniform(r) - 1) : 0;
    return n->quad * normal(r) + spike;
}

static void draw(rng *r, const noise *n, double slowdown, int sweeps, hg_ab_series *series)
{
    memset(series, 0, sizeof *series);
    for (int s = 0; s < sweeps; s++) {
        hg_ab_result result = {.quads = HG_AB_QUADS, .controls = HG_AB_CONTROLS};
        const double bias = n->process * normal(r), other = n->process * normal(r);
        for (int i = 0; i < HG_AB_QUADS; i++)
            result.ratio[i] = log(1 + slowdown) + bias + quad(r, n);
        for (int i = 0; i < HG_AB_CONTROLS; i++) result.control[i] = other + quad(r, n);
        hg_ab_add(series, &result);
    }
}

/* How many of `layers` layers with this slowdown get each verdict. */
static void count(const noise *n, double slowdown, int sweeps, int layers, int verdicts[4])
{
    enum { SUITE = 40 };
    static hg_ab_series series[SUITE];
    rng r = rng_for(1, "ab", (uint64_t)(slowdown * 1000 + 500));
    memset(verdicts, 0, 4 * sizeof *verdicts);
    for (int done = 0; done < layers; done += SUITE) {
        for (int i = 0; i < SUITE; i++) draw(&r, n, slowdown, sweeps, &series[i]);
        const double floor = hg_ab_floor(series, SUITE);
        for (int i = 0; i < SUITE; i++) verdicts[hg_ab_judge(&series[i], floor).verdict]++;
    }
}

static void check_verdicts(void)
{
    enum { LAYERS = 2000 };
    int v[4];
    count(&idle, 0, HG_AB_FIRST_SWEEPS, LAYERS, v);
    expect(v[HG_AB_SLOWER] + v[HG_AB_FASTER] == 0, "nothing, idle: differences", v[HG_AB_SLOWER]);
    expect(v[HG_AB_SAME] > LAYERS * 95 / 100, "nothing, idle: the same", v[HG_AB_SAME]);
    count(&idle, 0.05, HG_AB_FIRST_SWEEPS, LAYERS, v);
    expect(v[HG_AB_SLOWER] > LAYERS * 95 / 100, "5 % slower, idle: found", v[HG_AB_SLOWER]);
    expect(v[HG_AB_SAME] + v[HG_AB_FASTER] == 0, "5 % slower, idle: missed", v[HG_AB_SAME]);
    count(&idle, 0.03, HG_AB_FIRST_SWEEPS, LAYERS, v);
    expect(v[HG_AB_SLOWER] > LAYERS * 80 / 100, "3 % slower, idle: found", v[HG_AB_SLOWER]);
    count(&idle, -0.05, HG_AB_FIRST_SWEEPS, LAYERS, v);
    expect(v[HG_AB_FASTER] > LAYERS * 95 / 100, "5 % faster, idle: found", v[HG_AB_FASTER]);
    for (int sweeps = HG_AB_FIRST_SWEEPS; sweeps <= HG_AB_MOST_SWEEPS; sweeps += 3) {
        count(&busy, 0, sweeps, LAYERS, v);
        expect(v[HG_AB_SLOWER] <= LAYERS / 500, "nothing, busy: slower", v[HG_AB_SLOWER]);
        count(&busy, 0.05, sweeps, LAYERS, v);
        expect(v[HG_AB_SAME] + v[HG_AB_FASTER] == 0, "5 % slower, busy: the same or faster",
               v[HG_AB_SAME] + v[HG_AB_FASTER]);
    }
}

/* The 99 % interval of a median lies between these order statistics, by tables of the sign test:
 * the 1st and 10th of 10, the 8th and 23rd of 30, the 46th and 75th of 120. */
static void check_intervals(void)
{
    static const struct {
        int n, low, high;
    } cases[] = {{10, 1, 10}, {30, 8, 23}, {120, 46, 75}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        static hg_ab_series series;
        memset(&series, 0, sizeof series);
        series.sweeps = 1;
        series.quads = cases[c].n;
        for (int i = 0; i < series.quads; i++) /* a permutation of 1 .. n: 7 divides none */
            series.ratio[i] = 1 + i * 7 % series.quads;
        const hg_ab_judgement j = hg_ab_judge(&series, 0);
        expect(j.low == cases[c].low && j.high == cases[c].high, "interval from", j.low);
        expect(j.median == (1 + cases[c].n) / 2.0, "median", j.median);
    }
    static const hg_ab_series nothing;
    expect(hg_ab_judge(&nothing, 0).verdict == HG_AB_INCONCLUSIVE, "no quads", 0);
}

/* Of 4 chances the k-th least may be at most 0.0125 k: here the first two. */
static void check_discoveries(void)
{
    hg_ab_judgement j[4] = {{.verdict = HG_AB_SLOWER, .chance = 0.04},
                            {.verdict = HG_AB_FASTER, .chance = 0.02},
                            {.verdict = HG_AB_SAME, .chance = 0.9},
                            {.verdict = HG_AB_SLOWER, .chance = 0.001}};
    hg_ab_control_discoveries(j, 4);
    expect(j[0].verdict == HG_AB_INCONCLUSIVE, "0.04 is no discovery", j[0].verdict);
    expect(j[1].verdict == HG_AB_FASTER, "0.02 is one", j[1].verdict);
    expect(j[2].verdict == HG_AB_SAME, "SAME stays", j[2].verdict);
    expect(j[3].verdict == HG_AB_SLOWER, "0.001 is one", j[3].verdict);
}

/* A sweep that does not agree, as where a process got its memory badly, is no difference. */
static void check_agreement(void)
{
    static hg_ab_series series;
    memset(&series, 0, sizeof series);
    for (int s = 0; s < HG_AB_FIRST_SWEEPS; s++) {
        hg_ab_result result = {.quads = HG_AB_QUADS, .controls = HG_AB_CONTROLS};
        for (int i = 0; i < HG_AB_QUADS; i++) result.ratio[i] = s == 1 ? 0 : 0.1;
        hg_ab_add(&series, &result);
    }
    const hg_ab_verdict verdict = hg_ab_judge(&series, 0).verdict;
    expect(verdict == HG_AB_INCONCLUSIVE, "two processes of three", verdict);
}

int main(void)
{
    check_intervals();
    check_discoveries();
    check_agreement();
    check_verdicts();
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed != 0;
}
