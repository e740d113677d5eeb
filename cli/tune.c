/* hourglass tune */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/layers.h"
#include "cli/progress.h"
#include "kernels/common/attr.h"
#include "tuner/journal.h"
#include "tuner/search.h"

typedef struct tune_options {
    hg_layers layers;
    const char *keys, *out;
    int threads;
    double budget, seconds; /* budget 0 = none */
    bool missing;
} tune_options;

/* One problem to tune. */
typedef struct job {
    hg_problem problem;
    char key[HG_KEY_SIZE], label[HG_KEY_SIZE];
} job;

typedef struct tuning {
    const tune_options *options;
    hg_context *context;
    hg_machine machine;
    hg_lines have; /* with --missing: the records of the table */
    hg_journal journal;
    hg_progress progress;
    job *jobs;
    size_t count, capacity, done, failed, barred, replaced;
    double log_gain; /* sum of log(default / chosen) */
} tuning;

/* ---- Interruption: the run ends at the next round, with everything finished kept ---- */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static void catch_signals(void)
{
    /* A second signal ends the program at once. */
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* ---- What to tune ---- */

static bool is_known(const tuning *t, const hg_lines *lines, const char *key)
{
    const hg_record *r = hg_lines_find(lines, key, t->options->threads, t->machine.key);
    return r && r->ranks[0].rev == hg_kernel_revision(t->context, r->ranks[0].kernel);
}

static bool is_listed(const tuning *t, const char *key)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->jobs[i].key, key) == 0) return true;
    return false;
}

/* The job that follows the last; NULL after a message. */
static job *next_job(tuning *t)
{
    if (t->count == t->capacity) {
        const size_t capacity = 2 * t->capacity + 64;
        job *jobs = realloc(t->jobs, capacity * sizeof *jobs);
        if (!jobs) {
            fprintf(stderr, "hourglass: out of memory\n");
            return NULL;
        }
        t->jobs = jobs;
        t->capacity = capacity;
    }
    return &t->jobs[t->count];
}

/* Keeps the job that next_job gave, unless its problem is listed (the same layer occurs in many
 * networks) or need not be tuned. */
static void keep_job(tuning *t, job *j)
{
    j->problem = hg_problem_for_tuning(&j->problem);
    hg_problem_key(&j->problem, j->key);
    if (!is_listed(t, j->key) && !is_known(t, &t->have, j->key)) t->count++;
}

static bool add_layer(void *self, const hg_shape *s, hg_layout layout, const hg_problem *p)
{
    tuning *t = self;
    job *j = next_job(t);
    if (!j) return false;
    j->problem = *p;
    snprintf(j->label, sizeof j->label, "%s/%s %s", s->network, s->layer, hg_layout_name(layout));
    keep_job(t, j);
    return true;
}

/* A file with one key in each line. */
static bool add_keys(tuning *t, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[2 * HG_KEY_SIZE];
    bool good = file != NULL;
    for (int number = 1; good && fgets(line, sizeof line, file); number++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#') continue;
        hg_reason why = {""};
        job *j = next_job(t);
        if (!j || hg_problem_parse(line, &j->problem, &why)) {
            fprintf(stderr, "hourglass: %s:%d: %s\n", path, number, why.text);
            fclose(file);
            return false;
        }
        snprintf(j->label, sizeof j->label, "%.*s", HG_KEY_SIZE - 1, line);
        keep_job(t, j);
    }
    good = good && !ferror(file);
    if (!good) fprintf(stderr, "hourglass: %s: %s\n", path, strerror(errno));
    if (file) fclose(file);
    return good;
}

/* Returns an exit code. */
static int list_jobs(tuning *t)
{
    const tune_options *o = t->options;
    hg_reason why = {""};
    if (o->missing && hg_lines_read(o->out, &t->have, &why)) {
        fprintf(stderr, "hourglass: %s\n", why.text);
        return CLI_FAILED;
    }
    const int code = o->layers.files ? hg_layers_visit(&o->layers, add_layer, t) : CLI_OK;
    return code == CLI_OK && o->keys && !add_keys(t, o->keys) ? CLI_FAILED : code;
}

