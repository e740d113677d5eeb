/* Winograd kernels on data that is not random: what docs/accuracy.md promises must hold for all of
 * it, and the constants there must be those that follow from the interpolation points.
 *
 *     test_winograd docs/accuracy.md [--most CHANNELS] [--verbose] */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "kernels/common/attr.h"
#include "tests/compare.h"
#include "tests/descriptor.h"
#include "tests/winograd_bound.h"

static long passed, failed;
static bool verbose;

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

/* ---- Data ---- */

/* What a pattern may look at. */
typedef struct scene {
    const winograd_class *w;
    winograd_matrices t;
    winograd_constants k;
    const hg_problem *p;
    int plane; /* counts the planes of one axis */
    rng r;
} scene;

/* In a sum of thousands of products of this by itself most additions round to the same side. */
static float constant(scene *s, int64_t c, int64_t y, int64_t x)
{
    (void)s, (void)c, (void)y, (void)x;
    return 1.372f;
}

static float tiny(scene *s, int64_t c, int64_t y, int64_t x)
{
    return ldexpf(constant(s, c, y, x), -140);
}

/* Read by the transform under taps that are zero. */
static float large_last_columns(scene *s, int64_t c, int64_t y, int64_t x)
{
    (void)c, (void)y;
    return x >= s->p->in.w - 2 ? 1e6f : 1.1f;
}

static float left_taps(scene *s, int64_t c, int64_t y, int64_t x)
{
    (void)s, (void)c, (void)y;
    return x == 0 ? 1.1f : 0;
}

static float alternating(scene *s, int64_t c, int64_t y, int64_t x)
{
    (void)s;
    return (c + y + x) % 2 ? -1.1f : 1.1f;
}

/* Signs under which a plane of transformed pixels, or weights, is as large as it can be. */
static float worst_pixels(scene *s, int64_t c, int64_t y, int64_t x)
{
    (void)c;
    const double *row = s->t.b[s->plane];
    return row[y % s->t.a] * row[x % s->t.a] < 0 ? -1.1f : 1.1f;
}

/* The column of G that multiplies a row, or column, of the filter: transposed, phases take every
 * `stride`th in reverse. */
static int64_t tap_of(const scene *s, int64_t at)
{
    const bool transposed = s->p->op == HG_OP_CONV_TRANSPOSE2D;
    return transposed ? s->w->r - 1 - at / s->p->stride.h : at;
}

static float worst_weights(scene *s, int64_t c, int64_t y, int64_t x)
{
    (void)c;
    const double *row = s->t.g[s->plane];
    return row[tap_of(s, y)] * row[tap_of(s, x)] < 0 ? -1.1f : 1.1f;
}

static float powers(scene *s, int64_t c, int64_t y, int64_t x)
{
    (void)c, (void)y, (void)x;
    return ldexpf(rng_percent(&s->r, 50) ? -1 : 1, (int)rng_in(&s->r, -40, 40));
}

/* Just inside the range of pixels that is promised; weights that make something finite of them. */
static float largest_pixels(scene *s, int64_t c, int64_t y, int64_t x)
{
    return (float)(0x1.ffp126 / s->k.rho) * (worst_pixels(s, c, y, x) < 0 ? -1 : 1);
}

static float small_weights(scene *s, int64_t c, int64_t y, int64_t x)
{
    return 0x1p-20f * worst_weights(s, c, y, x);
}

/* Just inside the range of sums. */
static float largest_weights(scene *s, int64_t c, int64_t y, int64_t x)
{
    const double products = (double)hg_problem_reduction(s->p) * 1.1 * s->k.beta;
    return (float)(0x1.ffp126 / products) * (worst_weights(s, c, y, x) < 0 ? -1 : 1);
}

typedef float draw(scene *s, int64_t c, int64_t y, int64_t x);

