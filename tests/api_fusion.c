/* Whether a fused operator pays is decided by the records of all three problems, else by estimates.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dispatch/registry.h"
#include "dispatch/select.h"
#include "dispatch/table.h"
#include "kernels/common/attr.h"
#include "tests/api.h"

enum { TABLE_SIZE = 1 << 14, NAME_SIZE = 224 };

static const hg_filter_desc filter = {
    .order = HG_OIHW, .out_channels = 16, .in_channels = 24, .height = 3, .width = 3};

static hg_upsample_conv2d upsampling(void)
{
    return (hg_upsample_conv2d){.input = hg_tensor_nhwc(HG_F32, 1, 20, 24, 24),
                                .factor = {2, 2},
                                .padding = {HG_PADDING_EXPLICIT, 1, 1, 1, 1},
                                .epilogue = {.activation = HG_RELU}};
}

static hg_conv2d pooled(void)
{
    return (hg_conv2d){.input = hg_tensor_nhwc(HG_F32, 1, 20, 24, 24),
                       .padding = {HG_PADDING_EXPLICIT, 1, 1, 1, 1},
                       .pool = HG_POOL_MAX_2X2};
}

/* Both operators, and the problems that are weighed: the fused one, the first, the second. */
static const struct {
    const char *name, *keys[3];
} pairs[] = {
    {"upsampling",
     {"conv_transpose2d f32 nhwc n1 c24 h20 w24 k16 r4x4 s2x2 p1,1,1,1 d1x1 g1 o40x48 clamp=0,inf",
      "resize2d f32 nhwc n1 c24 h20 w24 o40x48 nearest asymmetric round=floor",
      "conv2d f32 nhwc n1 c24 h40 w48 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 clamp=0,inf"}},
    {"pooling",
     {"conv2d f32 nhwc n1 c24 h20 w24 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1 pool=max2x2",
      "conv2d f32 nhwc n1 c24 h20 w24 k16 r3x3 s1x1 p1,1,1,1 d1x1 g1",
      "max_pool2d f32 nhwc n1 c16 h20 w24 r2x2 s2x2 p0,0,0,0 d1x1 o10x12"}},
};

static hg_status weigh(hg_context *context, size_t pair, hg_fusion *fusion)
{
    const hg_upsample_conv2d up = upsampling();
    const hg_conv2d conv = pooled();
    return pair == 0 ? hg_weigh_upsample_conv2d(context, &up, &filter, fusion)
                     : hg_weigh_conv2d_pool(context, &conv, &filter, fusion);
}

static hg_context *context_with(int threads, const char *table, bool reproducible)
{
    hg_context_options o = quiet_options();
    hg_context *context = NULL;
    o.threads = threads;
    o.table = table;
    o.reproducible = reproducible;
    expect(!hg_context_create(&o, &context), "a context: %s", last.sentence);
    return context;
}

/* ---- Tables ---- */

/* Adds a record of the key whose untuned choice takes `ns`; 0: none. */
static void add_record(hg_context *context, const char *key, int threads, double ns,
                       char table[TABLE_SIZE])
{
    hg_record r = {.threads = threads, .default_ns = ns, .count = 1};
    hg_machine machine;
    hg_problem p;
    hg_candidate list[HG_MAX_CANDIDATES];
    const size_t used = strlen(table);
    hg_context_machine(context, &machine);
    if (ns == 0 || !expect(!hg_problem_parse(key, &p, NULL), "%s is no key", key)) return;
    hg_candidates(context, &p, false, 0, list);
    const hg_problem plain = hg_problem_for_tuning(&p);
    hg_problem_key(&plain, r.key);
    snprintf(r.machine, sizeof r.machine, "%s", machine.key);
    snprintf(r.ranks[0].kernel, sizeof r.ranks[0].kernel, "%s", list[0].kernel->name);
    r.ranks[0].config = list[0].config;
    r.ranks[0].rev = list[0].kernel->rev;
    r.ranks[0].ns = ns;
    hg_record_format(&r, table + used, TABLE_SIZE - used);
}

static const struct {
    double ns[3]; /* of the records of the three problems; 0: no record */
    int recorded, threads;
    bool reproducible, measured, pays; /* pays: where it is measured */
} cases[] = {
    {{100, 60, 60}, 1, 1, false, true, true},   {{100, 99, 1}, 1, 1, false, true, true},
    {{100, 60, 39}, 1, 1, false, true, false},  {{1, 60, 0}, 1, 1, false, false, false},
    {{0, 60, 60}, 1, 1, false, false, false},   {{100, 0, 60}, 1, 1, false, false, false},
    {{100, 60, 60}, 2, 1, false, false, false}, {{100, 60, 60}, 2, 2, false, true, true},
    {{100, 60, 60}, 1, 1, true, false, false},
};

