/* Which kernels may run a problem, and which may not and why. Contract: select.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/bands.h"
#include "dispatch/registry.h"
#include "dispatch/select.h"
#include "kernels/geometry.h"

/* ---- Eligibility: what hg_limits says, as data ---- */

static bool matches(int64_t limit, int64_t value)
{
    return limit == 0 || limit == value;
}

static bool matches2(hg_size2 limit, hg_size2 value)
{
    return matches(limit.h, value.h) && matches(limit.w, value.w);
}

/* Every window lies inside the input, the ceil rule's last one included. */
static bool windows_inside(const hg_problem *p)
{
    const hg_size2 reach = hg_window_reach(p);
    return p->pad.top == 0 && p->pad.left == 0 &&
           (p->out.h - 1) * p->stride.h + reach.h <= p->in.h &&
           (p->out.w - 1) * p->stride.w + reach.w <= p->in.w;
}

/* What of a problem a kernel's limits forbid; NULL if nothing. */
static const char *limit_of(const hg_limits *l, const hg_problem *p)
{
    if (!matches2(l->kernel, p->kernel)) return "for another window";
    if (!matches2(l->stride, p->stride)) return "for another stride";
    if (!matches2(l->dilation, p->dilation)) return "for another dilation";
    if (l->no_padding && !windows_inside(p)) return "for windows inside the input";
    if (l->no_indices && p->pool.indices) return "gives no indices";
    if (l->only_indices && !p->pool.indices) return "for pooling with indices";
    if (l->one_group && p->groups != 1) return "for one group";
    if (l->depthwise && p->groups != p->in.c) return "for a channel per group";
    if (l->group_channels && (p->in.c != l->group_channels * p->groups || p->out.c != p->in.c))
        return "for other groups";
    if (l->same_channels && p->out.c != p->in.c) return "for as many outputs as inputs";
    if (l->no_adaptive && p->pool.adaptive) return "not for adaptive windows";
    if (l->exact_factor && (p->out.h % p->in.h != 0 || p->out.w % p->in.w != 0))
        return "for whole factors";
    if (l->exactness >= HG_TRANSFORMS && p->accuracy == HG_STRICT) return "not strict";
    if (l->exactness == HG_TRANSFORMS_COARSELY && p->accuracy != HG_RELAXED)
        return "for relaxed accuracy";
    return l->resize_mode && (int)p->resize.mode + 1 != l->resize_mode ? "for another mode" : NULL;
}

/* Why the kernel cannot run the problem itself, without repacking or bands; NULL if it can. */
static const char *refusal(const hg_context *context, const hg_kernel *k, const hg_problem *p,
                           bool forced)
{
    if (k->op != p->op || k->dtype != p->in.dtype) return "for another operator";
    if (!hg_isa_usable(k->isa, context->machine.isa, forced))
        return "its instruction set is not to be had";
    if (!(k->layouts & (1u << p->in.layout))) return "for the other layout";
    const char *limit = limit_of(&k->limits, p);
    if (limit) return limit;
    return k->algorithm->supports && !k->algorithm->supports(p, k) ? "its algorithm cannot do it"
                                                                   : NULL;
}

static bool eligible(const hg_context *context, const hg_kernel *k, const hg_problem *p,
                     bool forced)
{
    return refusal(context, k, p, forced) == NULL;
}

/* ---- Candidates ---- */

enum {
    NEAR_RATE = 25, /* of transposing in L2 and beyond: bytes in 1 ns */
    FAR_RATE = 12,
    RESIZED_RATE = 6 /* floats in 1 ns */
};

/* Pixels of whole pages meet in the same sets of L1: transposing them takes 1.4 to 2.5 times as
 * long. */
static double crowding(const hg_problem *p)
{
    enum { PAGE = 1024 /* floats */ };
    return p->in.c % PAGE == 0 || p->out.c % PAGE == 0 ? 1.6 : 1.0;
}

/* Copying the tensors between the layouts, so many bytes at a time; each is read and written once
 * more. */
static double copying_ns(const hg_context *context, const hg_problem *p, double at_a_time)
{
    const double l2 = (double)context->machine.l2;
    const double rate = l2 > 0 && at_a_time > 4 * l2 ? FAR_RATE : NEAR_RATE;
    return crowding(p) * hg_problem_bytes(p) / rate;
}

/* Repacking to NHWC and back. */
static double repacking_ns(const hg_context *context, const hg_problem *p)
{
    return 150.0 + copying_ns(context, p, hg_problem_bytes(p));
}

/* Rows that two bands need are kept. */
static double resizing_ns(const hg_problem *p)
{
    const double floats = (double)p->in.n * (double)(p->resized.h * p->resized.w * p->in.c);
    return p->resized.h ? floats / RESIZED_RATE : 0.0;
}

