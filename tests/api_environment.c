/* What a context reads from its surroundings: table files of any kind, overrides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/common/attr.h"
#include "tests/api.h"

static bool create(const char *kernel, hg_table_counts *counts)
{
    hg_context_options o = {.log = {hear, NULL}, .kernel = kernel};
    hg_context *context;
    last = (heard){0};
    if (hg_context_create(&o, &context)) return false;
    hg_context_tables(context, counts);
    hg_context_free(context);
    return true;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (!file) return;
    fputs(text, file);
    fclose(file);
}

/* Files that are no tables: counted, one sentence each, and no waiting for a pipe's writer. */
static void files(const char *folder)
{
    char pipe[128], damaged[128], empty[128], absent[128], longest[2000];
    snprintf(pipe, sizeof pipe, "%s/pipe", folder);
    snprintf(damaged, sizeof damaged, "%s/damaged.jsonl", folder);
    snprintf(empty, sizeof empty, "%s/empty.jsonl", folder);
    snprintf(absent, sizeof absent, "%s/absent", folder);
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    mkfifo(pipe, 0600);
    write_file(damaged, "no record\nnor this\n");
    write_file(empty, "");
    const struct {
        const char *path;
        size_t skipped, unreadable;
    } cases[] = {{pipe, 0, 1},    {folder, 0, 1},  {absent, 0, 1},
                 {longest, 0, 1}, {damaged, 2, 0}, {empty, 0, 0}};
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_table_counts counts = {0};
        setenv("HG_TABLE", cases[i].path, 1);
        const bool ok = create(NULL, &counts);
        const int sentences = cases[i].skipped || cases[i].unreadable;
        expect(ok && counts.skipped == cases[i].skipped &&
                   counts.unreadable == cases[i].unreadable && last.count == sentences,
               "HG_TABLE=%.40s: %zu skipped, %zu unreadable, %d sentences: \"%s\"", cases[i].path,
               counts.skipped, counts.unreadable, last.count, last.sentence);
    }
    setenv("HG_TABLE", "none", 1);
    unlink(pipe), unlink(damaged), unlink(empty);
}

/* Overrides that name nothing are told, and change nothing. */
static void overrides(void)
{
    hg_table_counts counts;
    expect(create("no.such.kernel", &counts) && strstr(last.sentence, "no.such.kernel"),
           "options.kernel without such a kernel: \"%s\"", last.sentence);
    setenv("HG_KERNEL", "another.one block=3", 1);
    expect(create(NULL, &counts) && strstr(last.sentence, "another.one"),
           "HG_KERNEL without such a kernel: \"%s\"", last.sentence);
    setenv("HG_KERNEL", "conv2d.f32.any.scalar.ref", 1);
    expect(create(NULL, &counts) && last.count == 0, "HG_KERNEL with a kernel: \"%s\"",
           last.sentence);
    unsetenv("HG_KERNEL");
    setenv("HG_ISA", "mmx", 1);
    expect(create(NULL, &counts) && last.count == 1, "an unknown HG_ISA: \"%s\"", last.sentence);
    unsetenv("HG_ISA");
}

/* A preference that cannot run a problem is named where the choice is explained. */
static void preference(void)
{
    hg_context_options o = quiet_options();
    o.kernel = "conv2d.f32.any.scalar.ref";
    hg_context *context;
    hg_plan *plan = NULL;
    const descriptor d = sample(HG_OP_RESIZE2D);
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    if (expect(descriptor_plan(context, &d, NULL, NULL, &plan) == HG_OK, "a plan"))
        expect(strstr(hg_plan_explain(plan), o.kernel) != NULL, "no word of the preference: %s",
               hg_plan_explain(plan));
    hg_plan_free(plan);
    hg_context_free(context);
}

void test_environment(void)
{
    char folder[] = "/tmp/hourglass-test-XXXXXX";
    if (!expect(mkdtemp(folder) != NULL, "a temporary folder")) return;
    files(folder);
    rmdir(folder);
    overrides();
    preference();
}
