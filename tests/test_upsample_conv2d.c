/* hg_upsample_conv2d against the composition in double: every pixel repeated, or interpolated from
 * four, then the sums of the convolution, by the loop nest of upsample.h. Random problems between
 * guard pages, by every kernel that may run them, NEON on x86 included.
 *
 *     test_upsample_conv2d [--cases N] [--seed S] [--case I] */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "kernels/common/attr.h"
#include "kernels/conv_transpose2d/upsample_conv2d.h"
#include "tests/compare.h"
#include "tests/descriptor.h"
#include "tests/draw.h"
#include "tests/executor.h"
#include "tests/run_guarded.h"
#include "tests/winograd_bound.h"

enum { INTERPOLATING = 8 /* roundings, at most, of a pixel */ };

static long passed, failed;

/* ---- Problems ---- */

typedef struct trial {
    int64_t number;
    hg_upsample_conv2d op;
    hg_filter_desc filter;
    hg_problem p; /* the transposed convolution's; bilinear: that in bands */
    case_data data;
    oracle_output want;
    oracle_input summed; /* as the transposed convolution sees it, or that of the enlarged image */
} trial;

static bool is_bilinear(const trial *t)
{
    return t->op.mode == HG_RESIZE_BILINEAR;
}

static hg_padding draw_padding(rng *r, const hg_filter_desc *f)
{
    static const hg_padding_mode modes[] = {HG_PADDING_SAME_UPPER, HG_PADDING_SAME_LOWER,
                                            HG_PADDING_VALID};
    const int64_t roll = rng_in(r, 0, 99), h = f->height, w = f->width;
    if (roll < 20) return (hg_padding){.mode = modes[rng_in(r, 0, 2)]};
    if (roll < 50)
        return (hg_padding){HG_PADDING_EXPLICIT, (h - 1) / 2, (w - 1) / 2, (h - 1) / 2,
                            (w - 1) / 2};
    return (hg_padding){HG_PADDING_EXPLICIT, rng_in(r, 0, h + 2), rng_in(r, 0, w + 2),
                        rng_in(r, 0, h + 2), rng_in(r, 0, w + 2)};
}

static void draw_channels_of(rng *r, hg_filter_desc *f)
{
    const int64_t roll = rng_in(r, 0, 99);
    f->groups = roll < 60 ? 1 : rng_in(r, 2, 5);
    f->in_channels = f->groups * (roll < 80 ? draw_channels(r, 1, 40) : 1);
    f->out_channels = f->groups * (roll < 80 ? draw_channels(r, 1, 40) : rng_in(r, 1, 2));
    f->order = (hg_filter_order)rng_in(r, HG_OIHW, HG_HWIO);
}

static void draw_post(rng *r, hg_tensor out, hg_epilogue *e)
{
    if (rng_percent(r, 40)) return;
    *e = (hg_epilogue){.activation = (hg_activation)rng_in(r, 0, HG_LEAKY_RELU),
                       .min = -2.5f,
                       .max = 3.25f,
                       .slope = 0.125f,
                       .residual = rng_percent(r, 50)};
    out.strides = (hg_strides){0};
    if (e->residual) draw_strides(r, &out);
    e->residual_strides = out.strides;
}

/* false: the draw has no output. */
static bool draw(rng *r, trial *t)
{
    hg_upsample_conv2d *o = &t->op;
    hg_tensor out;
    *o = (hg_upsample_conv2d){.factor = {rng_in(r, 1, 4), rng_in(r, 1, 4)},
                              .accuracy = (hg_accuracy)rng_in(r, HG_DEFAULT, HG_RELAXED)};
    if (rng_percent(r, 50)) o->factor.h = o->factor.w = rng_in(r, 2, 3);
    t->filter = (hg_filter_desc){.height = rng_in(r, 1, 5), .width = rng_in(r, 1, 5)};
    if (rng_percent(r, 40)) t->filter.height = t->filter.width = 3;
    draw_channels_of(r, &t->filter);
    o->input = (hg_tensor){.layout = (hg_layout)rng_in(r, 0, 1),
                           .n = rng_in(r, 1, 2),
                           .h = rng_in(r, 1, 7),
                           .w = rng_percent(r, 80) ? rng_in(r, 1, 9) : rng_in(r, 10, 40),
                           .c = t->filter.in_channels};
    draw_strides(r, &o->input);
    o->padding = draw_padding(r, &t->filter);
    if (rng_percent(r, 40)) {
        o->mode = HG_RESIZE_BILINEAR;
        o->coordinates = (hg_coordinates)rng_in(r, HG_HALF_PIXEL, HG_ALIGN_CORNERS);
    }
    if (hg_upsample_conv2d_output(o, &t->filter, &out)) return false;
    draw_post(r, out, &o->epilogue);
    out.strides = (hg_strides){0};
    draw_strides(r, &out);
    o->output_strides = out.strides;
    return hg_problem_upsample_conv2d(o, &t->filter, &t->p, NULL) == HG_OK;
}

