/* hourglass explain */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "tuner/workload.h"

enum { LINE_SIZE = 512 };

/* A filter of zeros, enough to plan with; *filter is NULL for operators without weights. */
static hg_status zero_filter(hg_context *context, const char *key, hg_filter **filter)
{
    hg_filter_desc desc;
    *filter = NULL;
    if (!hg_key_filter(key, &desc)) return HG_OK;
    float *weights = calloc(hg_filter_count(&desc), sizeof *weights);
    if (!weights) return HG_NO_MEMORY;
    const hg_status status = hg_filter_create(context, &desc, weights, filter);
    free(weights);
    return status;
}

static void print_text(const hg_plan *plan, bool rejected)
{
    char line[LINE_SIZE];
    printf("%s\n%s", hg_plan_key(plan), hg_plan_explain(plan)); /* begins with the kernel */
    for (size_t i = 0; rejected && hg_plan_rejected(plan, i, line, sizeof line); i++)
        printf("  rejected: %s\n", line);
}

/* Our words hold no control characters. */
static void print_string(const char *before, const char *text, size_t n)
{
    printf("%s\"", before);
    for (size_t i = 0; i < n; i++) printf("%s%c", strchr("\"\\", text[i]) ? "\\" : "", text[i]);
    printf("\"");
}

static void print_json(const hg_plan *plan)
{
    char line[LINE_SIZE];
    const char *why = hg_plan_explain(plan), *key = hg_plan_key(plan);
    const char *kernel = hg_plan_kernel(plan);
    print_string("{\"key\":", key, strlen(key));
    print_string(",\"kernel\":", kernel, strlen(kernel));
    printf(",\"why\":[");
    why = strchr(why, '\n'); /* the first line is the kernel */
    for (bool first = true; why && why[1]; first = false) {
        why += 1 + strspn(why + 1, " ");
        const size_t n = strcspn(why, "\n");
        print_string(first ? "" : ",", why, n);
        why = strchr(why, '\n');
    }
    printf("],\"candidates\":[");
    for (size_t i = 0; hg_plan_candidate(plan, i, line, sizeof line); i++)
        print_string(i ? "," : "", line, strlen(line));
    printf("],\"rejected\":{");
    for (size_t i = 0; hg_plan_rejected(plan, i, line, sizeof line); i++) {
        const char *colon = strchr(line, ':');
        print_string(i ? "," : "", line, (size_t)(colon - line));
        print_string(":", colon + 2, strlen(colon + 2));
    }
    printf("}}\n");
}

int cli_explain(int argc, char **argv)
{
    int threads = 1;
    bool json = false, rejected = false;
    const hg_option options[] = {{"--threads", HG_OPTION_COUNT, &threads},
                                 {"--json", HG_OPTION_FLAG, &json},
                                 {"--rejected", HG_OPTION_FLAG, &rejected},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    hg_operands operands;
    char key[HG_KEY_SIZE];
    hg_problem problem;
    if (!hg_options_read(argc, argv, options, &operands) || !cli_problem(&operands, key, &problem))
        return CLI_USAGE;
    hg_context *context = cli_context(threads);
    if (!context) return CLI_FAILED;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_status status = zero_filter(context, key, &filter);
    if (!status) status = hg_plan_from_key(context, key, filter, NULL, NULL, &plan);
    if (status)
        fprintf(stderr, "hourglass: no plan: %s\n", hg_status_string(status));
    else if (json)
        print_json(plan);
    else
        print_text(plan, rejected);
    hg_plan_free(plan);
    hg_filter_free(filter);
    hg_context_free(context);
    return status ? CLI_FAILED : CLI_OK;
}
