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
        const char *what;
        hg_context_options o;
        unsigned mask;
    } cases[] = {
        {"threads -1", {.threads = -1}, INVALID},
        {"threads 257", {.threads = 257}, INVALID},
        {"an unknown isa", {.isa = (hg_isa)99}, INVALID},
        {"a reserved word", {.reserved = {0, 0, 0, 0, 0, 0, 0, 1}}, UNSUPPORTED},
        {"half an allocator",
         {.allocator = {.allocate = (void *(*)(void *, size_t, size_t))1}},
         INVALID},
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_context_options o = cases[i].o;
        hg_context *context = (hg_context *)(uintptr_t)1;
        o.log.write = hear;
        last = (heard){0};
        const hg_status status = hg_context_create(&o, &context);
        expect_refused(status, cases[i].mask, context, cases[i].what);
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
        const char *what;
        hg_filter_desc d;
        unsigned mask;
    } cases[] = {
        {"out_channels 0", {HG_F32, HG_OIHW, 0, 4, 3, 3, 1, {0}}, INVALID},
        {"in_channels -1", {HG_F32, HG_OIHW, 4, -1, 3, 3, 1, {0}}, INVALID},
        {"height 0", {HG_F32, HG_OIHW, 4, 4, 0, 3, 1, {0}}, INVALID},
        {"width INT64_MIN", {HG_F32, HG_OIHW, 4, 4, 3, INT64_MIN, 1, {0}}, INVALID},
        {"groups -1", {HG_F32, HG_OIHW, 4, 4, 3, 3, -1, {0}}, INVALID},
        {"groups that do not divide in", {HG_F32, HG_OIHW, 6, 4, 3, 3, 3, {0}}, INVALID},
        {"groups that do not divide out", {HG_F32, HG_IOHW, 4, 6, 3, 3, 3, {0}}, INVALID},
        {"an unknown order", {HG_F32, (hg_filter_order)99, 4, 4, 3, 3, 1, {0}}, INVALID},
        {"HWOI with groups", {HG_F32, HG_HWOI, 4, 4, 3, 3, 2, {0}}, INVALID},
        {"f16", {HG_F16, HG_OIHW, 4, 4, 3, 3, 1, {0}}, UNSUPPORTED},
        {"a reserved word", {HG_F32, HG_OIHW, 4, 4, 3, 3, 1, {0, 0, 0, 1}}, UNSUPPORTED},
        {"2^31 channels", {HG_F32, HG_OIHW, big, 4, 3, 3, 1, {0}}, RANGE},
        {"INT64_MAX rows", {HG_F32, HG_OIHW, 4, 4, INT64_MAX, 3, 1, {0}}, RANGE},
        {"2^33 weights", {HG_F32, HG_OIHW, 1 << 16, 1 << 15, 2, 2, 1, {0}}, RANGE},
        {"all large", {HG_F32, HG_OIHW, big - 1, big - 1, big - 1, big - 1, 1, {0}}, RANGE},
    };
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        hg_filter *filter = (hg_filter *)(uintptr_t)1;
        last = (heard){0};
        const hg_status status = hg_filter_create(context, &cases[i].d, sample_weights(), &filter);
        char text[120];
        snprintf(text, sizeof text, "a filter with %s", cases[i].what);
        expect_refused(status, cases[i].mask, filter, text);
    }
    const hg_filter_desc good = {HG_F32, HG_OIHW, 4, 4, 3, 3, 0, {0}};
    hg_filter *filter = (hg_filter *)(uintptr_t)1;
    hg_status status = hg_filter_create(context, &good, NULL, &filter);
    expect_refused(status, INVALID, filter, "a filter without weights");
    status = hg_filter_create(context, NULL, sample_weights(), &filter);
    expect_refused(status, INVALID, filter, "a filter without a descriptor");
    status = hg_filter_create(context, &good, sample_weights(), NULL);
    expect_refused(status, INVALID, NULL, "a filter into NULL");
    filter = (hg_filter *)(uintptr_t)1;
    status = hg_filter_create(NULL, &good, sample_weights(), &filter);
    expect(status == HG_INVALID && !filter, "a filter without a context");
}

