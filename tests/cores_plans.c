/* Plans on a machine of three classes of cores: which kernel each has, what they share, what a run
 * takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/plan.h"
#include "dispatch/registry.h"
#include "kernels/common/attr.h"
#include "tests/cores.h"

enum { VALUES = 28 * 28 * 64, TABLE_SIZE = 1 << 14, NAME_SIZE = 224, CHOICES = 3 };

static const char KEY[] = "conv2d f32 nhwc n1 c64 h28 w28 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1";
static float values[VALUES];

/* Processors 0 and 1, 2 and 3, 4 and 5. */
static const fake_machine three = {CLUSTERS, "0-5", "ccbbaa"};
static const char *const keys[CHOICES] = {"aarch64-midr411fd480-l1.64k-l2.1024k",
                                          "aarch64-midr411fd470-l1.64k-l2.512k",
                                          "aarch64-midr411fd461-l1.32k-l2.256k"};

/* Copied to another layout whole, or in bands, as the second-level cache asks. */
static const char BANDED[] = "conv2d f32 nchw n1 c16 h96 w96 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1";

typedef struct outcome {
    float y[VALUES];
} outcome;

/* Candidates by name, with other bits each, and what they give. */
static char choices[CHOICES][NAME_SIZE];
static outcome wanted[CHOICES];
static size_t workspaces[CHOICES];

typedef struct made {
    hg_context *context;
    hg_filter *filter;
    hg_plan *plan;
} made;

static void unmake(made *m)
{
    hg_context_free(m->context);
    hg_filter_free(m->filter);
    hg_plan_free(m->plan);
    *m = (made){.plan = NULL};
}

static const char *key = KEY;

static hg_status make(const hg_context_options *options, const char *kernel, made *m)
{
    hg_filter_desc desc;
    hg_context_options o = options ? *options : (hg_context_options){0};
    o.ignore_environment = true;
    *m = (made){.plan = NULL};
    hg_status status = hg_context_create(&o, &m->context);
    hg_key_filter(key, &desc);
    if (!status) status = hg_filter_create(m->context, &desc, values, &m->filter);
    if (!status) status = hg_plan_from_key(m->context, key, m->filter, NULL, kernel, &m->plan);
    return status;
}

static bool run(const hg_plan *plan, int cpu, outcome *out)
{
    void *workspace = aligned_alloc(64, hg_plan_workspace_size(plan) + 64);
    memset(out, 0, sizeof *out);
    fake_cpu = cpu;
    const hg_status status = hg_run(plan, &(hg_io){.input = values, .output = out->y}, workspace);
    free(workspace);
    return status == HG_OK;
}

/* The choice, if any, whose bits these are. */
static int choice_of(const outcome *o)
{
    for (int i = 0; i < CHOICES; i++)
        if (!memcmp(o, &wanted[i], sizeof *o)) return i;
    return -1;
}

/* Candidates behind the untuned choice: no plan has them without a table. */
static bool find_choices(void)
{
    static outcome untuned;
    made m, forced;
    char name[NAME_SIZE];
    int n = 0;
    around = NULL;
    for (int i = 0; i < VALUES; i++) values[i] = (float)(i * 37 % 1009) / 512.0f - 0.9f;
    if (!expect(!make(NULL, NULL, &m) && run(m.plan, 0, &untuned), "a plan")) return false;
    expect(!m.plan->of_class[0] && asked == 0, "one class of cores: its processor is asked for");
    for (size_t i = 1; n < CHOICES && hg_plan_candidate(m.plan, i, name, sizeof name); i++) {
        if (make(NULL, name, &forced)) continue;
        workspaces[n] = hg_plan_workspace_size(forced.plan);
        run(forced.plan, 0, &wanted[n]);
        bool fresh = memcmp(&wanted[n], &untuned, sizeof untuned) != 0;
        for (int j = 0; j < n; j++) fresh = fresh && memcmp(&wanted[n], &wanted[j], sizeof untuned);
        if (fresh) snprintf(choices[n++], NAME_SIZE, "%s", name);
        unmake(&forced);
    }
    unmake(&m);
    return expect(n == CHOICES, "%d kernels of other bits", n);
}

