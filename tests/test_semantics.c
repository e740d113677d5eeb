/* The table of docs/semantics.md: every literal case, by every kernel and configuration that may
 * run it, in both layouts; and that table and cases name the same rows.
 *
 *     test_semantics docs/semantics.md */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"
#include "tests/semantics.h"

static const semantics_case *const tables[] = {semantics_conv, semantics_pool, semantics_resize,
                                               semantics_pointwise};
static long passed, failed;

__attribute__((format(printf, 2, 3))) static bool expect(bool ok, const char *format, ...)
{
    va_list arguments;
    if (ok) return ++passed, true;
    failed++;
    printf("FAILED ");
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    return false;
}

/* Small integers and short fractions are exact; roots and thirds are not. */
static bool close_to(float want, float got)
{
    if (isnan(want)) return isnan(got);
    if (isinf(want)) return got == want;
    if (want == 0) return got == 0 && (!signbit(want) || signbit(got));
    return want == got || fabsf(want - got) <= 4e-7f * fabsf(want);
}

static void check_run(const semantics_case *c, const hg_plan *plan, const hg_tensor *in)
{
    float x[SEMANTICS_VALUES] = {0}, y[SEMANTICS_VALUES] = {0}, dense[SEMANTICS_VALUES] = {0};
    int64_t from[SEMANTICS_VALUES] = {0}, to[SEMANTICS_VALUES] = {0}, at[SEMANTICS_VALUES] = {0};
    hg_tensor out, given = *in;
    hg_plan_output(plan, &out);
    const hg_strides s = hg_dense_strides(in);
    tensor_scatter(&given, &s, sizeof *x, c->x, x);
    tensor_scatter(&given, &s, sizeof *from, c->input_indices, from);
    const size_t size = hg_plan_workspace_size(plan);
    void *workspace = size ? aligned_alloc(64, (size + 63) / 64 * 64) : NULL;
    const bool places = c->d.op == HG_OP_MAX_POOL2D;
    float second[HG_COUNT(c->weights)] = {0};
    if (c->d.op == HG_OP_BINARY) {
        hg_tensor turned = c->d.u.binary.other;
        turned.layout = in->layout;
        const hg_strides sb = hg_dense_strides(&turned);
        tensor_scatter(&turned, &sb, sizeof *second, c->weights, second);
    }
    const hg_io io = {.input = x,
                      .output = y,
                      .other = second,
                      .indices = places ? to : NULL,
                      .input_indices = c->d.op == HG_OP_MAX_UNPOOL2D ? from : NULL};
    const hg_status status = hg_run(plan, &io, workspace);
    free(workspace);
    const char *kernel = hg_plan_kernel(plan);
    if (!expect(status == c->status, "%s, %s: %s: \"%s\"", c->row, c->what, kernel,
                hg_status_string(status)) ||
        status)
        return;
    tensor_gather_values(&out, y, dense);
    tensor_gather(&out, &out.strides, sizeof *to, to, at);
    for (int64_t i = 0; i < tensor_count(&out); i++) {
        expect(close_to(c->y[i], dense[i]), "%s, %s: %s: output %d is %.9g, not %.9g", c->row,
               c->what, kernel, (int)i, (double)dense[i], (double)c->y[i]);
        expect(!places || c->indices[i] == at[i], "%s, %s: %s: index %d is %d, not %d", c->row,
               c->what, kernel, (int)i, (int)at[i], (int)c->indices[i]);
    }
}

/* The descriptor itself decides the plan; its key then names the problem for the other kernels. */
static void check_case(hg_context *context, const semantics_case *c, hg_layout layout)
{
    descriptor d = c->d;
    hg_tensor *in = descriptor_input(&d), out;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL, *other;
    char name[256];
    float bias[8];
    for (size_t i = 0; i < HG_COUNT(bias); i++) bias[i] = c->bias;
    in->layout = layout;
    if (d.op == HG_OP_BINARY) d.u.binary.other.layout = layout;
    if (!expect(!d.filter.height ||
                    hg_filter_create(context, &d.filter, c->weights, &filter) == HG_OK,
                "%s, %s: no filter", c->row, c->what))
        return;
    if (!expect(descriptor_plan(context, &d, filter, bias, &plan) == HG_OK, "%s, %s: no plan",
                c->row, c->what)) {
        hg_filter_free(filter);
        return;
    }
    hg_plan_output(plan, &out);
    if (expect(out.h == c->size.h && out.w == c->size.w, "%s, %s: the output is %dx%d", c->row,
               c->what, (int)out.h, (int)out.w))
        check_run(c, plan, in);
    for (size_t i = 0; hg_plan_candidate(plan, i, name, sizeof name); i++) {
        const hg_status status =
            hg_plan_from_key(context, hg_plan_key(plan), filter, bias, name, &other);
        if (expect(status == HG_OK, "%s, %s: %s refuses", c->row, c->what, name))
            check_run(c, other, in);
        hg_plan_free(other);
    }
    hg_plan_free(plan);
    hg_filter_free(filter);
}

/* ---- Presets ---- */

