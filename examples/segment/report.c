#include "report.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"

enum { RUNS = 10, REFERENCE_RUNS = 2, WORD = 64, LINE = 256 };
static const double least_seconds = 0.02; /* time at least this long, in at least RUNS runs */

/* The shortest of several runs, in seconds; 0 if a run failed. */
static double shortest(const hg_plan *plan, const hg_io *io, void *workspace, int runs)
{
    double best = 0, total = 0;
    for (int i = 0; i < runs || (runs == RUNS && total < least_seconds); i++) {
        const double start = limit_clock();
        if (hg_run(plan, io, workspace)) return 0;
        const double seconds = limit_clock() - start;
        total += seconds;
        if (i == 0 || seconds < best) best = seconds;
    }
    return best;
}

/* ---- The reference kernel of the same problem ---- */

/* The plain C kernel of the operator that a key begins with; NULL if this build has none. */
static const char *reference_name(const hg_context *context, const char *key)
{
    const size_t length = strcspn(key, " ");
    hg_kernel_info info;
    for (size_t i = 0; hg_kernel_get(context, i, &info); i++)
        if (strlen(info.op) == length && strncmp(info.op, key, length) == 0 &&
            strcmp(info.isa, "scalar") == 0 && strstr(info.name, ".ref"))
            return info.name;
    return NULL;
}

static hg_status plan_reference(hg_context *context, const network_step *step, hg_plan **plan)
{
    const char *key = hg_plan_key(step->plan), *name = reference_name(context, key);
    hg_upsample_conv2d op = step->upsample;
    op.kernel = name;
    if (!name) return HG_UNSUPPORTED;
    return step->fused ? hg_plan_upsample_conv2d(context, &op, step->filter, step->bias, plan)
                       : hg_plan_from_key(context, key, step->filter, step->bias, name, plan);
}

static double time_reference(hg_context *context, const network_step *step)
{
    hg_plan *plan = NULL;
    double seconds = 0;
    if (plan_reference(context, step, &plan)) return 0;
    void *workspace = network_allocate(hg_plan_workspace_size(plan));
    if (workspace) seconds = shortest(plan, &step->io, workspace, REFERENCE_RUNS);
    free(workspace);
    hg_plan_free(plan);
    return seconds;
}

/* ---- Text ---- */

/* Whether the table shows this word of a key: sizes, and how a resize interpolates. */
static bool is_shown(const char *word)
{
    static const char *const modes[] = {"nearest", "bilinear", "residual"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(word, modes[i]) == 0) return true;
    return strchr("chwkrsgo", word[0]) && isdigit((unsigned char)word[1]) && strcmp(word, "g1");
}

/* "conv2d f32 nhwc n1 c64 ... d1x1 g1 clamp=0,inf" -> "conv2d c64 h56 w56 k64 r3x3 s1x1" */
static void shorten(const char *key, char text[LINE])
{
    char words[2 * LINE], *rest = NULL;
    snprintf(words, sizeof words, "%s", key);
    const char *word = strtok_r(words, " ", &rest);
    snprintf(text, LINE, "%s", word ? word : "");
    while ((word = strtok_r(NULL, " ", &rest)) != NULL) {
        const size_t used = strlen(text);
        if (is_shown(word)) snprintf(text + used, LINE - used, " %s", word);
    }
}

/* A number, or "-" where there is none. */
static const char *number(char text[WORD], const char *format, double value, double known)
{
    if (known > 0)
        snprintf(text, WORD, format, value);
    else
        snprintf(text, WORD, "-");
    return text;
}

/* "conv2d.f32.nhwc.avx2.igemm6x16 block=64" -> "nhwc.avx2.igemm6x16 block=64": the rest is in the
 * problem. */
static const char *short_kernel(const hg_plan *plan)
{
    const char *name = hg_plan_kernel(plan), *type = strstr(name, ".f32.");
    return type ? type + strlen(".f32.") : name;
}

static const char *choice(const hg_plan *plan)
{
    return strstr(hg_plan_explain(plan), "tuned: ") ? "tuned" : "estimate";
}

/* ---- The table ---- */

typedef struct sums {
    double seconds, reference;
    int tuned;
} sums;

/* peak: multiply-adds in flop/s of all threads, or 0. */
static hg_status report_layer(hg_context *context, const network *net, const network_step *step,
                              double peak, sums *sum)
{
    char shape[LINE], rate[WORD], share[WORD], gain[WORD];
    const double seconds = shortest(step->plan, &step->io, net->workspace, RUNS);
    if (seconds <= 0) return HG_INVALID;
    const double reference = time_reference(context, step);
    const double least = step->flops <= 0 ? limit_copy_seconds(step->bytes)
                         : peak > 0       ? step->flops / peak
                                          : 0;
    shorten(hg_plan_key(step->plan), shape);
    number(rate, step->flops > 0 ? "%.1f GFLOP/s" : "%.1f GB/s",
           (step->flops > 0 ? step->flops : step->bytes) * 1e-9 / seconds, 1);
    number(share, "%.0f%%", 100 * least / seconds, least);
    number(gain, "%.1fx", reference / seconds, reference);
    printf("%-7s %-53s %-46s %9.1f %14s %6s %8s  %s\n", step->name, shape, short_kernel(step->plan),
           seconds * 1e6, rate, share, gain, choice(step->plan));
    sum->seconds += seconds;
    sum->reference += reference;
    sum->tuned += strcmp(choice(step->plan), "tuned") == 0;
    return HG_OK;
}

static void report_pairs(const network *net)
{
    for (int i = 0; i < net->pair_count; i++) {
        const network_pair *pair = &net->pairs[i];
        const hg_fusion *f = &pair->fusion;
        printf("%s and %s: %.1f us as one, %.1f us one after the other, by %s; %s\n", pair->first,
               pair->second, f->fused_ns * 1e-3, f->apart_ns * 1e-3,
               f->measured ? "tuning records" : "estimates",
               net->step_count < NETWORK_LAYERS ? "one step" : "two steps");
    }
}

static void report_totals(const sums *sum, const network *net, const hg_context *context)
{
    hg_table_counts counts;
    hg_context_tables(context, &counts);
    printf("all layers %.2f ms, reference kernels %.2f ms (%.1fx); %d of %d choices from tuning "
           "records (%zu usable, %zu foreign, %zu lines skipped)\n",
           sum->seconds * 1e3, sum->reference * 1e3, sum->reference / sum->seconds, sum->tuned,
           net->step_count, counts.usable, counts.foreign, counts.skipped);
}

hg_status report_layers(hg_context *context, const network *net, int threads)
{
    hg_machine machine;
    sums sum = {0};
    char text[WORD];
    hg_context_machine(context, &machine);
    const double peak = limit_gflops() * threads * 1e9;
    printf("%s (%s), %d thread%s, multiply-add limit %s\n", machine.name, machine.key, threads,
           threads > 1 ? "s" : "", number(text, "%.0f GFLOP/s", peak * 1e-9, peak));
    printf("%-7s %-53s %-46s %9s %14s %6s %8s  %s\n", "layer", "problem", "kernel", "us", "rate",
           "limit", "vs. ref", "chosen by");
    for (int i = 0; i < net->step_count; i++) {
        const hg_status status = report_layer(context, net, &net->steps[i], peak, &sum);
        if (status) return status;
    }
    printf("limit: share of the multiply-add limit (convolutions; counted for the direct sum, so "
           "Winograd may pass 100%%),\n       or of memcpy moving as many bytes (the rest)\n");
    report_pairs(net);
    report_totals(&sum, net, context);
    return HG_OK;
}
