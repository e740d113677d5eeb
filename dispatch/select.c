#include "dispatch/select.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/bands.h"
#include "dispatch/registry.h"

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
    const int64_t reach_h = (p->out.h - 1) * p->stride.h + (p->kernel.h - 1) * p->dilation.h + 1;
    const int64_t reach_w = (p->out.w - 1) * p->stride.w + (p->kernel.w - 1) * p->dilation.w + 1;
    return p->pad.top == 0 && p->pad.left == 0 && reach_h <= p->in.h && reach_w <= p->in.w;
}

static bool within_limits(const hg_limits *l, const hg_problem *p)
{
    if (!matches2(l->kernel, p->kernel) || !matches2(l->stride, p->stride) ||
        !matches2(l->dilation, p->dilation))
        return false;
    if (l->no_padding && !windows_inside(p)) return false;
    if (l->no_indices && p->pool.indices) return false;
    if (l->only_indices && !p->pool.indices) return false;
    if (l->one_group && p->groups != 1) return false;
    if (l->depthwise && p->groups != p->in.c) return false;
    if (l->group_channels && (p->in.c != l->group_channels * p->groups || p->out.c != p->in.c))
        return false;
    if (l->same_channels && p->out.c != p->in.c) return false;
    if (l->no_adaptive && p->pool.adaptive) return false;
    if (l->exact_factor && (p->out.h % p->in.h != 0 || p->out.w % p->in.w != 0)) return false;
    if (l->exactness >= HG_TRANSFORMS && p->accuracy == HG_STRICT) return false;
    if (l->exactness == HG_TRANSFORMS_COARSELY && p->accuracy != HG_RELAXED) return false;
    return !l->resize_mode || (int)p->resize.mode + 1 == l->resize_mode;
}

static bool eligible(const hg_context *context, const hg_kernel *k, const hg_problem *p,
                     bool forced)
{
    return k->op == p->op && k->dtype == p->in.dtype && (k->layouts & (1u << p->in.layout)) &&
           hg_isa_usable(k->isa, context->machine.isa, forced) && within_limits(&k->limits, p) &&
           (!k->algorithm->supports || k->algorithm->supports(p, k));
}

/* ---- Candidates ---- */

/* Repacking to NHWC and back: each byte is read and written once more. */
static double repacking_ns(const hg_context *context, const hg_problem *p)
{
    const double bytes = hg_problem_bytes(p), l2 = (double)context->machine.l2;
    return 500.0 + bytes / (l2 > 0 && bytes > 2 * l2 ? 10.0 : 15.0);
}

