/* The public face under misuse, lack of memory, damaged tables, and threads; and what it promises
 * beside its results.
 *
 *     test_api [PART ...]       all parts, or those named
 *
 * Prints what failed; the last line is "N passed, N failed, N skipped". */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/api.h"
#include "tests/api_watch.h"

static long passed, failed, skipped;
static int own; /* where the tests write */
heard last;

static void say(const char *what, const char *format, va_list arguments)
{
    dprintf(own, "%s ", what);
    vdprintf(own, format, arguments);
    dprintf(own, "\n");
}

bool expect(bool ok, const char *format, ...)
{
    char what[300];
    va_list arguments;
    const bool disturbed = watch_disturbed(what, sizeof what);
    if (ok && !disturbed) {
        passed++;
        return true;
    }
    va_start(arguments, format);
    say(ok ? "FAILED before or in the check that passes:" : "FAILED", format, arguments);
    va_end(arguments);
    if (disturbed) dprintf(own, "  %s\n", what);
    failed++;
    return ok;
}

void skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say("skipped", format, arguments);
    va_end(arguments);
    skipped++;
}

void hear(void *self, hg_status status, const char *sentence)
{
    (void)self;
    last.count++;
    last.status = status;
    snprintf(last.sentence, sizeof last.sentence, "%s", sentence ? sentence : "");
}

hg_context_options quiet_options(void)
{
    return (hg_context_options){.log = {hear, NULL}, .ignore_environment = true};
}

bool expect_refused(hg_status status, unsigned mask, const void *made, const char *named,
                    const char *what)
{
    const bool right = status != HG_OK && (mask >> status & 1u) && !made;
    const bool said = last.count == 1 && last.status == status && strstr(last.sentence, named);
    expect(right && said, "%s: status \"%s\" (mask 0x%x), %s, %d sentences, %s in: \"%s\"", what,
           hg_status_string(status), mask, made ? "a result" : "no result", last.count, named,
           last.sentence);
    last = (heard){0};
    return right && said;
}

static hg_strides dense(void)
{
    return (hg_strides){0, 0, 0, 0};
}

descriptor sample(hg_op op)
{
    descriptor d = {.op = op};
    const hg_tensor in = hg_tensor_nhwc(HG_F32, 1, 6, 7, 8);
    const hg_pool_geometry pool = {.window = {2, 2}, .stride = {2, 2}};
    d.filter = (hg_filter_desc){.order = op == HG_OP_CONV2D ? HG_OIHW : HG_IOHW,
                                .out_channels = 5,
                                .in_channels = 8,
                                .height = 3,
                                .width = 3};
    *descriptor_input(&d) = in;
    if (op == HG_OP_CONV2D) d.u.conv2d.padding = (hg_padding){HG_PADDING_EXPLICIT, 1, 1, 1, 1};
    if (op == HG_OP_CONV_TRANSPOSE2D) d.u.conv_transpose2d.stride = (hg_size2){2, 2};
    if (op == HG_OP_MAX_POOL2D) d.u.max_pool2d.pool = pool, d.u.max_pool2d.indices = true;
    if (op == HG_OP_AVG_POOL2D) d.u.avg_pool2d.pool = pool;
    if (op == HG_OP_LP_POOL2D) d.u.lp_pool2d.pool = pool;
    if (op == HG_OP_MAX_UNPOOL2D)
        d.u.max_unpool2d.window = d.u.max_unpool2d.stride = (hg_size2){2, 2};
    if (op == HG_OP_BINARY) d.u.binary.other = in;
    if (op == HG_OP_RESIZE2D || op == HG_OP_RESIZE_ARGMAX2D) {
        d.u.resize2d.mode = HG_RESIZE_BILINEAR;
        d.u.resize2d.output_size = (hg_size2){9, 14};
        d.u.resize2d.output_strides = dense();
    }
    return d;
}

enum { SAMPLE_WEIGHTS = 4096 };

static float weights[SAMPLE_WEIGHTS]; /* filled once: threads read it */

static void fill_weights(void)
{
    for (int i = 0; i < SAMPLE_WEIGHTS; i++) weights[i] = (float)(i * 37 % 101) / 64.0f - 0.75f;
}

const float *sample_weights(void)
{
    return weights;
}

hg_status run_sample(const hg_plan *plan, const descriptor *d, float y[SAMPLE_OUTPUT])
{
    static int64_t zeros[SAMPLE_OUTPUT];
    int64_t *indices = calloc(SAMPLE_OUTPUT, sizeof *indices);
    const size_t size = hg_plan_workspace_size(plan);
    void *workspace = size ? aligned_alloc(64, (size + 63) / 64 * 64) : NULL;
    const hg_io io = {.input = sample_weights(),
                      .output = y,
                      .residual = sample_weights(),
                      .other = sample_weights() + 5,
                      .indices = d->op == HG_OP_MAX_POOL2D ? indices : NULL,
                      .input_indices = d->op == HG_OP_MAX_UNPOOL2D ? zeros : NULL};
    memset(y, 0, SAMPLE_OUTPUT * sizeof *y);
    const hg_status status = hg_run(plan, &io, workspace);
    free(workspace);
    free(indices);
    return status;
}

static bool wanted(const char *part, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], part) == 0) return true;
    return argc < 2;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } parts[] = {{"misuse", test_misuse},
                 {"filters and runs", test_filters_and_runs},
                 {"sizes", test_sizes},
                 {"windows", test_windows},
                 {"strides", test_strides},
                 {"overlap", test_overlap},
                 {"in_place", test_in_place},
                 {"executors", test_executors},
                 {"allocations", test_allocations},
                 {"tables", test_tables},
                 {"threads", test_threads},
                 {"workers", test_workers},
                 {"reproducible", test_reproducible},
                 {"bits", test_bits},
                 {"environment", test_environment},
                 {"promises", test_promises},
                 {"far", test_far},
                 {"scratch", test_scratch},
                 {"selection", test_selection},
                 {"upsample", test_upsample},
                 {"fusion", test_fusion},
                 {"weights", test_weights}};
    own = watch_begin();
    if (own < 0) return 1;
    fill_weights();
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!wanted(parts[i].name, argc, argv)) continue;
        const long before = passed, bad = failed;
        parts[i].run();
        expect(true, "all of %s", parts[i].name); /* looks once more */
        dprintf(own, "%-18s %ld checks, %ld failed\n", parts[i].name,
                passed - before + failed - bad, failed - bad);
    }
    dprintf(own, "%ld passed, %ld failed, %ld skipped\n", passed, failed, skipped);
    return failed || !passed;
}