static const struct pattern {
    const char *name;
    draw *pixel, *weight;
    bool planes; /* one run for each */
} patterns[] = {{"constant", constant, constant, false},
                {"left taps, large last columns", large_last_columns, left_taps, false},
                {"alternating", alternating, alternating, false},
                {"worst signs", worst_pixels, worst_weights, true},
                {"powers of two", powers, powers, false},
                {"largest pixels", largest_pixels, small_weights, true},
                {"largest weights", worst_pixels, largest_weights, true},
                {"denormal pixels", tiny, constant, false},
                {"denormal weights", constant, tiny, false}};

static bool fill(const struct pattern *pattern, scene *s, case_data *d)
{
    const hg_problem *p = s->p;
    const int64_t filter = p->kernel.h * p->kernel.w, image = p->in.h * p->in.w;
    const int64_t pixels = tensor_count(&p->in), weights = p->out.c * p->in.c * filter;
    *d = (case_data){.kind = DATA_OTHER,
                     .x = malloc((size_t)pixels * sizeof(float)),
                     .weights = malloc((size_t)weights * sizeof(float))};
    for (int64_t i = 0; d->x && i < pixels; i++)
        d->x[i] = pattern->pixel(s, i / image % p->in.c, i % image / p->in.w, i % p->in.w);
    for (int64_t i = 0; d->weights && i < weights; i++)
        d->weights[i] =
            pattern->weight(s, i / filter % p->in.c, i % filter / p->kernel.w, i % p->kernel.w);
    return d->x && d->weights;
}

/* ---- Runs ---- */

/* Dense results; NULL if there were none. */
static float *run(hg_context *context, const hg_kernel *k, const hg_problem *p, const case_data *d)
{
    char key[HG_KEY_SIZE];
    hg_filter_desc order;
    hg_filter *filter = NULL;
    hg_plan *plan = NULL;
    hg_problem_key(p, key);
    hg_problem_filter(p, &order);
    float *x = malloc((size_t)tensor_count(&p->in) * sizeof *x);
    float *out = malloc((size_t)tensor_count(&p->out) * sizeof *out);
    float *y = malloc((size_t)tensor_count(&p->out) * sizeof *y);
    bool ok = x && out && y && hg_filter_create(context, &order, d->weights, &filter) == HG_OK &&
              hg_plan_from_key(context, key, filter, NULL, k->name, &plan) == HG_OK;
    const size_t size = ok ? hg_plan_workspace_size(plan) : 0;
    void *workspace = size ? aligned_alloc(64, HG_ROUND_UP(size, (size_t)64)) : NULL;
    if (ok) {
        tensor_scatter(&p->in, &p->in.strides, sizeof *x, d->x, x);
        ok = hg_run(plan, &(hg_io){.input = x, .output = out}, workspace) == HG_OK;
        tensor_gather(&p->out, &p->out.strides, sizeof *y, out, y);
    }
    hg_plan_free(plan);
    hg_filter_free(filter);
    free(workspace);
    free(out);
    free(x);
    if (ok) return y;
    free(y);
    return NULL;
}

/* Products of one sign, the same in every tile: only one plane is not zero, so nothing cancels, and
 * the error is that of a sum as short as that of the blocks. */
static void check_constant(const hg_kernel *k, const winograd_class *w, const hg_problem *p,
                           const oracle_output *want, const float *y)
{
    const double n = winograd_sums(p->in.c) + winograd_constants_of(w).depth;
    double most = 0;
    for (int64_t i = 0; i < tensor_count(&p->out); i++)
        most = fmax(most, fabs((double)y[i] - want->y[i]) / want->y[i]);
    expect(most <= n * 0x1p-24, "%s: constant data of %" PRId64 " channels: %g u, at most %g",
           k->name, p->in.c, most * 0x1p24, n);
    if (verbose) printf("    inside: %.1f u of %g\n", most * 0x1p24, n);
}

static void check_bounds(const char *name, const char *what, const hg_problem *p,
                         const oracle_output *want, const double *bounds, const float *y)
{
    char text[400] = "";
    bool finite = true;
    double most = 0, errors = 0;
    for (int64_t i = 0; i < tensor_count(&p->out); i++) {
        finite = finite && isfinite(bounds[i]);
        most = fmax(most, fabs((double)y[i] - want->y[i]) / bounds[i]);
        errors = fmax(errors, fabs((double)y[i] - want->y[i]) / want->magnitude[i]);
    }
    expect(finite, "%s: %s: nothing is promised", name, what);
    expect(compare_all(p, DATA_OTHER, want, bounds, y, NULL, text, sizeof text) == 0, "%s: %s: %s",
           name, what, text);
    if (verbose) printf("%s: %s: %.2g of the bound, %.3g u\n", name, what, most, errors * 0x1p24);
}