static void check_presets(hg_context *context)
{
    static const struct {
        const char *mode;
        int keras, to, corners, antialias;
        float x[4], y[8];
    } cases[] = {{"nearest", 0, 3, 0, 0, {0, 1, 2, 3}, {0, 1, 2}},
                 {"nearest-exact", 0, 2, 0, 0, {0, 1, 2, 3}, {1, 3}},
                 {"bilinear", 0, 2, 0, 0, {0, 32, 64, 0}, {16, 32}},
                 {"bilinear", 0, 2, 1, 0, {1, 2, 3, 4}, {1, 4}},
                 {"bilinear", 0, 2, 0, 1, {0, 32, 64, 0}, {22.857143f, 32}},
                 {"bicubic", 0, 2, 0, 0, {0, 32, 64, 0}, {13, 35}},
                 {"area", 0, 2, 0, 0, {0, 3, 6, 9}, {1.5f, 7.5f}},
                 {"nearest", 1, 8, 0, 0, {1, 2, 3, 4}, {1, 1, 2, 2, 3, 3, 4, 4}},
                 {"bilinear", 1, 8, 0, 0, {0, 4, 8, 0}, {0, 1, 3, 5, 7, 6, 2, 0}},
                 {"bicubic",
                  1,
                  8,
                  0,
                  0,
                  {0, 32, 64, 0},
                  {-2.8235294f, 5.3722628f, 22.717557f, 42.25f, 62.75f, 52.030534f, 12.846715f,
                   -5.6470588f}}};
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        const hg_tensor in = hg_tensor_nhwc(HG_F32, 1, 1, 4, 1);
        semantics_case c = {"resize.presets", cases[i].mode, .d = {.op = HG_OP_RESIZE2D}};
        const hg_status status =
            cases[i].keras
                ? hg_resize2d_keras(&in, (hg_size2){1, 2}, c.what, &c.d.u.resize2d)
                : hg_resize2d_pytorch(&in, (hg_size2){1, cases[i].to}, c.what, cases[i].corners,
                                      cases[i].antialias, &c.d.u.resize2d);
        c.size = (hg_size2){1, cases[i].to};
        memcpy(c.x, cases[i].x, sizeof cases[i].x);
        memcpy(c.y, cases[i].y, sizeof cases[i].y);
        if (expect(status == HG_OK, "preset %s", c.what))
            check_case(context, &c, (hg_layout)(i % 2));
    }
}

/* In 2, out 82: the float of 2 / 82 times 41 is below 1. */
static void check_pytorch_steps(hg_context *context)
{
    const hg_tensor in = hg_tensor_nhwc(HG_F32, 1, 1, 2, 1);
    semantics_case c = {"resize.presets", "nearest, in steps of f32", .d = {.op = HG_OP_RESIZE2D},
                        .x = {3, 4}, .size = {1, 82}};
    for (int o = 0; o < 82; o++) c.y[o] = o < 42 ? 3 : 4;
    if (expect(hg_resize2d_pytorch(&in, c.size, "nearest", false, false, &c.d.u.resize2d) == HG_OK,
               "preset %s", c.what))
        check_case(context, &c, HG_NHWC);
}

/* ---- The document ---- */

static bool known(const char *row)
{
    if (strcmp(row, "resize.presets") == 0) return true;
    for (size_t t = 0; t < HG_COUNT(tables); t++)
        for (const semantics_case *c = tables[t]; c->row; c++)
            if (strcmp(c->row, row) == 0) return true;
    return false;
}

/* The last cell of a row of the table holds the name of its cases in backquotes. */
static void check_document(const char *path)
{
    char line[1000], text[16384] = "";
    FILE *file = fopen(path, "r");
    if (!expect(file != NULL, "%s cannot be read", path)) return;
    while (fgets(line, sizeof line, file)) {
        char *end = strrchr(line, '`'), *begin;
        if (line[0] != '|' || !end || strcmp(end, "` |\n")) continue;
        *end = '\0';
        begin = strrchr(line, '`');
        if (!expect(begin && strlen(text) + 60 < sizeof text, "a row of %s", path)) continue;
        expect(known(begin + 1), "%s: no case is called %s", path, begin + 1);
        snprintf(text + strlen(text), 60, "%s ", begin + 1);
    }
    fclose(file);
    for (size_t t = 0; t < HG_COUNT(tables); t++)
        for (const semantics_case *c = tables[t]; c->row; c++)
            expect(strstr(text, c->row) != NULL, "%s has no row %s", path, c->row);
}

int main(int argc, char **argv)
{
    hg_context *context;
    const hg_context_options o = {.ignore_environment = true};
    if (argc != 2 || hg_context_create(&o, &context)) return 2;
    for (size_t t = 0; t < HG_COUNT(tables); t++)
        for (const semantics_case *c = tables[t]; c->row; c++)
            for (int layout = HG_NHWC; layout <= HG_NCHW; layout++)
                check_case(context, c, (hg_layout)layout);
    check_presets(context);
    check_pytorch_steps(context);
    check_document(argv[1]);
    hg_context_free(context);
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed ? 1 : 0;
}
