/* Jobs. Contract: tune_jobs.h. */
#include "cli/tune_jobs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "tuner/lint.h"

bool tune_is_known(const tune_jobs *t, const hg_lines *lines, const char *key, bool undecided)
{
    hg_reason why;
    const hg_record *r = hg_lines_find(lines, key, t->context->threads, t->context->machine.key);
    return r && hg_record_health(t->context, r, &why) == HG_HEALTHY &&
           (undecided || r->verdict != HG_VERDICT_UNDECIDED);
}

static bool is_listed(const tune_jobs *t, const char *key)
{
    for (size_t i = 0; i < t->count; i++)
        if (strcmp(t->jobs[i].key, key) == 0) return true;
    return false;
}

/* The job that follows the last; NULL after a message. */
static hg_job *next_job(tune_jobs *t)
{
    if (t->count == t->capacity) {
        const size_t capacity = 2 * t->capacity + 64;
        hg_job *jobs = realloc(t->jobs, capacity * sizeof *jobs);
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
static void keep_job(tune_jobs *t, hg_job *j)
{
    j->problem = hg_problem_for_tuning(&j->problem);
    hg_problem_key(&j->problem, j->key);
    const bool needed = !(t->missing || t->noisy) || !tune_is_known(t, &t->have, j->key, !t->noisy);
    if (needed && !is_listed(t, j->key)) t->count++;
}

static bool add_layer(void *self, const hg_shape *s, hg_layout layout, const hg_problem *p)
{
    tune_jobs *t = self;
    hg_job *j = next_job(t);
    if (!j) return false;
    j->problem = *p;
    snprintf(j->label, sizeof j->label, "%s/%s %s", s->network, s->layer, hg_layout_name(layout));
    keep_job(t, j);
    return true;
}

/* "<tab>threads=N" behind a miss; cuts it off. */
static int threads_of(char *line)
{
    char *tab = strchr(line, '\t');
    if (!tab) return 1;
    *tab = '\0';
    return strncmp(tab + 1, "threads=", 8) ? 0 : atoi(tab + 9);
}

static bool add_key(tune_jobs *t, char *line, bool miss, hg_reason *why)
{
    const int threads = miss ? threads_of(line) : t->context->threads;
    hg_job *j = next_job(t);
    if (!j || hg_problem_parse(line, &j->problem, why)) return false;
    snprintf(j->label, sizeof j->label, "%.*s", HG_KEY_SIZE - 1, line);
    if (threads == t->context->threads)
        keep_job(t, j);
    else
        t->other_threads++;
    return true;
}

/* A file with one key in each line. */
static bool add_keys(tune_jobs *t, const char *path, bool miss)
{
    FILE *file = fopen(path, "r");
    char line[2 * HG_KEY_SIZE];
    bool good = file != NULL;
    for (int number = 1; good && fgets(line, sizeof line, file); number++) {
        hg_reason why = {""};
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#') continue;
        if (number == 1 && strncmp(line, "\xEF\xBB\xBF", 3) == 0)
            hg_fail(&why, HG_INVALID, "the file begins with a byte-order mark; it must not");
        else if (add_key(t, line, miss, &why))
            continue;
        fprintf(stderr, "hourglass: %s:%d: %s\n", path, number, why.text);
        fclose(file);
        return false;
    }
    good = good && !ferror(file);
    if (!good) fprintf(stderr, "hourglass: %s: %s\n", path, strerror(errno));
    if (file) fclose(file);
    return good;
}

/* All shards list alike, whatever their tables hold: the key decides. */
static bool is_of_shard(const tune_jobs *t, const char *key)
{
    unsigned hash = 2166136261u;
    for (; *key; key++) hash = (hash ^ (unsigned char)*key) * 16777619u;
    return t->shards == 0 || hash % (unsigned)t->shards == (unsigned)t->shard - 1;
}

int tune_list(tune_jobs *t)
{
    const int code = t->layers.files ? hg_layers_visit(&t->layers, add_layer, t) : CLI_OK;
    if (code != CLI_OK) return code;
    const bool good =
        (!t->keys || add_keys(t, t->keys, false)) && (!t->misses || add_keys(t, t->misses, true));
    if (t->other_threads)
        fprintf(stderr, "hourglass: %s: %zu problem%s of other numbers of threads; --threads N\n",
                t->misses, t->other_threads, cli_plural(t->other_threads));
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++)
        if (is_of_shard(t, t->jobs[i].key)) t->jobs[kept++] = t->jobs[i];
    t->count = kept;
    return good ? CLI_OK : CLI_FAILED;
}

void tune_jobs_free(tune_jobs *t)
{
    hg_lines_free(&t->have);
    free(t->jobs);
}
