/* No kernel asks for more workspace than twice the layer's input, output and weights, and the
 * operators that enlarge for none that grows as their output does.
 *
 *     test_workspace SHAPES.tsv...
 *
 * Plans are made, not run: every distinct layer of the files, in both layouts, by every kernel and
 * configuration that may run it, on one thread. What is beyond twice is printed as
 * kernel, configuration, megabytes of workspace, the ratio, and the key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "kernels/common/attr.h"
#include "tests/descriptor.h"
#include "tuner/shapes.h"

static const double MOST = 2.0; /* times the layer */

typedef struct totals {
    long problems, plans, beyond, broken;
    double largest; /* ratio */
    char where[HG_KEY_SIZE + 256];
} totals;

static double bytes_of(const hg_problem *p)
{
    double elements = (double)tensor_count(&p->in) + (double)tensor_count(&p->out);
    if (hg_problem_has_filter(p)) elements += (double)(hg_problem_reduction(p) * p->out.c);
    /* Indices, where the operator reads or writes them, count as what they belong to. */
    if (p->op == HG_OP_MAX_UNPOOL2D) elements += (double)tensor_count(&p->in);
    if (p->pool.indices) elements += (double)tensor_count(&p->out);
    return 4 * elements;
}

static bool check_plan(const hg_plan *plan, const hg_problem *p, totals *all)
{
    const double workspace = (double)hg_plan_workspace_size(plan), ratio = workspace / bytes_of(p);
    all->plans++;
    if (ratio > all->largest) {
        all->largest = ratio;
        snprintf(all->where, sizeof all->where, "%s | %s", hg_plan_kernel(plan), hg_plan_key(plan));
    }
    all->beyond += ratio > MOST;
    if (ratio > MOST)
        printf("%s\t%.3f\t%.2f\t%s\n", hg_plan_kernel(plan), workspace / 1e6, ratio,
               hg_plan_key(plan));
    return ratio <= MOST;
}

/* NULL for operators without weights. */
static bool zero_filter(hg_context *context, const hg_problem *p, hg_filter **filter)
{
    *filter = NULL;
    if (!hg_problem_has_filter(p)) return true;
    hg_filter_desc order;
    hg_problem_filter(p, &order);
    float *zeros = calloc((size_t)(hg_problem_reduction(p) * p->out.c), sizeof *zeros);
    const bool ok = zeros && hg_filter_create(context, &order, zeros, filter) == HG_OK;
    free(zeros);
    return ok;
}

static void check_problem(hg_context *context, const hg_problem *p, totals *all)
{
    char key[HG_KEY_SIZE], name[256];
    hg_filter *filter;
    hg_plan *first, *plan;
    bool ok;
    all->problems++;
    hg_problem_key(p, key);
    ok = zero_filter(context, p, &filter);
    if (hg_plan_from_key(context, key, filter, NULL, NULL, &first)) {
        printf("FAILED no plan for %s\n", key);
        ok = false;
    }
    for (size_t i = 0; first && hg_plan_candidate(first, i, name, sizeof name); i++) {
        if (hg_plan_from_key(context, key, filter, NULL, name, &plan)) {
            printf("FAILED %s refuses %s\n", name, key);
            ok = false;
            continue;
        }
        ok = check_plan(plan, p, all) && ok;
        hg_plan_free(plan);
    }
    /* NEON on x86 is no candidate, but may be forced: its first configuration. */
    const hg_kernel *k;
    for (size_t i = 0; first && (k = hg_registry_at(i)) != NULL; i++) {
        if (k->op != p->op || k->isa != HG_ISA_NEON) continue;
        if (hg_plan_from_key(context, key, filter, NULL, k->name, &plan)) continue;
        ok = check_plan(plan, p, all) && ok;
        hg_plan_free(plan);
    }
    hg_plan_free(first);
    hg_filter_free(filter);
    all->broken += !ok;
}

/* Problems on maps that no cache holds, and on those of twice the height and width. Kernels may
 * keep rows of the map, a few of input for each block, but no area of it: 2 times, not 4. What
 * fits a block at either size (tiles of Winograd, strips) does not grow at all. NCHW problems on
 * NHWC kernels go in bands, for copies of the whole tensors would grow 4 times. */
typedef struct growth {
    const char *small, *large;
} growth;