/* ---- Tuning ---- */

static void draw(void *self, const char *stage, double best_ns)
{
    hg_progress_draw(self, stage, best_ns);
}

static void tell(tuning *t, const job *j, const hg_record *r, const hg_search_report *report)
{
    char config[HG_CONFIG_SIZE], verdict[96] = "the untuned choice";
    hg_config_format(&r->ranks[0].config, config);
    if (report->ratio < 1) {
        snprintf(verdict, sizeof verdict, "%.3f of the untuned choice's time, +-%.1f %%",
                 report->ratio, 100 * report->interval);
        t->replaced++;
    }
    t->log_gain -= log(report->ratio);
    hg_progress_line(&t->progress, "%zu/%zu %s: %s%s%s, %.1f us: %s%s", t->progress.done + 1,
                     t->progress.total, j->label, r->ranks[0].kernel, *config ? " " : "", config,
                     r->ranks[0].ns * 1e-3, verdict, report->disturbed ? " (disturbed)" : "");
    if (report->barred == 0) return;
    t->barred++;
    hg_progress_line(&t->progress,
                     "warning: %d of %d candidates barred on %s; %s: relative error %.3g%s",
                     report->barred, report->candidates, j->key, report->barred_name,
                     report->barred_error, report->default_barred ? " (the untuned choice!)" : "");
}

/* false: the run must end (interrupted, or the journal cannot be written). */
static bool tune_one(tuning *t, const job *j, double seconds, hg_reason *why)
{
    const hg_search_options options = {.threads = t->options->threads,
                                       .seconds = seconds,
                                       .stop = &interrupted,
                                       .progress = draw,
                                       .self = &t->progress};
    static hg_record record;
    hg_search_report report;
    bool stopped;
    hg_progress_problem(&t->progress, j->label);
    const hg_status status =
        hg_search(t->context, &j->problem, &options, &record, &report, &stopped, why);
    if (status) {
        hg_progress_line(&t->progress, "warning: %s: %s", j->key, why->text);
        why->text[0] = '\0'; /* the others may still be tuned */
        t->failed++;
        return true;
    }
    if (stopped) return false;
    tell(t, j, &record, &report);
    t->done++;
    return hg_journal_append(&t->journal, &record, why) == HG_OK;
}

/* Returns the number of jobs that the budget left untouched. */
static size_t tune_all(tuning *t, hg_reason *why)
{
    const tune_options *o = t->options;
    size_t left = t->count;
    for (size_t i = 0; i < t->count; i++) left -= is_known(t, &t->journal.done, t->jobs[i].key);
    if (left < t->count)
        fprintf(stderr, "continuing: %zu of %zu done\n", t->count - left, t->count);
    const double guess = o->budget > 0 ? o->budget / (double)(left ? left : 1) : o->seconds;
    hg_progress_begin(&t->progress, left, guess * 1e9);
    for (size_t i = 0; i < t->count && !interrupted; i++) {
        if (is_known(t, &t->journal.done, t->jobs[i].key)) continue;
        double seconds = o->seconds;
        if (o->budget > 0) {
            const double spent = (hg_clock_ns() - t->progress.start) * 1e-9;
            if (spent >= o->budget) break;
            seconds = (o->budget - spent) / (double)left;
        }
        if (!tune_one(t, &t->jobs[i], seconds, why)) break;
        t->progress.done++;
        left--;
    }
    hg_progress_end(&t->progress);
    return left;
}