/* A table in which class i of `three` has the kernel that names[i] names. */
static const char *table_of(const char *const names[CHOICES])
{
    static char table[TABLE_SIZE];
    size_t used = 0;
    for (int i = 0; i < CHOICES; i++) {
        hg_record r = {.threads = 1, .count = 1, .default_ns = 900, .ranks = {{.ns = 400}}};
        hg_ranked *rank = &r.ranks[0];
        const size_t length = strcspn(names[i], " ");
        snprintf(r.key, sizeof r.key, "%s", key);
        snprintf(r.machine, sizeof r.machine, "%s", keys[i]);
        snprintf(rank->kernel, sizeof rank->kernel, "%.*s", (int)length, names[i]);
        rank->rev = hg_registry_find(rank->kernel)->rev;
        hg_config_parse(names[i] + length, &rank->config);
        used += hg_record_format(&r, table + used, sizeof table - used);
    }
    return table;
}

static const char *by_choice(int a, int b, int c)
{
    return table_of((const char *const[]){choices[a], choices[b], choices[c]});
}

/* Processors and the choice that a run on each must take. */
static void expect_runs(const hg_plan *plan, const char *what, int a, int b, int c)
{
    static outcome out;
    const int cpus[] = {0, 1, 2, 3, 4, 5, 6, 5000, -1}, of[] = {a, a, b, b, c, c, a, a, a};
    for (size_t i = 0; i < sizeof cpus / sizeof *cpus; i++) {
        const bool ran = run(plan, cpus[i], &out);
        expect(ran && choice_of(&out) == of[i], "%s: on processor %d choice %d, not %d", what,
               cpus[i], choice_of(&out), of[i]);
    }
}

static void selection(void)
{
    made m;
    char line[400];
    hg_context_options o = {.table = by_choice(0, 1, 2)};
    hg_table_counts counts;
    if (!expect(!make(&o, NULL, &m), "a plan of three classes")) return;
    hg_context_tables(m.context, &counts);
    expect(counts.usable == 3 && counts.foreign == 0, "%zu usable, %zu foreign", counts.usable,
           counts.foreign);
    expect(!strcmp(hg_plan_kernel(m.plan), choices[0]), "the first class has %s",
           hg_plan_kernel(m.plan));
    for (int i = 1; i < CHOICES; i++) {
        snprintf(line, sizeof line, "\n  on cores of %s: %s\n", keys[i], choices[i]);
        expect(strstr(hg_plan_explain(m.plan), line) != NULL, "explained: %s",
               hg_plan_explain(m.plan));
    }
    const size_t most = HG_MAX(HG_MAX(workspaces[0], workspaces[1]), workspaces[2]);
    expect(hg_plan_workspace_size(m.plan) == most, "workspace of %zu bytes, not %zu",
           hg_plan_workspace_size(m.plan), most);
    expect_runs(m.plan, "three records", 0, 1, 2);
    hg_machine machine;
    hg_context_machine(m.context, &machine);
    expect(!strcmp(machine.key, keys[0]), "the machine is the fastest class: %s", machine.key);
    unmake(&m);
}

/* What classes have in common there is once. */
static void sharing(void)
{
    made m;
    hg_context_options o = {.table = by_choice(0, 1, 1)};
    if (!expect(!make(&o, NULL, &m), "a plan")) return;
    expect(m.plan->of_class[0] == m.plan && m.plan->of_class[1] != m.plan &&
               m.plan->of_class[1] == m.plan->of_class[2],
           "classes of one kernel have one plan");
    expect_runs(m.plan, "two alike", 0, 1, 1);
    unmake(&m);
    o.table = by_choice(1, 0, 1);
    if (!expect(!make(&o, NULL, &m), "a plan")) return;
    expect(m.plan->of_class[2] == m.plan, "the last class has the first's plan");
    expect_runs(m.plan, "first and last alike", 1, 0, 1);
    unmake(&m);
    o.table = by_choice(2, 2, 2);
    if (!expect(!make(&o, NULL, &m), "a plan")) return;
    asked = 0;
    expect_runs(m.plan, "all alike", 2, 2, 2);
    expect(!m.plan->of_class[0] && asked == 0, "all alike: the processor is asked for");
    unmake(&m);
}

