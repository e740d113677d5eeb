/* What tuned problems say about an untuned one. Contract: select.h.
 *
 * An estimate orders the kernels of one machine as those of another, wrongly by a factor that
 * changes little from a shape to the next. So the factor between measured and estimated time of
 * each kernel is taken from the nearest records, weighted by their nearness and drawn towards the
 * mean of all kernels where few of them know it; times the problem's own estimate it is a
 * prediction. Sizes, tails and blocks are in the estimates, which are made anew for every shape. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/select.h"

static const double FARTHEST = 3.0; /* distance of records that still count: 8 times the size */
static const double SOFT = 0.1;     /* a distance squared that hardly differs from none */
static const double PRIOR = 2.0;    /* weight of the mean of all kernels */
static const double BEYOND = 1.1; /* what left the race took at least so much of the last's time */
static const double WORTH = 0.97; /* of the untuned choice's predicted time: less is not noise */
static const int VECTOR = 16;     /* floats of the widest vector */

/* ---- Kinds ---- */

bool hg_same_kind(const hg_kernel *a, const hg_config *x, const hg_kernel *b, const hg_config *y)
{
    return a == b && x->via == y->via && !x->bands == !y->bands &&
           x->nontemporal == y->nontemporal && x->ahead == y->ahead && x->pack == y->pack;
}

const hg_candidate *hg_candidate_like(const hg_candidate *list, size_t count,
                                      const hg_kernel *kernel, const hg_config *config,
                                      bool exactly)
{
    const hg_candidate *like = NULL;
    for (size_t i = 0; i < count; i++) {
        if (list[i].kernel != kernel) continue;
        if (hg_config_equal(&list[i].config, config)) return &list[i];
        if (!exactly && !like && hg_same_kind(kernel, config, kernel, &list[i].config))
            like = &list[i];
    }
    return like;
}

/* ---- Distance ---- */

static double square(double v)
{
    return v * v;
}

static bool has_tail(float channels)
{
    return (int64_t)(exp2((double)channels) + 0.5) % VECTOR != 0;
}

/* Images and rows count as one axis; the factor of a resize counts twice. */
static double distance(const hg_metrics *a, int a_threads, const hg_table_entry *e)
{
    const float *x = a->v, *y = e->metrics.v;
    double apart[HG_METRICS];
    for (int i = 0; i < HG_METRICS; i++) apart[i] = (double)(x[i] - y[i]);
    double d = square(apart[HG_IMAGES] + apart[HG_ROWS]) + square(apart[HG_COLUMNS]) +
               square(apart[HG_CHANNELS]) + square(apart[HG_OUTPUTS]);
    d += square(2.0 * (apart[HG_OUT_ROWS] - apart[HG_ROWS] + 0.5 * apart[HG_STRIDE]));
    d += square(apart[HG_WINDOW]) + square(apart[HG_STRIDE]) + square(apart[HG_DILATION]);
    d += 0.25 * (has_tail(x[HG_CHANNELS]) != has_tail(y[HG_CHANNELS]));
    d += 0.25 * (has_tail(x[HG_OUTPUTS]) != has_tail(y[HG_OUTPUTS]));
    d += square(0.5 * log2((double)HG_MAX(a_threads, 1) / (double)HG_MAX(e->threads, 1)));
    return sqrt(d);
}

/* ---- Neighbours ---- */

typedef struct neighbour {
    const hg_table_entry *entry;
    double distance, weight;
    hg_candidate *list;
    size_t count;
} neighbour;

/* Keeps the nearest; of one problem the later record only. */
static int insert(neighbour *near, int n, const hg_table_entry *e, double d)
{
    for (int i = 0; i < n; i++)
        if (near[i].entry->threads == e->threads && !strcmp(near[i].entry->key, e->key)) return n;
    int at = n < HG_NEIGHBOURS ? n : HG_NEIGHBOURS - 1;
    if (n == HG_NEIGHBOURS && near[at].distance <= d) return n;
    for (; at > 0 && near[at - 1].distance > d; at--) near[at] = near[at - 1];
    near[at] = (neighbour){.entry = e, .distance = d, .weight = 1.0 / (SOFT + d * d)};
    return HG_MIN(n + 1, HG_NEIGHBOURS);
}

static int find(const hg_context *context, const char *key, const hg_table_entry *skip,
                neighbour near[HG_NEIGHBOURS])
{
    const hg_table *table = &context->table;
    const hg_metrics metrics = hg_key_metrics(key);
    const hg_table_span span = hg_table_of_family(table, metrics.family);
    int n = 0;
    for (size_t i = span.count; i-- > 0;) {
        const hg_table_entry *e = &table->entries[span.slots[i].entry];
        if (span.slots[i].entry < table->shipped) continue; /* estimates know that machine */
        const double d = distance(&metrics, context->threads, e);
        if (e != skip && d <= FARTHEST) n = insert(near, n, e, d);
    }
    return n;
}

/* The neighbour's own candidates, for their estimates; false: its key is not what it seems. */
static bool list_own(const hg_context *context, neighbour *q, hg_candidate *memory)
{
    hg_problem p;
    q->list = memory;
    q->count = 0;
    if (hg_problem_parse(q->entry->key, &p, NULL)) return false;
    q->count = hg_candidates(context, &p, false, 0, memory);
    return q->count > 0;
}

/* ---- Factors: log(measured / estimated) ---- */