/* hg_run with one pointer missing or wrong. */
static void runs_of(hg_context *context, hg_op op, hg_filter *filter)
{
    descriptor d = sample(op);
    if (op == HG_OP_CONV2D) d.u.conv2d.epilogue.residual = true;
    hg_plan *plan;
    static float y[SAMPLE_OUTPUT];
    static int64_t indices[SAMPLE_OUTPUT];
    if (!expect(descriptor_plan(context, &d, filter, NULL, &plan) == HG_OK, "a plan: %s",
                last.sentence))
        return;
    const size_t size = hg_plan_workspace_size(plan);
    char *workspace = aligned_alloc(64, (size + 127) / 64 * 64);
    const hg_io good = {.input = sample_weights(),
                        .output = y,
                        .residual = sample_weights(),
                        .indices = indices,
                        .input_indices = indices};
    hg_io io[9] = {good, good, good, good, good, good, good, good, good};
    const struct {
        const char *what;
        bool wrong;
        void *workspace;
    } cases[9] = {{"no input", true, workspace},
                  {"no output", true, workspace},
                  {"no residual", op == HG_OP_CONV2D, workspace},
                  {"no indices", op == HG_OP_MAX_POOL2D, workspace},
                  {"no input indices", op == HG_OP_MAX_UNPOOL2D, workspace},
                  {"a reserved word", true, workspace},
                  {"an unaligned workspace", true, workspace + 4},
                  {"no workspace", size > 0, NULL},
                  {"the input as the output", true, workspace}};
    io[0].input = NULL;
    io[1].output = NULL;
    io[2].residual = NULL;
    io[3].indices = NULL;
    io[4].input_indices = NULL;
    io[5].reserved[2] = 1;
    io[8].output = (void *)(uintptr_t)io[8].input;
    for (int i = 0; i < 9; i++) {
        char text[120];
        snprintf(text, sizeof text, "hg_run of %s with %s", hg_op_name(op), cases[i].what);
        last = (heard){0};
        const hg_status status = hg_run(plan, &io[i], cases[i].workspace);
        if (cases[i].wrong)
            expect_refused(status, INVALID, NULL, text);
        else
            expect(status == HG_OK && last.count == 0, "%s is allowed", text);
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
    static const char *const bad[] = {"",
                                      " ",
                                      "conv2d",
                                      "conv2d f32",
                                      "conv2d f16 nhwc",
                                      "nothing f32 nhwc n1",
                                      "max_pool2d f32 nhwc n1 c8 h6 w7 zzz",
                                      "max_pool2d f32 nhwc n1 c h6 w7",
                                      "max_pool2d f32 nhwc n1 c8 h6 w7 r99999999999999999999x1",
                                      "max_pool2d f32 nhwc n1 c8 h6 w7 r2x2 c8",
                                      "max_pool2d f32 nhwc n1 c8 h6 w7 r2x2 s2x2 s2x2",
                                      "avg_pool2d f32 nhwc n1 c8 h6 w7 o3x3 adaptive adaptive",
                                      "resize2d f32 nhwc n1 c8 h6 w7 o9x14 nearest bilinear",
                                      "resize2d f32 nhwc n1 c8 h6 w7 o9x14 bicubic a=-0.5 a=-0.5"};
    for (size_t i = 0; i < HG_COUNT(bad); i++) {
        hg_plan *plan = (hg_plan *)(uintptr_t)1;
        last = (heard){0};
        const hg_status status = hg_plan_from_key(context, bad[i], NULL, NULL, NULL, &plan);
        char text[160];
        snprintf(text, sizeof text, "the key \"%s\"", bad[i]);
        expect_refused(status, INVALID | RANGE, plan, text);
    }
    hg_plan *plan = NULL;
    last = (heard){0};
    expect_refused(hg_plan_from_key(context, good[0], NULL, NULL, NULL, &plan), INVALID, plan,
                   "a convolution's key without a filter");
    expect_refused(hg_plan_from_key(context, good[1], NULL, NULL, "no.such.kernel", &plan), INVALID,
                   plan, "a key with an unknown kernel");
    expect_refused(hg_plan_from_key(context, NULL, NULL, NULL, NULL, &plan), INVALID, plan,
                   "a key of NULL");
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

void test_filters_and_runs(void)
{
    hg_context_options o = quiet_options();
    hg_context *context;
    contexts();
    if (!expect(hg_context_create(&o, &context) == HG_OK, "a context")) return;
    filters(context);
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