/* inside: no window reaches beyond the input. */
static void check(hg_context *context, const hg_kernel *k, const struct pattern *pattern,
                  const char *key, bool inside, scene *s)
{
    hg_problem p;
    hg_reason why = {""};
    case_data d;
    oracle_output want = {0};
    double *bounds = NULL;
    char what[HG_KEY_SIZE + 60];
    snprintf(what, sizeof what, "%s | %s", pattern->name, key);
    if (!expect(hg_problem_parse(key, &p, &why) == HG_OK, "%s: %s", what, why.text)) return;
    s->p = &p;
    const bool filled = fill(pattern, s, &d);
    const oracle_input in = data_for_oracle(&d);
    float *y = filled ? run(context, k, &p, &d) : NULL;
    if (expect(y && oracle_run(&p, &in, &want) &&
                   winograd_bounds(k->name, &p, &in, DATA_OTHER, &bounds),
               "%s: %s: no results", k->name, what)) {
        check_bounds(k->name, what, &p, &want, bounds, y);
        if (pattern->pixel == constant && pattern->weight == constant && inside)
            check_constant(k, s->w, &p, &want, y);
    }
    free(bounds);
    free(y);
    oracle_free(&want);
    data_free(&d);
}

/* A tile inside, as many times as there are planes to be made large; tiles on edges; the phases of
 * a dilated row, mostly padding. */
static void check_pattern(hg_context *context, const hg_kernel *k, const struct pattern *pattern,
                          int channels, scene *s)
{
    const int a = s->t.a, r = s->w->r, stride = s->w->stride, edge = r / 2;
    char key[HG_KEY_SIZE];
    snprintf(key, sizeof key,
             "conv2d f32 nhwc n1 c%d h%d w%d k1 r%dx%d s%dx%d p0,0,0,0 d1x1 g1 relaxed", channels,
             a, a, r, r, stride, stride);
    for (s->plane = 0; s->plane < (pattern->planes ? a : 1); s->plane++)
        check(context, k, pattern, key, true, s);
    s->plane = 0;
    snprintf(key, sizeof key,
             "conv2d f32 nhwc n1 c%d h9 w10 k1 r%dx%d s%dx%d p%d,%d,%d,%d d1x1 g1 relaxed",
             channels, r, r, stride, stride, edge, edge, edge, edge);
    check(context, k, pattern, key, false, s);
    snprintf(key, sizeof key,
             "conv2d f32 nhwc n2 c%d h1 w7 k1 r%dx%d s%dx%d p3,9,2,7 d1x4 g1 relaxed", channels, r,
             r, stride, stride);
    check(context, k, pattern, key, false, s);
}

/* The same of transposed convolutions: phases that share one tile; edges with phases of r and r - 1
 * taps, and of r that begin apart; a dilated row of stride 1. */
static void check_transposed(hg_context *context, const hg_kernel *k, const struct pattern *pattern,
                             int channels, scene *s)
{
    const int a = s->t.a, m = s->w->m, r = s->w->r, crop = 2 * (r - 1);
    char key[HG_KEY_SIZE];
    snprintf(key, sizeof key,
             "conv_transpose2d f32 nhwc n1 c%d h%d w%d k1 r%dx%d s2x2 p%d,%d,%d,%d d1x1 g1 o%dx%d "
             "relaxed",
             channels, a, a, 2 * r, 2 * r, crop, crop, crop, crop, 2 * m, 2 * m);
    for (s->plane = 0; s->plane < (pattern->planes ? a : 1); s->plane++)
        check(context, k, pattern, key, true, s);
    s->plane = 0;
    for (int missing = 0; missing < 2; missing++) {
        snprintf(key, sizeof key,
                 "conv_transpose2d f32 nhwc n1 c%d h9 w10 k1 r%dx%d s2x2 p1,1,1,1 d1x1 g1 o%dx%d "
                 "relaxed",
                 channels, 2 * r - missing, 2 * r - missing, 14 + 2 * r - missing,
                 16 + 2 * r - missing);
        check(context, k, pattern, key, false, s);
    }
    snprintf(key, sizeof key,
             "conv_transpose2d f32 nhwc n2 c%d h1 w7 k1 r%dx%d s1x1 p0,1,0,1 d1x4 g1 o%dx%d "
             "relaxed",
             channels, r, r, r, 6 + 4 * (r - 1) - 1);
    check(context, k, pattern, key, false, s);
}