static double measured(const hg_table_entry *e, const hg_kernel *kernel, const hg_config *config)
{
    double least = 0;
    for (int r = 0; r < e->count; r++) {
        const double ns = e->ranks[r].ns;
        if (ns > 0 && hg_same_kind(kernel, config, e->ranks[r].kernel, &e->ranks[r].config) &&
            (least == 0 || ns < least))
            least = ns;
    }
    return least;
}

static double slowest(const hg_table_entry *e)
{
    double most = 0;
    for (int r = 0; r < e->count; r++) most = HG_MAX(most, e->ranks[r].ns);
    return most;
}

/* The mean over what a neighbour's record has measured. false: nothing. */
static bool mean_factor(const neighbour *q, double *mean)
{
    double sum = 0;
    int n = 0;
    for (int r = 0; r < q->entry->count; r++) {
        const hg_candidate *own = hg_candidate_like(q->list, q->count, q->entry->ranks[r].kernel,
                                                    &q->entry->ranks[r].config, false);
        if (!own || !(q->entry->ranks[r].ns > 0) || !(own->cost > 0)) continue;
        sum += log(q->entry->ranks[r].ns / own->cost);
        n++;
    }
    *mean = n ? sum / n : 0;
    return n > 0;
}

/* What a neighbour knows of a kind; false: nothing. Kinds that it raced and that are not among its
 * best are slower than those, whatever their estimate says. */
static bool factor(const neighbour *q, const hg_candidate *c, double mean, double *f)
{
    const hg_candidate *own = hg_candidate_like(q->list, q->count, c->kernel, &c->config, false);
    if (!own || !(own->cost > 0)) return false;
    const double ns = measured(q->entry, c->kernel, &c->config);
    *f = ns > 0 ? log(ns / own->cost) : HG_MAX(mean, log(BEYOND * slowest(q->entry) / own->cost));
    return true;
}

static bool is_first_of_kind(const hg_candidate *list, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (hg_same_kind(list[i].kernel, &list[i].config, list[j].kernel, &list[j].config))
            return false;
    return true;
}

/* Has a neighbour measured the kind? What none has is not chosen on the strength of its estimate.
 */
static bool is_measured(const hg_candidate *c, const neighbour *near, int n)
{
    for (int i = 0; i < n; i++)
        if (measured(near[i].entry, c->kernel, &c->config) > 0) return true;
    return false;
}

/* log of a candidate's predicted time. */
static double predicted(const hg_candidate *c, const neighbour *near, int n, const double *means,
                        double mean)
{
    double sum = 0, weight = PRIOR, f;
    for (int i = 0; i < n; i++) {
        if (!factor(&near[i], c, means[i], &f)) continue;
        sum += near[i].weight * (f - mean);
        weight += near[i].weight;
    }
    return log(c->cost) + mean + sum / weight;
}

/* The configuration of the kind that the nearest neighbour to know it found best. */
static const hg_candidate *tuned_config(const hg_candidate *c, const hg_candidate *list,
                                        size_t count, const neighbour *near, int n)
{
    for (int i = 0; i < n; i++)
        for (int r = 0; r < near[i].entry->count; r++) {
            const hg_config *config = &near[i].entry->ranks[r].config;
            if (!hg_same_kind(c->kernel, &c->config, near[i].entry->ranks[r].kernel, config))
                continue;
            const hg_candidate *same = hg_candidate_like(list, count, c->kernel, config, true);
            return same ? same : c;
        }
    return c;
}

void hg_predict(const hg_context *context, const hg_problem *p, const hg_candidate *list,
                size_t count, const hg_table_entry *skip, hg_prediction *prediction)
{
    neighbour near[HG_NEIGHBOURS];
    double means[HG_NEIGHBOURS], mean = 0, weight = 0;
    char key[HG_KEY_SIZE];
    *prediction = (hg_prediction){.best = NULL};
    const hg_problem plain = hg_problem_for_tuning(p);
    hg_problem_key(&plain, key);
    const int found = find(context, key, skip, near);
    if (found == 0 || count == 0) return;
    hg_candidate *memory =
        hg_allocate(&context->host, (size_t)found * HG_MAX_CANDIDATES * sizeof *memory);
    if (!memory) return; /* speed only */
    int n = 0;
    for (int i = 0; i < found; i++) {
        neighbour q = near[i];
        if (!list_own(context, &q, memory + (size_t)n * HG_MAX_CANDIDATES) ||
            !mean_factor(&q, &means[n]))
            continue;
        mean += q.weight * means[n], weight += q.weight;
        near[n++] = q;
    }
    if (n > 0) {
        mean /= weight;
        const double first = predicted(&list[0], near, n, means, mean);
        double least = first + log(WORTH);
        const hg_candidate *best = &list[0];
        for (size_t i = 1; i < count; i++) {
            if (!is_first_of_kind(list, i) || !is_measured(&list[i], near, n)) continue;
            const double v = predicted(&list[i], near, n, means, mean);
            if (v < least) least = v, best = &list[i];
        }
        /* The untuned kind keeps its configuration: a block that was best for a neighbour's sizes
         * is no better here than the one made for this problem's. */
        if (best != &list[0]) best = tuned_config(best, list, count, near, n);
        *prediction = (hg_prediction){.neighbours = n,
                                      .first = near[0].entry,
                                      .distance = near[0].distance,
                                      .best = best,
                                      .ns = best == &list[0] ? exp(first) : exp(least),
                                      .default_ns = exp(first)};
    }
    hg_release(&context->host, memory);
}
