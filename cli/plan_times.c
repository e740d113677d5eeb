/* hourglass plan: how long it takes to make plans. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "tuner/clock.h"
#include "tuner/shapes.h"

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

static hg_status time_layer(hg_context *context, const hg_shape *shape, hg_layout layout,
                            times *total)
{
    enum { REPETITIONS = 5 };
    hg_problem p;
    hg_reason why = {""};
    char key[HG_KEY_SIZE];
    times t = {0, 0, 0};
    hg_status status = hg_shape_problem(shape, layout, &p, &why);
    if (status) return status;
    hg_problem_key(&p, key);
    const size_t count =
        hg_problem_has_filter(&p) ? (size_t)(hg_problem_reduction(&p) * p.out.c) : 0;
    float *weights = malloc((count + 1) * sizeof *weights);
    if (!weights) return HG_NO_MEMORY;
    for (size_t i = 0; i < count; i++) weights[i] = 0.5f;
    for (int i = 0; i < REPETITIONS && !status; i++) status = time_once(context, key, weights, &t);
    free(weights);
    if (status) return status;
    printf("%9.3f %9.3f %9.3f  %s  %s\n", t.filter, t.first, t.again, shape->layer, key);
    total->filter += t.filter, total->first += t.first, total->again += t.again;
    return HG_OK;
}

int cli_plan(int argc, char **argv)
{
    const char *path = NULL, *network = NULL, *layout = "nhwc";
    int threads = 1;
    const hg_option options[] = {{"--shapes", HG_OPTION_TEXT, &path},
                                 {"--network", HG_OPTION_TEXT, &network},
                                 {"--layout", HG_OPTION_TEXT, &layout},
                                 {"--threads", HG_OPTION_COUNT, &threads},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    hg_operands operands;
    hg_shapes shapes = {NULL, 0, 0};
    hg_reason why = {"--shapes is needed"};
    if (!hg_options_read(argc, argv, options, &operands)) return CLI_USAGE;
    const bool nchw = strcmp(layout, hg_layout_name(HG_NCHW)) == 0;
    if (!path || hg_shapes_read(path, &shapes, &why)) {
        fprintf(stderr, "hourglass: %s\n", why.text);
        hg_shapes_free(&shapes);
        return path ? CLI_FAILED : CLI_USAGE;
    }
    hg_context *context = cli_context(threads);
    times total = {0, 0, 0};
    bool failed = !context;
    printf("milliseconds, least of 5\n%9s %9s %9s\n", "filter", "plan", "again");
    for (size_t i = 0; i < shapes.count && context; i++) {
        if (network && strcmp(shapes.rows[i].network, network)) continue;
        if (!time_layer(context, &shapes.rows[i], nchw ? HG_NCHW : HG_NHWC, &total)) continue;
        fprintf(stderr, "hourglass: no plan for %s\n", shapes.rows[i].layer);
        failed = true;
    }
    printf("%9.3f %9.3f %9.3f  all layers\n", total.filter, total.first, total.again);
    hg_shapes_free(&shapes);
    hg_context_free(context);
    return failed ? CLI_FAILED : CLI_OK;
}