static int finish(tuning *t, size_t left, hg_reason *why)
{
    if (why->text[0]) {
        fprintf(stderr, "hourglass: %s\n", why->text);
        return CLI_FAILED;
    }
    if (interrupted && left > 0) {
        fprintf(stderr,
                "interrupted: %zu tuned now, %zu left; %s keeps what is done, "
                "the same command continues\n",
                t->done, left, t->journal.part);
        return CLI_INTERRUPTED;
    }
    if (hg_journal_finish(&t->journal, why)) {
        fprintf(stderr, "hourglass: %s\n", why->text);
        return CLI_FAILED;
    }
    printf("%zu problem%s tuned into %s", t->done, cli_plural(t->done), t->options->out);
    if (t->done)
        printf(": %zu choice%s changed, geometric mean gain %.3f", t->replaced,
               cli_plural(t->replaced), exp(t->log_gain / (double)t->done));
    printf("\n");
    if (t->barred)
        printf("kernels failed the check on %zu problem%s\n", t->barred, cli_plural(t->barred));
    if (left > 0)
        printf("the budget was spent before %zu problem%s; --missing tunes the rest\n", left,
               cli_plural(left));
    return t->failed ? CLI_FAILED : CLI_OK;
}

static int tune(const tune_options *options, hg_context *context)
{
    tuning t = {.options = options, .context = context};
    hg_reason why = {""};
    hg_context_machine(context, &t.machine);
    int code = list_jobs(&t);
    if (code == CLI_OK && t.count == 0) {
        printf("nothing to tune\n");
    } else if (code == CLI_OK && hg_journal_open(options->out, &t.journal, &why)) {
        fprintf(stderr, "hourglass: %s\n", why.text);
        code = CLI_FAILED;
    } else if (code == CLI_OK) {
        catch_signals();
        const size_t left = tune_all(&t, &why);
        code = finish(&t, left, &why);
        hg_journal_close(&t.journal);
    }
    hg_lines_free(&t.have);
    free(t.jobs);
    return code;
}

/* Where to write if --out does not say; false after a message. */
static bool choose_table(const hg_context *context, char path[CLI_PATH_SIZE], tune_options *o)
{
    bool read;
    if (!cli_default_table(context, path, CLI_PATH_SIZE, &read)) {
        fprintf(stderr, "hourglass: there is no home folder: --out is needed\n");
        return false;
    }
    if (!read)
        fprintf(stderr,
                "hourglass: HG_TABLE is \"%s\": programs in this environment do not read %s\n",
                getenv("HG_TABLE"), path);
    o->out = path;
    return cli_make_folder(path);
}

/* NULL, or what is wrong with the options together. */
static const char *contradiction(const tune_options *o, bool filtered)
{
    if (!o->layers.files && !o->keys) return "--shapes or --keys is missing";
    if (!o->layers.files && filtered) return "--network, --layer and --layout choose from --shapes";
    if (o->budget > 0 && o->seconds > 0)
        return "--budget (for the whole run) and --seconds (for each problem) exclude each other";
    return NULL;
}

int cli_tune(int argc, char **argv)
{
    tune_options o = {.threads = 1};
    const hg_option options[] = {{"--shapes", HG_OPTION_TEXT, &o.layers.files},
                                 {"--keys", HG_OPTION_TEXT, &o.keys},
                                 {"--network", HG_OPTION_TEXT, &o.layers.network},
                                 {"--layer", HG_OPTION_TEXT, &o.layers.layer},
                                 {"--layout", HG_OPTION_TEXT, &o.layers.layout},
                                 {"--out", HG_OPTION_TEXT, &o.out},
                                 {"--threads", HG_OPTION_COUNT, &o.threads},
                                 {"--budget", HG_OPTION_NUMBER, &o.budget},
                                 {"--seconds", HG_OPTION_NUMBER, &o.seconds},
                                 {"--missing", HG_OPTION_FLAG, &o.missing},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    if (!hg_options_read(argc, argv, options, NULL)) return CLI_USAGE;
    const char *wrong = contradiction(&o, o.layers.network || o.layers.layer || o.layers.layout);
    if (wrong) fprintf(stderr, "hourglass: %s\n", wrong);
    if (wrong) return CLI_USAGE;
    if (!o.layers.layout) o.layers.layout = "nhwc";
    if (o.seconds == 0) o.seconds = 0.5;
    hg_context *context = cli_context(o.threads);
    if (!context) return CLI_FAILED;
    char path[CLI_PATH_SIZE];
    const bool writable = o.out || choose_table(context, path, &o);
    const int code = writable ? tune(&o, context) : CLI_FAILED;
    hg_context_free(context);
    return code;
}
