/* Packed weights: the same bits, whoever packed them; memory held, and memory that runs out;
 * threads and processes that share. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api_weights.h"

static char file[64]; /* in a folder of this run */

/* ---- Memory that is counted ---- */

typedef struct meter {
    size_t held, live;
    long calls, fail; /* allocation number `fail` (from 1) returns NULL */
} meter;

enum { BEFORE = 64 };

static void *allocate(void *self, size_t alignment, size_t size)
{
    meter *m = self;
    (void)alignment;
    if (++m->calls == m->fail) return NULL;
    char *block = aligned_alloc(64, BEFORE + (size + 63) / 64 * 64);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    m->held += size, m->live++;
    return block + BEFORE;
}

static void release(void *self, void *memory)
{
    meter *m = self;
    if (!memory) return;
    char *block = (char *)memory - BEFORE;
    size_t size;
    memcpy(&size, block, sizeof size);
    m->held -= size, m->live--;
    free(block);
}

static hg_context *context_of(meter *m)
{
    hg_context_options o = quiet_options();
    hg_context *context = NULL;
    if (m) o.allocator = (hg_allocator){allocate, release, m};
    hg_context_create(&o, &context);
    return context;
}

/* ---- Plans ---- */

hg_status plan_packed(hg_context *context, const descriptor *d, hg_weights *packed, uint64_t id,
                      const float *weights, hg_plan **plan)
{
    hg_filter *filter = NULL;
    hg_filter_desc desc = d->filter;
    desc.packed = packed, desc.id = id;
    *plan = NULL;
    hg_status status = hg_filter_create(context, &desc, weights, &filter);
    if (!status) status = descriptor_plan(context, d, filter, sample_weights(), plan);
    if (!status) hg_filter_drop_weights(filter);
    hg_filter_free(filter);
    return status;
}

typedef struct sampled {
    descriptor d;
    uint64_t id;
    float want[SAMPLE_OUTPUT];
} sampled;

static sampled samples[PACKED_SAMPLES];

const descriptor *packed_sample(int i)
{
    return &samples[i].d;
}

static bool make_samples(hg_context *context)
{
    bool good = true;
    for (uint64_t i = 0; i < PACKED_SAMPLES; i++) {
        sampled *s = &samples[i];
        hg_plan *plan = NULL;
        s->d = sample(i & 1 ? HG_OP_CONV_TRANSPOSE2D : HG_OP_CONV2D);
        descriptor_input(&s->d)->layout = i & 2 ? HG_NCHW : HG_NHWC;
        s->id = i + 1;
        good = good && !plan_packed(context, &s->d, NULL, 0, sample_weights(), &plan) &&
               !run_sample(plan, &s->d, s->want);
        hg_plan_free(plan);
    }
    return expect(good, "the samples are planned: %s", last.sentence);
}

int count_wrong(hg_context *context, hg_weights *packed, const float *weights)
{
    int wrong = 0;
    for (int i = 0; i < PACKED_SAMPLES; i++) {
        float y[SAMPLE_OUTPUT];
        hg_plan *plan;
        const sampled *s = &samples[i];
        wrong += plan_packed(context, &s->d, packed, s->id, weights, &plan) ||
                 run_sample(plan, &s->d, y) || memcmp(y, s->want, sizeof y) != 0;
        hg_plan_free(plan);
    }
    return wrong;
}

