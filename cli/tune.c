/* hourglass tune */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/record_text.h"
#include "cli/report.h"
#include "cli/tune_jobs.h"
#include "kernels/common/attr.h"
#include "tuner/environment.h"

typedef struct tune_options {
    hg_layers layers;
    const char *keys, *misses, *out, *level, *report, *shard;
    int threads;
    double budget, seconds; /* 0 = not said */
    bool missing, noisy;
} tune_options;

/* How much time a problem gets, and a slot of a quad. */
static const struct level {
    const char *name;
    double seconds, slot_ns;
} levels[] = {{"quick", 0.15, 1e6}, {"normal", 0.5, 1.5e6}, {"thorough", 1.5, 4e6}};

typedef struct tuning {
    const tune_options *options;
    tune_jobs jobs;
    hg_session session;
    hg_journal journal;
    hg_progress progress;
    hg_reason why; /* what ended the run */
    size_t done, refused, barred, replaced, undecided;
    double log_gain; /* sum of log(default / chosen) */
} tuning;

/* ---- What is around ---- */

static void warn_of_machine(const tuning *t, const hg_environment *e)
{
    const int threads = t->options->threads;
    const double cores = e->quota > 0 ? HG_MIN(e->quota, (double)e->processors) : e->processors;
    if (threads > cores)
        fprintf(stderr,
                "warning: %d threads share %.3g processor%s: what is measured does not hold "
                "where they have one each\n",
                threads, cores, cores > 1 ? "s" : "");
    if (!hg_environment_claim(threads))
        fprintf(stderr, "warning: another tuner works on the same processors: both disturb each "
                        "other, and more stays undecided\n");
    hg_canary canary = t->session.searcher.canary;
    fprintf(stderr, "machine: %s; %d thread%s on %d processor%s; noise %.1f %%",
            t->jobs.context->machine.key, threads, cli_plural((size_t)threads), e->processors,
            cli_plural((size_t)e->processors), 100 * hg_canary_noise(&canary));
    if (e->running > 0)
        fprintf(stderr, "; %d other process%s running: what cannot be told stays undecided",
                e->running, e->running == 1 ? "" : "es");
    fprintf(stderr, "\n");
}

/* ---- Tuning ---- */

static void draw(void *self, const char *stage, double best_ns)
{
    tuning *t = self;
    hg_progress_draw(&t->progress, stage, best_ns);
}

static void begin_job(void *self, const hg_job *job)
{
    tuning *t = self;
    hg_progress_problem(&t->progress, job->label);
}

static void refuse_job(void *self, const hg_job *job, const char *why)
{
    tuning *t = self;
    hg_progress_line(&t->progress, "warning: %s: not tuned: %s", job->key, why);
    t->progress.done++;
    t->refused++;
}

static void tell(tuning *t, const hg_job *job, const hg_record *r)
{
    const hg_search *s = job->search;
    char choice[RECORD_CHOICE_SIZE], verdict[RECORD_VERDICT_SIZE];
    record_choice(r, choice);
    record_verdict(r, verdict);
    hg_progress_line(&t->progress, "%zu/%zu %s: %s, %.1f us: %s", t->progress.done,
                     t->progress.total, job->label, choice, r->ranks[0].ns * 1e-3, verdict);
    if (s->barred == 0) return;
    t->barred++;
    hg_progress_line(&t->progress,
                     "warning: %d of %d candidates barred on %s; %s: relative error %.3g%s",
                     s->barred, s->candidates, job->key, s->barred_name, s->barred_error,
                     s->default_barred ? " (the untuned choice!)" : "");
}

static bool keep_record(void *self, const hg_job *job)
{
    tuning *t = self;
    static hg_record record;
    hg_search_record(&t->session.searcher, job->search, &record);
    t->progress.done++;
    t->done++;
    t->replaced += record.verdict == HG_VERDICT_GAIN;
    t->undecided += record.verdict == HG_VERDICT_UNDECIDED;
    t->log_gain -= log(hg_search_ratio(job->search));
    tell(t, job, &record);
    return hg_journal_append(&t->journal, &record, &t->why) == HG_OK;
}

/* Moves the jobs that an interrupted run has done behind the others; returns how many are left. */
static size_t skip_done(tuning *t)
{
    size_t left = 0;
    for (size_t i = 0; i < t->jobs.count; i++) {
        const hg_job held = t->jobs.jobs[i];
        if (tune_is_known(&t->jobs, &t->journal.done, held.key, false)) continue;
        t->jobs.jobs[i] = t->jobs.jobs[left];
        t->jobs.jobs[left++] = held;
    }
    if (left < t->jobs.count)
        fprintf(stderr, "continuing: %zu of %zu done\n", t->jobs.count - left, t->jobs.count);
    return left;
}