/* In bands the copies of large tensors stay in L2 as well, and what is pooled. */
static double banding_ns(const hg_context *context, const hg_problem *p, int64_t rows)
{
    const hg_problem band = hg_problem_of_band(p, rows);
    const double count = (double)hg_band_count(p, rows);
    const double pooled = p->post_pool ? hg_problem_bytes(&band) * count / 50.0 : 0.0;
    const double copied =
        p->in.layout == HG_NCHW ? copying_ns(context, p, hg_problem_bytes(&band)) : 0.0;
    return 500.0 + 200.0 * count + copied + pooled + resizing_ns(p);
}

/* A way to run a problem: on itself, on the NHWC twin or the bands of an NCHW problem, on the bands
 * of a fused one. */
typedef struct way {
    hg_problem problem; /* what the kernel runs */
    hg_config config;   /* via and bands */
    double times, more; /* runs of the kernel, and ns beside them */
} way;

/* Workers that find a range of work in the kernel's longest stage. Bands are cut for the threads.
 */
static double busy_workers(const hg_kernel *k, const way *w, const hg_config *c, int threads)
{
    if (threads == 1 || w->config.bands) return threads;
    hg_sizes sizes = {0};
    k->algorithm->size(&w->problem, k, c, &sizes);
    int64_t most = 1;
    for (int i = 0; i < HG_MAX(sizes.stages, 1); i++) most = HG_MAX(most, sizes.ranges[i]);
    return (double)most / (double)HG_CEIL_DIV(most, threads);
}

/* Does the last-level cache not hold the output, or only just? Its lines are then better not read
 * before they are written. */
static bool goes_beyond(const hg_machine *m, const hg_problem *p)
{
    enum { USUAL_L3 = 32 << 20 };
    const double l3 = m->l3 > 0 ? (double)m->l3 : USUAL_L3;
    return (double)hg_dtype_bytes(p->out.dtype) * hg_tensor_elements(&p->out) >= 0.625 * l3;
}

/* The algorithm's, but for plain stores where stores past the caches are always faster. */
static int configs_of(const hg_machine *m, const hg_problem *p, const hg_kernel *k,
                      hg_config list[HG_MAX_CONFIGS])
{
    list[0] = (hg_config){0};
    const int n = k->algorithm->configs ? k->algorithm->configs(p, k, list) : 1;
    hg_config stored = list[1];
    stored.nontemporal = 0;
    if (n != 2 || !list[1].nontemporal || !hg_config_equal(&stored, &list[0])) return n;
    if (!goes_beyond(m, p)) return n;
    list[0] = list[1];
    return 1;
}

static size_t add_configs(const hg_machine *m, const hg_kernel *k, const way *w, int threads,
                          size_t count, hg_candidate list[HG_MAX_CANDIDATES])
{
    const hg_problem *p = &w->problem;
    hg_config configs[HG_MAX_CONFIGS] = {{0}};
    const int n = configs_of(m, p, k, configs);
    const double cost = k->algorithm->cost(p, k) * w->times + w->more;
    for (int i = 0; i < n && count < HG_MAX_CANDIDATES; i++) {
        configs[i].via = w->config.via;
        configs[i].bands = w->config.bands;
        /* An algorithm's configs come in its order of preference: a hair apart in cost. */
        const double all = cost * (1.0 + 1e-6 * i);
        list[count++] =
            (hg_candidate){k, configs[i], all / busy_workers(k, w, &configs[i], threads), false};
    }
    return count;
}

static int by_cost(const void *a, const void *b)
{
    const hg_candidate *x = a, *y = b;
    if (x->first != y->first) return x->first ? -1 : 1;
    if (x->cost != y->cost) return x->cost < y->cost ? -1 : 1;
    if (x->kernel->isa != y->kernel->isa) return x->kernel->isa > y->kernel->isa ? -1 : 1;
    const int order = strcmp(x->kernel->name, y->kernel->name);
    return order ? order : x->config.block - y->config.block;
}

/* Bands want one stage and nothing shared between workers. */
static bool runs_in_bands(const hg_kernel *k, const hg_problem *band)
{
    hg_sizes sizes = {0};
    k->algorithm->size(band, k, &(hg_config){0}, &sizes);
    return sizes.stages <= 1 && sizes.shared == 0;
}

/* Their rows take both layouts as they lie. */
static bool any_layout(hg_op op)
{
    return op == HG_OP_BINARY || op == HG_OP_ACTIVATION2D || op == HG_OP_PAD2D;
}

/* May whole tensors be copied between the layouts? */
static bool repackable(const hg_context *context, const hg_problem *p)
{
    return p->in.layout == HG_NCHW && !hg_problem_is_fused(p) && p->out.dtype == HG_F32 &&
           !any_layout(p->op) && hg_copies_bounded(context, p);
}