static const growth growths[] = {
    {"conv_transpose2d f32 nhwc n1 c21 h96 w96 k21 r16x16 s8x8 p4,4,4,4 d1x1 g1 o768x768",
     "conv_transpose2d f32 nhwc n1 c21 h192 w192 k21 r16x16 s8x8 p4,4,4,4 d1x1 g1 o1536x1536"},
    {"conv_transpose2d f32 nhwc n1 c21 h96 w96 k21 r16x16 s8x8 p4,4,4,4 d1x1 g21 o768x768",
     "conv_transpose2d f32 nhwc n1 c21 h192 w192 k21 r16x16 s8x8 p4,4,4,4 d1x1 g21 o1536x1536"},
    {"conv_transpose2d f32 nhwc n1 c32 h256 w256 k24 r4x4 s2x2 p1,1,1,1 d1x1 g1 o512x512",
     "conv_transpose2d f32 nhwc n1 c32 h512 w512 k24 r4x4 s2x2 p1,1,1,1 d1x1 g1 o1024x1024"},
    {"conv_transpose2d f32 nhwc n1 c32 h256 w256 k32 r3x3 s2x2 p1,1,1,1 d1x1 g4 o512x512",
     "conv_transpose2d f32 nhwc n1 c32 h512 w512 k32 r3x3 s2x2 p1,1,1,1 d1x1 g4 o1024x1024"},
    {"conv_transpose2d f32 nhwc n1 c24 h256 w256 k4 r2x2 s2x2 p0,0,0,0 d1x1 g1 o512x512",
     "conv_transpose2d f32 nhwc n1 c24 h512 w512 k4 r2x2 s2x2 p0,0,0,0 d1x1 g1 o1024x1024"},
    {"conv_transpose2d f32 nchw n1 c21 h96 w96 k21 r16x16 s8x8 p4,4,4,4 d1x1 g1 o768x768",
     "conv_transpose2d f32 nchw n1 c21 h192 w192 k21 r16x16 s8x8 p4,4,4,4 d1x1 g1 o1536x1536"},
    {"conv_transpose2d f32 nchw n1 c21 h96 w96 k21 r16x16 s8x8 p4,4,4,4 d1x1 g21 o768x768",
     "conv_transpose2d f32 nchw n1 c21 h192 w192 k21 r16x16 s8x8 p4,4,4,4 d1x1 g21 o1536x1536"},
    {"conv_transpose2d f32 nchw n1 c32 h256 w256 k24 r4x4 s2x2 p1,1,1,1 d1x1 g1 o512x512",
     "conv_transpose2d f32 nchw n1 c32 h512 w512 k24 r4x4 s2x2 p1,1,1,1 d1x1 g1 o1024x1024"},
    {"conv_transpose2d f32 nchw n1 c32 h256 w256 k32 r3x3 s2x2 p1,1,1,1 d1x1 g4 o512x512",
     "conv_transpose2d f32 nchw n1 c32 h512 w512 k32 r3x3 s2x2 p1,1,1,1 d1x1 g4 o1024x1024"},
    {"conv_transpose2d f32 nchw n1 c24 h256 w256 k4 r2x2 s2x2 p0,0,0,0 d1x1 g1 o512x512",
     "conv_transpose2d f32 nchw n1 c24 h512 w512 k4 r2x2 s2x2 p0,0,0,0 d1x1 g1 o1024x1024"},
    {"conv_transpose2d f32 nchw n1 c24 h400 w400 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1 o400x400",
     "conv_transpose2d f32 nchw n1 c24 h800 w800 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1 o800x800"},
    {"conv2d f32 nchw n1 c32 h400 w400 k32 r3x3 s1x1 p1,1,1,1 d1x1 g1",
     "conv2d f32 nchw n1 c32 h800 w800 k32 r3x3 s1x1 p1,1,1,1 d1x1 g1"},
    {"conv2d f32 nchw n1 c40 h400 w400 k24 r1x1 s1x1 p0,0,0,0 d1x1 g1",
     "conv2d f32 nchw n1 c40 h800 w800 k24 r1x1 s1x1 p0,0,0,0 d1x1 g1"},
    {"conv2d f32 nchw n1 c32 h400 w400 k64 r3x3 s2x2 p1,1,1,1 d1x1 g32",
     "conv2d f32 nchw n1 c32 h800 w800 k64 r3x3 s2x2 p1,1,1,1 d1x1 g32"},
    {"conv2d f32 nhwc n1 c32 h128 w128 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 resized=256x256 bilinear "
     "half_pixel",
     "conv2d f32 nhwc n1 c32 h256 w256 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 resized=512x512 bilinear "
     "half_pixel"},
    {"conv2d f32 nchw n1 c32 h128 w128 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 resized=256x256 bilinear "
     "align_corners",
     "conv2d f32 nchw n1 c32 h256 w256 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 resized=512x512 bilinear "
     "align_corners"},
    {"resize_argmax2d f32 nhwc n1 c21 h129 w129 o513x513 bilinear align_corners u8",
     "resize_argmax2d f32 nhwc n1 c21 h258 w258 o1026x1026 bilinear align_corners u8"},
    {"resize_argmax2d f32 nchw n1 c21 h129 w129 o513x513 bilinear align_corners u8",
     "resize_argmax2d f32 nchw n1 c21 h258 w258 o1026x1026 bilinear align_corners u8"},
};