/* In bands the copies of large tensors stay in L2 as well, and what is pooled. */
static double banding_ns(const hg_problem *p, int64_t rows)
{
    const hg_problem band = hg_problem_of_band(p, rows);
    const double count = (double)hg_band_count(p, rows);
    const double pooled = p->post_pool ? hg_problem_bytes(&band) * count / 50.0 : 0.0;
    const double copied = p->in.layout == HG_NCHW ? hg_problem_bytes(p) / 15.0 : 0.0;
    return 500.0 + 200.0 * count + copied + pooled;
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

static size_t add_configs(const hg_kernel *k, const way *w, int threads, size_t count,
                          hg_candidate list[HG_MAX_CANDIDATES])
{
    const hg_problem *p = &w->problem;
    hg_config configs[HG_MAX_CONFIGS] = {{0}};
    const int n = k->algorithm->configs ? k->algorithm->configs(p, k, configs) : 1;
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

static size_t list_for(const hg_context *context, int threads, const hg_problem *p, bool forced,
                       int64_t bands, hg_candidate list[HG_MAX_CANDIDATES])
{
    const bool repackable = p->in.layout == HG_NCHW && !p->post_pool;
    const int64_t rows = hg_bands_possible(p, bands) ? bands : hg_band_rows(context, threads, p);
    const way direct = {.problem = *p, .times = 1};
    way twin = {.config = {.via = 1}, .times = 1}, band = {.times = 0};
    if (repackable)
        twin.problem = hg_problem_in_layout(p, HG_NHWC), twin.more = repacking_ns(context, p);
    if (rows) {
        band.problem = hg_problem_of_band(p, rows);
        band.config.bands = (int32_t)rows;
        band.config.via = p->in.layout == HG_NCHW;
        band.times = (double)hg_band_count(p, rows);
        band.more = banding_ns(p, rows);
    }
    size_t count = 0;
    const hg_kernel *k;
    for (size_t i = 0; (k = hg_registry_at(i)) != NULL; i++) {
        if (k->op != p->op) continue;
        if (!p->post_pool && eligible(context, k, p, forced)) {
            count = add_configs(k, &direct, threads, count, list);
            continue;
        }
        if (repackable && eligible(context, k, &twin.problem, forced))
            count = add_configs(k, &twin, threads, count, list);
        if (rows && eligible(context, k, &band.problem, forced) && runs_in_bands(k, &band.problem))
            count = add_configs(k, &band, threads, count, list);
    }
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

void hg_candidate_format(const hg_candidate *c, char *text, size_t size)
{
    char config[HG_CONFIG_SIZE];
    hg_config_format(&c->config, config);
    snprintf(text, size, "%s%s%s", c->kernel->name, config[0] ? " " : "", config);
}

/* ---- Choice ---- */

static int64_t named_bands(const char *text)
{
    hg_config config;
    return hg_config_parse(text + strcspn(text, " "), &config) ? config.bands : 0;
}

/* The candidate that "NAME" (any configuration: the first, that is the preferred), "NAME bands=N"
 * (the first in such bands) or "NAME CONFIG" names, or NULL. */
static const hg_candidate *named(const char *text, const hg_candidate *list, size_t count)
{
    const size_t length = strcspn(text, " ");
    hg_config config;
    const bool any = text[length] == '\0';
    if (!any && !hg_config_parse(text + length, &config)) return NULL;
    const bool only_bands =
        !any && config.bands > 0 && hg_config_equal(&config, &(hg_config){.bands = config.bands});
    for (size_t i = 0; i < count; i++) {
        const char *name = list[i].kernel->name;
        if (strlen(name) != length || strncmp(name, text, length)) continue;
        if (any || hg_config_equal(&config, &list[i].config)) return &list[i];
        if (only_bands && config.bands == list[i].config.bands) return &list[i];
    }
    return NULL;
}

/* The best rank of the problem's record that is a candidate today. */
static const hg_candidate *recorded(const hg_context *context, const hg_problem *p,
                                    const hg_candidate *list, size_t count,
                                    const hg_table_entry **entry, int *rank)
{
    if (context->table.count == 0 || context->reproducible) return NULL;
    char key[HG_KEY_SIZE];
    const hg_problem plain = hg_problem_for_tuning(p);
    hg_problem_key(&plain, key);
    *entry = hg_table_find(&context->table, key, context->threads);
    for (int r = 0; *entry && r < (*entry)->count; r++)
        for (size_t i = 0; i < count; i++)
            if (list[i].kernel == (*entry)->ranks[r].kernel &&
                hg_config_equal(&list[i].config, &(*entry)->ranks[r].config)) {
                *rank = r;
                return &list[i];
            }
    return NULL;
}

/* Why a candidate was chosen. */
typedef enum tier { ESTIMATED, RECORDED, PREFERRED, FORCED } tier;

static const char *const tier_words[] = {"least estimated cost", "tuned: exact table record",
                                         "preferred by the context", "forced by the caller"};

__attribute__((format(printf, 2, 3))) static void tell(char text[HG_EXPLAIN_SIZE],
                                                       const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, HG_EXPLAIN_SIZE - used, format, arguments);
    va_end(arguments);
}

static bool listed_before(const hg_candidate *list, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (list[j].kernel == list[i].kernel) return true;
    return false;
}

static void tell_runners_up(char *text, const hg_candidate *list, size_t count,
                            const hg_candidate *chosen)
{
    int told = 0;
    for (size_t i = 0; i < count && told < 3; i++) {
        if (list[i].kernel == chosen->kernel || listed_before(list, i)) continue;
        char name[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE];
        hg_candidate_format(&list[i], name, sizeof name);
        tell(text, "  also eligible: %s, estimated %.1f us\n", name, list[i].cost * 1e-3);
        told++;
    }
}

static void tell_record(char *text, const hg_table_entry *e, int rank)
{
    tell(text, "  measured %.1f us", e->ranks[rank].ns * 1e-3);
    if (e->default_ns > 0)
        tell(text, "; the untuned choice %.1f us, %.2f times as long", e->default_ns * 1e-3,
             e->default_ns / e->ranks[rank].ns);
    tell(text, "\n");
}

hg_status hg_select(const hg_context *context, const hg_problem *p, const char *forced,
                    hg_choice *choice, hg_reason *why)
{
    hg_candidate list[HG_MAX_CANDIDATES];
    const char *wish = forced ? forced : context->preferred;
    const hg_candidate *chosen = NULL;
    const hg_table_entry *entry = NULL;
    int rank = 0;
    tier how = ESTIMATED;
    const bool wished = forced || wish[0] != '\0';
    size_t count = hg_candidates(context, p, wished, named_bands(wish), list);
    if (wished) {
        chosen = named(wish, list, count);
        how = forced ? FORCED : chosen ? PREFERRED : ESTIMATED;
        if (!chosen && forced)
            return hg_fail(why, HG_INVALID, "kernel \"%.120s\" cannot run this problem here",
                           forced);
        if (!chosen) count = hg_candidates(context, p, false, 0, list);
    }
    if (!chosen) {
        chosen = recorded(context, p, list, count, &entry, &rank);
        how = chosen ? RECORDED : ESTIMATED;
    }
    if (!chosen) chosen = count ? &list[0] : NULL;
    if (!chosen && p->post_pool && !hg_bands_possible(p, 1))
        return hg_fail(why, HG_RANGE, "rows under one of the pooled output are beyond 2 GiB");
    if (!chosen) return hg_fail(why, HG_UNSUPPORTED, "no kernel in this build runs this problem");
    choice->candidate = *chosen;
    choice->explain[0] = '\0';
    char name[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE];
    hg_candidate_format(chosen, name, sizeof name);
    tell(choice->explain, "%s\n  %s, among %zu candidates; estimated %.1f us\n", name,
         tier_words[how], count, chosen->cost * 1e-3);
    if (how == RECORDED) tell_record(choice->explain, entry, rank);
    if (wished && !forced && how != PREFERRED)
        tell(choice->explain, "  preferred %s cannot run this problem\n", wish);
    tell_runners_up(choice->explain, list, count, chosen);
    return HG_OK;
}
