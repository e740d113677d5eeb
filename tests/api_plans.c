#include "tests/api_plans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"
#include "tests/api.h"

/* Together they are eligible for every algorithm. */
static const char *const small_keys[] = {
    "conv2d f32 nhwc n1 c16 h12 w13 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n2 c16 h12 w13 k16 r3x3 s2x2 p1,1,1,1 d1x1 g1 residual",
    "conv2d f32 nhwc n1 c16 h9 w9 k16 r5x5 s1x1 p2,2,2,2 d1x1 g1 relaxed",
    "conv2d f32 nhwc n1 c16 h12 w12 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 pool=max2x2",
    "conv2d f32 nhwc n1 c16 h12 w12 k16 r3x3 s1x1 p1,1,1,1 d1x1 g16 clamp=0,6",
    "conv2d f32 nhwc n1 c16 h12 w12 k16 r3x3 s1x1 p1,1,1,1 d1x1 g4",
    "conv2d f32 nhwc n1 c3 h12 w12 k3 r1x1 s1x1 p0,0,0,0 d1x1 g3 residual",
    "conv2d f32 nhwc n1 c16 h12 w12 k4 r1x1 s1x1 p0,0,0,0 d1x1 g1 leaky=0.5",
    "conv2d f32 nchw n1 c16 h12 w13 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1 residual",
    "conv2d f32 nchw n1 c4 h33 w33 k4 r3x3 s2x2 p1,1,1,1 d1x1 g4",
    "conv2d f32 nchw n1 c3 h32 w60 k8 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nchw n1 c16 h12 w12 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 pool=avg2x2",
    "conv2d f32 nhwc n2 c16 h6 w7 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 resized=12x14 bilinear half_pixel",
    "conv2d f32 nchw n1 c5 h6 w7 k9 r3x3 s1x1 p1,0,2,1 d1x1 g1 resized=12x14 bilinear asymmetric",
    "conv_transpose2d f32 nhwc n1 c16 h6 w7 k16 r4x4 s2x2 p1,1,1,1 d1x1 g1 o12x14",
    "conv_transpose2d f32 nhwc n1 c16 h6 w7 k16 r4x4 s2x2 p1,1,1,1 d1x1 g16 o12x14",
    "conv_transpose2d f32 nchw n1 c16 h6 w7 k16 r4x4 s2x2 p1,1,1,1 d1x1 g1 o12x14 residual",
    "max_pool2d f32 nhwc n1 c16 h12 w12 r2x2 s2x2 p0,0,0,0 d1x1 o6x6",
    "max_pool2d f32 nhwc n1 c16 h12 w12 r3x3 s2x2 p1,1,1,1 d1x1 o6x6",
    "max_pool2d f32 nhwc n1 c16 h12 w12 r5x5 s1x1 p2,2,2,2 d1x1 o12x12",
    "max_pool2d f32 nchw n1 c16 h12 w12 r3x3 s2x2 p1,1,1,1 d1x1 o6x6 index=onnx:i64",
    "max_pool2d f32 nchw n1 c4 h12 w36 r2x2 s2x2 p0,0,0,0 d1x1 o6x18",
    "max_pool2d f32 nchw n1 c16 h12 w12 r3x3 s1x1 p1,1,1,1 d1x1 o12x12 index=tensorflow:i32",
    "max_pool2d f32 nchw n1 c16 h7 w7 r7x7 s1x1 p0,0,0,0 d1x1 o1x1",
    "max_pool2d f32 nhwc n1 c40 h9 w9 r9x9 s1x1 p0,0,0,0 d1x1 o1x1",
    "max_pool2d f32 nchw n1 c3 h12 w40 r3x3 s2x2 p1,1,1,1 d1x1 o6x20",
    "max_pool2d f32 nchw n1 c3 h9 w20 r5x5 s1x1 p2,2,2,2 d1x1 o9x20",
    "avg_pool2d f32 nhwc n1 c16 h12 w12 r3x3 s1x1 p1,1,1,1 d1x1 o12x12 include_pad",
    "avg_pool2d f32 nhwc n1 c16 h9 w12 r3x3 s2x2 p1,1,1,1 d1x1 o5x6",
    "avg_pool2d f32 nhwc n1 c16 h7 w7 r7x7 s1x1 p0,0,0,0 d1x1 o1x1",
    "avg_pool2d f32 nchw n1 c16 h7 w7 r7x7 s1x1 p0,0,0,0 d1x1 o1x1",
    "avg_pool2d f32 nchw n1 c16 h12 w12 o5x5 adaptive",
    "avg_pool2d f32 nchw n1 c3 h9 w36 r3x3 s1x1 p1,1,1,1 d1x1 o9x36",
    "lp_pool2d f32 nhwc n1 c16 h12 w12 r2x2 s2x2 p0,0,0,0 d1x1 o6x6 power=2",
    "lp_pool2d f32 nchw n1 c16 h12 w12 r2x2 s2x2 p0,0,0,0 d1x1 o6x6 power=3 signed",
    "max_unpool2d f32 nhwc n1 c16 h6 w6 r2x2 s2x2 p0,0,0,0 o12x12 index=pytorch:i64",
    "max_unpool2d f32 nchw n1 c16 h6 w6 r2x2 s2x2 p0,0,0,0 o12x12 index=pytorch:i32",
    "resize2d f32 nhwc n1 c16 h6 w7 o12x14 bilinear half_pixel",
    "resize2d f32 nhwc n1 c16 h6 w7 o12x14 bicubic half_pixel a=-0.75",
    "resize2d f32 nhwc n1 c16 h3 w4 o24x32 bilinear half_pixel",
    "resize2d f32 nhwc n1 c16 h6 w7 o12x14 nearest asymmetric round=floor",
    "resize2d f32 nchw n1 c4 h16 w16 o9x9 lanczos3 half_pixel exclude_outside antialias",
    "resize2d f32 nchw n1 c4 h9 w12 o18x24 bilinear half_pixel",
    "resize2d f32 nchw n1 c4 h9 w24 o18x48 bicubic half_pixel a=-0.75",
    "resize2d f32 nchw n1 c4 h9 w12 o18x24 nearest asymmetric round=floor",
    "resize_argmax2d f32 nhwc n1 c16 h6 w7 o12x14 bilinear half_pixel i32",
    "resize_argmax2d f32 nchw n1 c16 h6 w7 o12x14 bilinear half_pixel u8",
    "binary f32 nhwc n1 c16 h6 w7 multiply with=1,1,1,16 clamp=0,6",
    "binary f32 nchw n2 c16 h6 w7 add silu",
    "softmax2d f32 nhwc n1 c19 h6 w7",
    "softmax2d f32 nchw n2 c5 h6 w7",
    "activation2d f32 nhwc n1 c6 h6 w7 prelu",
    "activation2d f32 nchw n2 c5 h6 w7 clamp=0,6",
    "pad2d f32 nhwc n1 c6 h6 w7 p1,2,0,3 o7x12 constant fill=1",
    "pad2d f32 nchw n2 c5 h6 w7 p1,-1,3,1 o10x7 reflect"};