/* Two configurations of one kernel read the same packed weights. */
static void packed(void)
{
    made m;
    char name[NAME_SIZE], before[NAME_SIZE] = "";
    bool found = false;
    around = NULL;
    if (!expect(!make(NULL, NULL, &m), "a plan")) return;
    for (size_t i = 0; !found && hg_plan_candidate(m.plan, i, name, sizeof name); i++) {
        const size_t n = strcspn(name, " ");
        found = n == strcspn(before, " ") && !strncmp(name, before, n) && !strstr(name, "via");
        if (!found) snprintf(before, sizeof before, "%s", name);
    }
    unmake(&m);
    around = &three;
    if (!expect(found, "a kernel of two configurations")) return;
    hg_context_options o = {.table = table_of((const char *const[]){name, before, before})};
    if (!expect(!make(&o, NULL, &m), "a plan")) return;
    const hg_plan *other = m.plan->of_class[1];
    expect(other && other != m.plan && other->kernel == m.plan->kernel &&
               other->weights == m.plan->weights,
           "%s and %s: weights are packed twice", name, before);
    unmake(&m);
}

/* One kernel for all: reproducible, forced, preferred; and of a thread that is bound to one class.
 */
static void one_for_all(void)
{
    static outcome first, other;
    static const bool last_only[HG_MAX_CPUS] = {[4] = true, [5] = true};
    made m;
    hg_context_options o = {.table = by_choice(0, 1, 2), .reproducible = true};
    for (int bound = 0; bound < 2; bound++) {
        around_allowed = bound ? last_only : NULL;
        if (!expect(!make(&o, NULL, &m), "a plan")) return;
        run(m.plan, 0, bound ? &other : &first);
        for (int cpu = 1; cpu < 6; cpu++) {
            run(m.plan, cpu, &other);
            expect(!memcmp(&first, &other, sizeof first), "reproducible%s: bits of processor %d",
                   bound ? ", bound" : "", cpu);
        }
        expect(!strcmp(m.context->machine.key, keys[0]), "reproducible: %s",
               m.context->machine.key);
        unmake(&m);
    }
    o.reproducible = false;
    if (expect(!make(&o, NULL, &m), "a plan")) expect_runs(m.plan, "bound", 2, 2, 2);
    expect(!strcmp(m.context->machine.key, keys[2]), "bound: %s", m.context->machine.key);
    unmake(&m);
    around_allowed = NULL;
    if (expect(!make(&o, choices[1], &m), "a plan")) expect_runs(m.plan, "forced", 1, 1, 1);
    unmake(&m);
    o.kernel = choices[2];
    if (expect(!make(&o, NULL, &m), "a plan")) expect_runs(m.plan, "preferred", 2, 2, 2);
    unmake(&m);
    o.kernel = NULL, o.isa = HG_ISA_SCALAR;
    if (expect(!make(&o, NULL, &m), "a plan"))
        expect(!strcmp(m.context->machine.key, "aarch64-midr411fd480-l1.64k-l2.1024k-isa.scalar") &&
                   strstr(m.context->of_class[2]->machine.key, "-isa.scalar"),
               "a cap: %s", m.context->machine.key);
    unmake(&m);
}

/* Caches alone may ask for another configuration. Not where results are to be reproducible; and a
 * record that fits the last class alone is of use. */
