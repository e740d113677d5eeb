/* hg_resize_argmax2d gives the classes of hg_resize2d's scores, bit by bit: every kernel, the
 * reference included, on one thread and on three, against a plain loop over what the rows `taps` of
 * resize2d compute; with NaN, infinities, ties, and few to many channels.
 *
 *     test_resize_argmax2d [--cases N] [--seed S] [--case I] */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "kernels/common/attr.h"
#include "tests/descriptor.h"
#include "tests/executor.h"
#include "tests/random.h"

static long passed, failed;

typedef struct contexts {
    hg_context *one, *three;
    hg_machine machine;
} contexts;

/* ---- Problems ---- */

static hg_resize2d draw(rng *r)
{
    static const int64_t channels[] = {1, 2, 3, 7, 16, 19, 21, 40, 150};
    static const hg_resize_mode modes[] = {HG_RESIZE_BILINEAR, HG_RESIZE_BILINEAR,
                                           HG_RESIZE_BICUBIC, HG_RESIZE_AREA, HG_RESIZE_LANCZOS3};
    hg_resize2d o = {.mode = modes[rng_in(r, 0, HG_COUNT(modes) - 1)],
                     .coordinates = (hg_coordinates)rng_in(r, 0, HG_TF_CROP_AND_RESIZE),
                     .antialias = rng_percent(r, 20),
                     .roi = {-0.25, 0.25, 1, 1.5}};
    o.input = (hg_tensor){.layout = (hg_layout)rng_in(r, 0, 1),
                          .n = rng_in(r, 1, 2),
                          .h = rng_in(r, 1, 12),
                          .w = rng_in(r, 1, 40),
                          .c = channels[rng_in(r, 0, HG_COUNT(channels) - 1)]};
    o.output_size = (hg_size2){o.input.h * rng_in(r, 1, 5), o.input.w * rng_in(r, 1, 5)};
    if (rng_percent(r, 40)) o.output_size = (hg_size2){rng_in(r, 1, 50), rng_in(r, 1, 90)};
    return o;
}

/* Scores that tie often; among them NaN and infinities, or numbers whose sums overflow. */
static float *draw_scores(const hg_tensor *t, rng *r)
{
    static const float strange[] = {NAN, INFINITY, -INFINITY, 3e38f, -3e38f, 0.0f, -0.0f};
    const int64_t count = tensor_count(t);
    const int64_t few = rng_percent(r, 50) ? 3 : 1000, odd = rng_percent(r, 60) ? 0 : 5;
    float *x = malloc((size_t)(count + 1) * sizeof *x);
    for (int64_t i = 0; x && i < count; i++)
        x[i] = rng_in(r, 0, 99) < odd ? strange[rng_in(r, 0, 6)] : (float)rng_in(r, 0, few) / 7;
    return x;
}

/* ---- Runs ---- */

static bool run(const hg_plan *plan, const float *x, void *y)
{
    const size_t size = hg_plan_workspace_size(plan);
    void *workspace = aligned_alloc(64, size + 64);
    const hg_io io = {.input = x, .output = y};
    const bool ok = workspace && hg_run(plan, &io, workspace) == HG_OK;
    free(workspace);
    return ok;
}

/* The largest of the scores of a pixel, which are `step` apart. */
static int32_t argmax(const float *score, int64_t channels, int64_t step)
{
    int32_t best = 0;
    for (int64_t c = 1; c < channels; c++) {
        const float v = score[c * step], most = score[best * step];
        if (v > most || (isnan(v) && !isnan(most))) best = (int32_t)c;
    }
    return best;
}

