/* Contexts, filters, runs and keys under misuse. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/api_fields.h"
#include "tests/random.h"

static void contexts(void)
{
    const struct {
        const char *what, *named;
        hg_context_options o;
        unsigned mask;
    } cases[] = {
        {"threads -1", "threads", {.threads = -1}, INVALID},
        {"threads 257", "threads", {.threads = 257}, INVALID},
        {"an unknown isa", "isa", {.isa = (hg_isa)99}, INVALID},
        {"reserved[0]", "options.reserved", {.reserved = {1}}, UNSUPPORTED},
        {"reserved[7]", "options.reserved", {.reserved = {0, 0, 0, 0, 0, 0, 0, 1}}, UNSUPPORTED},
        {"an allocator that only gives",
         "allocator",
         {.allocator = {.allocate = (void *(*)(void *, size_t, size_t))1}},
         INVALID},
        {"an allocator that only takes",
         "allocator",
         {.allocator = {.release = (void (*)(void *, void *))1}},
         INVALID},
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_context_options o = cases[i].o;
        hg_context *context = (hg_context *)(uintptr_t)1;
        o.log.write = hear;
        last = (heard){0};
        const hg_status status = hg_context_create(&o, &context);
        expect_refused(status, cases[i].mask, context, cases[i].named, cases[i].what);
    }
    hg_context *context;
    expect(hg_context_create(NULL, NULL) == HG_INVALID, "a context into NULL");
    if (expect(hg_context_create(NULL, &context) == HG_OK, "a context by default"))
        hg_context_free(context);
    hg_context_options o = {.kernel = "no.such.kernel", .ignore_environment = true};
    if (expect(hg_context_create(&o, &context) == HG_OK, "an unknown preferred kernel")) {
        const descriptor d = sample(HG_OP_MAX_POOL2D);
        hg_plan *plan;
        expect(descriptor_plan(context, &d, NULL, NULL, &plan) == HG_OK,
               "a plan despite the unknown preferred kernel");
        hg_plan_free(plan);
        hg_context_free(context);
    }
    hg_context_free(NULL);
    hg_filter_free(NULL);
    hg_plan_free(NULL);
    for (int s = -1; s < 10; s++)
        expect(hg_status_string((hg_status)s) != NULL, "the phrase of status %d", s);
}

static void filters(hg_context *context)
{
    const int64_t big = (int64_t)1 << 31;
    const struct {
        const char *what, *named;
        hg_filter_desc d;
        unsigned mask;
    } cases[] = {
        {"out_channels 0",
         "filter.out_channels",
         {HG_F32, HG_OIHW, 0, 4, 3, 3, 1, NULL, 0, {0}},
         INVALID},
        {"in_channels -1",
         "filter.in_channels",
         {HG_F32, HG_OIHW, 4, -1, 3, 3, 1, NULL, 0, {0}},
         INVALID},
        {"height 0", "filter.height", {HG_F32, HG_OIHW, 4, 4, 0, 3, 1, NULL, 0, {0}}, INVALID},
        {"width INT64_MIN",
         "filter.width",
         {HG_F32, HG_OIHW, 4, 4, 3, INT64_MIN, 1, NULL, 0, {0}},
         INVALID},
        {"groups -1", "filter.groups", {HG_F32, HG_OIHW, 4, 4, 3, 3, -1, NULL, 0, {0}}, INVALID},
        {"groups that do not divide in",
         "filter.groups",
         {HG_F32, HG_OIHW, 6, 4, 3, 3, 3, NULL, 0, {0}},
         INVALID},
        {"groups that do not divide out",
         "filter.groups",
         {HG_F32, HG_IOHW, 4, 6, 3, 3, 3, NULL, 0, {0}},
         INVALID},
        {"an unknown order",
         "filter.order",
         {HG_F32, (hg_filter_order)99, 4, 4, 3, 3, 1, NULL, 0, {0}},
         INVALID},
        {"HWOI with groups",
         "filter.groups",
         {HG_F32, HG_HWOI, 4, 4, 3, 3, 2, NULL, 0, {0}},
         INVALID},
        {"f16", "filter.dtype", {HG_F16, HG_OIHW, 4, 4, 3, 3, 1, NULL, 0, {0}}, UNSUPPORTED},
        {"a reserved word",
         "filter.reserved",
         {HG_F32, HG_OIHW, 4, 4, 3, 3, 1, NULL, 0, {0, 1}},
         UNSUPPORTED},
        {"2^31 channels",
         "filter.out_channels",
         {HG_F32, HG_OIHW, big, 4, 3, 3, 1, NULL, 0, {0}},
         RANGE},
        {"INT64_MAX rows",
         "filter.height",
         {HG_F32, HG_OIHW, 4, 4, INT64_MAX, 3, 1, NULL, 0, {0}},
         RANGE},
        {"2^31 columns", "filter.width", {HG_F32, HG_OIHW, 4, 4, 3, big, 1, NULL, 0, {0}}, RANGE},
        {"2^31 inputs",
         "filter.in_channels",
         {HG_F32, HG_OIHW, 4, big, 3, 3, 1, NULL, 0, {0}},
         RANGE},
        {"2^31 groups", "filter.groups", {HG_F32, HG_OIHW, 4, 4, 3, 3, big, NULL, 0, {0}}, RANGE},
        {"2^33 weights",
         "weights",
         {HG_F32, HG_OIHW, 1 << 16, 1 << 15, 2, 2, 1, NULL, 0, {0}},
         RANGE},
        {"all large",
         "weights",
         {HG_F32, HG_OIHW, big - 1, big - 1, big - 1, big - 1, 1, NULL, 0, {0}},
         RANGE},
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_filter *filter = (hg_filter *)(uintptr_t)1;
        last = (heard){0};
        const hg_status status = hg_filter_create(context, &cases[i].d, sample_weights(), &filter);
        char text[120];
        snprintf(text, sizeof text, "a filter with %s", cases[i].what);
        expect_refused(status, cases[i].mask, filter, cases[i].named, text);
    }
    const hg_filter_desc good = {HG_F32, HG_OIHW, 4, 4, 3, 3, 0, NULL, 0, {0}};
    hg_filter *filter = (hg_filter *)(uintptr_t)1;
    hg_status status = hg_filter_create(context, &good, NULL, &filter);
    expect_refused(status, INVALID, filter, "weights is NULL", "a filter without weights");
    status = hg_filter_create(context, NULL, sample_weights(), &filter);
    expect_refused(status, INVALID, filter, "desc is NULL", "a filter without a descriptor");
    status = hg_filter_create(context, &good, sample_weights(), NULL);
    expect_refused(status, INVALID, NULL, "filter is NULL", "a filter into NULL");
    filter = (hg_filter *)(uintptr_t)1;
    status = hg_filter_create(NULL, &good, sample_weights(), &filter);
    expect(status == HG_INVALID && !filter, "a filter without a context");
}

/* What a run may write: filled with a pattern, which stays where the arguments are refused. */
enum { PATTERN = 0x5a };

