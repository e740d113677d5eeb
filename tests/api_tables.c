/* Damaged tuning tables: skipped line by line, never more than a loss of speed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/table.h"
#include "kernels/common/attr.h"
#include "tests/api_fields.h"
#include "tests/random.h"

enum { TABLE_SIZE = 16384 };

static bool counts_of(const char *text, size_t size, hg_table_counts *counts)
{
    hg_context_options o = {.ignore_environment = true, .table = text, .table_size = size};
    hg_context *context;
    if (hg_context_create(&o, &context)) return false;
    hg_context_tables(context, counts);
    hg_context_free(context);
    return true;
}

static hg_record record_for(const hg_machine *machine, const char *key, const char *kernel)
{
    hg_record r = {.threads = 1, .default_ns = 900, .count = 1, .ranks = {{.rev = 1, .ns = 400}}};
    snprintf(r.key, sizeof r.key, "%s", key);
    snprintf(r.machine, sizeof r.machine, "%s", machine->key);
    snprintf(r.ranks[0].kernel, sizeof r.ranks[0].kernel, "%s", kernel);
    return r;
}

/* One record: any single flipped bit and any truncation makes its line unusable. */
static void damage(const char *line, size_t size)
{
    char *copy = malloc(size + 1);
    hg_table_counts counts;
    for (size_t i = 0; copy && i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, line, size);
            copy[i] = (char)((unsigned char)copy[i] ^ 1u << bit);
            expect(counts_of(copy, size, &counts) && counts.usable == 0 && counts.foreign == 0,
                   "a table with bit %d of byte %zu flipped is used", bit, i);
        }
    for (size_t n = 1; copy && n < size - 1; n++) { /* exact-size blocks: over-reads show */
        char *cut = malloc(n);
        if (cut) memcpy(cut, line, n);
        expect(cut && counts_of(cut, n, &counts) && counts.usable == 0 && counts.foreign == 0,
               "a table cut to %zu bytes is used", n);
        free(cut);
    }
    free(copy);
}

static void garbage(void)
{
    static char text[TABLE_SIZE];
    rng r = rng_for(1, "tables", 0);
    hg_table_counts counts;
    for (int i = 0; i < 300; i++) {
        const size_t size = (size_t)rng_in(&r, 1, 400);
        const int printable = i % 2;
        for (size_t j = 0; j < size; j++)
            text[j] = (char)(printable ? rng_in(&r, 32, 126) : rng_in(&r, 0, 255));
        expect(counts_of(text, size, &counts) && counts.usable == 0, "random bytes are used");
    }
    memset(text, '[', sizeof text);
    expect(counts_of(text, sizeof text, &counts) && counts.usable == 0, "16384 brackets");
    memset(text, '\n', sizeof text);
    expect(counts_of(text, sizeof text, &counts) && counts.skipped == 0, "empty lines");
}

/* Records with a correct checksum that lie. The plan must be right nevertheless. */
static void forged(const hg_machine *machine)
{
    static float want[SAMPLE_OUTPUT], got[SAMPLE_OUTPUT];
    const descriptor d = sample(HG_OP_MAX_POOL2D);
    hg_context_options o = quiet_options();
    hg_context *context;
    hg_plan *plan = NULL;
    char key[HG_KEY_SIZE];
    if (hg_context_create(&o, &context) || descriptor_plan(context, &d, NULL, NULL, &plan)) return;
    run_sample(plan, &d, want);
    snprintf(key, sizeof key, "%s", hg_plan_key(plan));
    hg_plan_free(plan);
    hg_context_free(context);
    static const char *const kernels[] = {"max_pool2d.f32.any.scalar.ref",
                                          "conv2d.f32.any.scalar.ref",
                                          "resize2d.f32.any.scalar.ref", "nothing", ""};
    for (size_t i = 0; i < 4 * HG_COUNT(kernels); i++) {
        static char table[TABLE_SIZE];
        hg_record r = record_for(machine, key, kernels[i % HG_COUNT(kernels)]);
        if (i / HG_COUNT(kernels) == 1) r.ranks[0].config.block = INT32_MAX;
        if (i / HG_COUNT(kernels) == 2) r.ranks[0].ns = NAN, r.default_ns = -INFINITY;
        if (i / HG_COUNT(kernels) == 3) r.ranks[0].config.via = 1, r.threads = -7;
        o.table = table;
        o.table_size = hg_record_format(&r, table, sizeof table);
        const bool ok = hg_context_create(&o, &context) == HG_OK;
        if (!expect(ok && descriptor_plan(context, &d, NULL, NULL, &plan) == HG_OK,
                    "a plan despite forged record %zu", i))
            continue;
        expect(run_sample(plan, &d, got) == HG_OK && memcmp(want, got, sizeof want) == 0,
               "forged record %zu changed the result", i);
        hg_plan_free(plan);
        hg_context_free(context);
    }
}

static void configurations(void)
{
    static const char *const bad[] = {"block=4 block=8", "via=nhwc via=nhwc", "block", "block=-1",
                                      "block=4x",        "via=nchw",          "=4"};
    hg_config c;
    for (size_t i = 0; i < HG_COUNT(bad); i++)
        expect(!hg_config_parse(bad[i], &c), "the configuration \"%s\" is refused", bad[i]);
    expect(hg_config_parse(" store=1  block=4 via=nhwc", &c) && c.block == 4 && c.store && c.via,
           "a configuration in any order");
}

void test_tables(void)
{
    static char line[TABLE_SIZE];
    hg_context_options o = quiet_options();
    hg_context *context;
    hg_machine machine;
    hg_table_counts counts;
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    hg_context_machine(context, &machine);
    hg_context_free(context);
    configurations();
    garbage();
    hg_record r =
        record_for(&machine, "max_pool2d f32 nhwc n1 c8 h6 w7 r2x2 s2x2 p0,0,0,0 d1x1 o3x3",
                   "max_pool2d.f32.any.scalar.ref");
    const size_t size = hg_record_format(&r, line, sizeof line);
    if (size == 0) {
        printf("tables are not built in: damage not tested\n");
        return;
    }
    expect(counts_of(line, size, &counts) && counts.usable == 1 && counts.skipped == 0,
           "a valid table: %zu usable, %zu foreign, %zu skipped", counts.usable, counts.foreign,
           counts.skipped);
    snprintf(r.machine, sizeof r.machine, "another-machine");
    const size_t second = hg_record_format(&r, line + size, sizeof line - size);
    expect(counts_of(line, size + second, &counts) && counts.usable == 1 && counts.foreign == 1,
           "a record of another machine is foreign");
    damage(line, size);
    forged(&machine);
}
