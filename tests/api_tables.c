/* Damaged tuning tables: skipped line by line, never more than a loss of speed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
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
    expect(copy != NULL, "memory");
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

enum { HUNDRED = 100, LINE = 2048 };

/* Every line of the text that is taken for a record prints as one of the originals. */
static bool only_originals(const char *text, size_t size, char (*originals)[LINE], int n)
{
    char again[LINE];
    hg_record r;
    while (size > 0) {
        const char *newline = memchr(text, '\n', size);
        const size_t length = newline ? (size_t)(newline - text) + 1 : size;
        if (hg_record_parse(text, length, &r)) {
            bool known = false;
            hg_record_format(&r, again, sizeof again);
            for (int i = 0; i < n; i++) known = known || strcmp(again, originals[i]) == 0;
            if (!known) return false;
        }
        text += length;
        size -= length;
    }
    return true;
}

/* A table of a hundred records: any single flipped bit and any truncation leaves what it was or
 * nothing of a line. A bit concerns its line and, if it is the line's end, the one behind. */
static void hundred(const hg_machine *machine)
{
    static char lines[HUNDRED][LINE], pair[2 * LINE];
    long wrong = 0, tried = 0;
    for (int i = 0; i < HUNDRED; i++) {
        char key[HG_KEY_SIZE];
        snprintf(key, sizeof key, "max_pool2d f32 nhwc n1 c8 h%d w7 r2x2 s2x2 p0,0,0,0 d1x1 o%dx3",
                 6 + i, 3 + i / 2);
        hg_record r = record_for(machine, key, "max_pool2d.f32.any.scalar.ref");
        r.ranks[0].ns = 100 + i;
        r.verdict = HG_VERDICT_GAIN;
        r.low = 0.5, r.ratio = 0.51, r.high = 0.515;
        hg_record_format(&r, lines[i], LINE);
    }
    for (int i = 0; i < HUNDRED; i++) {
        const size_t size = strlen(lines[i]);
        const int n = i + 1 < HUNDRED ? 2 : 1;
        const size_t all =
            (size_t)snprintf(pair, sizeof pair, "%s%s", lines[i], n == 2 ? lines[i + 1] : "");
        for (size_t at = 0; at < size; at++) {
            for (int bit = 0; bit < 8; bit++, tried++) {
                pair[at] = (char)((unsigned char)pair[at] ^ 1u << bit);
                wrong += !only_originals(pair, all, lines + i, n);
                pair[at] = (char)((unsigned char)pair[at] ^ 1u << bit);
            }
            wrong += !only_originals(pair, at, lines + i, n);
        }
    }
    expect(wrong == 0 && tried > HUNDRED * 8 * 200, "%ld of %ld damaged tables say something new",
           wrong, tried);
}

static uint32_t crc32c_of(const char *text, size_t size)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; i++) {
        crc ^= (uint8_t)text[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78u : 0u);
    }
    return ~crc;
}