/* Returns the number of jobs that the end of the run left untouched. */
static size_t tune_all(tuning *t, hg_context *context)
{
    const tune_options *o = t->options;
    const struct level *level = &levels[1];
    hg_environment environment;
    const size_t left = skip_done(t);
    for (size_t i = 0; i < HG_COUNT(levels); i++)
        if (o->level && !strcmp(o->level, levels[i].name)) level = &levels[i];
    t->session = (hg_session){.searcher = {.context = context,
                                           .slot_ns = level->slot_ns,
                                           .stop = &cli_interrupted,
                                           .progress = draw,
                                           .self = t},
                              .seconds = o->seconds > 0 ? o->seconds : level->seconds,
                              .budget = o->budget,
                              .decided = keep_record,
                              .refused = refuse_job,
                              .begin = begin_job,
                              .self = t};
    if (hg_canary_open(context, &t->session.searcher.canary, &t->why)) return left;
    hg_environment_read("", &environment);
    t->session.memory = 0.9 * environment.memory;
    warn_of_machine(t, &environment);
    const double guess = o->budget > 0 ? o->budget : t->session.seconds * (double)left;
    hg_progress_begin(&t->progress, left, 0);
    t->progress.limit = guess * 1e9;
    const size_t untouched = hg_session_run(&t->session, t->jobs.jobs, left);
    hg_progress_end(&t->progress);
    hg_canary_close(&t->session.searcher.canary);
    return untouched;
}

static void summarise(const tuning *t, size_t left)
{
    printf("%zu problem%s tuned into %s", t->done, cli_plural(t->done), t->options->out);
    if (t->done)
        printf(": %zu choice%s changed; over all, a geometric mean of %.3f of the untuned time",
               t->replaced, cli_plural(t->replaced), exp(-t->log_gain / (double)t->done));
    printf("\n");
    if (t->undecided)
        printf("%zu undecided: the untuned choice stays; --noisy tunes %s again\n", t->undecided,
               t->undecided == 1 ? "it" : "them");
    if (t->barred)
        printf("kernels failed the check on %zu problem%s\n", t->barred, cli_plural(t->barred));
    if (t->refused)
        printf("%zu problem%s could not be tuned, see above\n", t->refused, cli_plural(t->refused));
    if (left > 0)
        printf("the budget was spent before %zu problem%s; --missing tunes the rest\n", left,
               cli_plural(left));
}

static int finish(tuning *t, size_t left)
{
    if (!t->why.text[0] && cli_interrupted && left > 0) {
        fprintf(stderr,
                "interrupted: %zu tuned now, %zu left; %s keeps what is done, "
                "the same command continues\n",
                t->done, left, t->journal.part);
        return CLI_INTERRUPTED;
    }
    if (t->why.text[0] || hg_journal_finish(&t->journal, &t->why)) {
        fprintf(stderr, "hourglass: %s\n", t->why.text);
        return CLI_FAILED;
    }
    summarise(t, left);
    return t->refused ? CLI_FAILED : CLI_OK;
}

/* Nothing is to be tuned; but an earlier run may have left records unmerged. */
static int merge_rest(tuning *t)
{
    char part[CLI_PATH_SIZE];
    printf("nothing to tune\n");
    snprintf(part, sizeof part, "%s.part", t->options->out);
    if (access(part, F_OK)) return CLI_OK;
    if (!hg_journal_open(t->options->out, &t->journal, &t->why)) {
        const size_t count = t->journal.done.count;
        if (!hg_journal_finish(&t->journal, &t->why))
            printf("%zu record%s of a run that was interrupted merged into %s\n", count,
                   cli_plural(count), t->options->out);
        hg_journal_close(&t->journal);
    }
    if (t->why.text[0]) fprintf(stderr, "hourglass: %s\n", t->why.text);
    return t->why.text[0] ? CLI_FAILED : CLI_OK;
}

/* Of the table as it is now. Returns an exit code. */
static int write_report(const tuning *t, hg_context *context)
{
    hg_reason why = {""};
    hg_canary canary;
    hg_lines lines = {0};
    report r = {.context = context,
                .table = t->options->out,
                .lines = &lines,
                .jobs = t->jobs.jobs,
                .job_count = t->jobs.count};
    hg_status status = hg_lines_read(r.table, &lines, &why);
    if (!status) status = hg_canary_open(context, &canary, &why);
    if (status) {
        fprintf(stderr, "hourglass: %s\n", why.text);
        hg_lines_free(&lines);
        return CLI_FAILED;
    }
    hg_canary_peaks(&canary, &r.gflops, &r.gbps);
    const bool good = report_write(&r, t->options->report);
    hg_canary_close(&canary);
    hg_lines_free(&lines);
    return good ? CLI_OK : CLI_FAILED;
}

