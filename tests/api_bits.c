/* What must not change a result: the number of threads, the floating-point environment of worker
 * threads, the locale. */
#include <fenv.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api.h"

/* Layers whose estimated costs are divided among threads, in ranges, tiles and bands of any size.
 */
static const char *const keys[] = {
    "conv2d f32 nhwc n1 c256 h13 w13 k512 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n2 c64 h28 w28 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n1 c512 h7 w7 k512 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n1 c64 h30 w30 k40 r3x3 s1x1 p1,1,1,1 d1x1 g1 relaxed",
    "conv2d f32 nhwc n1 c96 h20 w20 k300 r1x1 s1x1 p0,0,0,0 d1x1 g1",
    "conv2d f32 nhwc n1 c300 h1 w1 k20 r1x1 s1x1 p0,0,0,0 d1x1 g1",
    "conv2d f32 nhwc n1 c40 h41 w41 k48 r3x3 s2x2 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n1 c48 h30 w30 k48 r3x3 s1x1 p1,1,1,1 d1x1 g48",
    "conv2d f32 nhwc n1 c64 h45 w45 k64 r3x3 s1x1 p1,1,1,1 d1x1 g16",
    "conv2d f32 nhwc n1 c32 h70 w61 k32 r3x3 s1x1 p1,1,1,1 d1x1 g1 pool=max2x2",
    "conv2d f32 nhwc n1 c64 h76 w120 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1 relaxed pool=max2x2",
    "conv2d f32 nchw n1 c64 h90 w90 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nchw n1 c64 h90 w90 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1 relaxed",
    "conv2d f32 nchw n3 c32 h61 w83 k48 r3x3 s1x1 p1,1,1,1 d1x1 g1 pool=avg2x2",
    "conv2d f32 nchw n1 c96 h80 w80 k96 r3x3 s1x1 p1,1,1,1 d1x1 g96",
    "conv_transpose2d f32 nhwc n1 c64 h16 w16 k64 r4x4 s2x2 p1,1,1,1 d1x1 g1 o32x32",
    "avg_pool2d f32 nhwc n1 c320 h7 w7 r7x7 s7x7 p0,0,0,0 d1x1 o1x1",
    "avg_pool2d f32 nchw n1 c64 h56 w56 r3x3 s1x1 p1,1,1,1 d1x1 o56x56",
    "resize2d f32 nhwc n1 c64 h30 w30 o60x60 bicubic half_pixel a=-0.75",
};

enum { VALUES = 1 << 20 };

static float *values(void)
{
    float *v = malloc(VALUES * sizeof *v);
    for (int i = 0; v && i < VALUES; i++) v[i] = (float)(i * 37L % 1009) / 512.0f - 0.9f;
    return v;
}

typedef struct result {
    char kernel[128];
    float *y;
    size_t count;
} result;

/* Plans and runs what a key names on some threads, with fixed data. Rounding changes after the
 * threads have been made: those inherit it. */
static bool run_key(const char *key, int threads, int rounding, const float *x, result *r)
{
    hg_context_options o = quiet_options();
    o.threads = threads;
    hg_context *context = NULL;
    hg_filter_desc desc;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    float *weights = NULL;
    *r = (result){.y = NULL};
    hg_status status = hg_context_create(&o, &context);
    if (!status && hg_key_filter(key, &desc)) {
        const int64_t channels = desc.in_channels / desc.groups;
        const int64_t n = desc.out_channels * channels * desc.height * desc.width;
        weights = malloc((size_t)n * sizeof *weights);
        for (int64_t i = 0; i < n; i++) weights[i] = (float)(i * 53 % 211) / 256.0f - 0.4f;
        status = hg_filter_create(context, &desc, weights, &filter);
    }
    if (!status) status = hg_plan_from_key(context, key, filter, NULL, NULL, &plan);
    if (!status) {
        hg_tensor out;
        hg_plan_output(plan, &out);
        r->count = (size_t)tensor_count(&out);
        r->y = calloc(r->count, sizeof *r->y);
        snprintf(r->kernel, sizeof r->kernel, "%s", hg_plan_kernel(plan));
        void *workspace = aligned_alloc(64, (hg_plan_workspace_size(plan) + 64) / 64 * 64);
        const hg_io io = {.input = x, .output = r->y};
        fesetround(rounding);
        status = hg_run(plan, &io, workspace);
        fesetround(FE_TONEAREST);
        free(workspace);
    }
    hg_plan_free(plan);
    hg_filter_free(filter);
    hg_context_free(context);
    free(weights);
    return expect(status == HG_OK, "%s on %d threads: %s", key, threads, last.sentence);
}

static void compare_threads(const char *key, int rounding, const float *x)
{
    static const int counts[] = {2, 3, 16};
    result one, many;
    if (!run_key(key, 1, rounding, x, &one)) return;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (run_key(key, counts[i], rounding, x, &many))
            expect(memcmp(one.y, many.y, one.count * sizeof *one.y) == 0,
                   "%s, rounding %d: other bits with %s on 1 thread and %s on %d", key, rounding,
                   one.kernel, many.kernel, counts[i]);
        free(many.y);
    }
    free(one.y);
}

/* Keys are the same and mean the same where numbers are written with commas. */
static void follow_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ru_RU.UTF-8", "de_DE"};
    bool set = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++)
        set = setlocale(LC_NUMERIC, names[i]) != NULL;
    if (!set) skip("keys under a locale of decimal commas: none of them is installed");
    const char *key = "resize2d f32 nhwc n1 c2 h3 w3 o6x6 bicubic half_pixel a=-0.75";
    hg_problem p;
    char again[HG_KEY_SIZE] = "";
    const bool read = hg_problem_parse(key, &p, NULL) == HG_OK;
    if (read) hg_problem_key(&p, again);
    expect(read && strcmp(key, again) == 0, "with the locale %s: %s", setlocale(LC_NUMERIC, NULL),
           again);
    setlocale(LC_NUMERIC, "C");
}

void test_bits(void)
{
    float *x = values();
    if (!expect(x != NULL, "memory")) return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        compare_threads(keys[i], FE_TONEAREST, x);
        compare_threads(keys[i], FE_UPWARD, x);
    }
    follow_locale();
    free(x);
}
