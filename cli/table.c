/* hourglass table */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/record_text.h"
#include "cli/table_verify.h"
#include "kernels/common/attr.h"
#include "tuner/export_c.h"
#include "tuner/journal.h"
#include "tuner/lint.h"

/* What a subcommand works on. */
typedef struct table {
    hg_context *context;
    const char *const *files;
    int count;
    double seconds;
    const char *machine; /* whose records are exported; NULL: the only one's */
    hg_lines lines;      /* of the first file */
    size_t record;       /* the next of them, as lines are walked through */
} table;

static int fail(const hg_reason *why)
{
    fprintf(stderr, "hourglass: %s\n", why->text);
    return CLI_FAILED;
}

/* A table that must exist. */
static bool read_table(const char *path, hg_lines *lines)
{
    hg_reason why = {""};
    *lines = (hg_lines){0};
    if (access(path, R_OK)) {
        fprintf(stderr, "hourglass: ");
        perror(path);
        return false;
    }
    if (hg_lines_read(path, lines, &why)) return fail(&why), false;
    if (lines->size > HG_MAX_TABLE)
        fprintf(stderr, "hourglass: %s is larger than 64 MiB: contexts do not read it\n", path);
    return true;
}

/* ---- check ---- */

/* How many of the records this machine and these kernels can use. */
static int check(table *t)
{
    hg_context *context = NULL;
    hg_table_counts counts;
    const hg_context_options options = {
        .table = t->lines.text, .table_size = t->lines.size, .ignore_environment = true};
    printf("%s: %zu good line%s, %zu bad line%s\n", t->files[0], t->lines.count,
           cli_plural(t->lines.count), t->lines.bad, cli_plural(t->lines.bad));
    if (t->lines.size > 0 && hg_context_create(&options, &context) == HG_OK) {
        hg_context_tables(context, &counts);
        printf("  %zu usable here, %zu for other machines or kernels\n", counts.usable,
               counts.foreign);
        hg_context_free(context);
    }
    return t->lines.bad || t->lines.size > HG_MAX_TABLE ? CLI_FAILED : CLI_OK;
}

/* ---- lint, prune ---- */

/* Is there a later record for the problem, and a good one? An earlier counts only where no later
 * one fits. */
static bool is_superseded(const table *t, const hg_record *r)
{
    hg_reason unused;
    const hg_record *last = hg_lines_find(&t->lines, r->key, r->threads, r->machine);
    return last != r && hg_record_health(t->context, last, &unused) == HG_HEALTHY;
}

/* What is wrong with the next line; false: nothing. dead: nobody gets anything from it. */
static bool line_fault(table *t, const char *line, size_t length, bool *dead, hg_reason *why)
{
    hg_record parsed;
    *dead = true;
    if (!hg_record_intact(line, length)) {
        hg_fail(why, HG_INVALID, "damaged: its checksum is wrong or missing");
        return true;
    }
    if (!hg_record_parse(line, length, &parsed)) { /* a newer version may know what it means */
        *dead = false;
        hg_fail(why, HG_INVALID, "whole, but no record of this version");
        return true;
    }
    const hg_record *r = &t->lines.records[t->record++];
    const hg_health health = hg_record_health(t->context, r, why);
    *dead = health == HG_USELESS;
    if (*dead || health == HG_LIMPING) return true;
    if (!is_superseded(t, r)) return false;
    *dead = true;
    hg_fail(why, HG_INVALID, "a later line is for the same problem");
    return true;
}

static int lint(table *t)
{
    const char *line;
    size_t at = 0, length, faults = 0, count = 0;
    hg_reason why = {""};
    bool dead;
    for (size_t number = 1; hg_lines_next(&t->lines, &at, &line, &length); number++) {
        if (length == 0) continue;
        count++;
        if (!line_fault(t, line, length, &dead, &why)) continue;
        printf("%s:%zu: %s\n", t->files[0], number, why.text);
        faults++;
    }
    printf("%zu line%s, %zu with faults%s\n", count, cli_plural(count), faults,
           faults ? "; table prune drops what nobody can use, tune --missing measures it anew"
                  : "");
    return faults ? CLI_FAILED : CLI_OK;
}