static void check_kernel(hg_context *context, const hg_kernel *k, const winograd_class *w, int most)
{
    static const int channels[] = {3, 520, 2048, 8192};
    scene s = {.w = w,
               .t = winograd_matrices_of(w),
               .k = winograd_constants_of(w),
               .r = rng_for(1, k->name, 0)};
    for (size_t i = 0; i < HG_COUNT(patterns); i++)
        for (size_t c = 0; c < (i ? 3 : HG_COUNT(channels)) && channels[c] <= most; c++)
            (k->op == HG_OP_CONV2D ? check_pattern : check_transposed)(context, k, &patterns[i],
                                                                       channels[c], &s);
}

/* ---- The document ---- */

/* Rows "| `winograd_...` | what | accuracy | beta | t | rho |", each class once. */
static void check_document(const char *path)
{
    char line[1000], name[40], accuracy[40];
    int beta, depth, rho, rows = 0;
    FILE *file = fopen(path, "r");
    if (!expect(file != NULL, "%s cannot be read", path)) return;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "| `winograd_", 12)) continue;
        const int fields = sscanf(line, "| `%39[^`]` | %*[^|] | `%39[^`]` | %d | %d | %d |", name,
                                  accuracy, &beta, &depth, &rho);
        const winograd_class *w = fields == 5 ? winograd_class_of(name) : NULL;
        if (!expect(w != NULL, "%s: a row that cannot be read: %s", path, line)) continue;
        const winograd_constants k = winograd_constants_of(w);
        rows++;
        expect(strcmp(accuracy, w->relaxed ? "HG_RELAXED" : "HG_DEFAULT") == 0, "%s: accuracy",
               name);
        expect(beta == (int)ceil(k.beta), "%s: beta is %g", name, k.beta);
        expect(depth == k.depth, "%s: t is %d", name, k.depth);
        expect(rho == (int)k.rho, "%s: rho is %g", name, k.rho);
    }
    fclose(file);
    int classes = 0;
    while (winograd_classes[classes].word) classes++;
    expect(rows == classes, "%s has %d rows of Winograd kernels, not %d", path, rows, classes);
}

int main(int argc, char **argv)
{
    hg_context *context;
    hg_kernel_info info;
    hg_machine machine;
    const hg_context_options o = {.ignore_environment = true};
    int most = INT_MAX;
    for (int i = 2; i < argc; i++) {
        verbose |= strcmp(argv[i], "--verbose") == 0;
        if (strcmp(argv[i], "--most") == 0 && i + 1 < argc) most = atoi(argv[++i]);
    }
    if (argc < 2 || hg_context_create(&o, &context)) return 2;
    hg_context_machine(context, &machine);
    int kernels = 0;
    for (size_t i = 0; hg_kernel_get(context, i, &info); i++) {
        const hg_kernel *k = hg_registry_find(info.name);
        if (!k || !strstr(k->name, "winograd") || !hg_isa_usable(k->isa, machine.isa, true))
            continue;
        const winograd_class *w = winograd_class_of(k->name);
        if (expect(w != NULL, "%s: nothing is known of it", k->name))
            check_kernel(context, k, w, most);
        kernels++;
    }
    expect(kernels > 0, "no Winograd kernels");
    check_document(argv[1]);
    hg_context_free(context);
    printf("%ld passed, %ld failed\n", passed, failed);
    return failed ? 1 : 0;
}
