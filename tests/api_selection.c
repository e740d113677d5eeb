/* Which record answers for a plan: the exact one, that of other threads or images, neighbours; and
 * that none which cannot be used hides one that can. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dispatch/builtin.h"
#include "dispatch/context.h"
#include "dispatch/registry.h"
#include "dispatch/table.h"
#include "kernels/common/attr.h"
#include "tests/api.h"

enum { TABLE_SIZE = 1 << 14, NAME_SIZE = 224, MANY = 10000 };

static const char KEY[] = "max_pool2d f32 nhwc n1 c32 h16 w16 r3x3 s2x2 p1,1,1,1 d1x1 o8x8";

static const char SIMILAR[] = "max_pool2d f32 nhwc n1 c32 h20 w18 r3x3 s2x2 p1,1,1,1 d1x1 o10x9";

typedef struct plan_facts {
    char kernel[NAME_SIZE], why[1024];
} plan_facts;

static hg_context *context_of(int threads, const char *table, size_t size, bool reproducible)
{
    hg_context_options o = quiet_options();
    hg_context *context = NULL;
    o.threads = threads;
    o.table = table;
    o.table_size = size;
    o.reproducible = reproducible;
    expect(!hg_context_create(&o, &context), "a context: %s", last.sentence);
    return context;
}

static bool plan_in(hg_context *context, const char *key, plan_facts *facts)
{
    hg_plan *plan = NULL;
    *facts = (plan_facts){"", ""};
    const bool ok = context && !hg_plan_from_key(context, key, NULL, NULL, NULL, &plan);
    if (!expect(ok, "a plan of %s: %s", key, last.sentence)) return false;
    snprintf(facts->kernel, sizeof facts->kernel, "%s", hg_plan_kernel(plan));
    snprintf(facts->why, sizeof facts->why, "%s", hg_plan_explain(plan));
    hg_plan_free(plan);
    return true;
}

static bool plan_by(const char *table, int threads, bool reproducible, const char *key,
                    plan_facts *facts)
{
    hg_context *context = context_of(threads, table, table ? strlen(table) : 0, reproducible);
    const bool ok = context && plan_in(context, key, facts);
    hg_context_free(context);
    return ok;
}

/* A record that ranks candidate `fast` of the key far before all others; its name goes to `name`.
 * Every kernel counts once. */
static hg_record record_of(const char *key, int threads, size_t fast, char *name)
{
    hg_record r = {.threads = threads, .default_ns = 9000};
    hg_context *context = context_of(1, NULL, 0, false);
    hg_machine machine;
    hg_plan *plan = NULL;
    char text[NAME_SIZE];
    hg_context_machine(context, &machine);
    hg_plan_from_key(context, key, NULL, NULL, NULL, &plan);
    snprintf(r.key, sizeof r.key, "%s", key);
    snprintf(r.machine, sizeof r.machine, "%s", machine.key);
    for (size_t pass = 0; pass < 2; pass++) /* the fast one first */
        for (size_t i = 0; plan && hg_plan_candidate(plan, i, text, sizeof text); i++) {
            if ((i == fast) != (pass == 0) || r.count == HG_RECORD_RANKS) continue;
            hg_ranked *rank = &r.ranks[r.count++];
            snprintf(rank->kernel, sizeof rank->kernel, "%.*s", (int)strcspn(text, " "), text);
            hg_config_parse(text + strcspn(text, " "), &rank->config);
            rank->rev = hg_registry_find(rank->kernel)->rev;
            rank->ns = i == fast ? 100 : 9000;
            if (i == fast) snprintf(name, NAME_SIZE, "%s", text);
        }
    hg_plan_free(plan);
    hg_context_free(context);
    return r;
}

