/* Whole tuning runs on recorded times: the tuner as it is, on a clock that stands still but for
 * what a run is said to take. What it chooses is compared with the truth.
 *
 *     test_replay [TABLE]
 *
 * Times are made up: each kernel's estimate, times a factor of its own for the problem. Or they are
 * the records' of a table, best tuned exhaustively (--seconds 2); a candidate that is not among a
 * record's 8 best takes 1.1 times the last of them. Runs, clocks and the check of results come here
 * first (--wrap, tests/meson.build). Prints what failed; the last line is "N passed, N failed". */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/plan.h"
#include "kernels/common/attr.h"
#include "tuner/clock.h"
#include "tuner/journal.h"
#include "tuner/session.h"

enum { MOST_JOBS = 1000, MOST_WEIGHTS = 1 << 22 };

static const double BEYOND = 1.1;
static const double NEARLY = 1.01; /* of the untuned time: no harm */
static int passed, failed;

/* ---- Numbers ---- */

static uint64_t hash(const char *text, uint64_t h)
{
    for (; *text; text++) h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return (h ^ h >> 31) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* 0 .. 1 */
static double uniform(uint64_t bits)
{
    return (double)(bits >> 11) / (double)(UINT64_C(1) << 53);
}

static uint64_t state = 1;

static double random01(void)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return uniform(state * UINT64_C(0x9e3779b97f4a7c15));
}

/* Mean 0, deviation 1, within 3.5. */
static double bell(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++) sum += random01();
    return sum;
}

/* ---- The machine ---- */

/* Disturbances: jitter of each run, rare spikes, and spells of a neighbour that slows every kernel
 * by a share of its own; times in ns of spells and of the calm between. */
typedef struct weather {
    const char *name;
    double jitter, spikes, slower, spell, calm;
    double mean, worst; /* regret that may be */
    int false_gains;
} weather;

static const weather weathers[] = {{"quiet", 0.005, 0.01, 0, 1, 1e18, 0.01, 0.05, 0},
                                   {"busy", 0.02, 0.03, 0.35, 1.5e8, 4e8, 0.04, 0.30, 0}};

static const weather *current = &weathers[0];
static double now, change; /* ns; when the neighbour comes or goes */
static bool disturbed;
static const hg_lines *recorded; /* NULL: times are made up */
static const char *machine;

static double made_up(const char *key, const char *kernel, const char *choice, double estimate)
{
    const double own = uniform(hash(kernel, hash(key, 7))) - 0.5;
    const double config = uniform(hash(choice, hash(key, 9))) - 0.5;
    return estimate * exp(0.5 * own + 0.1 * config);
}

static double from_record(const hg_record *r, const char *choice)
{
    double slowest = 0;
    for (int i = 0; i < r->count; i++) {
        char name[HG_RUNNER_NAME_SIZE], config[HG_CONFIG_SIZE];
        hg_config_format(&r->ranks[i].config, config);
        snprintf(name, sizeof name, "%s%s%s", r->ranks[i].kernel, *config ? " " : "", config);
        if (!strcmp(name, choice)) return r->ranks[i].ns;
        slowest = HG_MAX(slowest, r->ranks[i].ns);
    }
    return BEYOND * slowest;
}

/* ns of a run without disturbance. */
static double truth(const hg_plan *plan)
{
    const hg_record *r = recorded ? hg_lines_find(recorded, plan->key, 1, machine) : NULL;
    if (r) return from_record(r, plan->choice);
    return made_up(plan->key, plan->kernel->name, plan->choice, plan->estimate);
}

static void pass(const hg_plan *plan)
{
    while (now >= change) {
        disturbed = !disturbed;
        change += -log(random01() + 1e-12) * (disturbed ? current->spell : current->calm);
    }
    double ns = truth(plan) * (1 + current->jitter * fabs(bell()));
    if (random01() < current->spikes) ns *= 1.3;
    if (disturbed) ns *= 1 + current->slower * (0.5 + uniform(hash(plan->choice, 3)));
    now += ns;
}

