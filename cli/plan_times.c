/* hourglass plan: how long it takes to make plans. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/layers.h"
#include "tuner/clock.h"
#include "tuner/workload.h"

/* Milliseconds, the least of several repetitions. */
typedef struct times {
    double filter; /* hg_filter_create: copies the weights */
    double first;  /* the first plan of a filter: chooses, builds tables, packs the weights */
    double again;  /* a further plan: finds them packed */
} times;

static void least(double *best, double since)
{
    const double ms = (hg_clock_ns() - since) * 1e-6;
    if (*best == 0 || ms < *best) *best = ms;
}

static hg_status time_once(hg_context *context, const char *key, const float *weights, times *t)
{
    hg_filter_desc desc;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL, *other = NULL;
    hg_status status = HG_OK;
    double since = hg_clock_ns();
    if (hg_key_filter(key, &desc)) {
        status = hg_filter_create(context, &desc, weights, &filter);
        least(&t->filter, since);
    }
    since = hg_clock_ns();
    if (!status) status = hg_plan_from_key(context, key, filter, NULL, NULL, &plan);
    least(&t->first, since);
    since = hg_clock_ns();
    if (!status) status = hg_plan_from_key(context, key, filter, NULL, NULL, &other);
    least(&t->again, since);
    hg_plan_free(plan);
    hg_plan_free(other);
    hg_filter_free(filter);
    return status;
}

/* What the layers share. */
typedef struct run {
    hg_context *context;
    times total;
    bool begun, failed;
} run;

static hg_status time_key(hg_context *context, const char *key, times *t)
{
    enum { REPETITIONS = 5 };
    hg_filter_desc desc;
    const size_t count = hg_key_filter(key, &desc) ? hg_filter_count(&desc) : 0;
    float *weights = malloc((count + 1) * sizeof *weights);
    if (!weights) return HG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) weights[i] = 0.5f;
    hg_status status = HG_OK;
    for (int i = 0; i < REPETITIONS && !status; i++) status = time_once(context, key, weights, t);
    free(weights);
    return status;
}

/* A layer without a plan does not keep the others from being timed. */
static bool time_layer(void *self, const hg_shape *shape, hg_layout layout, const hg_problem *p)
{
    run *r = self;
    char key[HG_KEY_SIZE];
    times t = {0, 0, 0};
    hg_problem_key(p, key);
    const hg_status status = time_key(r->context, key, &t);
    if (status) {
        fprintf(stderr, "hourglass: no plan for %s/%s %s: %s\n", shape->network, shape->layer,
                hg_layout_name(layout), hg_status_string(status));
        r->failed = true;
        return true;
    }
    if (!r->begun) printf("milliseconds, least of 5\n%9s %9s %9s\n", "filter", "plan", "again");
    r->begun = true;
    printf("%9.3f %9.3f %9.3f  %s  %s\n", t.filter, t.first, t.again, shape->layer, key);
    r->total.filter += t.filter, r->total.first += t.first, r->total.again += t.again;
    return true;
}

int cli_plan(int argc, char **argv)
{
    hg_layers layers = {.layout = "nhwc"};
    int threads = 1;
    const hg_option options[] = {
        {"--shapes", HG_OPTION_TEXT, &layers.files}, {"--network", HG_OPTION_TEXT, &layers.network},
        {"--layer", HG_OPTION_TEXT, &layers.layer},  {"--layout", HG_OPTION_TEXT, &layers.layout},
        {"--threads", HG_OPTION_COUNT, &threads},    {NULL, HG_OPTION_FLAG, NULL}};
    if (!hg_options_read(argc, argv, options, NULL)) return CLI_USAGE;
    if (!layers.files) fprintf(stderr, "hourglass: --shapes is missing\n");
    if (!layers.files) return CLI_USAGE;
    run r = {.context = cli_context(threads)};
    if (!r.context) return CLI_FAILED;
    const int code = hg_layers_visit(&layers, time_layer, &r);
    if (code == CLI_OK)
        printf("%9.3f %9.3f %9.3f  all layers\n", r.total.filter, r.total.first, r.total.again);
    hg_context_free(r.context);
    return code == CLI_OK && r.failed ? CLI_FAILED : code;
}