/* Text that no writer of records writes, with a correct checksum: a byte of the key is replaced. */
static void control_characters(const char *line)
{
    static const char bytes[] = {'\0', '\n', '\r', '\t', '\x1f', '\\', ' '};
    const char *tail = strstr(line, ",\"crc32c\"");
    const size_t size = (size_t)(tail - line), at = strlen("{\"key\":\"max_pool2d");
    static char text[LINE];
    hg_record r;
    for (size_t i = 0; i < HG_COUNT(bytes); i++) {
        memcpy(text, line, size);
        text[at] = bytes[i];
        snprintf(text + size, sizeof text - size, ",\"crc32c\":\"%08x\"}", crc32c_of(text, size));
        expect(hg_record_parse(text, size + 21, &r) == (bytes[i] == ' '),
               "byte %d in a record's key", bytes[i]);
    }
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
    if (!expect(!hg_context_create(&o, &context), "a context") ||
        !expect(!descriptor_plan(context, &d, NULL, NULL, &plan), "a plan: %s", last.sentence))
        return;
    expect(run_sample(plan, &d, want) == HG_OK, "a run");
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

/* A table of one record: the plan of the sample by it, and how its lines were counted. */
static void plan_by(const hg_record *r, hg_table_counts *counts, char *why, size_t size)
{
    static char table[TABLE_SIZE];
    const descriptor d = sample(HG_OP_MAX_POOL2D);
    hg_context_options o = quiet_options();
    hg_context *context;
    hg_plan *plan;
    o.table = table;
    o.table_size = hg_record_format(r, table, sizeof table);
    if (!expect(!hg_context_create(&o, &context), "a context")) return;
    hg_context_tables(context, counts);
    if (expect(!descriptor_plan(context, &d, NULL, NULL, &plan), "a plan: %s", last.sentence)) {
        snprintf(why, size, "%s", hg_plan_explain(plan));
        hg_plan_free(plan);
    }
    hg_context_free(context);
}

/* Only what was timed in today's revision of a kernel is used: of a record whose first rank is of
 * another one, the second counts. */
static void revisions(const hg_machine *machine)
{
    static const char *const key =
        "max_pool2d f32 nhwc n1 c8 h6 w7 r2x2 s2x2 p0,0,0,0 d1x1 o3x3 index=pytorch:i64";
    static const char *const first = "max_pool2d.f32.any.scalar.ref";
    const int today = hg_registry_find(first)->rev;
    const int revs[] = {today, today - 1, today + 1, 0, -1, INT32_MAX};
    for (size_t i = 0; i < 2 * HG_COUNT(revs); i++) {
        hg_record r = record_for(machine, key, first);
        hg_table_counts counts = {0};
        char why[1024] = "";
        const bool good = revs[i / 2] == today, second = i % 2;
        r.ranks[0].rev = revs[i / 2];
        if (second) {
            r.count = 2;
            r.ranks[1] = r.ranks[0];
            r.ranks[1].rev = today;
            r.ranks[1].ns = 777000;
        }
        plan_by(&r, &counts, why, sizeof why);
        const bool used = strstr(why, "tuned") != NULL;
        expect(used == (good || second) && counts.usable == used && counts.foreign == !used,
               "revision %d of %d%s: %zu usable, %zu foreign: %s", r.ranks[0].rev, today,
               second ? " before a good one" : "", counts.usable, counts.foreign, why);
        expect(!used || good == (strstr(why, "  measured 777") == NULL),
               "revision %d of %d: the other rank decided: %s", r.ranks[0].rev, today, why);
    }
}

static void configurations(void)
{
    static const char *const bad[] = {"block=4 block=8", "via=nhwc via=nhwc", "block", "block=-1",
                                      "block=4x",        "via=nchw",          "=4",    "split=2",
                                      "store=1"};
    hg_config c;
    for (size_t i = 0; i < HG_COUNT(bad); i++)
        expect(!hg_config_parse(bad[i], &c), "the configuration \"%s\" is refused", bad[i]);
    expect(hg_config_parse(" nontemporal=1  block=4 via=nhwc", &c) && c.block == 4 &&
               c.nontemporal && c.via,
           "a configuration in any order");
    const hg_config most = {.block = INT32_MAX,
                            .panels = INT32_MAX,
                            .channels = INT32_MAX,
                            .parts = INT32_MAX,
                            .nontemporal = INT32_MAX,
                            .ahead = INT32_MAX,
                            .pack = INT32_MAX,
                            .bands = INT32_MAX,
                            .via = 1};
    char text[HG_CONFIG_SIZE];
    hg_config_format(&most, text);
    expect(hg_config_parse(text, &c) && hg_config_equal(&c, &most),
           "a configuration with all members at their largest: \"%s\"", text);
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
    expect(counts_of(line, size, &counts) && counts.usable == 1 && counts.skipped == 0,
           "a valid table: %zu usable, %zu foreign, %zu skipped", counts.usable, counts.foreign,
           counts.skipped);
    snprintf(r.machine, sizeof r.machine, "another-machine");
    const size_t second = hg_record_format(&r, line + size, sizeof line - size);
    expect(counts_of(line, size + second, &counts) && counts.usable == 1 && counts.foreign == 1,
           "a record of another machine is foreign");
    control_characters(line);
    damage(line, size);
    hundred(&machine);
    forged(&machine);
    revisions(&machine);
}