typedef struct written {
    float y[SAMPLE_OUTPUT];
    int64_t indices[SAMPLE_OUTPUT];
} written;

static bool untouched(const written *w, const char *workspace, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)w;
    bool same = true;
    for (size_t i = 0; i < sizeof *w; i++) same &= bytes[i] == PATTERN;
    for (size_t i = 0; i < size; i++) same &= workspace[i] == PATTERN;
    return same;
}

/* hg_run with one pointer missing or wrong. */
static void runs_of(hg_context *context, hg_op op, hg_filter *filter)
{
    static written w;
    static const int64_t zeros[SAMPLE_OUTPUT];
    descriptor d = sample(op);
    if (op == HG_OP_CONV2D) d.u.conv2d.epilogue.residual = true;
    hg_plan *plan;
    if (!expect(descriptor_plan(context, &d, filter, NULL, &plan) == HG_OK, "a plan: %s",
                last.sentence))
        return;
    const size_t size = hg_plan_workspace_size(plan);
    char *workspace = aligned_alloc(64, size + 64);
    const hg_io good = {.input = sample_weights(),
                        .output = w.y,
                        .residual = sample_weights(),
                        .other = sample_weights(),
                        .indices = w.indices,
                        .input_indices = zeros};
    const struct {
        const char *what;
        bool wrong;
        void *workspace;
    } cases[] = {{"io.input is NULL", true, workspace},
                 {"io.output is NULL", true, workspace},
                 {"io.residual is NULL", op == HG_OP_CONV2D, workspace},
                 {"io.indices is NULL", op == HG_OP_MAX_POOL2D, workspace},
                 {"io.input_indices is NULL", op == HG_OP_MAX_UNPOOL2D, workspace},
                 {"io.reserved", true, workspace},
                 {"workspace is not 64-byte aligned", true, workspace + 4},
                 {"workspace is NULL", size > 0, NULL},
                 {"io.output overlaps io.input",
                  op != HG_OP_BINARY && op != HG_OP_SOFTMAX2D && op != HG_OP_ACTIVATION2D,
                  workspace},
                 {"io.other is NULL", op == HG_OP_BINARY, workspace}};
    hg_io io[HG_COUNT(cases)];
    for (size_t i = 0; i < HG_COUNT(cases); i++) io[i] = good;
    io[0].input = NULL;
    io[1].output = NULL;
    io[2].residual = NULL;
    io[3].indices = NULL;
    io[4].input_indices = NULL;
    io[5].reserved[HG_COUNT(good.reserved) - 1] = 1;
    io[8].input = io[8].output;
    io[9].other = NULL;
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        char text[120];
        snprintf(text, sizeof text, "hg_run of %s, %s", hg_op_name(op), cases[i].what);
        memset(&w, PATTERN, sizeof w);
        memset(workspace, PATTERN, size + 64);
        last = (heard){0};
        const hg_status status = hg_run(plan, &io[i], cases[i].workspace);
        if (cases[i].wrong) {
            expect(untouched(&w, workspace, size + 64), "%s: something was written", text);
            expect_refused(status, INVALID, NULL, cases[i].what, text);
        } else {
            expect(status == HG_OK && last.count == 0, "%s is allowed", text);
        }
    }
    expect(hg_run(plan, NULL, workspace) == HG_INVALID, "hg_run without io");
    expect(hg_run(NULL, &good, workspace) == HG_INVALID, "hg_run without a plan");
    expect(strlen(hg_plan_explain(plan)) > 10, "an explanation");
    free(workspace);
    hg_plan_free(plan);
}

