/* Finals, verdicts and records. Contract: search.h. */
#include "tuner/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/context.h"
#include "dispatch/registry.h"
#include "tuner/clock.h"
#include "tuner/measure.h"
#include "tuner/quad.h"

enum { BASE, COPY, RIVALS }; /* subjects of a track */
enum { LEAST_QUADS = 4 };
static const double WORTHLESS = -0.0305; /* log: a gain that is surely less than 3 % is left */
/* log: after the last round only what looks like a gain, or might be a large one, is in doubt. */
static const double LOOKS_LIKE_GAIN = -0.015, MIGHT_BE_LARGE = -0.105;
static const double NEARLY_EQUAL = 0.005; /* log: of two winners the dispatcher's order decides */

bool hg_search_ended(const hg_searcher *t)
{
    return (t->stop && *t->stop) || hg_clock_ns() > t->end;
}

/* ---- A round ---- */

typedef struct bout {
    hg_searcher *searcher;
    hg_search *search;
    hg_workload work;
    hg_runner runners[RIVALS + HG_MAX_RIVALS];
    hg_track track;
    hg_ab_result results[HG_MAX_RIVALS];
} bout;

static void run_subject(void *self, int who)
{
    const bout *b = self;
    hg_runner_run(&b->runners[who], &b->work);
}

static hg_status plan_all(bout *b, hg_reason *why)
{
    const hg_search *s = b->search;
    hg_status status = hg_runner_create(&b->work, s->untuned, &b->runners[BASE], why);
    if (!status) status = hg_runner_create(&b->work, s->untuned, &b->runners[COPY], why);
    for (int i = 0; i < s->rival_count && !status; i++)
        if (!s->rivals[i].out)
            status =
                hg_runner_create(&b->work, s->rivals[i].raced.name, &b->runners[RIVALS + i], why);
    return status;
}

/* Slots for all; returns the ns of a quad of each rival in turn. */
static double find_slots(bout *b)
{
    hg_search *s = b->search;
    const double slot = b->searcher->slot_ns;
    double all = 0, ns = hg_track_slot(&b->track, BASE, slot);
    s->untuned_ns = s->rounds ? HG_MIN(s->untuned_ns, ns) : ns;
    b->track.slots[COPY] = b->track.slots[BASE];
    const double base = HG_MAX(ns, slot);
    for (int i = 0; i < s->rival_count; i++) {
        if (s->rivals[i].out) continue;
        ns = hg_track_slot(&b->track, RIVALS + i, slot);
        all += 2 * (base + HG_MAX(ns, slot));
    }
    return all;
}

static void control(bout *b, int number)
{
    double unused[2];
    bool disturbed;
    const double log_ratio = hg_track_quad(&b->track, BASE, COPY, number & 1, unused, &disturbed);
    for (int i = 0; i < b->search->rival_count; i++) {
        hg_ab_result *r = &b->results[i];
        if (!b->search->rivals[i].out) r->control[r->controls++] = log_ratio;
    }
}

/* false: the run ended. */
static bool measure(bout *b, int quads)
{
    hg_search *s = b->search;
    double ns[2], all[HG_AB_QUADS * HG_MAX_RIVALS];
    bool disturbed;
    int timed = 0, controls = 0;
    for (int q = 0; q < quads; q++) {
        for (int i = 0; i < s->rival_count; i++) {
            hg_ab_result *r = &b->results[i];
            if (s->rivals[i].out) continue;
            if (hg_search_ended(b->searcher)) return false;
            r->ratio[r->quads++] =
                hg_track_quad(&b->track, BASE, RIVALS + i, q & 1, ns, &disturbed);
            r->disturbed += disturbed;
            all[timed++] = ns[0];
        }
        if (q * HG_AB_CONTROLS >= controls * quads) control(b, controls++);
        if (b->searcher->progress) b->searcher->progress(b->searcher->self, "finals", ns[0]);
    }
    if (timed) s->untuned_ns = hg_quantile(all, timed, 0.5);
    return true;
}

hg_status hg_search_round(hg_searcher *t, hg_search *s, double seconds, hg_reason *why)
{
    bout *b = calloc(1, sizeof *b);
    if (!b) return hg_fail(why, HG_NO_MEMORY, "out of memory");
    b->searcher = t;
    b->search = s;
    const double start = hg_clock_ns();
    hg_status status = hg_workload_create(t->context, &s->problem, &b->work, why);
    if (!status) status = plan_all(b, why);
    if (!status && !hg_search_ended(t)) {
        b->track = (hg_track){.clock = b->work.clock,
                              .run = run_subject,
                              .canary = hg_canary_beat,
                              .self = b,
                              .canary_self = &t->canary};
        const double each = find_slots(b), left = seconds * 1e9 - (hg_clock_ns() - start);
        const int quads = (int)hg_clamp((int64_t)(left / each), LEAST_QUADS, HG_AB_QUADS);
        if (measure(b, quads)) {
            s->rounds++;
            for (int i = 0; i < s->rival_count; i++)
                if (!s->rivals[i].out) hg_ab_add(&s->rivals[i].series, &b->results[i]);
            s->noise = HG_MAX(s->noise, hg_canary_noise(&t->canary));
        }
    }
    for (size_t i = 0; i < HG_COUNT(b->runners); i++) hg_runner_free(&b->runners[i]);
    if (b->work.context) hg_workload_free(&b->work);
    free(b);
    return status;
}

/* ---- Verdicts ---- */

/* Of the rivals that are faster for certain the fastest; near ties go to the dispatcher's order, so
 * that a repetition decides alike. -1: none. */
