/* What decides in a search, without a clock: rows that are checked, and verdicts on series made up.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/plan.h"
#include "tuner/search.h"

static int passed, failed;

static void expect(bool ok, const char *what)
{
    ok ? passed++ : failed++;
    if (!ok) printf("FAILED %s\n", what);
}

/* ---- The check by rows ---- */

static const char *const keys[] = {
    "conv2d f32 nhwc n1 c8 h90 w9 k8 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nchw n2 c8 h5 w9 k8 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "max_pool2d f32 nhwc n1 c8 h160 w9 r2x2 s2x2 p0,0,0,0 d1x1 o80x4 index=pytorch:i64",
    "resize2d f32 nchw n1 c3 h40 w9 o80x18 bilinear half_pixel",
    "max_unpool2d f32 nhwc n1 c8 h30 w4 r2x2 s2x2 p0,0,0,0 o60x8 index=pytorch:i64"};

/* The first output of a row, of all images' rows. */
static float *row_of(const hg_workload *w, int64_t row)
{
    const hg_tensor *o = &w->problem.out;
    return w->output + row / o->h * o->strides.n + row % o->h * o->strides.h;
}

static void check_rows(hg_context *context, const char *key)
{
    char name[HG_RUNNER_NAME_SIZE];
    hg_workload w;
    hg_runner reference, untuned;
    hg_problem p;
    double error;
    if (hg_problem_parse(key, &p, NULL) || hg_workload_create(context, &p, &w, NULL)) exit(1);
    snprintf(name, sizeof name, "%s.f32.any.scalar.ref", hg_op_name(p.op));
    if (hg_runner_create(&w, name, &reference, NULL) || hg_untuned_runner(&w, &untuned, NULL))
        exit(1);
    const int64_t rows = hg_workload_expect_some(&w, &reference, 0, NULL);
    printf("%s: %d of %d ranges\n", key, (int)rows, (int)hg_plan_ranges(reference.plan));
    expect(rows >= 1 && rows <= 3, "some rows");
    hg_workload_erase(&w);
    hg_runner_run(&untuned, &w);
    expect(hg_workload_matches(&w, &error), "a right kernel passes");
    const int64_t all = p.out.n * p.out.h, changed[] = {0, all - 1};
    for (int i = 0; i < 2; i++) {
        float *v = row_of(&w, changed[i]);
        const float before = *v;
        *v += 1.0f;
        expect(!hg_workload_matches(&w, &error), "a wrong value in the first or last row");
        *v = before;
    }
    for (int64_t row = 0; row < all; row++) {
        float *v = row_of(&w, row);
        const float before = *v;
        memset(v, 0xff, sizeof *v);
        expect(!hg_workload_matches(&w, &error), "a value that was not written");
        *v = before;
    }
    if (w.indices) {
        ((char *)w.indices)[0] ^= 1;
        expect(!hg_workload_matches(&w, &error), "a wrong index");
    }
    hg_runner_free(&reference);
    hg_runner_free(&untuned);
    hg_workload_free(&w);
}

/* ---- Verdicts ---- */

/* A search with one rival: so many rounds of ten quads, around these ratios of time. */
static hg_search search_of(const double *ratios, int rounds, double spread)
{
    hg_search s = {.rival_count = 1, .rounds = rounds, .untuned_ns = 1000};
    unsigned random = 7;
    for (int i = 0; i < rounds; i++) {
        hg_ab_result r = {.quads = HG_AB_QUADS, .controls = 2};
        for (int q = 0; q < r.quads; q++) {
            random = random * 1664525u + 1013904223u;
            r.ratio[q] = log(ratios[i]) + spread * ((double)(random >> 8) / (1 << 24) - 0.5);
        }
        hg_ab_add(&s.rivals[0].series, &r);
    }
    return s;
}

static void verdicts(void)
{
    static const struct {
        const char *what;
        double ratios[4], spread;
        int rounds;
        bool last;
        hg_verdict verdict;
    } cases[] = {
        {"a gain in two rounds", {0.8, 0.81}, 0.02, 2, false, HG_VERDICT_GAIN},
        {"a gain in one round is none yet", {0.8}, 0.02, 1, false, HG_VERDICT_NONE},
        {"nor at the end", {0.8}, 0.02, 1, true, HG_VERDICT_UNDECIDED},
        {"a gain that the second round has not", {0.6, 1.0}, 0.02, 2, true, HG_VERDICT_UNDECIDED},
        {"the same", {1.0, 1.0}, 0.02, 2, false, HG_VERDICT_DEFAULT},
        {"slower", {1.2, 1.2}, 0.02, 2, false, HG_VERDICT_DEFAULT},
        {"a gain too small to be worth it", {0.99, 0.985}, 0.01, 2, false, HG_VERDICT_DEFAULT},
        {"a gain in noise that is larger", {0.9, 0.9}, 1.2, 2, true, HG_VERDICT_UNDECIDED},
        {"may be decided by a further round", {0.9, 0.9}, 1.2, 2, false, HG_VERDICT_NONE},
        {"a large gain in noise", {0.3, 0.35, 0.3}, 0.4, 3, false, HG_VERDICT_GAIN},
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_search s = search_of(cases[i].ratios, cases[i].rounds, cases[i].spread);
        hg_search_judge(&s, 0, cases[i].last);
        expect(s.verdict == cases[i].verdict, cases[i].what);
        const double ratio = hg_search_ratio(&s);
        expect(s.verdict == HG_VERDICT_GAIN ? ratio < 0.9 : ratio == 1, "its ratio");
    }
    hg_search none = {.untuned_ns = 1000};
    hg_search_judge(&none, 0, false);
    expect(none.verdict == HG_VERDICT_DEFAULT, "no rivals");
    const double two[] = {0.7, 0.8};
    hg_search s = search_of(two, 2, 0.02);
    hg_search_judge(&s, 0, false);
    expect(fabs(hg_search_ratio(&s) - 0.8) < 0.02, "the round that promises least is told");
    s = search_of(two, 2, 0.02);
    hg_search_judge(&s, 0.2, false);
    expect(s.verdict == HG_VERDICT_NONE, "a noise floor beyond the gain");
}

/* Whatever round promises least, the interval that is told holds the ratio that is told. */
static void intervals(hg_context *context)
{
    static const double cases[][4] = {{0.8, 0.81},     {0.7, 0.8},           {0.8, 0.7},
                                      {0.7, 0.7, 0.8}, {0.7, 0.7, 0.7, 0.8}, {1.0, 1.0}};
    static const int rounds[] = {2, 2, 2, 3, 4, 2};
    const hg_searcher searcher = {.context = context};
    static hg_record r;
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_search s = search_of(cases[i], rounds[i], 0.02);
        hg_search_judge(&s, 0, true);
        hg_search_record(&searcher, &s, &r);
        expect(r.low > 0 && r.low <= r.ratio && r.ratio <= r.high, "a ratio within its interval");
    }
}

int main(void)
{
    hg_context *context;
    const hg_context_options o = {.ignore_environment = true};
    if (hg_context_create(&o, &context)) return 1;
    for (size_t i = 0; i < HG_COUNT(keys); i++) check_rows(context, keys[i]);
    verdicts();
    intervals(context);
    hg_context_free(context);
    printf("%d passed, %d failed\n", passed, failed);
    return failed > 0;
}