/* Mutilated keys are parsed or refused, never more. */
static void keys(hg_context *context)
{
    static const char *const good[] = {
        "conv2d f32 nhwc n1 c8 h6 w7 k5 r3x3 s1x1 p1,1,1,1 d1x1 g1 clamp=0,6 residual",
        "max_pool2d f32 nchw n1 c8 h6 w7 r2x2 s2x2 p0,0,0,0 d1x1 o3x3 index=onnx:i32",
        "resize2d f32 nhwc n1 c8 h6 w7 o9x14 bicubic half_pixel a=-0.75 in=336,56,8,1",
        "max_unpool2d f32 nhwc n1 c8 h6 w7 r2x2 s2x2 p0,0,0,0 o12x14 index=pytorch:i64"};
    static const struct {
        const char *key, *named;
    } bad[] = {{"", "starts with"},
               {" ", "starts with"},
               {"conv2d", "starts with"},
               {"conv2d f32", "starts with"},
               {"conv2d f16 nhwc", "starts with"},
               {"nothing f32 nhwc n1", "starts with"},
               {"max_pool2d f32 nhwc n1 c8 h6 w7 zzz", "\"zzz\""},
               {"max_pool2d f32 nhwc n1 c h6 w7", "\"c\""},
               {"max_pool2d f32 nhwc n1 c8 h6 w7 r99999999999999999999x1", "window.h"},
               {"max_pool2d f32 nhwc n1 c8 h6 w7 r2x2 c8", "\"c8\""},
               {"max_pool2d f32 nhwc n1 c8 h6 w7 r2x2 s2x2 s2x2", "\"s2x2\""},
               {"max_pool2d f32 nhwc n1 c8 h6 w7 r2x2 s2x2 p0,0,0,0 d1x1 o4x3", "word o"},
               {"avg_pool2d f32 nhwc n1 c8 h6 w7 o3x3 adaptive adaptive", "\"adaptive\""},
               {"resize2d f32 nhwc n1 c8 h6 w7 o9x14 nearest bilinear", "\"bilinear\""},
               {"resize2d f32 nhwc n1 c8 h6 w7 o9x14 bicubic a=-0.5 a=-0.5", "\"a=-0.5\""}};
    for (size_t i = 0; i < HG_COUNT(bad); i++) {
        hg_plan *plan = (hg_plan *)(uintptr_t)1;
        last = (heard){0};
        const hg_status status = hg_plan_from_key(context, bad[i].key, NULL, NULL, NULL, &plan);
        char text[160];
        snprintf(text, sizeof text, "the key \"%s\"", bad[i].key);
        expect_refused(status, INVALID | RANGE, plan, bad[i].named, text);
    }
    hg_plan *plan = NULL;
    last = (heard){0};
    expect_refused(hg_plan_from_key(context, good[0], NULL, NULL, NULL, &plan), INVALID, plan,
                   "filter", "a convolution's key without a filter");
    expect_refused(hg_plan_from_key(context, good[1], NULL, NULL, "no.such.kernel", &plan), INVALID,
                   plan, "no.such.kernel", "a key with an unknown kernel");
    expect_refused(hg_plan_from_key(context, NULL, NULL, NULL, NULL, &plan), INVALID, plan,
                   "key is NULL", "a key of NULL");
    hg_filter_desc filter;
    expect(hg_key_filter(good[0], &filter) && filter.out_channels == 5, "the filter of a key");
    expect(!hg_key_filter(good[1], &filter), "no filter for a pooling key");
    rng r = rng_for(1, "keys", 0);
    for (int i = 0; i < 20000; i++) {
        char key[HG_KEY_SIZE];
        snprintf(key, sizeof key, "%s", good[i % HG_COUNT(good)]);
        for (int64_t n = rng_in(&r, 1, 3); n > 0; n--)
            key[rng_in(&r, 0, (int64_t)strlen(key))] = (char)rng_in(&r, 0, 127);
        hg_key_filter(key, &filter);
    }
    expect(true, "damaged keys survived");
}