static bool is_alive(void *self, size_t number, const char *line, size_t length)
{
    bool dead;
    hg_reason why;
    (void)number;
    return !line_fault(self, line, length, &dead, &why) || !dead;
}

static int prune(table *t)
{
    hg_journal journal;
    hg_reason why = {""};
    hg_lines after = {0};
    if (hg_journal_open(t->files[0], &journal, &why)) return fail(&why);
    hg_status status = hg_journal_finish(&journal, &why); /* what a killed run left */
    hg_lines_free(&t->lines);
    if (!status) status = hg_lines_read(journal.table, &t->lines, &why);
    if (!status) status = hg_journal_filter(&journal, is_alive, t, &why);
    if (!status) status = hg_lines_read(journal.table, &after, &why);
    if (!status)
        printf("%zu record%s and %zu bad line%s became %zu and %zu\n", t->lines.count,
               cli_plural(t->lines.count), t->lines.bad, cli_plural(t->lines.bad), after.count,
               after.bad);
    hg_lines_free(&after);
    hg_journal_close(&journal);
    return status ? fail(&why) : CLI_OK;
}

/* ---- show, diff, merge ---- */

/* The last record of its problem, of any machine. */
static bool is_last(const hg_lines *lines, const hg_record *r)
{
    return hg_lines_find(lines, r->key, r->threads, r->machine) == r;
}

static void print_record(const char *mark, const hg_record *r)
{
    char choice[RECORD_CHOICE_SIZE];
    record_choice(r, choice);
    printf("%s %s, threads %d, %s: %s, %.1f us\n", mark, r->key, r->threads, r->machine, choice,
           r->ranks[0].ns * 1e-3);
}

/* What each problem gets. */
static int show(table *t)
{
    for (size_t i = 0; i < t->lines.count; i++) {
        const hg_record *r = &t->lines.records[i];
        char choice[RECORD_CHOICE_SIZE], verdict[RECORD_VERDICT_SIZE];
        if (!is_last(&t->lines, r)) continue;
        record_choice(r, choice);
        record_verdict(r, verdict);
        printf("%s, %d thread%s, %s\n    %s, %.1f us: %s\n", r->key, r->threads,
               cli_plural((size_t)r->threads), r->machine, choice, r->ranks[0].ns * 1e-3, verdict);
    }
    return CLI_OK;
}

static int diff(table *t)
{
    hg_lines other;
    if (!read_table(t->files[1], &other)) return CLI_FAILED;
    size_t only[2] = {0, 0}, changed = 0, same = 0;
    double log_ratio = 0;
    for (size_t i = 0; i < t->lines.count; i++) {
        const hg_record *a = &t->lines.records[i];
        if (!is_last(&t->lines, a)) continue;
        const hg_record *b = hg_lines_find(&other, a->key, a->threads, a->machine);
        char choice[2][RECORD_CHOICE_SIZE];
        if (!b) {
            only[0]++;
            print_record("-", a);
            continue;
        }
        record_choice(a, choice[0]);
        record_choice(b, choice[1]);
        if (a->ranks[0].ns > 0 && b->ranks[0].ns > 0)
            log_ratio += log(b->ranks[0].ns / a->ranks[0].ns);
        if (!strcmp(choice[0], choice[1])) {
            same++;
            continue;
        }
        changed++;
        print_record("<", a);
        print_record(">", b);
    }
    for (size_t i = 0; i < other.count; i++) {
        const hg_record *b = &other.records[i];
        if (!is_last(&other, b) || hg_lines_find(&t->lines, b->key, b->threads, b->machine))
            continue;
        only[1]++;
        print_record("+", b);
    }
    printf("%zu alike, %zu changed, %zu only in %s, %zu only in %s\n", same, changed, only[0],
           t->files[0], only[1], t->files[1]);
    if (same + changed)
        printf("times of the second over those of the first: %.3f (geometric mean)\n",
               exp(log_ratio / (double)(same + changed)));
    hg_lines_free(&other);
    return changed || only[0] || only[1] ? CLI_FAILED : CLI_OK;
}