/* Scores by a row `taps`, then a loop. false: there is no such row here. */
static bool expected(const contexts *c, hg_resize2d o, const float *x, int32_t *classes)
{
    const hg_isa isa = c->machine.isa >= HG_ISA_AVX2 ? HG_ISA_AVX2 : HG_ISA_NEON;
    char name[64];
    hg_plan *plan = NULL;
    hg_tensor out;
    snprintf(name, sizeof name, "resize2d.f32.%s.%s.taps", hg_layout_name(o.input.layout),
             hg_isa_name(isa));
    o.kernel = name;
    if (hg_plan_resize2d(c->one, &o, &plan)) return false;
    hg_plan_output(plan, &out);
    float *y = malloc((size_t)tensor_count(&out) * sizeof *y);
    const bool ok = y && run(plan, x, y);
    const int64_t pixels = out.h * out.w, step = out.layout == HG_NHWC ? 1 : pixels;
    for (int64_t i = 0; ok && i < out.n * pixels; i++) {
        const int64_t first = i / pixels * pixels * out.c, at = i % pixels;
        classes[i] = argmax(y + first + (step == 1 ? at * out.c : at), out.c, step);
    }
    free(y);
    hg_plan_free(plan);
    return ok;
}

static void check(hg_context *context, const hg_resize_argmax2d *op, const float *x,
                  const int32_t *want, int64_t number)
{
    hg_plan *plan = NULL;
    hg_tensor out;
    if (hg_plan_resize_argmax2d(context, op, &plan)) return; /* not for this problem */
    hg_plan_output(plan, &out);
    const bool bytes = out.dtype == HG_U8;
    int32_t *words = calloc((size_t)tensor_count(&out), sizeof *words);
    unsigned char *narrow = (unsigned char *)words;
    int64_t wrong = words && run(plan, x, words) ? 0 : 1;
    for (int64_t i = 0; words && i < tensor_count(&out); i++)
        wrong += (bytes ? narrow[i] : words[i]) != want[i];
    if (wrong)
        printf("FAILED case %" PRId64 ": %" PRId64 " classes differ\n  %s | %s\n", number, wrong,
               hg_plan_kernel(plan), hg_plan_key(plan));
    passed += wrong == 0, failed += wrong != 0;
    free(words);
    hg_plan_free(plan);
}

static void run_case(const contexts *c, uint64_t seed, int64_t number)
{
    rng r = rng_for(seed, "resize_argmax2d", (uint64_t)number);
    hg_resize_argmax2d op = {.resize = draw(&r), .class_type = (hg_class_type)rng_in(&r, 0, 1)};
    const hg_size2 size = op.resize.output_size;
    float *x = draw_scores(&op.resize.input, &r);
    int32_t *want = calloc((size_t)(op.resize.input.n * size.h * size.w), sizeof *want);
    const hg_kernel *k;
    if (x && want && expected(c, op.resize, x, want))
        for (size_t i = 0; (k = hg_registry_at(i)) != NULL; i++) {
            if (k->op != HG_OP_RESIZE_ARGMAX2D || !hg_isa_usable(k->isa, c->machine.isa, true))
                continue;
            op.resize.kernel = k->name;
            check(c->one, &op, x, want, number);
            check(c->three, &op, x, want, number);
        }
    free(want);
    free(x);
}

int main(int argc, char **argv)
{
    int64_t cases = 300, only = -1;
    uint64_t seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        const int64_t value = strtoll(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--cases")) cases = value;
        if (!strcmp(argv[i], "--seed")) seed = (uint64_t)value;
        if (!strcmp(argv[i], "--case")) only = value;
    }
    hg_context_options o = {.ignore_environment = true};
    contexts c = {.one = NULL};
    bool ok = hg_context_create(&o, &c.one) == HG_OK;
    if (ok) hg_context_machine(c.one, &c.machine);
    o.threads = 3;
    o.executor = test_executor;
    ok = ok && hg_context_create(&o, &c.three) == HG_OK;
    for (int64_t i = only < 0 ? 0 : only; ok && i < (only < 0 ? cases : only + 1); i++)
        run_case(&c, seed, i);
    hg_context_free(c.one);
    hg_context_free(c.three);
    printf("%ld passed, %ld failed\n", passed, failed);
    return !ok || failed || !passed;
}