enum { MOST = 1 << 15 }; /* elements of any of these tensors */

/* The output of the candidate's plan on the filter; false: there is no such candidate. */
static bool run_candidate(hg_context *context, const char *key, hg_filter *filter, size_t number,
                          const float *input, float *output, hg_plan **made)
{
    hg_plan *plan;
    char name[256] = "";
    if (hg_plan_from_key(context, key, filter, NULL, NULL, &plan)) return false;
    const bool found = hg_plan_candidate(plan, number, name, sizeof name);
    hg_plan_free(plan);
    if (!found ||
        !expect(!hg_plan_from_key(context, key, filter, NULL, name, made), "%s: %s", key, name))
        return false;
    const size_t size = hg_plan_workspace_size(*made);
    void *workspace = size ? aligned_alloc(64, HG_ROUND_UP(size, (size_t)64)) : NULL;
    expect(!hg_run(*made, &(hg_io){.input = input, .output = output}, workspace), "%s runs", name);
    free(workspace);
    return true;
}

/* Every candidate of a problem on a filter that others have packed, against one of its own. */
static size_t compare_candidates(hg_context *context, const char *key, const hg_filter_desc *desc,
                                 const float *weights, const float *input, hg_filter *filter,
                                 hg_plan **plans, size_t room)
{
    static float shared[MOST], own[MOST];
    size_t n = 0;
    while (n < room && run_candidate(context, key, filter, n, input, shared, &plans[n])) {
        hg_filter *fresh = NULL;
        hg_plan *alone = NULL;
        hg_filter_create(context, desc, weights, &fresh);
        if (!run_candidate(context, key, fresh, n, input, own, &alone)) return n;
        expect(!memcmp(shared, own, sizeof own), "%s: %s beside others of its filter", key,
               hg_plan_kernel(alone));
        hg_plan_free(alone);
        hg_filter_free(fresh);
        n++;
    }
    return n;
}

/* Plans of one filter share packed weights where their kernels pack alike, and there alone: each
 * gives what it gives on a filter of its own. Pairs differ in size. */
