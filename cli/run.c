/* hourglass run */
#include <stdio.h>

#include "cli/cli.h"
#include "tuner/measure.h"

static const hg_option end_of_options = {NULL, HG_OPTION_FLAG, NULL};

static void time_plan(const hg_workload *w, hg_entrant *e, double seconds)
{
    const double deadline = hg_clock_ns() + seconds * 1e9;
    e->batch = 1;
    e->ns = hg_sample(e, w);
    e->batch = hg_batch(e->ns = hg_sample(e, w), 1e6);
    while (e->count < HG_MAX_SAMPLES && (e->count < 3 || hg_clock_ns() < deadline))
        e->samples[e->count++] = hg_sample(e, w);
    const double least = hg_quantile(e->samples, e->count, 0.0);
    const double median = hg_quantile(e->samples, e->count, 0.5);
    printf("least %.2f us, median %.2f us (%d samples of %d)\n", least * 1e-3, median * 1e-3,
           e->count, e->batch);
    if (hg_problem_has_filter(&w->problem))
        printf("%.1f GFLOP/s, ", hg_problem_flops(&w->problem) / least);
    printf("%.1f GB/s of input and output\n", hg_problem_bytes(&w->problem) / least);
}

int cli_run(int argc, char **argv)
{
    int threads = 1;
    double seconds = 0.5;
    const char *kernel = NULL;
    const hg_option options[] = {{"--threads", HG_OPTION_COUNT, &threads},
                                 {"--seconds", HG_OPTION_NUMBER, &seconds},
                                 {"--kernel", HG_OPTION_TEXT, &kernel},
                                 end_of_options};
    hg_operands operands;
    char key[HG_KEY_SIZE];
    hg_problem problem;
    hg_reason why = {""};
    if (!hg_options_read(argc, argv, options, &operands) || !cli_problem(&operands, key, &problem))
        return CLI_USAGE;
    hg_context *context = cli_context(threads);
    if (!context) return CLI_FAILED;
    hg_workload work = {0};
    static hg_entrant entrant;
    hg_status status = hg_workload_create(context, &problem, &work, &why);
    if (!status) status = hg_runner_create(&work, kernel, &entrant.runner, &why);
    if (!status) {
        printf("%s\n%s\n", hg_plan_key(entrant.runner.plan), hg_plan_kernel(entrant.runner.plan));
        status = hg_runner_run(&entrant.runner, &work);
        if (status) hg_fail(&why, status, "the run failed: %s", hg_status_string(status));
    }
    if (!status)
        time_plan(&work, &entrant, seconds);
    else
        fprintf(stderr, "hourglass: %s\n", why.text);
    hg_runner_free(&entrant.runner);
    if (work.context) hg_workload_free(&work);
    hg_context_free(context);
    return status ? CLI_FAILED : CLI_OK;
}
