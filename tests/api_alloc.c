/* Every allocation of contexts, filters and plans fails once. Expected: HG_NO_MEMORY, nothing
 * leaked, and the same bits as ever once memory is there again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/table.h"
#include "tests/api_fields.h"

/* Counts live blocks; allocation number `fail` (from 1) returns NULL. */
typedef struct counter {
    long calls, live, fail, misaligned;
} counter;

static void *allocate(void *self, size_t alignment, size_t size)
{
    counter *c = self;
    if (++c->calls == c->fail) return NULL;
    if (alignment > 64 || (alignment & (alignment - 1)) || alignment == 0) c->misaligned++;
    unsigned char *block = aligned_alloc(64, (size + 63) / 64 * 64);
    if (!block) return NULL;
    memset(block, 0xA5, size); /* the library must not count on zeros */
    c->live++;
    return block;
}

static void release(void *self, void *memory)
{
    counter *c = self;
    if (!memory) return;
    c->live--;
    free(memory);
}

/* Creates all, runs, frees all. The status of the first call that failed. */
static hg_status attempt(counter *c, const descriptor *d, const char *table, float *y)
{
    hg_context_options o = quiet_options();
    hg_context *context = NULL;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    o.allocator = (hg_allocator){allocate, release, c};
    o.table = table;
    hg_status status = hg_context_create(&o, &context);
    expect((status == HG_OK) == (context != NULL), "a context or a status");
    const bool conv = d->op == HG_OP_CONV2D || d->op == HG_OP_CONV_TRANSPOSE2D;
    if (!status && conv) {
        status = hg_filter_create(context, &d->filter, sample_weights(), &filter);
        expect((status == HG_OK) == (filter != NULL), "a filter or a status");
    }
    if (!status) {
        status = descriptor_plan(context, d, filter, conv ? sample_weights() : NULL, &plan);
        expect((status == HG_OK) == (plan != NULL), "a plan or a status");
    }
    hg_context_free(context); /* the plan keeps what it needs */
    hg_filter_free(filter);
    if (!status) {
        const long before = c->calls;
        status = run_sample(plan, d, y);
        expect(c->calls == before, "%s: hg_run allocated", hg_op_name(d->op));
    }
    hg_plan_free(plan);
    return status;
}

static void fail_each(const descriptor *d, const char *table, const char *what)
{
    static float want[SAMPLE_OUTPUT], got[SAMPLE_OUTPUT];
    counter c = {0};
    last = (heard){0};
    if (!expect(attempt(&c, d, table, want) == HG_OK, "%s %s: %s", hg_op_name(d->op), what,
                last.sentence))
        return;
    expect(c.live == 0 && c.misaligned == 0, "%s %s: %ld blocks leaked, %ld alignments wrong",
           hg_op_name(d->op), what, c.live, c.misaligned);
    const long calls = c.calls;
    for (long n = 1; n <= calls; n++) {
        c = (counter){.fail = n};
        last = (heard){0};
        const hg_status status = attempt(&c, d, table, got);
        expect(c.live == 0, "%s %s: allocation %ld failed, %ld blocks leaked", hg_op_name(d->op),
               what, n, c.live);
        /* Memory that only makes things faster, such as a table's, may be missed in silence. */
        if (status == HG_OK && table)
            expect(memcmp(want, got, sizeof want) == 0, "%s %s: other bits", hg_op_name(d->op),
                   what);
        else
            expect(status == HG_NO_MEMORY && last.status == HG_NO_MEMORY && last.count == 1,
                   "%s %s: allocation %ld of %ld failed: \"%s\", %d sentences", hg_op_name(d->op),
                   what, n, calls, hg_status_string(status), last.count);
    }
    c = (counter){0};
    expect(attempt(&c, d, table, got) == HG_OK && memcmp(want, got, sizeof want) == 0,
           "%s %s: other bits after the failures", hg_op_name(d->op), what);
}

void test_allocations(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    hg_machine machine;
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    hg_context_machine(context, &machine);
    hg_context_free(context);
    for (hg_op op = 0; op < HG_OP_COUNT; op++)
        for (int layout = HG_NHWC; layout <= HG_NCHW; layout++) {
            descriptor d = sample(op);
            descriptor_input(&d)->layout = (hg_layout)layout;
            descriptor_follow_input(&d);
            fail_each(&d, NULL, layout ? "nchw" : "nhwc");
        }
    char table[8192] = "garbage\n";
    hg_record r = {.threads = 1,
                   .count = 1,
                   .ranks = {{.kernel = "max_pool2d.f32.any.scalar.ref", .rev = 1, .ns = 1}}};
    snprintf(r.key, sizeof r.key, "max_pool2d f32 nhwc");
    snprintf(r.machine, sizeof r.machine, "%s", machine.key);
    hg_record_format(&r, table + strlen(table), sizeof table - strlen(table));
    const descriptor d = sample(HG_OP_MAX_POOL2D);
    fail_each(&d, table, "with a table");
}