static void shared_weights(hg_context *context)
{
    static const char *const cases[][2] = {
        {"conv_transpose2d f32 nhwc n1 c3 h4 w5 k21 r4x4 s2x2 p0,0,0,0 d1x1 g1 o10x12",
         "conv_transpose2d f32 nhwc n1 c3 h4 w5 k21 r4x4 s2x2 p0,0,0,1 d1x1 g1 o10x11"},
        {"conv_transpose2d f32 nhwc n1 c3 h3 w4 k24 r16x16 s8x8 p4,4,4,4 d1x1 g1 o24x32",
         "conv_transpose2d f32 nhwc n1 c3 h3 w4 k24 r16x16 s8x8 p4,4,4,1 d1x1 g1 o24x35"},
        {"conv_transpose2d f32 nhwc n1 c32 h5 w5 k16 r2x2 s2x2 p0,0,0,0 d1x1 g1 o10x10",
         "conv_transpose2d f32 nhwc n1 c32 h5 w5 k16 r2x2 s2x2 p0,0,-1,-1 d1x1 g1 o11x11"},
        {"conv_transpose2d f32 nhwc n1 c8 h4 w5 k40 r3x3 s2x2 p1,1,1,1 d1x1 g1 o7x9",
         "conv_transpose2d f32 nhwc n1 c8 h4 w5 k40 r3x3 s2x2 p1,1,0,0 d1x1 g1 o8x10"},
        {"conv_transpose2d f32 nhwc n1 c6 h4 w5 k6 r4x4 s2x2 p1,1,1,1 d1x1 g6 o8x10",
         "conv_transpose2d f32 nhwc n1 c6 h4 w5 k6 r4x4 s2x2 p1,1,0,0 d1x1 g6 o9x11"},
        {"conv2d f32 nhwc n1 c8 h6 w7 k40 r3x3 s1x1 p1,1,1,1 d1x1 g1",
         "conv2d f32 nhwc n1 c8 h1 w1 k40 r3x3 s1x1 p1,1,1,1 d1x1 g1"},
        {"conv2d f32 nhwc n1 c32 h6 w7 k32 r3x3 s1x1 p1,1,1,1 d1x1 g8",
         "conv2d f32 nhwc n1 c32 h9 w2 k32 r3x3 s2x2 p1,1,1,1 d1x1 g8"},
        {"conv2d f32 nhwc n1 c9 h6 w7 k18 r3x3 s1x1 p1,1,1,1 d1x1 g9",
         "conv2d f32 nhwc n1 c9 h9 w4 k18 r3x3 s2x2 p1,1,1,1 d2x2 g9"},
        {"conv2d f32 nchw n1 c8 h6 w7 k40 r5x5 s1x1 p2,2,2,2 d1x1 g1",
         "conv2d f32 nchw n1 c8 h9 w30 k40 r5x5 s1x1 p2,2,2,2 d1x1 g1"}};
    static float weights[MOST], input[MOST];
    for (size_t i = 0; i < HG_COUNT(weights); i++) weights[i] = (float)(i * 7919 % 997) / 997.0f;
    for (size_t i = 0; i < HG_COUNT(input); i++) input[i] = (float)(i * 31 % 101) / 101.0f;
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_filter_desc desc;
        hg_filter *filter = NULL;
        hg_plan *plans[1024] = {NULL};
        size_t n = 0;
        hg_key_filter(cases[i][0], &desc);
        if (!expect(!hg_filter_create(context, &desc, weights, &filter), "a filter")) continue;
        for (size_t j = 0; j < 2; j++) {
            const size_t more = compare_candidates(context, cases[i][j], &desc, weights, input,
                                                   filter, plans + n, HG_COUNT(plans) - n);
            expect(more > 3, "%s: %zu candidates", cases[i][j], more);
            n += more;
        }
        while (n > 0) hg_plan_free(plans[--n]);
        hg_filter_free(filter);
    }
}

void test_filters_and_runs(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    contexts();
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    filters(context);
    shared_weights(context);
    for (hg_op op = 0; op < HG_OP_COUNT; op++) {
        const descriptor d = sample(op);
        hg_filter *filter = NULL;
        if (op == HG_OP_CONV2D || op == HG_OP_CONV_TRANSPOSE2D)
            hg_filter_create(context, &d.filter, sample_weights(), &filter);
        runs_of(context, op, filter);
        hg_filter_free(filter);
    }
    keys(context);
    hg_context_free(context);
}