/* ---- The composition ---- */

/* The padding before the first row or column, for an enlarged image of that size. */
static int64_t begin_of(hg_padding_mode mode, int64_t given, int64_t kernel)
{
    if (mode == HG_PADDING_EXPLICIT) return given;
    if (mode == HG_PADDING_VALID) return 0;
    return mode == HG_PADDING_SAME_UPPER ? (kernel - 1) / 2 : kernel / 2;
}

/* Two pixels along an axis of `in` pixels, enlarged `factor` times, and the second's weight. */
typedef struct two_taps {
    int64_t at[2];
    double second;
} two_taps;

/* The coordinate is a fraction of integers, so that a pixel without weight has none. */
static two_taps taps_of(hg_coordinates coordinates, int64_t in, int64_t factor, int64_t o)
{
    const int64_t out = in * factor;
    int64_t above = 2 * o + 1 - factor, below = 2 * factor; /* (o + 1/2) / factor - 1/2 */
    if (coordinates == HG_ASYMMETRIC) above = o, below = factor;
    if (coordinates == HG_ALIGN_CORNERS) above = o * (in - 1), below = out > 1 ? out - 1 : 1;
    if (coordinates == HG_PYTORCH_HALF_PIXEL && out == 1) above = 0;
    const int64_t first = above < 0 ? -((-above + below - 1) / below) : above / below;
    const int64_t last = in - 1;
    return (two_taps){{HG_MIN(HG_MAX(first, 0), last), HG_MIN(HG_MAX(first + 1, 0), last)},
                      (double)(above - first * below) / (double)below};
}

/* Pixel (y, x) of the enlarged image, and the sum of its terms' magnitudes. */
static double enlarged_pixel(const trial *t, const float *image, int64_t y, int64_t x,
                             double *magnitude)
{
    const hg_upsample_conv2d *o = &t->op;
    const int64_t w = o->input.w;
    if (!is_bilinear(t)) {
        const double pixel = (double)image[y / o->factor.h * w + x / o->factor.w];
        return *magnitude = fabs(pixel), pixel;
    }
    const two_taps v = taps_of(o->coordinates, o->input.h, o->factor.h, y);
    const two_taps h = taps_of(o->coordinates, w, o->factor.w, x);
    double sum = 0;
    *magnitude = 0;
    for (int i = 0; i < 4; i++) {
        const double weight = (i / 2 ? v.second : 1 - v.second) * (i % 2 ? h.second : 1 - h.second);
        if (weight == 0) continue;
        const double term = weight * (double)image[v.at[i / 2] * w + h.at[i % 2]];
        sum += term;
        *magnitude += fabs(term);
    }
    return sum;
}

static void sum_one(const trial *t, int64_t n, int64_t k, int64_t oy, int64_t ox, int64_t i)
{
    const hg_upsample_conv2d *o = &t->op;
    const hg_filter_desc *f = &t->filter;
    const int64_t h = o->input.h * o->factor.h, w = o->input.w * o->factor.w;
    const int64_t top = begin_of(o->padding.mode, o->padding.top, f->height);
    const int64_t left = begin_of(o->padding.mode, o->padding.left, f->width);
    const int64_t cg = f->in_channels / f->groups, g = k / (f->out_channels / f->groups);
    const double b = t->data.bias ? (double)t->data.bias[k] : 0;
    const double res = t->data.residual ? (double)t->data.residual[i] : 0;
    double sum = b + res, magnitude = fabs(b) + fabs(res), count = 0;
    for (int64_t c = 0; c < cg; c++) {
        const float *image =
            t->data.x + (n * f->in_channels + g * cg + c) * o->input.h * o->input.w;
        const float *weight = t->data.weights + (k * cg + c) * f->height * f->width;
        for (int64_t ky = 0; ky < f->height; ky++)
            for (int64_t kx = 0; kx < f->width; kx++) {
                const int64_t y = oy - top + ky, x = ox - left + kx;
                if (y < 0 || y >= h || x < 0 || x >= w) continue;
                const double factor = (double)weight[ky * f->width + kx];
                double terms;
                sum += enlarged_pixel(t, image, y, x, &terms) * factor;
                magnitude += terms * fabs(factor);
                count++;
            }
    }
    /* Interpolated pixels are rounded a few times before they are multiplied. */
    if (is_bilinear(t)) count += INTERPOLATING;
    t->want.sum[i] = sum, t->want.magnitude[i] = magnitude, t->want.count[i] = count;
}

