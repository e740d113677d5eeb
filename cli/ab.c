/* hourglass ab */
#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ab_report.h"
#include "cli/cli.h"
#include "cli/layers.h"
#include "cli/progress.h"
#include "kernels/common/attr.h"
#include "tuner/measure.h"
#include "tuner/smoke.h"

enum { AB_REGRESSION = 1, AB_INCOMPARABLE = 3, AB_INCONCLUSIVE = 4 };

typedef struct ab_options {
    hg_ab_settings settings;
    hg_layers layers;
    const char *filter;
    const char *files[3]; /* by hg_ab_format; NULL = none */
} ab_options;

typedef struct ab_run {
    const ab_options *options;
    regex_t filter;
    hg_ab_layer *layers;
    hg_ab_row *rows;
    int count, capacity;
    hg_ab_report report;
    hg_progress progress;
    uint64_t random;
} ab_run;

/* ---- What to compare ---- */

static bool add_layer(ab_run *run, const hg_problem *p, const char label[HG_AB_LABEL])
{
    if (run->options->filter && regexec(&run->filter, label, 0, NULL, 0) != 0) return true;
    if (run->count == run->capacity) {
        const int capacity = 2 * run->capacity + 64;
        hg_ab_layer *layers = realloc(run->layers, (size_t)capacity * sizeof *layers);
        if (!layers) return fprintf(stderr, "hourglass: out of memory\n"), false;
        run->layers = layers;
        run->capacity = capacity;
    }
    hg_ab_layer *layer = &run->layers[run->count++];
    layer->problem = *p;
    hg_problem_key(p, layer->key);
    memcpy(layer->label, label, HG_AB_LABEL);
    return true;
}

static bool add_shape(void *self, const hg_shape *s, hg_layout layout, const hg_problem *p)
{
    char label[HG_AB_LABEL] = "";
    snprintf(label, sizeof label, "%s/%s %s", s->network, s->layer, hg_layout_name(layout));
    return add_layer(self, p, label);
}

/* The layers of the smoke set are known to be right. */
static int add_smoke(ab_run *run)
{
    for (const hg_smoke_layer *s = hg_smoke_layers; s->name; s++) {
        hg_problem p;
        char label[HG_AB_LABEL] = "";
        if (hg_problem_parse(s->key, &p, NULL)) return CLI_FAILED;
        snprintf(label, sizeof label, "smoke/%s %s", s->name, hg_layout_name(p.in.layout));
        if (!add_layer(run, &p, label)) return CLI_FAILED;
    }
    return CLI_OK;
}

/* Returns an exit code. */
static int list_layers(ab_run *run)
{
    const ab_options *o = run->options;
    if (o->filter) {
        const int fault = regcomp(&run->filter, o->filter, REG_EXTENDED | REG_NOSUB);
        char text[128];
        if (fault) {
            regerror(fault, &run->filter, text, sizeof text);
            fprintf(stderr, "hourglass: --filter %s: %s\n", o->filter, text);
            return CLI_USAGE;
        }
    }
    const int code = o->layers.files ? hg_layers_visit(&o->layers, add_shape, run) : add_smoke(run);
    if (o->filter) regfree(&run->filter);
    if (code == CLI_OK && run->count == 0) {
        fprintf(stderr, "hourglass: no layer matches --filter %s\n", o->filter);
        return CLI_USAGE;
    }
    if (code) return code == CLI_USAGE ? CLI_USAGE : AB_INCOMPARABLE;
    run->rows = calloc((size_t)run->count, sizeof *run->rows);
    for (int i = 0; run->rows && i < run->count; i++) run->rows[i].layer = &run->layers[i];
    return run->rows ? CLI_OK : AB_INCOMPARABLE;
}

/* ---- Sweeps ---- */

static void take(void *self, const hg_ab_result *result)
{
    ab_run *run = self;
    hg_ab_row *row = &run->rows[result->layer];
    row->last = *result;
    hg_ab_add(&row->series, result);
    run->progress.done++;
    hg_progress_problem(&run->progress, row->layer->label);
    hg_progress_draw(&run->progress, "compared", result->ns[1]);
}

/* The rows that are wanted, in random order; returns how many. */
static int choose(ab_run *run, int *order, bool (*wanted)(const hg_ab_row *row))
{
    int shuffled = 0;
    int *all = malloc((size_t)run->count * sizeof *all);
    if (!all) return 0;
    hg_shuffle(all, run->count, &run->random);
    for (int i = 0; i < run->count; i++)
        if (wanted(&run->rows[all[i]])) order[shuffled++] = all[i];
    free(all);
    return shuffled;
}

static bool is_any(const hg_ab_row *row)
{
    (void)row;
    return true;
}

static bool is_undecided(const hg_ab_row *row)
{
    return row->last.quads > 0 && row->judgement.verdict == HG_AB_INCONCLUSIVE &&
           row->series.sweeps < HG_AB_MOST_SWEEPS;
}

static bool is_different(const hg_ab_row *row)
{
    return row->last.quads > 0 && row->judgement.verdict >= HG_AB_FASTER;
}

static void judge(ab_run *run)
{
    hg_ab_series *all = malloc((size_t)run->count * sizeof *all);
    for (int i = 0; all && i < run->count; i++) all[i] = run->rows[i].series;
    run->report.floor = all ? hg_ab_floor(all, run->count) : INFINITY;
    free(all);
    for (int i = 0; i < run->count; i++)
        run->rows[i].judgement = hg_ab_judge(&run->rows[i].series, run->report.floor);
}