/* Their estimated costs are worth several threads; the reference kernels are left out. */
static const char *const large_keys[] = {
    "conv2d f32 nhwc n1 c24 h48 w48 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nhwc n1 c64 h45 w45 k64 r3x3 s1x1 p1,1,1,1 d1x1 g64",
    "conv2d f32 nchw n1 c24 h48 w48 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1",
    "conv2d f32 nchw n1 c16 h60 w60 k24 r3x3 s1x1 p1,1,1,1 d1x1 g1 pool=avg2x2",
    "conv_transpose2d f32 nhwc n1 c32 h16 w16 k32 r4x4 s2x2 p1,1,1,1 d1x1 g1 o32x32",
    "max_pool2d f32 nhwc n1 c64 h60 w60 r3x3 s2x2 p1,1,1,1 d1x1 o30x30 index=pytorch:i64",
    "avg_pool2d f32 nchw n1 c64 h56 w56 r3x3 s1x1 p1,1,1,1 d1x1 o56x56",
    "lp_pool2d f32 nhwc n1 c64 h60 w60 r2x2 s2x2 p0,0,0,0 d1x1 o30x30 power=2",
    "max_unpool2d f32 nhwc n1 c64 h30 w30 r2x2 s2x2 p0,0,0,0 o60x60 index=pytorch:i64",
    "resize2d f32 nhwc n1 c64 h30 w30 o60x60 bicubic half_pixel a=-0.75",
    "resize2d f32 nchw n1 c64 h30 w30 o60x60 bilinear half_pixel",
    "resize_argmax2d f32 nhwc n1 c64 h30 w30 o60x60 bilinear half_pixel i32",
    "binary f32 nhwc n1 c64 h56 w56 add with=1,56,56,1 sigmoid",
    "softmax2d f32 nhwc n1 c64 h56 w56",
    "softmax2d f32 nchw n1 c64 h56 w56",
    "activation2d f32 nhwc n1 c64 h56 w56 gelu",
    "activation2d f32 nchw n1 c64 h56 w56 prelu",
    "pad2d f32 nhwc n1 c64 h56 w56 p1,1,1,1 o58x58 edge",
    "pad2d f32 nchw n1 c64 h56 w56 p1,1,1,1 o58x58 wrap"};

enum { VALUES = 1 << 18, MOST_ALGORITHMS = 64 };

/* Input, residual, weights and bias; output and indices; all zeros are good indices. */
typedef struct arrays {
    float *values, *output;
    int64_t *indices, *zeros;
} arrays;