/* Adds the records of all but the first file to the first; of two for one problem the later. */
static int merge(table *t)
{
    hg_journal journal;
    hg_reason why = {""};
    size_t added = 0;
    hg_status status = hg_journal_open(t->files[0], &journal, &why);
    if (status) return fail(&why);
    for (int f = 1; f < t->count && !status; f++) {
        hg_lines lines;
        if (!read_table(t->files[f], &lines)) status = HG_IO;
        for (size_t i = 0; i < lines.count && !status; i++, added++)
            status = hg_journal_add(&journal, &lines.records[i], &why);
        if (lines.bad)
            printf("%s: %zu bad line%s left out\n", t->files[f], lines.bad, cli_plural(lines.bad));
        hg_lines_free(&lines);
    }
    if (!status) status = hg_journal_finish(&journal, &why);
    hg_journal_close(&journal);
    if (status) return why.text[0] ? fail(&why) : CLI_FAILED;
    printf("%zu record%s merged into %s\n", added, cli_plural(added), t->files[0]);
    return CLI_OK;
}

/* ---- verify ---- */

static int verify_class(void *self, hg_context *context)
{
    const table *t = self;
    return cli_verify_table(context, &t->lines, t->seconds);
}

static int verify(table *t)
{
    return cli_each_class(t->context, verify_class, t);
}

/* ---- export-c ---- */

static int export_c(table *t)
{
    hg_exported n;
    hg_reason why = {""};
    if (hg_export_c(t->context, &t->lines, t->machine, stdout, &n, &why)) return fail(&why);
    fprintf(stderr, "%zu record%s, %zu kernel%s\n", n.records, cli_plural(n.records), n.kernels,
            cli_plural(n.kernels));
    if (n.left_out)
        fprintf(stderr, "%zu record%s left out: table lint says why\n", n.left_out,
                cli_plural(n.left_out));
    return CLI_OK;
}

/* ---- Which ---- */

static const struct subcommand {
    const char *name;
    int (*function)(table *t);
    int least, most; /* files */
    bool first;      /* the first must exist */
} subcommands[] = {{"check", check, 1, 1, true}, {"lint", lint, 1, 1, true},
                   {"prune", prune, 1, 1, true}, {"verify", verify, 1, 1, true},
                   {"show", show, 1, 1, true},   {"export-c", export_c, 1, 1, true},
                   {"diff", diff, 2, 2, true},   {"merge", merge, 2, HG_MAX_OPERANDS - 1, false}};

int cli_table(int argc, char **argv)
{
    int threads = 1;
    table t = {.seconds = 0.25};
    const hg_option options[] = {{"--threads", HG_OPTION_COUNT, &threads},
                                 {"--seconds", HG_OPTION_NUMBER, &t.seconds},
                                 {"--machine", HG_OPTION_TEXT, &t.machine},
                                 {NULL, HG_OPTION_FLAG, NULL}};
    hg_operands operands;
    if (!hg_options_read(argc, argv, options, &operands) || operands.count == 0) return CLI_USAGE;
    for (size_t i = 0; i < HG_COUNT(subcommands); i++) {
        const struct subcommand *s = &subcommands[i];
        if (strcmp(operands.word[0], s->name)) continue;
        t.files = operands.word + 1;
        t.count = operands.count - 1;
        if (t.count < s->least || t.count > s->most) return CLI_USAGE;
        if (s->first && !read_table(t.files[0], &t.lines)) return CLI_FAILED;
        t.context = cli_context(threads);
        const int code = t.context ? s->function(&t) : CLI_FAILED;
        hg_context_free(t.context);
        hg_lines_free(&t.lines);
        return code;
    }
    return CLI_USAGE;
}
