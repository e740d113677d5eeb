/* No kernel asks for more workspace than twice the layer's input, output and weights.
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

static void check_problem(hg_context *context, const hg_problem *p, totals *all)
{
    char key[HG_KEY_SIZE], name[256];
    hg_filter *filter = NULL;
    hg_plan *first, *plan;
    bool ok = true;
    all->problems++;
    hg_problem_key(p, key);
    if (hg_problem_has_filter(p)) {
        hg_filter_desc order;
        hg_problem_filter(p, &order);
        float *zeros = calloc((size_t)(hg_problem_reduction(p) * p->out.c), sizeof *zeros);
        ok = zeros && hg_filter_create(context, &order, zeros, &filter) == HG_OK;
        free(zeros);
    }
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
    hg_context_free(context);
    printf("largest: %.2f times the layer, %s\n", all.largest, all.where);
    printf("%ld plans, %ld beyond the bound\n", all.plans, all.beyond);
    printf("%ld passed, %ld failed\n", all.problems - all.broken, all.broken);
    return all.broken || !all.problems;
}