static double activated(const hg_epilogue *e, double v)
{
    const double low = e->activation == HG_CLAMP ? (double)e->min : 0;
    const double high = e->activation == HG_CLAMP ? (double)e->max : 6;
    if (e->activation == HG_LEAKY_RELU) return v < 0 ? v * (double)e->slope : v;
    if (e->activation == HG_IDENTITY || isnan(v)) return v;
    return e->activation == HG_RELU ? fmax(v, 0) : fmin(fmax(v, low), high);
}

static void compose(trial *t)
{
    const hg_tensor *out = &t->p.out;
    for (int64_t i = 0; i < tensor_count(out); i++) {
        const int64_t x = i % out->w, y = i / out->w % out->h, k = i / out->w / out->h % out->c;
        sum_one(t, i / out->w / out->h / out->c, k, y, x, i);
        t->want.y[i] = activated(&t->op.epilogue, t->want.sum[i]);
    }
}

/* ---- Runs ---- */

static void complain(const trial *t, const char *who, const char *what)
{
    char key[HG_KEY_SIZE];
    hg_problem_key(&t->p, key);
    printf("FAILED case %" PRId64 " %s: %s\n  factor %" PRId64 "x%" PRId64 " kernel %" PRId64
           "x%" PRId64 " | %s\n",
           t->number, who, what, t->op.factor.h, t->op.factor.w, t->filter.height, t->filter.width,
           key);
    failed++;
}

static void check(const trial *t, const char *who, const run_result *got)
{
    char text[400] = "";
    double *bounds;
    const hg_problem summed = hg_problem_unfused(&t->p);
    const data_kind kind = is_bilinear(t) ? DATA_SIGNED : t->data.kind; /* are integers exact? */
    if (got->trouble[0] || got->status) {
        complain(t, who, got->trouble[0] ? got->trouble : hg_status_string(got->status));
    } else if (!winograd_bounds(who, &summed, &t->summed, kind, &bounds)) {
        complain(t, who, "no memory for the bounds");
    } else {
        for (int64_t i = 0; is_bilinear(t) && bounds && i < tensor_count(&t->p.out); i++)
            bounds[i] += INTERPOLATING * 0x1p-24 * t->want.magnitude[i];
        if (compare_all(&t->p, kind, &t->want, bounds, got->y, NULL, text, sizeof text))
            complain(t, who, text);
        else
            passed++;
        free(bounds);
    }
}

typedef struct contexts {
    hg_context *one, *three;
} contexts;

/* One kernel, alone and by three threads. The filter is freed before the plan. */
static bool run_kernel(const contexts *c, trial *t, const float *weights, const char *kernel)
{
    run_result result[2] = {{0}};
    bool planned = false;
    t->op.kernel = kernel;
    for (int i = 0; i < 2; i++) {
        hg_context *context = i ? c->three : c->one;
        hg_filter *filter = NULL;
        hg_plan *plan = NULL;
        hg_status s = hg_filter_create(context, &t->filter, weights, &filter);
        if (!s) s = hg_plan_upsample_conv2d(context, &t->op, filter, t->data.bias, &plan);
        hg_filter_free(filter);
        if (s) break; /* the kernel is not for this problem */
        planned = true;
        run_guarded(plan, &t->p, &t->data, i ? GUARD_START : GUARD_END, &result[i]);
        hg_plan_free(plan);
        check(t, kernel, &result[i]);
    }
    if (planned && result[1].y && !run_result_same_bits(&t->p, &result[0], &result[1]))
        complain(t, kernel, "other bits with threads");
    for (int i = 0; i < 2; i++) run_result_free(&result[i]);
    return planned;
}