static void by_records(size_t pair, size_t i)
{
    static char table[TABLE_SIZE];
    hg_context *plain = context_with(cases[i].recorded, NULL, false);
    hg_fusion estimated = {.pays = false}, f = {.pays = false};
    table[0] = '\0';
    for (int k = 0; plain && k < 3; k++)
        add_record(plain, pairs[pair].keys[k], cases[i].recorded, cases[i].ns[k], table);
    hg_context *context = context_with(cases[i].threads, table, cases[i].reproducible);
    if (!plain || !context) return;
    expect(!weigh(plain, pair, &estimated) && !estimated.measured, "%s without records",
           pairs[pair].name);
    expect(!weigh(context, pair, &f) && f.measured == cases[i].measured, "%s, case %zu: %s",
           pairs[pair].name, i, f.measured ? "measured" : "estimated");
    const double *ns = cases[i].ns;
    const double fused = cases[i].measured ? ns[0] : estimated.fused_ns;
    const double apart = cases[i].measured ? ns[1] + ns[2] : estimated.apart_ns;
    const bool pays = cases[i].measured ? cases[i].pays : estimated.pays;
    expect(fabs(f.fused_ns - fused) < 0.06 && fabs(f.apart_ns - apart) < 0.12 && f.pays == pays,
           "%s, case %zu: %g and %g ns, %s", pairs[pair].name, i, f.fused_ns, f.apart_ns,
           f.pays ? "pays" : "does not pay");
    hg_context_free(context);
    hg_context_free(plain);
}

/* ---- Estimates ---- */

/* The costs of the first candidates, and the keys of all three problems. */
static void by_estimates(size_t pair)
{
    hg_context *context = context_with(1, NULL, false);
    hg_candidate list[HG_MAX_CANDIDATES];
    hg_fusion f;
    double ns[3] = {0, 0, 0};
    if (!context || !expect(!weigh(context, pair, &f), "%s is weighed", pairs[pair].name)) return;
    for (int k = 0; k < 3; k++) {
        hg_problem p;
        expect(!strcmp(f.keys[k], pairs[pair].keys[k]), "%s, key %d: %s", pairs[pair].name, k,
               f.keys[k]);
        if (!hg_problem_parse(pairs[pair].keys[k], &p, NULL) &&
            hg_candidates(context, &p, false, 0, list))
            ns[k] = list[0].cost;
    }
    expect(f.fused_ns == ns[0] && f.apart_ns == ns[1] + ns[2] && ns[0] > 0 && ns[1] > 0 &&
               ns[2] > 0 && f.pays == (ns[0] <= ns[1] + ns[2]) && !f.measured,
           "%s: %g and %g ns are not the estimates %g, %g and %g", pairs[pair].name, f.fused_ns,
           f.apart_ns, ns[0], ns[1], ns[2]);
    hg_context_free(context);
}

/* ---- Misuse ---- */

static bool is_zero(const hg_fusion *f)
{
    return !f->pays && !f->measured && f->fused_ns == 0 && f->apart_ns == 0 && !f->keys[0][0];
}

static void refusals(void)
{
    hg_context *context = context_with(1, NULL, false);
    if (!context) return;
    hg_fusion f;
    hg_upsample_conv2d up = upsampling();
    hg_conv2d conv = pooled();
    const unsigned invalid = 1u << HG_INVALID;
    last = (heard){0};
    memset(&f, 0x5a, sizeof f);
    expect_refused(hg_weigh_upsample_conv2d(context, NULL, &filter, &f), invalid, NULL,
                   "descriptor", "weighing no descriptor");
    expect(is_zero(&f), "a refusal leaves zeros");
    expect_refused(hg_weigh_upsample_conv2d(context, &up, NULL, &f), invalid, NULL, "filter",
                   "weighing without a filter");
    expect_refused(hg_weigh_conv2d_pool(context, &conv, &filter, NULL), invalid, NULL, "fusion",
                   "weighing into nothing");
    expect(hg_weigh_conv2d_pool(NULL, &conv, &filter, &f) == HG_INVALID, "no context");
    up.factor.w = -1;
    memset(&f, 0x5a, sizeof f);
    expect_refused(hg_weigh_upsample_conv2d(context, &up, &filter, &f), invalid, NULL, "factor.w",
                   "weighing a negative factor");
    expect(is_zero(&f), "a refusal leaves zeros");
    conv.pool = HG_POOL_NONE;
    expect_refused(hg_weigh_conv2d_pool(context, &conv, &filter, &f), invalid, NULL, "op.pool",
                   "weighing a convolution alone");
    conv = pooled();
    conv.epilogue.residual = true;
    expect_refused(hg_weigh_conv2d_pool(context, &conv, &filter, &f), 1u << HG_UNSUPPORTED, NULL,
                   "residual", "weighing pooling behind a residual");
    hg_context_free(context);
}

void test_fusion(void)
{
    for (size_t pair = 0; pair < HG_COUNT(pairs); pair++) {
        by_estimates(pair);
        for (size_t i = 0; i < HG_COUNT(cases); i++) by_records(pair, i);
    }
    refusals();
}
