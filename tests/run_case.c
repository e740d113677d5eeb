#include "tests/run_case.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "kernels/common/attr.h"
#include "tests/alone.h"
#include "tests/compare.h"
#include "tests/draw.h"
#include "tests/executor.h"
#include "tests/run_guarded.h"
#include "tests/winograd_bound.h"

/* What is being run: for messages, also those of a dying process. */
typedef struct trial {
    case_env *env;
    const hg_kernel *kernel;
    int64_t number;
    hg_problem problem;
    hg_filter_desc order; /* the caller's order of the weights */
    char key[HG_KEY_SIZE], choice[256];
    bool failed;
} trial;

/* ---- Messages ---- */

__attribute__((format(printf, 2, 3))) static void complain(trial *t, const char *format, ...)
{
    char text[600];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("FAILED %s\n  %s\n  %s\n  repeat: %s --op %s --kernel %s --seed %" PRIu64
           " --case %" PRId64 "\n",
           t->choice, t->key, text, t->env->program, hg_op_name(t->kernel->op), t->kernel->name,
           t->env->seed, t->number);
    fflush(stdout);
    t->failed = true;
}

static void hear(void *self, hg_status status, const char *sentence)
{
    case_env *env = self;
    snprintf(env->said, sizeof env->said, "%s: %s", hg_status_string(status), sentence);
}

bool case_env_open(case_env *env)
{
    hg_context_options o = {.log = {hear, env}, .ignore_environment = true};
    if (hg_context_create(&o, &env->one)) return false;
    hg_machine machine;
    hg_context_machine(env->one, &machine);
    if (env->isa && hg_isa_usable(env->isa, machine.isa, false)) { /* emulated ones need it all */
        hg_context_free(env->one);
        o.isa = env->isa;
        if (hg_context_create(&o, &env->one)) return false;
    }
    o.threads = 3;
    o.executor = test_executor;
    return hg_context_create(&o, &env->three) == HG_OK;
}

void case_env_close(case_env *env)
{
    hg_context_free(env->one);
    hg_context_free(env->three);
}

/* ---- Plans ---- */

typedef struct parameters {
    guard weights, bias;
} parameters;

static bool open_parameters(const trial *t, const case_data *d, guard_side side, parameters *q)
{
    const hg_problem *p = &t->problem;
    *q = (parameters){0};
    if (!hg_problem_has_filter(p)) return true;
    const size_t count = (size_t)(hg_problem_reduction(p) * p->out.c);
    if (!guard_open(&q->weights, count * sizeof(float), sizeof(float), side)) return false;
    filter_reorder(&t->order, d->weights, q->weights.data);
    guard_lock(&q->weights);
    if (!d->bias) return true;
    if (!guard_open(&q->bias, (size_t)p->out.c * sizeof(float), sizeof(float), side)) return false;
    memcpy(q->bias.data, d->bias, (size_t)p->out.c * sizeof(float));
    guard_lock(&q->bias);
    return true;
}

static void close_parameters(parameters *q)
{
    guard_close(&q->weights);
    guard_close(&q->bias);
}

/* The filter is freed at once: plans keep what they need. */
static hg_status make_plan(trial *t, hg_context *context, const case_data *d, guard_side side,
                           hg_plan **plan)
{
    parameters q;
    hg_filter *filter = NULL;
    hg_status status = HG_NO_MEMORY;
    *plan = NULL;
    if (open_parameters(t, d, side, &q)) {
        status =
            q.weights.data ? hg_filter_create(context, &t->order, q.weights.data, &filter) : HG_OK;
        if (!status)
            status = data_plan(context, t->key, filter, q.bias.data, d->slopes, t->choice, plan);
    }
    hg_filter_free(filter);
    close_parameters(&q);
    return status;
}

/* Takes one of the configurations that the plan's context offers for this kernel. */
static void choose_config(trial *t, const hg_plan *plan, rng *r)
{
    char name[sizeof t->choice];
    const size_t length = strlen(t->kernel->name);
    int64_t seen = 0;
    for (size_t i = 0; hg_plan_candidate(plan, i, name, sizeof name); i++) {
        if (strncmp(name, t->kernel->name, length) || (name[length] && name[length] != ' '))
            continue;
        if (rng_in(r, 0, seen++) == 0) snprintf(t->choice, sizeof t->choice, "%s", name);
    }
}

/* Often a kernel of the other layout, or of a fused problem, runs in bands of a height that no
 * cache would ask for. */