static size_t workspace_of(hg_context *context, const char *key, hg_filter *filter,
                           const char *kernel)
{
    hg_plan *plan;
    if (hg_plan_from_key(context, key, filter, NULL, kernel, &plan)) return SIZE_MAX;
    const size_t bytes = hg_plan_workspace_size(plan);
    hg_plan_free(plan);
    return bytes;
}

/* One kernel, with a configuration or without, on both. */
static bool check_kernel(hg_context *context, const growth *g, hg_filter *filter, const char *name,
                         totals *all)
{
    enum { SLACK = 4096 }; /* what is small at either size */
    const size_t small = workspace_of(context, g->small, filter, name);
    const size_t large = workspace_of(context, g->large, filter, name);
    if (large == SIZE_MAX) return true; /* a block that the larger problem has not */
    all->plans++;
    if (large <= 2 * small + small / 8 + SLACK) return true; /* blocks may differ a little */
    printf("FAILED %s: %zu bytes, %zu on twice the height and width, %s\n", name, small, large,
           g->small);
    return false;
}

/* Every kernel and configuration of the smaller problem, and what the bare name means. */
static void check_growth(hg_context *context, const growth *g, totals *all)
{
    char name[256];
    hg_filter *filter = NULL;
    hg_plan *first = NULL;
    hg_problem p;
    hg_reason why;
    all->problems++;
    bool ok = !hg_problem_parse(g->small, &p, &why) && zero_filter(context, &p, &filter);
    ok = ok && !hg_plan_from_key(context, g->small, filter, NULL, NULL, &first);
    if (!ok) printf("FAILED no plan for %s\n", g->small);
    for (size_t i = 0; first && hg_plan_candidate(first, i, name, sizeof name); i++) {
        ok = check_kernel(context, g, filter, name, all) && ok;
        name[strcspn(name, " ")] = '\0';
        ok = check_kernel(context, g, filter, name, all) && ok;
    }
    if (first) hg_plan_free(first);
    hg_filter_free(filter);
    all->broken += !ok;
}

/* The same layer under another name. */
static bool seen(const hg_shapes *shapes, size_t row)
{
    hg_problem p;
    char key[HG_KEY_SIZE], other[HG_KEY_SIZE];
    if (hg_shape_problem(&shapes->rows[row], HG_NHWC, &p, NULL)) return true;
    hg_problem_key(&p, key);
    for (size_t i = 0; i < row; i++) {
        if (hg_shape_problem(&shapes->rows[i], HG_NHWC, &p, NULL)) continue;
        hg_problem_key(&p, other);
        if (strcmp(key, other) == 0) return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    const hg_context_options o = {.ignore_environment = true};
    hg_shapes shapes = {NULL, 0, 0};
    hg_context *context;
    hg_reason why = {""};
    totals all = {0};
    if (argc < 2 || hg_context_create(&o, &context)) return 2;
    for (int i = 1; i < argc; i++)
        if (hg_shapes_read(argv[i], &shapes, &why)) {
            printf("%s\n0 passed, 1 failed\n", why.text);
            return 1;
        }
    for (size_t i = 0; i < shapes.count; i++)
        for (int layout = HG_NHWC; layout <= HG_NCHW && !seen(&shapes, i); layout++) {
            hg_problem p;
            if (!hg_shape_problem(&shapes.rows[i], (hg_layout)layout, &p, NULL))
                check_problem(context, &p, &all);
        }
    hg_shapes_free(&shapes);
    for (size_t i = 0; i < HG_COUNT(growths); i++) check_growth(context, &growths[i], &all);
    hg_context_free(context);
    printf("largest: %.2f times the layer, %s\n", all.largest, all.where);
    printf("%ld plans, %ld beyond the bound\n", all.plans, all.beyond);
    printf("%ld passed, %ld failed\n", all.problems - all.broken, all.broken);
    return all.broken || !all.problems;
}
