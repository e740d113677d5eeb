/* hg_context_options.reproducible: neither tables nor the number of threads choose the kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/table.h"
#include "tests/api.h"

enum { TABLE_SIZE = 1 << 14, VALUES = 28 * 28 * 64 };

static const char *const KEY = "conv2d f32 nhwc n1 c64 h28 w28 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1";

typedef struct outcome {
    char kernel[224];
    float y[VALUES];
} outcome;

static float values[VALUES];

static hg_filter *filter_of(hg_context *context)
{
    hg_filter_desc desc;
    hg_filter *filter = NULL;
    if (hg_key_filter(KEY, &desc)) hg_filter_create(context, &desc, values, &filter);
    return filter;
}

static bool run(int threads, bool reproducible, const char *table, outcome *out)
{
    hg_context_options o = quiet_options();
    o.threads = threads;
    o.reproducible = reproducible;
    o.table = table;
    hg_context *context;
    hg_plan *plan = NULL;
    if (!expect(!hg_context_create(&o, &context), "a context: %s", last.sentence)) return false;
    hg_filter *filter = filter_of(context);
    hg_status status = hg_plan_from_key(context, KEY, filter, NULL, NULL, &plan);
    if (!status) {
        void *workspace = aligned_alloc(64, hg_plan_workspace_size(plan) + 64);
        snprintf(out->kernel, sizeof out->kernel, "%s", hg_plan_kernel(plan));
        status = hg_run(plan, &(hg_io){.input = values, .output = out->y}, workspace);
        free(workspace);
    }
    hg_plan_free(plan);
    hg_filter_free(filter);
    hg_context_free(context);
    return expect(status == HG_OK, "%d threads: %s", threads, last.sentence);
}

static int revision_of(const hg_context *context, const char *name)
{
    hg_kernel_info info;
    for (size_t i = 0; hg_kernel_get(context, i, &info); i++)
        if (strcmp(info.name, name) == 0) return info.revision;
    return 0;
}

/* A record for each number of threads from 1 on, each naming another kernel than the untuned choice
 * and than the records before it. */
static int write_table(char *table)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    hg_plan *plan = NULL;
    if (hg_context_create(&o, &context)) return 0;
    hg_filter *filter = filter_of(context);
    hg_plan_from_key(context, KEY, filter, NULL, NULL, &plan);
    hg_machine machine;
    hg_context_machine(context, &machine);
    char taken[8][HG_KERNEL_NAME_SIZE], name[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE];
    int count = 0;
    size_t used = 0;
    for (size_t i = 0; plan && count < 4 && hg_plan_candidate(plan, i, name, sizeof name); i++) {
        hg_record r = {.threads = count, .count = 1, .ranks = {{.ns = 400}}};
        hg_ranked *rank = &r.ranks[0];
        const size_t length = strcspn(name, " ");
        snprintf(rank->kernel, sizeof rank->kernel, "%.*s", (int)length, name);
        bool fresh = hg_config_parse(name + length, &rank->config);
        for (int t = 0; t < count; t++) fresh = fresh && strcmp(taken[t], rank->kernel) != 0;
        if (!fresh) continue;
        snprintf(taken[count++], sizeof taken[0], "%s", rank->kernel);
        snprintf(r.key, sizeof r.key, "%s", KEY);
        snprintf(r.machine, sizeof r.machine, "%s", machine.key);
        rank->rev = revision_of(context, rank->kernel);
        if (r.threads > 0) used += hg_record_format(&r, table + used, TABLE_SIZE - used);
    }
    hg_plan_free(plan);
    hg_filter_free(filter);
    hg_context_free(context);
    return count - 1;
}

void test_reproducible(void)
{
    static char table[TABLE_SIZE];
    static outcome untuned, tuned, other;
    for (int i = 0; i < VALUES; i++) values[i] = (float)(i * 37 % 1009) / 512.0f - 0.9f;
    const int records = write_table(table);
    if (!expect(records >= 2, "%d kernels for records", records)) return;
    if (!run(1, false, NULL, &untuned) || !run(1, false, table, &tuned)) return;
    expect(strcmp(untuned.kernel, tuned.kernel) != 0, "the record changes %s", untuned.kernel);
    bool differs = memcmp(untuned.y, tuned.y, sizeof tuned.y) != 0;
    for (int threads = 2; threads <= records; threads++) {
        if (!run(threads, false, table, &other)) continue;
        expect(strcmp(tuned.kernel, other.kernel) != 0, "records of 1 and %d threads: %s", threads,
               other.kernel);
        differs = differs || memcmp(untuned.y, other.y, sizeof other.y) != 0;
    }
    expect(differs, "tables can change bits, so that this test can fail");
    static const int counts[] = {1, 2, 3, 16};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (int with = 0; with < 2; with++) {
            if (!run(counts[i], true, with ? table : NULL, &other)) continue;
            expect(strcmp(untuned.kernel, other.kernel) == 0 &&
                       memcmp(untuned.y, other.y, sizeof other.y) == 0,
                   "reproducible, %d threads, %s table: %s instead of %s, or other bits", counts[i],
                   with ? "with" : "without", other.kernel, untuned.kernel);
        }
}