static void choose_bands(trial *t, const case_data *d, rng *r)
{
    const hg_problem *p = &t->problem;
    const bool transposed = t->kernel->op == HG_OP_CONV_TRANSPOSE2D;
    const int64_t unit = transposed ? HG_MIN(p->stride.h, p->out.h) : 1;
    const bool possible =
        (t->kernel->op == HG_OP_CONV2D || transposed) && (p->in.layout == HG_NCHW || p->post_pool);
    if (!possible || t->kernel->isa == HG_ISA_SCALAR || rng_percent(r, 40)) return;
    char before[sizeof t->choice];
    memcpy(before, t->choice, sizeof before);
    snprintf(t->choice, sizeof t->choice, "%s bands=%" PRId64, t->kernel->name,
             unit * rng_in(r, 1, HG_MIN(p->out.h / unit, 12)));
    hg_plan *plan;
    if (make_plan(t, t->env->one, d, GUARD_END, &plan) == HG_OK) {
        snprintf(t->choice, sizeof t->choice, "%s", hg_plan_kernel(plan));
        if (!strstr(t->choice, " bands=")) complain(t, "no bands in \"%s\"", t->choice);
    } else {
        memcpy(t->choice, before, sizeof before);
    }
    hg_plan_free(plan);
}

static bool same_tensor(const hg_tensor *a, const hg_tensor *b)
{
    return a->dtype == b->dtype && a->layout == b->layout && a->n == b->n && a->h == b->h &&
           a->w == b->w && a->c == b->c && a->strides.n == b->strides.n &&
           a->strides.h == b->strides.h && a->strides.w == b->strides.w &&
           a->strides.c == b->strides.c;
}

static void check_plan(trial *t, const hg_plan *plan)
{
    hg_tensor out;
    hg_plan_output(plan, &out);
    if (!same_tensor(&out, &t->problem.out))
        complain(t, "hg_plan_output differs from the problem's");
    if (strcmp(hg_plan_key(plan), t->key)) complain(t, "hg_plan_key is \"%s\"", hg_plan_key(plan));
    if (strncmp(hg_plan_kernel(plan), t->choice, strlen(t->choice)))
        complain(t, "hg_plan_kernel is \"%s\"", hg_plan_kernel(plan));
}

/* ---- Runs ---- */

static void check_result(trial *t, const char *how, const case_data *d, const oracle_output *want,
                         const double *norm_bounds, const run_result *got)
{
    static const char *const kinds[] = {"integers", "signed", "positive"};
    char text[400] = "";
    if (got->trouble[0]) {
        complain(t, "%s, %s: %s", kinds[d->kind], how, got->trouble);
        return;
    }
    if (got->status != (want->fault ? HG_INDEX : HG_OK)) {
        complain(t, "%s, %s: hg_run returned \"%s\"", kinds[d->kind], how,
                 hg_status_string(got->status));
        return;
    }
    if (want->fault) return; /* contents are unspecified */
    const int64_t wrong = compare_all(&t->problem, d->kind, want, norm_bounds, got->y, got->indices,
                                      text, sizeof text);
    if (wrong) complain(t, "%s, %s: %" PRId64 " wrong; first %s", kinds[d->kind], how, wrong, text);
}

/* Every placement and thread count must give the bits of the first run. */
static void run_all_ways(trial *t, const case_data *d, const oracle_output *want,
                         const double *norm_bounds, bool threads)
{
    static const char *const names[] = {"ending at a page", "starting at a page",
                                        "each range alone", "3 threads"};
    run_result results[HG_COUNT(names)] = {{0}};
    for (int way = 0; way < (threads ? 4 : 2) && !t->failed; way++) {
        hg_plan *plan;
        const guard_side side = way == 1 ? GUARD_START : GUARD_END;
        const hg_status status =
            make_plan(t, way == 3 ? t->env->three : t->env->one, d, side, &plan);
        if (status) {
            complain(t, "%s: planning again failed: %s", names[way], t->env->said);
            break;
        }
        check_plan(t, plan);
        if (way == 2) run_ranges_alone(plan);
        run_guarded(plan, &t->problem, d, side, &results[way]);
        hg_plan_free(plan);
        check_result(t, names[way], d, want, norm_bounds, &results[way]);
        if (way && !t->failed && !want->fault &&
            !run_result_same_bits(&t->problem, &results[0], &results[way]))
            complain(t, "%s: other bits than the first run", names[way]);
    }
    for (size_t way = 0; way < HG_COUNT(names); way++) run_result_free(&results[way]);
}