/* Of --wrap. */
hg_status __wrap_hg_run(const hg_plan *plan, const hg_io *io, void *workspace);
hg_status __wrap_hg_run_ranges(const hg_plan *plan, const hg_io *io, void *workspace, int64_t begin,
                               int64_t end);
double __wrap_hg_clock_ns(void);
double __wrap_hg_thread_ns(void);
bool __wrap_hg_workload_matches(const hg_workload *w, double *error);

hg_status __wrap_hg_run(const hg_plan *plan, const hg_io *io, void *workspace)
{
    (void)io, (void)workspace;
    pass(plan);
    return HG_OK;
}

hg_status __wrap_hg_run_ranges(const hg_plan *plan, const hg_io *io, void *workspace, int64_t begin,
                               int64_t end)
{
    (void)plan, (void)io, (void)workspace, (void)begin, (void)end;
    return HG_OK;
}

double __wrap_hg_clock_ns(void)
{
    return now += 30;
}

double __wrap_hg_thread_ns(void)
{
    return now += 30;
}

bool __wrap_hg_workload_matches(const hg_workload *w, double *error)
{
    (void)w;
    *error = 0;
    return true;
}

/* ---- A run ---- */

typedef struct tally {
    hg_context *context;
    int jobs, gains, false_gains, undecided;
    double sum, worst;
} tally;

/* ns of the choice; 0: it could not be planned. */
static double truth_of(hg_context *context, const char *key, const char *choice)
{
    hg_filter_desc desc;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    static float weights[MOST_WEIGHTS];
    if (hg_key_filter(key, &desc)) hg_filter_create(context, &desc, weights, &filter);
    const double ns = hg_plan_from_key(context, key, filter, NULL, choice, &plan) ? 0 : truth(plan);
    hg_plan_free(plan);
    hg_filter_free(filter);
    return ns;
}

/* The least of what was worth a run. */
static double least_of(hg_context *context, const hg_search *s)
{
    double least = INFINITY;
    for (int i = 0; i < s->raced_count; i++)
        least = HG_MIN(least, truth_of(context, s->key, s->raced[i].name));
    return least;
}

static bool decided(void *self, const hg_job *job)
{
    tally *t = self;
    const hg_search *s = job->search;
    const bool gain = s->verdict == HG_VERDICT_GAIN;
    const char *choice = gain ? s->rivals[s->winner].raced.name : s->untuned;
    const double ns = truth_of(t->context, s->key, choice);
    const double regret = ns / least_of(t->context, s) - 1;
    t->jobs++;
    t->gains += gain;
    t->undecided += s->verdict == HG_VERDICT_UNDECIDED;
    t->false_gains += gain && ns > NEARLY * truth_of(t->context, s->key, s->untuned);
    t->sum += regret;
    t->worst = HG_MAX(t->worst, regret);
    return true;
}

static void refused(void *self, const hg_job *job, const char *why)
{
    (void)self;
    failed++;
    printf("FAILED %s: %s\n", job->key, why);
}

static void begin(void *self, const hg_job *job)
{
    (void)self, (void)job;
}

static void expect(bool ok, const weather *w, const char *what)
{
    ok ? passed++ : failed++;
    if (!ok) printf("FAILED %s: %s\n", w->name, what);
}

static void run(hg_context *context, hg_job *jobs, size_t count, const weather *w)
{
    tally t = {.context = context};
    hg_session session = {.searcher = {.context = context, .slot_ns = 1.5e6},
                          .seconds = 0.5,
                          .decided = decided,
                          .refused = refused,
                          .begin = begin,
                          .self = &t};
    hg_reason why;
    current = w;
    now = 0, disturbed = false, change = w->calm, state = 1;
    if (hg_canary_open(context, &session.searcher.canary, &why)) exit(1);
    const size_t left = hg_session_run(&session, jobs, count);
    hg_canary_close(&session.searcher.canary);
    const double mean = t.jobs ? t.sum / t.jobs : 1;
    printf("%s: %d problems in %.0f s: %d gains, %d of them false, %d undecided; regret %.2f %% in "
           "the mean, %.1f %% at worst\n",
           w->name, t.jobs, now * 1e-9, t.gains, t.false_gains, t.undecided, 100 * mean,
           100 * t.worst);
    expect(left == 0 && t.jobs == (int)count, w, "every problem is decided");
    expect(t.false_gains <= w->false_gains, w, "false gains");
    if (recorded) return; /* what a table allows is not known */
    expect(t.gains > 0, w, "gains");
    expect(mean <= w->mean, w, "mean regret");
    expect(t.worst <= w->worst, w, "worst regret");
    expect(now <= 0.55e9 * (double)count, w, "time");
}