/* "I/N", 1 <= I <= N. */
static bool read_shard(const char *text, int *shard, int *shards)
{
    int end = 0;
    return sscanf(text, "%9d/%9d%n", shard, shards, &end) == 2 && !text[end] && *shard >= 1 &&
           *shard <= *shards;
}

static int tune(const tune_options *o, hg_context *context)
{
    tuning t = {.options = o,
                .jobs = {.context = context,
                         .layers = o->layers,
                         .keys = o->keys,
                         .misses = o->misses,
                         .missing = o->missing,
                         .noisy = o->noisy}};
    if (o->shard) read_shard(o->shard, &t.jobs.shard, &t.jobs.shards);
    int code = CLI_OK;
    if ((o->missing || o->noisy) && hg_lines_read(o->out, &t.jobs.have, &t.why)) {
        fprintf(stderr, "hourglass: %s\n", t.why.text);
        return CLI_FAILED;
    }
    code = tune_list(&t.jobs);
    const bool listed = code == CLI_OK;
    if (code == CLI_OK && t.jobs.count == 0) {
        code = merge_rest(&t);
    } else if (code == CLI_OK && hg_journal_open(o->out, &t.journal, &t.why)) {
        fprintf(stderr, "hourglass: %s\n", t.why.text);
        code = CLI_FAILED;
    } else if (code == CLI_OK) {
        cli_catch_signals();
        const size_t left = tune_all(&t, context);
        code = finish(&t, left);
        hg_journal_close(&t.journal);
    }
    if (o->report && listed && !t.why.text[0] && code != CLI_INTERRUPTED) {
        const int reported = write_report(&t, context);
        code = code == CLI_OK ? reported : code;
    }
    tune_jobs_free(&t.jobs);
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

/* Each class of cores has records of its own; a report shows the fastest. */
static int tune_class(void *self, hg_context *context)
{
    tune_options *const all = self, o = *all;
    char path[CLI_PATH_SIZE];
    const bool writable = o.out || choose_table(context, path, &o);
    all->report = NULL;
    return writable ? tune(&o, context) : CLI_FAILED;
}

static bool is_level(const char *name)
{
    for (size_t i = 0; i < HG_COUNT(levels); i++)
        if (!strcmp(name, levels[i].name)) return true;
    return false;
}

/* NULL, or what is wrong with the options together. */
static const char *contradiction(const tune_options *o, bool filtered)
{
    int shard, shards;
    if (!o->layers.files && !o->keys && !o->misses)
        return "--shapes, --keys or --misses is missing";
    if (!o->layers.files && filtered) return "--network, --layer and --layout choose from --shapes";
    if (o->budget > 0 && o->seconds > 0)
        return "--budget (for the whole run) and --seconds (for each problem) exclude each other";
    if (o->out && !o->out[0]) return "--out names no file";
    if (o->shard && !read_shard(o->shard, &shard, &shards)) return "--shard is I/N, as 1/4";
    if (o->level && !is_level(o->level)) return "--level is quick, normal or thorough";
    return NULL;
}

int cli_tune(int argc, char **argv)
{
    tune_options o = {.threads = 1};
    const hg_option options[] = {{"--shapes", HG_OPTION_TEXT, &o.layers.files},
                                 {"--keys", HG_OPTION_TEXT, &o.keys},
                                 {"--misses", HG_OPTION_TEXT, &o.misses},
                                 {"--network", HG_OPTION_TEXT, &o.layers.network},
                                 {"--layer", HG_OPTION_TEXT, &o.layers.layer},
                                 {"--layout", HG_OPTION_TEXT, &o.layers.layout},
                                 {"--out", HG_OPTION_TEXT, &o.out},
                                 {"--level", HG_OPTION_TEXT, &o.level},
                                 {"--report", HG_OPTION_TEXT, &o.report},
                                 {"--shard", HG_OPTION_TEXT, &o.shard},
                                 {"--threads", HG_OPTION_COUNT, &o.threads},
                                 {"--budget", HG_OPTION_NUMBER, &o.budget},
                                 {"--seconds", HG_OPTION_NUMBER, &o.seconds},
                                 {"--missing", HG_OPTION_FLAG, &o.missing},
                                 {"--noisy", HG_OPTION_FLAG, &o.noisy},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    if (!hg_options_read(argc, argv, options, NULL)) return CLI_USAGE;
    const char *wrong = contradiction(&o, o.layers.network || o.layers.layer || o.layers.layout);
    if (wrong) fprintf(stderr, "hourglass: %s\n", wrong);
    if (wrong) return CLI_USAGE;
    if (!o.layers.layout) o.layers.layout = "nhwc";
    hg_context *context = cli_context(o.threads);
    if (!context) return CLI_FAILED;
    o.budget /= context->cores.count;
    const int code = cli_each_class(context, tune_class, &o);
    hg_context_free(context);
    return code;
}