static void caches(void)
{
    static const bool last_only[HG_MAX_CPUS] = {[4] = true};
    made m;
    char names[2][NAME_SIZE];
    hg_context_options o = {.reproducible = true};
    hg_table_counts counts;
    key = BANDED;
    for (int bound = 0; bound < 2; bound++) {
        around_allowed = bound ? last_only : NULL;
        if (!expect(!make(NULL, NULL, &m), "a plan")) return;
        snprintf(names[bound], NAME_SIZE, "%s", hg_plan_kernel(m.plan));
        expect((m.plan->of_class[0] == NULL) == bound, "bound: %d, one plan", bound);
        unmake(&m);
    }
    around_allowed = NULL;
    expect(strcmp(names[0], names[1]) != 0, "%s for both caches", names[0]);
    if (expect(!make(&o, NULL, &m), "a plan"))
        expect(!m.plan->of_class[0], "reproducible: a plan for each class");
    unmake(&m);
    o = (hg_context_options){.table =
                                 table_of((const char *const[]){names[1], names[1], names[1]})};
    if (expect(!make(&o, NULL, &m), "a plan")) {
        hg_context_tables(m.context, &counts);
        expect(counts.usable == 1 && counts.foreign == 2, "%s: %zu usable, %zu foreign", names[1],
               counts.usable, counts.foreign);
    }
    unmake(&m);
    key = KEY;
}

/* ---- Threads ---- */

static int slices;

/* Every slice finds itself on another core than the caller. */
static void elsewhere(void *self, size_t count, void (*task)(void *argument, size_t i),
                      void *argument)
{
    (void)self;
    const int caller = fake_cpu;
    for (size_t i = 0; i < count; i++, slices++) {
        fake_cpu = (int)(2 * i);
        task(argument, i);
    }
    fake_cpu = caller;
}

static void threads(void)
{
    made m;
    hg_context_options o = {
        .table = by_choice(0, 1, 2), .threads = 3, .executor = {elsewhere, NULL}};
    if (!expect(!make(&o, NULL, &m), "a plan for three threads")) return;
    slices = 0;
    expect_runs(m.plan, "three threads", 0, 1, 2);
    expect(slices >= 2, "%d slices", slices);
    unmake(&m);
    o.executor = (hg_executor){.self = NULL};
    if (!expect(!make(&o, NULL, &m), "a plan for three threads")) return;
    expect_runs(m.plan, "three threads of the library", 0, 1, 2);
    unmake(&m);
}

/* ---- Memory ---- */

typedef struct counter {
    long calls, live, fail;
} counter;

static void *allocate(void *self, size_t alignment, size_t size)
{
    counter *c = self;
    if (++c->calls == c->fail) return NULL;
    void *block = aligned_alloc(alignment, (size + 63) / 64 * 64);
    c->live += block != NULL;
    return block;
}

static void release(void *self, void *memory)
{
    counter *c = self;
    c->live -= memory != NULL;
    free(memory);
}

/* Every allocation fails once: no memory, or fewer records, and nothing is leaked. */
static void memory(void)
{
    counter c = {0};
    made m;
    const hg_context_options o = {.table = by_choice(0, 1, 1),
                                  .allocator = {allocate, release, &c}};
    expect(!make(&o, NULL, &m), "a plan");
    unmake(&m);
    const long calls = c.calls;
    expect(c.live == 0 && calls > 12, "%ld of %ld blocks leaked", c.live, calls);
    for (long n = 1; n <= calls; n++) {
        static outcome out;
        c = (counter){.fail = n};
        const hg_status status = make(&o, NULL, &m);
        expect(status == HG_NO_MEMORY || (!status && run(m.plan, 2, &out)),
               "allocation %ld of %ld failed: %s", n, calls, hg_status_string(status));
        unmake(&m);
        expect(c.live == 0, "allocation %ld of %ld failed: %ld blocks leaked", n, calls, c.live);
    }
}

void test_plans(void)
{
    if (!find_choices()) return;
    around = &three;
    selection();
    sharing();
    packed();
    one_for_all();
    caches();
    threads();
    memory();
    around = NULL;
}