static const char *const keys[] = {
    "conv2d f32 nhwc n1 c32 h14 w14 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n1 c64 h14 w14 k64 r1x1 s1x1 p0,0,0,0 d1x1 g1",
    "conv2d f32 nhwc n1 c48 h20 w20 k96 r1x1 s1x1 p0,0,0,0 d1x1 g1",
    "conv2d f32 nhwc n1 c3 h32 w32 k16 r3x3 s2x2 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n1 c32 h28 w28 k32 r3x3 s1x1 p1,1,1,1 d1x1 g32",
    "conv2d f32 nhwc n1 c64 h14 w14 k64 r5x5 s2x2 p2,2,2,2 d1x1 g64",
    "conv2d f32 nhwc n1 c16 h14 w14 k8 r1x1 s1x1 p0,0,0,0 d1x1 g1",
    "conv2d f32 nchw n1 c16 h20 w20 k32 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv_transpose2d f32 nhwc n1 c16 h8 w8 k16 r4x4 s2x2 p1,1,1,1 d1x1 g1 o16x16",
    "max_pool2d f32 nhwc n1 c64 h28 w28 r3x3 s2x2 p1,1,1,1 d1x1 o14x14",
    "max_pool2d f32 nchw n1 c32 h28 w28 r3x3 s1x1 p1,1,1,1 d1x1 o28x28",
    "avg_pool2d f32 nhwc n1 c64 h14 w14 r3x3 s1x1 p1,1,1,1 d1x1 o14x14",
    "resize2d f32 nhwc n1 c32 h14 w14 o28x28 bilinear half_pixel",
    "resize2d f32 nchw n1 c32 h14 w14 o28x28 bicubic half_pixel a=-0.75"};

static size_t fill(hg_job *jobs, size_t *skipped)
{
    size_t n = 0;
    const size_t count = recorded ? recorded->count : HG_COUNT(keys);
    for (size_t i = 0; i < count && n < MOST_JOBS; i++) {
        const hg_record *r = recorded ? &recorded->records[i] : NULL;
        const char *key = r ? r->key : keys[i];
        const bool mine = !r || (r->threads == 1 && hg_lines_find(recorded, key, 1, machine) == r);
        hg_job *job = &jobs[n];
        hg_filter_desc desc;
        const bool large = hg_key_filter(key, &desc) && hg_filter_count(&desc) > MOST_WEIGHTS;
        if (!mine || large || hg_problem_parse(key, &job->problem, NULL)) {
            ++*skipped;
            continue;
        }
        snprintf(job->key, sizeof job->key, "%s", key);
        n++;
    }
    return n;
}

int main(int argc, char **argv)
{
    hg_context *context;
    hg_machine m;
    hg_lines lines;
    hg_reason why = {""};
    size_t skipped = 0;
    const hg_context_options options = {.ignore_environment = true};
    hg_job *jobs = calloc(MOST_JOBS, sizeof *jobs);
    if (!jobs || hg_context_create(&options, &context)) return 1;
    hg_context_machine(context, &m);
    machine = m.key;
    if (argc > 1) {
        if (hg_lines_read(argv[1], &lines, &why)) return fprintf(stderr, "%s\n", why.text), 1;
        recorded = &lines;
    }
    for (size_t i = 0; i < HG_COUNT(weathers); i++)
        run(context, jobs, fill(jobs, &skipped), &weathers[i]);
    if (skipped)
        printf("%zu records left out: of other machines or threads, superseded, or of more than "
               "4 Mi weights\n",
               skipped / HG_COUNT(weathers));
    if (recorded) hg_lines_free(&lines);
    hg_context_free(context);
    free(jobs);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