static hg_status sweep(ab_run *run, int number, hg_reason *why)
{
    int *order = malloc((size_t)run->count * sizeof *order);
    if (!order) return hg_fail(why, HG_NO_MEMORY, "out of memory");
    const int n = choose(run, order, number < HG_AB_FIRST_SWEEPS ? is_any : is_undecided);
    hg_status status = HG_OK;
    if (n > 0)
        status = hg_ab_sweep(&run->options->settings, run->layers, order, n, 1, number & 1, take,
                             run, why);
    free(order);
    judge(run);
    return status;
}

/* ---- Confirmation: a difference must recur in a fresh process, the load order swapped ---- */

static void take_confirmation(void *self, const hg_ab_result *result)
{
    ab_run *run = self;
    hg_ab_row *row = &run->rows[result->layer];
    static hg_ab_series again;
    memset(&again, 0, sizeof again);
    hg_ab_add(&again, result);
    if (hg_ab_recurs(&again, row->judgement.verdict)) return;
    row->judgement.verdict = HG_AB_INCONCLUSIVE;
    row->unconfirmed = true;
}

static hg_status confirm(ab_run *run, hg_reason *why)
{
    int *order = malloc((size_t)run->count * sizeof *order);
    if (!order) return hg_fail(why, HG_NO_MEMORY, "out of memory");
    const int n = choose(run, order, is_different);
    hg_status status = HG_OK;
    if (n > 0)
        status = hg_ab_sweep(&run->options->settings, run->layers, order, n, HG_AB_CONFIRMING, true,
                             take_confirmation, run, why);
    free(order);
    return status;
}

static void settle(ab_run *run)
{
    hg_ab_judgement *all = malloc((size_t)run->count * sizeof *all);
    if (!all) return;
    for (int i = 0; i < run->count; i++) all[i] = run->rows[i].judgement;
    hg_ab_control_discoveries(all, run->count);
    for (int i = 0; i < run->count; i++) run->rows[i].judgement.verdict = all[i].verdict;
    free(all);
}

static hg_status compare(ab_run *run, hg_reason *why)
{
    hg_status status = HG_OK;
    hg_progress_begin(&run->progress, (size_t)run->count * HG_AB_FIRST_SWEEPS, 0.25e9);
    for (int i = 0; i < HG_AB_MOST_SWEEPS && !status; i++) {
        if (i == HG_AB_FIRST_SWEEPS) /* what is left is not known before */
            run->progress.total = run->progress.done;
        status = sweep(run, i, why);
    }
    if (!status) settle(run);
    if (!status) status = confirm(run, why);
    hg_progress_end(&run->progress);
    return status;
}

/* ---- The command ---- */

static void describe(ab_run *run)
{
    hg_ab_report *r = &run->report;
    hg_context *context = cli_context(1);
    hg_machine machine = {.cores = 0};
    if (context) hg_context_machine(context, &machine);
    hg_context_free(context);
    r->settings = &run->options->settings;
    r->rows = run->rows;
    r->count = run->count;
    snprintf(r->machine, sizeof r->machine, "%s", machine.key);
    snprintf(r->processor, sizeof r->processor, "%s", machine.name);
}

static bool write_files(const ab_run *run)
{
    bool good = true;
    for (int f = HG_AB_JSON; f <= HG_AB_JUNIT; f++)
        if (run->options->files[f])
            good = hg_ab_write(&run->report, (hg_ab_format)f, run->options->files[f]) && good;
    return good;
}

static int code_of(const hg_ab_report *report)
{
    if (hg_ab_count(report, HG_AB_SLOWER)) return AB_REGRESSION;
    if (hg_ab_incomparable(report)) return AB_INCOMPARABLE;
    return hg_ab_count(report, HG_AB_INCONCLUSIVE) ? AB_INCONCLUSIVE : CLI_OK;
}

static int ab(ab_run *run)
{
    hg_reason why = {""};
    const int code = list_layers(run);
    if (code) return code;
    describe(run);
    if (compare(run, &why)) {
        fprintf(stderr, "hourglass: %s\n", why.text);
        return AB_INCOMPARABLE;
    }
    hg_ab_print(&run->report);
    const int result = code_of(&run->report);
    return write_files(run) || result == AB_REGRESSION ? result : AB_INCOMPARABLE;
}

int cli_ab(int argc, char **argv)
{
    ab_options o = {.settings = {.threads = 1}, .layers = {.layout = "nhwc"}};
    hg_ab_settings *s = &o.settings;
    const hg_option options[] = {{"--a", HG_OPTION_TEXT, &s->path[0]},
                                 {"--b", HG_OPTION_TEXT, &s->path[1]},
                                 {"--shapes", HG_OPTION_TEXT, &o.layers.files},
                                 {"--network", HG_OPTION_TEXT, &o.layers.network},
                                 {"--layout", HG_OPTION_TEXT, &o.layers.layout},
                                 {"--filter", HG_OPTION_TEXT, &o.filter},
                                 {"--threads", HG_OPTION_COUNT, &s->threads},
                                 {"--same-kernel", HG_OPTION_FLAG, &s->same_kernel},
                                 {"--json", HG_OPTION_TEXT, &o.files[HG_AB_JSON]},
                                 {"--markdown", HG_OPTION_TEXT, &o.files[HG_AB_MARKDOWN]},
                                 {"--junit", HG_OPTION_TEXT, &o.files[HG_AB_JUNIT]},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    if (!hg_options_read(argc, argv, options, NULL)) return CLI_USAGE;
    if (!s->path[0] || !s->path[1]) {
        fprintf(stderr, "hourglass: --a and --b name the two builds\n");
        return CLI_USAGE;
    }
    ab_run run = {.options = &o, .random = (uint64_t)hg_clock_ns()};
    const int code = ab(&run);
    free(run.layers);
    free(run.rows);
    return code;
}