/* Every tier, on a table of one record. */
static void tiers(void)
{
    static char table[TABLE_SIZE];
    static const struct {
        int threads;
        const char *key, *says;
    } cases[] = {
        {1, KEY, "tuned: exact table record"},
        {2, KEY, "tuned: record for another number of threads"},
        {1, "max_pool2d f32 nhwc n4 c32 h16 w16 r3x3 s2x2 p1,1,1,1 d1x1 o8x8",
         "tuned: record for another number of images"},
        {1, SIMILAR, "tuned: by similar problems"},
        {1, "max_pool2d f32 nhwc n1 c32 h400 w18 r3x3 s2x2 p1,1,1,1 d1x1 o200x9", "least"},
        {1, "max_pool2d f32 nhwc n1 c32 h16 w16 r9x9 s1x1 p4,4,4,4 d1x1 o16x16", "least"},
        {1, "max_pool2d f32 nchw n1 c32 h16 w16 r3x3 s2x2 p1,1,1,1 d1x1 o8x8", "least"},
        {1, "avg_pool2d f32 nhwc n1 c32 h16 w16 r3x3 s2x2 p1,1,1,1 d1x1 o8x8", "least"},
    };
    char fast[NAME_SIZE] = "";
    const hg_record r = record_of(KEY, 1, 2, fast);
    plan_facts with, without;
    hg_record_format(&r, table, sizeof table);
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        if (!plan_by(table, cases[i].threads, false, cases[i].key, &with)) continue;
        const bool tuned = cases[i].says[0] == 't';
        expect(strstr(with.why, cases[i].says) != NULL, "%s with %d threads is by \"%s\": %s",
               cases[i].key, cases[i].threads, cases[i].says, with.why);
        expect((strcmp(with.kernel, fast) == 0) == tuned, "%s, %d threads: %s, recorded is %s",
               cases[i].key, cases[i].threads, with.kernel, fast);
        if (!plan_by(NULL, cases[i].threads, true, cases[i].key, &without) ||
            !plan_by(table, cases[i].threads, true, cases[i].key, &with))
            continue;
        expect(strcmp(with.kernel, without.kernel) == 0 && !strstr(with.why, "tuned"),
               "reproducible, %s: %s instead of %s", cases[i].key, with.kernel, without.kernel);
    }
}

/* Behind a good record one that cannot be used. */
static void hiding(void)
{
    static char table[2 * TABLE_SIZE];
    char fast[NAME_SIZE] = "";
    const hg_record good = record_of(KEY, 1, 2, fast);
    for (int way = 0; way < 4; way++) {
        hg_record bad = good;
        bad.count = 1;
        if (way == 0) bad.ranks[0].config.block = 12345;
        if (way == 1) bad.ranks[0].rev++;
        if (way == 2) {
            snprintf(bad.ranks[0].kernel, sizeof bad.ranks[0].kernel, "conv2d.f32.any.scalar.ref");
            bad.ranks[0].rev = hg_registry_find(bad.ranks[0].kernel)->rev;
        }
        if (way == 3) snprintf(bad.key, sizeof bad.key, "max_pool2d f32 nhwc c32 nonsense");
        const size_t size = hg_record_format(&good, table, sizeof table);
        hg_record_format(&bad, table + size, sizeof table - size);
        hg_context *context = context_of(1, table, strlen(table), false);
        hg_table_counts counts = {0};
        plan_facts facts;
        if (!context) continue;
        hg_context_tables(context, &counts);
        expect(counts.usable == 1 && counts.foreign == 1, "way %d: %zu usable, %zu foreign", way,
               counts.usable, counts.foreign);
        if (plan_in(context, KEY, &facts))
            expect(!strcmp(facts.kernel, fast) && strstr(facts.why, "exact"),
                   "way %d hides the record before it: %s", way, facts.why);
        hg_context_free(context);
    }
}

/* A record whose first kernel cannot be had serves with its second. */
static void limping(void)
{
    static char table[TABLE_SIZE];
    char fast[NAME_SIZE] = "", want[NAME_SIZE];
    hg_record r = record_of(KEY, 1, 2, fast);
    plan_facts facts;
    r.ranks[2] = r.ranks[0];
    r.ranks[0].config.block = 12345;
    r.count = 3; /* none, another, the fast one */
    snprintf(want, sizeof want, "%s", r.ranks[1].kernel);
    hg_record_format(&r, table, sizeof table);
    if (plan_by(table, 1, false, KEY, &facts))
        expect(!strncmp(facts.kernel, want, strlen(want)) && strstr(facts.why, "exact"),
               "the second of %s: %s", want, facts.why);
}