static void test_round(hg_context *context)
{
    hg_weights *packed = NULL;
    hg_plan *plan;
    const float bias[] = {1, 2, 3};
    expect(!hg_weights_create(context, &packed), "no weights");
    expect(count_wrong(context, packed, sample_weights()) == 0, "packed once: %s", last.sentence);
    expect(count_wrong(context, packed, NULL) == 0, "found by id: %s", last.sentence);
    expect(!hg_weights_add(packed, 7, bias, 3) && !hg_weights_add(packed, 7, bias, 3), "a bias");
    expect(!hg_weights_save(packed, file), "saved: %s", last.sentence);
    hg_weights_free(packed);
    expect(!hg_weights_open(context, file, &packed), "opened: %s", last.sentence);
    expect(!hg_weights_verify(packed), "verified: %s", last.sentence);
    expect(count_wrong(context, packed, NULL) == 0, "mapped, by id: %s", last.sentence);
    expect(count_wrong(context, packed, sample_weights()) == 0, "mapped, by hash");
    const float *found = hg_weights_find(packed, 7, 3);
    expect(found && memcmp(found, bias, sizeof bias) == 0, "the bias");
    expect(!hg_weights_find(packed, 7, 2) && !hg_weights_find(packed, 8, 3), "no other bias");
    expect(!hg_weights_save(packed, file), "what is mapped is replaced: %s", last.sentence);
    expect(count_wrong(context, packed, NULL) == 0, "and stays mapped");
    hg_status status = plan_packed(context, &samples[0].d, packed, 99, NULL, &plan);
    expect_refused(status, 1 << HG_UNSUPPORTED, plan, "dropped", "an id that is not there");
    status = plan_packed(context, &samples[0].d, packed, 1, sample_weights() + 1, &plan);
    expect_refused(status, 1 << HG_INVALID, plan, "filter.id", "other weights of an id");
    status = plan_packed(context, &samples[0].d, NULL, 1, sample_weights(), &plan);
    expect_refused(status, 1 << HG_INVALID, plan, "filter.packed", "an id of nothing");
    status = plan_packed(context, &samples[0].d, packed, 0, NULL, &plan);
    expect_refused(status, 1 << HG_INVALID, plan, "weights is NULL", "no weights and no id");
    expect_refused(hg_weights_add(packed, 7, sample_weights(), 3), 1 << HG_INVALID, NULL,
                   "hg_weights_add", "another bias");
    hg_weights_free(packed);
}

/* Another kernel than the one that packed, once the weights are gone. */
static void test_dropped(hg_context *context)
{
    descriptor d = sample(HG_OP_CONV2D);
    hg_filter *filter = NULL;
    hg_plan *plan = NULL, *other = NULL;
    float y[SAMPLE_OUTPUT], want[SAMPLE_OUTPUT];
    hg_filter_create(context, &d.filter, sample_weights(), &filter);
    expect(!descriptor_plan(context, &d, filter, NULL, &plan), "a plan");
    run_sample(plan, &d, want);
    hg_filter_drop_weights(filter);
    hg_filter_drop_weights(filter);
    hg_filter_drop_weights(NULL);
    expect(!descriptor_plan(context, &d, filter, NULL, &other) && !run_sample(other, &d, y) &&
               memcmp(y, want, sizeof y) == 0,
           "planned again of what was packed: %s", last.sentence);
    hg_plan_free(other);
    d.u.conv2d.kernel = strstr(hg_plan_kernel(plan), ".scalar.") ? "conv2d.f32.nhwc.avx2.direct8"
                                                                 : "conv2d.f32.any.scalar.ref";
    const hg_status status = descriptor_plan(context, &d, filter, NULL, &other);
    expect_refused(status, 1 << HG_UNSUPPORTED, other, d.u.conv2d.kernel, "another packing");
    hg_plan_free(plan);
    hg_filter_free(filter);
}

/* The same weights, planned once more, are no other weights of their id. */
static void test_upsampled(hg_context *context)
{
    const hg_upsample_conv2d op = {.input = hg_tensor_nhwc(HG_F32, 1, 4, 4, 2), .factor = {2, 2}};
    hg_weights *packed = NULL;
    hg_weights_create(context, &packed);
    const hg_filter_desc desc = {.order = HG_OIHW,
                                 .out_channels = 2,
                                 .in_channels = 2,
                                 .height = 1,
                                 .width = 1,
                                 .packed = packed,
                                 .id = 5};
    for (int i = 0; i < 3; i++) { /* at last without them */
        hg_filter *filter = NULL;
        hg_plan *plan = NULL;
        hg_status status =
            hg_filter_create(context, &desc, i < 2 ? sample_weights() : NULL, &filter);
        if (!status) status = hg_plan_upsample_conv2d(context, &op, filter, NULL, &plan);
        expect(!status, "upsampled for time %d: %s", i, last.sentence);
        hg_plan_free(plan);
        hg_filter_free(filter);
    }
    hg_weights_free(packed);
}