static int winner_of(const hg_search *s)
{
    double best = INFINITY;
    int winner = -1;
    for (int i = 0; i < s->rival_count; i++)
        if (s->rivals[i].judged.verdict == HG_AB_FASTER)
            best = HG_MIN(best, s->rivals[i].judged.median);
    for (int i = 0; i < s->rival_count; i++) {
        const hg_rival *r = &s->rivals[i];
        if (r->judged.verdict != HG_AB_FASTER || r->judged.median > best + NEARLY_EQUAL) continue;
        if (winner < 0 || r->raced.candidate < s->rivals[winner].raced.candidate) winner = i;
    }
    return winner;
}

void hg_search_judge(hg_search *s, double floor, bool last)
{
    int left = 0;
    for (int i = 0; i < s->rival_count; i++) {
        hg_rival *r = &s->rivals[i];
        if (r->out) continue;
        r->judged = hg_ab_judge(&r->series, floor);
        r->out = r->judged.verdict == HG_AB_SLOWER || r->judged.low > WORTHLESS ||
                 (last && r->judged.median > LOOKS_LIKE_GAIN && r->judged.low > MIGHT_BE_LARGE);
        left += !r->out && r->judged.verdict != HG_AB_FASTER;
    }
    const int winner = s->rounds >= 2 ? winner_of(s) : -1;
    if (winner >= 0 && (left == 0 || last)) {
        s->verdict = HG_VERDICT_GAIN;
        s->winner = winner;
        return;
    }
    bool any = false;
    for (int i = 0; i < s->rival_count; i++) any = any || !s->rivals[i].out;
    if (!any)
        s->verdict = HG_VERDICT_DEFAULT;
    else if (last)
        s->verdict = HG_VERDICT_UNDECIDED;
}

/* Of the rounds the one that promises least: which rival won was seen in the same figures. */
double hg_search_ratio(const hg_search *s)
{
    if (s->verdict != HG_VERDICT_GAIN) return 1;
    const hg_rival *r = &s->rivals[s->winner];
    double ratio = r->judged.median;
    for (int i = 0; i < r->series.sweeps; i++) ratio = HG_MAX(ratio, r->series.sweep_ratio[i]);
    return exp(ratio);
}

/* ---- The record ---- */

int hg_kernel_revision(const hg_context *context, const char *name)
{
    (void)context;
    const hg_kernel *kernel = hg_registry_find(name);
    return kernel ? kernel->rev : -1;
}

/* Behind the first, which is the choice, by their times. */
static void add_rank(const hg_searcher *t, const char *name, double ns, hg_record *record)
{
    const size_t length = strcspn(name, " ");
    if (record->count == HG_RECORD_RANKS) return;
    int at = record->count++;
    for (; at > 1 && record->ranks[at - 1].ns > ns; at--) record->ranks[at] = record->ranks[at - 1];
    hg_ranked *rank = &record->ranks[at];
    *rank = (hg_ranked){.ns = ns};
    snprintf(rank->kernel, sizeof rank->kernel, "%.*s", (int)length, name);
    rank->rev = hg_kernel_revision(t->context, rank->kernel);
    if (name[length]) hg_config_parse(name + length + 1, &rank->config);
}

/* The best of the figures for a candidate: finals, if it was in them. */
static double ratio_of(const hg_search *s, const hg_raced *raced)
{
    for (int i = 0; i < s->rival_count; i++)
        if (s->rivals[i].raced.candidate == raced->candidate && s->rivals[i].series.quads)
            return exp(s->rivals[i].judged.median);
    return raced->ratio;
}

/* The rival whose interval the record tells: the winner, or who came nearest. */
static const hg_rival *nearest(const hg_search *s)
{
    const hg_rival *best = NULL;
    if (s->verdict == HG_VERDICT_GAIN) return &s->rivals[s->winner];
    for (int i = 0; i < s->rival_count; i++)
        if (s->rivals[i].series.quads &&
            (!best || s->rivals[i].judged.median < best->judged.median))
            best = &s->rivals[i];
    return best;
}

void hg_search_record(const hg_searcher *t, const hg_search *s, hg_record *record)
{
    hg_machine machine;
    hg_context_machine(t->context, &machine);
    *record = (hg_record){.threads = t->context->threads,
                          .default_ns = s->default_barred ? 0 : s->untuned_ns,
                          .verdict = s->verdict,
                          .rounds = s->rounds,
                          .noise = s->noise};
    snprintf(record->key, sizeof record->key, "%s", s->key);
    snprintf(record->machine, sizeof record->machine, "%s", machine.key);
    const bool gain = s->verdict == HG_VERDICT_GAIN;
    const char *first = gain ? s->rivals[s->winner].raced.name : s->untuned;
    add_rank(t, first, s->untuned_ns * hg_search_ratio(s), record);
    for (int i = 0; i < s->raced_count; i++)
        if (strcmp(s->raced[i].name, first))
            add_rank(t, s->raced[i].name, s->untuned_ns * ratio_of(s, &s->raced[i]), record);
    const hg_rival *told = nearest(s);
    if (!told) return;
    record->ratio = gain ? hg_search_ratio(s) : exp(told->judged.median);
    record->low = isfinite(told->judged.low) ? exp(told->judged.low) : 0;
    record->high = isfinite(told->judged.high) ? exp(told->judged.high) : 0;
    /* The interval is that of all rounds together: the worst of them may lie above it. */
    if (record->high > 0) record->high = HG_MAX(record->high, record->ratio);
}