static way in_bands(const hg_context *context, const hg_problem *p, int64_t rows)
{
    return (way){.problem = hg_problem_of_band(p, rows),
                 .config = {.bands = (int32_t)rows, .via = p->in.layout == HG_NCHW},
                 .times = (double)hg_band_count(p, rows),
                 .more = banding_ns(context, p, rows)};
}

enum { MOST_WAYS = 2 };

/* The ways by NHWC kernels: whole copies or, where those are not bounded, bands as tall as the
 * weights ask for; and bands that suit L2, unless their weights do not. */
static int ways_of(const hg_context *context, int threads, const hg_problem *p, int64_t bands,
                   way ways[MOST_WAYS])
{
    const bool whole = repackable(context, p);
    const bool named = hg_bands_possible(p, bands);
    const int64_t rows = named ? bands : hg_band_rows(context, threads, p, false);
    const int64_t tall =
        whole || hg_problem_is_fused(p) ? 0 : hg_band_rows(context, threads, p, true);
    int n = 0;
    if (whole)
        ways[n++] = (way){.problem = hg_problem_in_layout(p, HG_NHWC),
                          .config = {.via = 1},
                          .times = 1,
                          .more = repacking_ns(context, p)};
    if (tall && tall != rows) ways[n++] = in_bands(context, p, tall);
    const bool crowded = tall > rows && hg_weights_crowd(context, p);
    if (rows && (named || !crowded)) ways[n++] = in_bands(context, p, rows);
    return n;
}

/* Adds what kernels of the problem's own operator can do. */
static size_t add_ways(const hg_context *context, int threads, const hg_problem *p, bool forced,
                       int64_t bands, size_t count, hg_candidate list[HG_MAX_CANDIDATES])
{
    const way direct = {.problem = *p, .times = 1};
    way ways[MOST_WAYS];
    const int n = ways_of(context, threads, p, bands, ways);
    hg_registry_walk walk = {0, 0};
    const hg_kernel *k;
    while ((k = hg_registry_next(&walk)) != NULL) {
        if (k->op != p->op) continue;
        if (!hg_problem_is_fused(p) && eligible(context, k, p, forced)) {
            count = add_configs(&context->machine, k, &direct, threads, count, list);
            continue;
        }
        for (int i = 0; i < n; i++)
            if (eligible(context, k, &ways[i].problem, forced) &&
                (!ways[i].config.bands || runs_in_bands(k, &ways[i].problem)))
                count = add_configs(&context->machine, k, &ways[i], threads, count, list);
    }
    return count;
}

static size_t list_for(const hg_context *context, int threads, const hg_problem *p, bool forced,
                       int64_t bands, hg_candidate list[HG_MAX_CANDIDATES])
{
    hg_problem conv;
    size_t count = add_ways(context, threads, p, forced, bands, 0, list);
    if (hg_problem_as_conv2d(p, &conv))
        count = add_ways(context, threads, &conv, forced, bands, count, list);
    qsort(list, count, sizeof *list, by_cost);
    return count;
}

size_t hg_candidates(const hg_context *context, const hg_problem *p, bool forced, int64_t bands,
                     hg_candidate list[HG_MAX_CANDIDATES])
{
    size_t count = list_for(context, 1, p, forced, bands, list);
    if (context->threads == 1 || context->reproducible || count == 0) return count;
    const hg_kernel *kernel = list[0].kernel;
    count = list_for(context, context->threads, p, forced, bands, list);
    for (size_t i = 0; i < count; i++) list[i].first = list[i].kernel == kernel;
    qsort(list, count, sizeof *list, by_cost);
    return count;
}

double hg_least_estimate(const hg_context *context, const hg_problem *p)
{
    hg_candidate list[HG_MAX_CANDIDATES];
    return list_for(context, 1, p, false, 0, list) ? list[0].cost : 0;
}

void hg_candidate_format(const hg_candidate *c, char *text, size_t size)
{
    char config[HG_CONFIG_SIZE];
    hg_config_format(&c->config, config);
    snprintf(text, size, "%s%s%s", c->kernel->name, config[0] ? " " : "", config);
}

bool hg_rejected(const hg_context *context, const hg_problem *p, size_t i, const hg_kernel **kernel,
                 const char **reason)
{
    hg_candidate list[HG_MAX_CANDIDATES];
    const size_t count = hg_candidates(context, p, false, 0, list);
    const hg_problem twin = hg_problem_in_layout(p, HG_NHWC);
    hg_registry_walk walk = {0, 0};
    while ((*kernel = hg_registry_next(&walk)) != NULL) {
        bool listed = (*kernel)->op != p->op;
        for (size_t c = 0; c < count && !listed; c++) listed = list[c].kernel == *kernel;
        if (listed || i-- > 0) continue;
        const bool other = !((*kernel)->layouts & (1u << p->in.layout));
        *reason = refusal(context, *kernel, other && !hg_problem_is_fused(p) ? &twin : p, false);
        if (!*reason) *reason = "not in this way";
        return true;
    }
    return false;
}