/* Two filters of one id that are both made before either is planned. */
static void test_contradiction(hg_context *context)
{
    const descriptor d = sample(HG_OP_CONV2D);
    hg_weights *packed = NULL;
    hg_filter *filters[2] = {NULL};
    hg_plan *plan;
    hg_weights_create(context, &packed);
    hg_filter_desc desc = d.filter;
    desc.packed = packed, desc.id = 5;
    for (int i = 0; i < 2; i++)
        expect(!hg_filter_create(context, &desc, sample_weights() + i, &filters[i]), "a filter");
    expect(!descriptor_plan(context, &d, filters[0], NULL, &plan), "the first one's plan");
    hg_plan_free(plan);
    plan = NULL;
    const hg_status status = descriptor_plan(context, &d, filters[1], NULL, &plan);
    expect_refused(status, 1 << HG_INVALID, plan, "filter.id", "the second one's");
    for (int i = 0; i < 2; i++) hg_filter_free(filters[i]);
    hg_weights_free(packed);
}

/* ---- Memory ---- */

/* What is packed is its context's that the packed weights are of, whatever the filter's is. */
static void test_two_allocators(void)
{
    meter m[2] = {{0}};
    hg_context *contexts[] = {context_of(&m[0]), context_of(&m[1])};
    hg_weights *packed = NULL;
    hg_weights_create(contexts[0], &packed);
    expect(count_wrong(contexts[1], packed, sample_weights()) == 0, "packed for another context");
    expect(count_wrong(contexts[1], packed, NULL) == 0, "and found");
    hg_weights_free(packed);
    for (int i = 0; i < 2; i++) {
        hg_context_free(contexts[i]);
        expect(m[i].live == 0 && m[i].held == 0, "allocator %d has %ld blocks", i, m[i].live);
    }
}

/* Packs, saves, opens and plans of the file. */
static hg_status attempt(meter *m, float *y)
{
    const sampled *s = &samples[0];
    hg_context *context = context_of(m);
    hg_weights *packed = NULL, *opened = NULL;
    hg_plan *plan = NULL, *other = NULL;
    if (!context) return HG_NO_MEMORY;
    hg_status status = hg_weights_create(context, &packed);
    if (!status) status = hg_weights_add(packed, 5, sample_weights(), 8);
    if (!status) status = plan_packed(context, &s->d, packed, s->id, sample_weights(), &plan);
    if (!status) status = hg_weights_save(packed, file);
    if (!status) status = hg_weights_open(context, file, &opened);
    if (!status) status = plan_packed(context, &s->d, opened, s->id, NULL, &other);
    hg_weights_free(packed);
    hg_weights_free(opened);
    hg_context_free(context);
    if (!status) run_sample(other, &s->d, y);
    hg_plan_free(plan);
    hg_plan_free(other);
    return status;
}

static void test_no_memory(void)
{
    float y[SAMPLE_OUTPUT];
    meter m = {0};
    expect(!attempt(&m, y) && !m.live, "%zu blocks leaked: %s", m.live, last.sentence);
    const long calls = m.calls;
    for (long n = 1; n <= calls; n++) {
        m = (meter){.fail = n};
        last = (heard){0};
        const hg_status status = attempt(&m, y);
        expect(status == HG_NO_MEMORY && last.status == HG_NO_MEMORY && last.count == 1 && !m.live,
               "allocation %ld of %ld failed: \"%s\", %d sentences, %zu blocks leaked", n, calls,
               hg_status_string(status), last.count, m.live);
    }
    expect(!attempt(&(meter){0}, y) && memcmp(y, samples[0].want, sizeof y) == 0, "other bits");
}