/* Of a large table every record is found. */
static void many(void)
{
    char fast[NAME_SIZE] = "";
    hg_record r = record_of(KEY, 1, 2, fast);
    char *table = malloc((size_t)MANY * 2048);
    size_t size = 0;
    r.count = 1;
    for (int i = 0; table && i < MANY; i++) {
        snprintf(r.key, sizeof r.key,
                 "max_pool2d f32 nhwc n1 c32 h%d w16 r3x3 s2x2 p1,1,1,1 d1x1 o%dx8", 16 + i,
                 (16 + i + 1) / 2);
        size += hg_record_format(&r, table + size, 2048);
    }
    hg_context *context = context_of(1, table, size, false);
    plan_facts facts;
    for (int i = 0; context && i < MANY; i += 97) {
        snprintf(r.key, sizeof r.key,
                 "max_pool2d f32 nhwc n1 c32 h%d w16 r3x3 s2x2 p1,1,1,1 d1x1 o%dx8", 16 + i,
                 (16 + i + 1) / 2);
        if (plan_in(context, r.key, &facts))
            expect(strstr(facts.why, "exact") != NULL, "record %d of %d: %s", i, MANY, facts.why);
    }
    hg_context_free(context);
    free(table);
}

/* Every kernel of the operator is a candidate or rejected with a reason. */
static void reasons(void)
{
    hg_context *context = context_of(1, NULL, 0, false);
    hg_plan *plan = NULL;
    char text[512];
    size_t kernels = 0, rejected = 0, candidates = 0;
    hg_kernel_info info;
    if (!context || hg_plan_from_key(context, KEY, NULL, NULL, NULL, &plan)) return;
    for (size_t i = 0; hg_kernel_get(context, i, &info); i++)
        kernels += strcmp(info.op, "max_pool2d") == 0;
    char before[512] = "";
    for (; hg_plan_candidate(plan, candidates, text, sizeof text); candidates++)
        text[strcspn(text, " ")] = '\0';
    for (; hg_plan_rejected(plan, rejected, text, sizeof text); rejected++) {
        const char *why = strchr(text, ':');
        expect(why && strlen(why) > 3 && strcmp(text, before), "a reason: %s", text);
        snprintf(before, sizeof before, "%s", text);
    }
    expect(rejected > 0 && rejected < kernels && rejected + candidates >= kernels,
           "%zu kernels: %zu candidates, %zu rejected", kernels, candidates, rejected);
    hg_plan_free(plan);
    hg_context_free(context);
}

/* The table that is installed with the library serves until there is an own record. */
static void shipped(void)
{
    static char table[TABLE_SIZE];
    char folder[] = "/tmp/hourglass-test-XXXXXX", path[256], fast[2][NAME_SIZE] = {"", ""};
    const hg_record of[2] = {record_of(KEY, 1, 2, fast[0]), record_of(KEY, 1, 1, fast[1])};
    if (!expect(mkdtemp(folder) != NULL, "a temporary folder")) return;
    snprintf(path, sizeof path, "%s/%s.jsonl", folder, of[0].machine);
    FILE *file = fopen(path, "w");
    const size_t size = hg_record_format(&of[0], table, sizeof table);
    expect(file && fwrite(table, size, 1, file) == 1 && fclose(file) == 0, "a table in %s", path);
    for (int own = 0; own < 2; own++) {
        hg_context *context = context_of(1, NULL, 0, false);
        plan_facts facts;
        if (!context) break;
        hg_table *t = &context->table;
        hg_table_free(t);
        expect(!hg_table_add_shipped(t, "/tmp/no such folder") && t->count == 0, "no folder");
        expect(!hg_table_add_shipped(t, folder) && t->shipped == 1, "%zu shipped", t->shipped);
        if (own) hg_table_add(t, table, hg_record_format(&of[1], table, sizeof table));
        hg_table_seal(t);
        if (plan_in(context, KEY, &facts))
            expect(!strcmp(facts.kernel, fast[own]) && strstr(facts.why, "exact") &&
                       (strstr(facts.why, "installed with the library") != NULL) == !own,
                   "installed%s: %s", own ? " and own" : "", facts.why);
        if (plan_in(context, SIMILAR, &facts))
            expect(!strstr(facts.why, own ? "least" : "similar"), "installed%s, similar: %s",
                   own ? " and own" : "", facts.why);
        hg_context_free(context);
    }
    remove(path);
    rmdir(folder);
}