/* The kernels of the registry that this machine, or SIMDe, can run: each by its name. */
static void run_kernels(const contexts *c, trial *t)
{
    hg_machine machine;
    const hg_kernel *k;
    int ran = 0;
    float *weights =
        malloc((size_t)(hg_problem_reduction(&t->p) * t->p.out.c + 1) * sizeof *weights);
    if (!weights) {
        complain(t, "all", "out of memory");
        return;
    }
    filter_reorder(&t->filter, t->data.weights, weights);
    hg_context_machine(c->one, &machine);
    for (size_t i = 0; (k = hg_registry_at(i)) != NULL; i++)
        if (k->op == t->p.op && hg_isa_usable(k->isa, machine.isa, true))
            ran += run_kernel(c, t, weights, k->name);
    if (ran < 1) complain(t, "all", "no kernel accepts it");
    free(weights);
}

/* What the convolution reads, where its bounds are derived from that. */
static bool enlarge(trial *t)
{
    const hg_problem conv = hg_problem_unfused(&t->p);
    const int64_t h = conv.in.h, w = conv.in.w, plane = t->op.input.h * t->op.input.w;
    float *x = malloc((size_t)tensor_count(&conv.in) * sizeof *x);
    t->summed.x = x;
    for (int64_t i = 0; x && i < tensor_count(&conv.in); i++) {
        double magnitude;
        x[i] =
            (float)enlarged_pixel(t, t->data.x + i / (h * w) * plane, i / w % h, i % w, &magnitude);
    }
    return x != NULL;
}

static bool open_data(trial *t, data_kind kind, rng *r)
{
    const size_t count = (size_t)tensor_count(&t->p.out) + 1;
    hg_problem conv = t->p; /* what its weights are drawn by */
    conv.op = HG_OP_CONV2D;
    conv.kernel = (hg_size2){t->filter.height, t->filter.width};
    t->want = (oracle_output){.y = calloc(count, sizeof(double)),
                              .sum = calloc(count, sizeof(double)),
                              .magnitude = calloc(count, sizeof(double)),
                              .count = calloc(count, sizeof(double))};
    if (!data_draw(&conv, kind, false, r, &t->data)) return false;
    /* Only direct summation keeps a NaN within the windows that cover it. */
    if (kind == DATA_SIGNED && t->op.accuracy == HG_STRICT && rng_percent(r, 50))
        t->data.x[rng_in(r, 0, tensor_count(&t->p.in) - 1)] = NAN;
    t->summed = data_for_oracle(&t->data);
    if (is_bilinear(t))
        return enlarge(t) && t->want.y && t->want.sum && t->want.magnitude && t->want.count;
    float *summed = malloc((size_t)(hg_problem_reduction(&t->p) * t->p.out.c + 1) * sizeof *summed);
    t->summed.weights = summed;
    if (summed) hg_upsampled_weights(&t->filter, t->op.factor, t->data.weights, summed);
    return summed && t->want.y && t->want.sum && t->want.magnitude && t->want.count;
}

static void close_data(trial *t)
{
    free((float *)(uintptr_t)(is_bilinear(t) ? t->summed.x : t->summed.weights));
    data_free(&t->data);
    oracle_free(&t->want);
}

static void run_case(const contexts *c, uint64_t seed, int64_t number)
{
    rng r = rng_for(seed, "upsample_conv2d", (uint64_t)number);
    trial t = {.number = number};
    while (!draw(&r, &t)) continue;
    for (data_kind kind = DATA_INTEGERS; kind <= DATA_POSITIVE; kind++) {
        if (open_data(&t, kind, &r)) {
            compose(&t);
            run_kernels(c, &t);
        } else {
            complain(&t, "all", "out of memory");
        }
        close_data(&t);
    }
}

int main(int argc, char **argv)
{
    int64_t cases = 60, only = -1;
    uint64_t seed = 1;
    for (int i = 1; i + 1 < argc; i += 2) {
        const int64_t value = strtoll(argv[i + 1], NULL, 10);
        if (!strcmp(argv[i], "--cases")) cases = value;
        if (!strcmp(argv[i], "--seed")) seed = (uint64_t)value;
        if (!strcmp(argv[i], "--case")) only = value;
    }
    hg_context_options o = {.ignore_environment = true};
    contexts c = {NULL, NULL};
    run_guarded_install();
    bool ok = hg_context_create(&o, &c.one) == HG_OK;
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