/* A layer of 256 kB of weights: what is held beyond plan and context. */
static void test_held(void)
{
    enum { C = 256 };
    const descriptor d = {.op = HG_OP_CONV2D,
                          .u.conv2d = {.input = hg_tensor_nhwc(HG_F32, 1, 4, 4, C)},
                          .filter = {.out_channels = C, .in_channels = C, .height = 1, .width = 1}};
    const size_t weights = sizeof(float) * C * C;
    float *zeros = calloc(C, C * sizeof *zeros);
    meter m = {0};
    hg_context *context = context_of(&m);
    hg_weights *packed;
    hg_plan *plan = NULL;
    hg_weights_create(context, &packed);
    const size_t before = m.held;
    expect(zeros && !plan_packed(context, &d, packed, 1, zeros, &plan), "a plan: %s",
           last.sentence);
    expect((double)(m.held - before) < 1.1 * (double)weights, "dropped: %zu bytes for %zu",
           m.held - before, weights);
    expect(!hg_weights_save(packed, file), "saved: %s", last.sentence);
    hg_plan_free(plan);
    hg_weights_free(packed);
    const size_t empty = m.held;
    expect(!hg_weights_open(context, file, &packed) &&
               !plan_packed(context, &d, packed, 1, NULL, &plan),
           "mapped: %s", last.sentence);
    expect((double)(m.held - empty) < 0.1 * (double)weights, "mapped: %zu bytes for %zu",
           m.held - empty, weights);
    hg_weights_free(packed);
    hg_plan_free(plan);
    hg_context_free(context);
    free(zeros);
}

/* ---- Sharing ---- */

typedef struct sharer {
    hg_context *context;
    hg_weights *packed;
    const float *weights;
    int wrong;
} sharer;

static void *share_one(void *argument)
{
    sharer *s = argument;
    for (int i = 0; i < 10; i++) s->wrong += count_wrong(s->context, s->packed, s->weights);
    return NULL;
}

static void test_shared(hg_context *context, hg_weights *packed, const float *weights)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    sharer sharers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        sharers[i] = (sharer){context, packed, weights, 0};
        if (pthread_create(&threads[i], NULL, share_one, &sharers[i])) abort();
    }
    expect(!hg_weights_save(packed, file), "saved meanwhile: %s", last.sentence);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        expect(sharers[i].wrong == 0, "%d plans that share are wrong", sharers[i].wrong);
    }
}

static void test_processes(hg_context *context)
{
    enum { PROCESSES = 3 };
    for (int i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            hg_weights *packed = NULL;
            const bool good = !hg_weights_open(context, file, &packed) &&
                              !hg_weights_save(packed, file) &&
                              count_wrong(context, packed, NULL) == 0;
            _exit(!good);
        }
    for (int i = 0; i < PROCESSES; i++) {
        int code = 1;
        wait(&code);
        expect(code == 0, "a process of %d that map one file: %d", PROCESSES, code);
    }
}

void test_weights(void)
{
    char folder[] = "/tmp/hgweightsXXXXXX";
    hg_context *context = context_of(NULL);
    hg_weights *packed;
    if (!expect(context && mkdtemp(folder), "a context and a folder")) return;
    snprintf(file, sizeof file, "%s/packed", folder);
    last = (heard){0};
    if (make_samples(context)) {
        test_round(context);
        test_dropped(context);
        test_upsampled(context);
        test_contradiction(context);
        test_two_allocators();
        test_weights_files(context, file);
        hg_weights_create(context, &packed);
        test_shared(context, packed, sample_weights());
        test_shared(context, packed, NULL);
        hg_weights_free(packed);
        test_processes(context);
        test_no_memory();
        test_held();
    }
    hg_context_free(context);
    unlink(file);
    expect(rmdir(folder) == 0, "files are left in %s", folder);
}