static bool open_arrays(arrays *a)
{
    *a = (arrays){malloc(VALUES * sizeof *a->values), malloc(VALUES * sizeof *a->output),
                  malloc(VALUES * sizeof *a->indices), calloc(VALUES, sizeof *a->zeros)};
    const bool ok = a->values && a->output && a->indices && a->zeros;
    for (int i = 0; ok && i < VALUES; i++) a->values[i] = (float)(i * 37L % 1009) / 512.0f - 0.9f;
    return expect(ok, "memory");
}

static void close_arrays(arrays *a)
{
    free(a->values), free(a->output), free(a->indices), free(a->zeros);
}

static void visit_one(hg_plan *plan, const arrays *a, void (*visit)(const planned *p))
{
    char name[HG_KEY_SIZE + 256];
    hg_tensor out;
    const size_t size = hg_plan_workspace_size(plan);
    hg_plan_output(plan, &out);
    snprintf(name, sizeof name, "%s, %s", hg_plan_kernel(plan), hg_plan_key(plan));
    planned p = {.plan = plan, .name = name, .outputs = (size_t)tensor_count(&out)};
    p.workspace = aligned_alloc(64, size + 64);
    p.io = (hg_io){.input = a->values,
                   .output = a->output,
                   .residual = a->values,
                   .other = a->values + 7,
                   .indices = a->indices,
                   .input_indices = a->zeros};
    if (!expect(p.workspace && p.outputs <= VALUES, "room for %s", name)) return;
    memset(p.workspace, 0, size);
    memset(a->output, 0, p.outputs * sizeof *a->output);
    visit(&p);
    free(p.workspace);
}

/* Of a large problem: kernels of the best instruction set, each once with bands and once without.
 */
typedef struct choices {
    int count;
    struct {
        const hg_kernel *kernel;
        bool bands;
    } made[HG_MAX_CANDIDATES];
} choices;

static bool is_new(const hg_context *context, const hg_plan *plan, choices *c)
{
    hg_machine machine;
    hg_context_machine(context, &machine);
    const bool bands = plan->config.bands > 0;
    if (plan->kernel->isa != machine.isa) return false;
    for (int i = 0; i < c->count; i++)
        if (c->made[i].kernel == plan->kernel && c->made[i].bands == bands) return false;
    c->made[c->count].kernel = plan->kernel;
    c->made[c->count++].bands = bands;
    return true;
}

static int visit_key(hg_context *context, const char *key, bool small, const arrays *a,
                     const hg_algorithm *seen[MOST_ALGORITHMS], void (*visit)(const planned *p))
{
    hg_filter_desc desc;
    hg_filter *filter = NULL;
    hg_plan *first = NULL, *plan;
    char name[256];
    int count = 0;
    choices made = {.count = 0};
    if (hg_key_filter(key, &desc)) hg_filter_create(context, &desc, a->values, &filter);
    if (!expect(hg_plan_from_key(context, key, filter, a->values, NULL, &first) == HG_OK,
                "a plan: %s", key))
        return 0;
    for (size_t i = 0; hg_plan_candidate(first, i, name, sizeof name); i++) {
        if (!expect(hg_plan_from_key(context, key, filter, a->values, name, &plan) == HG_OK,
                    "%s: %s refuses", key, name))
            continue;
        for (int s = 0; s < MOST_ALGORITHMS && seen[s] != plan->kernel->algorithm; s++)
            if (!seen[s]) seen[s--] = plan->kernel->algorithm;
        if (small || is_new(context, plan, &made)) visit_one(plan, a, visit), count++;
        hg_plan_free(plan);
    }
    hg_plan_free(first);
    hg_filter_free(filter);
    return count;
}

/* An algorithm that no key reaches would be left out in silence. */
static void all_reached(const hg_context *context, const hg_algorithm *seen[MOST_ALGORITHMS])
{
    hg_machine machine;
    hg_context_machine(context, &machine);
    const hg_kernel *k;
    for (size_t i = 0; (k = hg_registry_at(i)) != NULL; i++) {
        bool reached = !hg_isa_usable(k->isa, machine.isa, false);
        for (int s = 0; s < MOST_ALGORITHMS && seen[s]; s++) reached |= seen[s] == k->algorithm;
        expect(reached, "no key reaches algorithm %s (%s)", k->algorithm->name, k->name);
    }
}

const char *const *small_plan_keys(size_t *count)
{
    *count = HG_COUNT(small_keys);
    return small_keys;
}

int each_plan(hg_context *context, bool small, void (*visit)(const planned *p))
{
    const char *const *keys = small ? small_keys : large_keys;
    const size_t keys_count = small ? HG_COUNT(small_keys) : HG_COUNT(large_keys);
    const hg_algorithm *seen[MOST_ALGORITHMS] = {NULL};
    int count = 0;
    arrays a;
    if (open_arrays(&a))
        for (size_t i = 0; i < keys_count; i++)
            count += visit_key(context, keys[i], small, &a, seen, visit);
    if (small) all_reached(context, seen);
    close_arrays(&a);
    return count;
}