/* A table that is compiled in: found by machine, key and nearest number of threads. */
static void builtin(void)
{
    static const hg_builtin_kernel kernels[] = {{"a", 1}, {"b", 2}, {"d", 1}};
    static const int threads[] = {1, 2, 16};
    hg_builtin_record records[4] = {{.problem = 0}};
    const uint64_t number = hg_key_number(KEY);
    for (size_t i = 0; i < 3; i++) {
        records[i].problem = number;
        records[i].threads = (int16_t)threads[i];
    }
    records[3].problem = number + 1;
    const hg_builtin table = {.machine = "m",
                              .kernels = kernels,
                              .kernel_count = HG_COUNT(kernels),
                              .records = records,
                              .record_count = HG_COUNT(records)};
    static const struct {
        int threads, finds;
    } cases[] = {{1, 1}, {2, 2}, {3, 2}, {5, 2}, {7, 16}, {16, 16}, {64, 16}};
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        const hg_builtin_record *r = hg_builtin_find(&table, "m", KEY, cases[i].threads);
        expect(r && r->threads == cases[i].finds, "compiled in, %d threads: the record of %d",
               cases[i].threads, r ? r->threads : 0);
    }
    expect(!hg_builtin_find(&table, "n", KEY, 1), "another machine's table answers");
    expect(!hg_builtin_find(&table, "m", "no such key", 1), "another problem's record answers");
    expect(!hg_builtin_find(&hg_builtin_table, "m", KEY, 1), "no table answers");
    expect(hg_builtin_keeps(&table, "b") && !hg_builtin_keeps(&table, "c") &&
               hg_builtin_keeps(&hg_builtin_table, "c"),
           "kernels that a table names");
}

/* The family of a row is the table that holds it: its name is that of a source (tests/test_rows).
 */
static void families(void)
{
    static const char *const cases[][2] = {
        {"conv2d.f32.nhwc.neon.igemm6x16", "conv2d_nhwc_igemm_neon"},
        {"conv2d.f32.nhwc.avx512.direct_dot", "conv2d_nhwc_direct_dot_avx512"},
        {"conv2d.f32.nhwc.avx2.direct96", "conv2d_nhwc_direct_avx2"},
        {"max_pool2d.f32.nhwc.avx2.window_indices", "pool2d_nhwc_window_indices_avx2"},
        {"max_pool2d.f32.nhwc.avx2.window", "pool2d_nhwc_window_avx2"},
        {"max_unpool2d.f32.nchw.neon.gather_2x2", "unpool2d_nchw_gather_2x2_neon"},
        {"conv2d.f32.any.scalar.ref", NULL},
        {"conv2d.f32.nhwc.avx2.directs", NULL},
        {"conv2d.f32.nhwc.avx9.direct16", NULL},
        {"conv2d.f64.nhwc.avx2.direct16", NULL},
        {"conv2d", NULL}};
    char family[64];
    hg_registry_walk walk = {0, 0};
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        const bool found = hg_registry_family(cases[i][0], family, sizeof family);
        expect(found ? cases[i][1] && !strcmp(family, cases[i][1]) : !cases[i][1], "%s is of %s",
               cases[i][0], found ? family : "none");
    }
    for (const hg_kernel *k; (k = hg_registry_next(&walk));)
        expect(k->reference || hg_registry_family(k->name, family, sizeof family),
               "%s has no family", k->name);
}

/* Stores past the caches are the default, and alone to be had, where the last level does not hold
 * the output with room to spare: here 1 MB. */
static void past_the_caches(void)
{
    static const char *const keys[] = {
        "resize2d f32 nhwc n1 c16 h64 w64 o128x128 nearest asymmetric round=floor",
        "binary f32 nhwc n1 c16 h128 w128 add",
        "pad2d f32 nhwc n1 c16 h126 w126 p1,1,1,1 o128x128 edge"};
    enum { MIB = 1 << 20 };
    static const struct {
        int64_t l3;
        bool past;
    } cases[] = {
        {MIB, true}, {MIB * 8 / 5, true}, {MIB * 8 / 5 + 8, false}, {2 * MIB, false}, {0, false}};
    hg_context *context = context_of(1, NULL, 0, false);
    for (size_t k = 0; context && k < HG_COUNT(keys); k++)
        for (size_t i = 0; i < HG_COUNT(cases); i++) {
            plan_facts facts;
            context->machine.l3 = cases[i].l3;
            if (!plan_in(context, keys[k], &facts)) continue;
            expect((strstr(facts.kernel, "nontemporal=1") != NULL) == cases[i].past,
                   "%s with %lld bytes of the last-level cache: %s", keys[k],
                   (long long)cases[i].l3, facts.kernel);
        }
    hg_context_free(context);
}

void test_selection(void)
{
    past_the_caches();
    shipped();
    builtin();
    families();
    tiers();
    hiding();
    limping();
    many();
    reasons();
}