static void run_kind(trial *t, data_kind kind, rng *r)
{
    case_data d;
    oracle_output want;
    /* Only direct summation keeps a NaN within the windows that cover it. */
    const bool direct = t->kernel->limits.exactness == HG_SUMS_PRODUCTS;
    if (!data_draw(&t->problem, kind, direct, r, &d)) {
        complain(t, "the data could not be drawn");
        return;
    }
    const oracle_input in = data_for_oracle(&d);
    double *norm_bounds;
    if (oracle_run(&t->problem, &in, &want)) {
        if (winograd_bounds(t->kernel->name, &t->problem, &in, kind, &norm_bounds))
            run_all_ways(t, &d, &want, norm_bounds, t->number % 4 == 0 && kind == DATA_SIGNED);
        else
            complain(t, "no memory for the bounds");
        free(norm_bounds);
        oracle_free(&want);
    } else {
        complain(t, "the oracle gave no result");
    }
    data_free(&d);
}

/* ---- Cases ---- */

/* What the key says must be the problem it was printed from. */
static void check_key(trial *t)
{
    hg_problem again;
    hg_reason why = {""};
    char key[HG_KEY_SIZE];
    if (hg_problem_parse(t->key, &again, &why)) {
        complain(t, "the key does not parse: %s", why.text);
        return;
    }
    hg_problem_key(&again, key);
    if (strcmp(key, t->key)) complain(t, "the key is parsed as \"%s\"", key);
}

/* Tries one draw as a plan. CASE_NOT_DRAWN: the kernel's limits refuse it. */
static case_result try_plan(trial *t, rng *r)
{
    case_data d;
    hg_plan *plan;
    if (!data_draw(&t->problem, DATA_INTEGERS, false, r, &d)) {
        complain(t, "the data could not be drawn");
        return CASE_FAILED;
    }
    const hg_status status = make_plan(t, t->env->one, &d, GUARD_END, &plan);
    case_result result = CASE_PASSED;
    if (status == HG_INVALID && strstr(t->env->said, "cannot run this problem"))
        result = CASE_NOT_DRAWN;
    else if (status) {
        complain(t, "planning failed: %s", t->env->said);
        result = CASE_FAILED;
    } else { /* with the configuration: the default one may depend on the threads */
        snprintf(t->choice, sizeof t->choice, "%s", hg_plan_kernel(plan));
        choose_config(t, plan, r);
        hg_plan_free(plan);
        choose_bands(t, &d, r);
    }
    data_free(&d);
    return t->failed ? CASE_FAILED : result;
}

/* The problem that env->key names, with weights in the first order that fits. */
static case_result take_key(trial *t, rng *r)
{
    hg_reason why = {""};
    snprintf(t->key, sizeof t->key, "%s", t->env->key);
    snprintf(t->choice, sizeof t->choice, "%s", t->kernel->name);
    if (hg_problem_parse(t->env->key, &t->problem, &why)) {
        complain(t, "the key does not parse: %s", why.text);
        return CASE_FAILED;
    }
    if (!hg_op_serves(t->kernel->op, t->problem.op)) return CASE_NOT_DRAWN;
    if (hg_problem_has_filter(&t->problem)) hg_problem_filter(&t->problem, &t->order);
    return try_plan(t, r);
}

case_result run_case(case_env *env, const hg_kernel *k, int64_t number)
{
    enum { ATTEMPTS = 5000 };
    rng r = rng_for(env->seed, k->name, (uint64_t)number);
    trial t = {.env = env, .kernel = k, .number = number};
    case_result drawn = env->key ? take_key(&t, &r) : CASE_NOT_DRAWN;
    for (int i = 0; !env->key && i < ATTEMPTS && drawn == CASE_NOT_DRAWN; i++) {
        descriptor d;
        if (!draw_problem(k, &r, &d, &t.problem)) continue;
        const hg_filter_order order = d.filter.order;
        hg_problem_key(&t.problem, t.key);
        if (hg_problem_has_filter(&t.problem)) {
            hg_problem_filter(&t.problem, &t.order);
            t.order.order = order;
        }
        snprintf(t.choice, sizeof t.choice, "%s", k->name);
        check_key(&t);
        drawn = t.failed ? CASE_FAILED : try_plan(&t, &r);
    }
    if (drawn != CASE_PASSED) return drawn;
    if (env->verbose) printf("%s | %s\n", t.choice, t.key);
    const bool sums =
        hg_problem_has_filter(&t.problem) || k->op == HG_OP_AVG_POOL2D || k->op == HG_OP_LP_POOL2D;
    for (data_kind kind = DATA_INTEGERS; kind <= (sums ? DATA_POSITIVE : DATA_SIGNED); kind++)
        if (!t.failed) run_kind(&t, kind, &r);
    return t.failed ? CASE_FAILED : CASE_PASSED;
}
