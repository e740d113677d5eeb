/* Quads. Contract: quad.h. */
#include "tuner/quad.h"

#include <math.h>

#include "kernels/common/attr.h"
#include "tuner/measure.h"

static const double BATCH_NS = 1e5;
enum { MOST_BATCHES = 64, MOST_ATTEMPTS = 3 };
static const double DISTURBED = 1.06; /* canaries of a quad, the slowest over the fastest */

static double time_batch(const hg_track *t, int who, int runs)
{
    const double start = t->clock();
    for (int i = 0; i < runs; i++) t->run(t->self, who);
    return (t->clock() - start) / runs;
}

/* The first batch is not counted: caches hold what another subject left there. */
static double time_slot(const hg_track *t, int who)
{
    double ns[MOST_BATCHES];
    const int batch = t->slots[who].batch, batches = t->slots[who].batches;
    if (batches > 1) time_batch(t, who, batch);
    for (int i = 0; i < batches; i++) ns[i] = time_batch(t, who, batch);
    return hg_quantile(ns, batches, 0.5);
}

double hg_track_slot(hg_track *t, int who, double slot_ns)
{
    double ns = time_batch(t, who, 1);
    for (int i = 0; i < 3 && (i == 0 || ns < slot_ns); i++) ns = HG_MIN(ns, time_batch(t, who, 1));
    const int batch = hg_batch(ns, BATCH_NS);
    t->slots[who].batch = batch;
    t->slots[who].batches = (int)hg_clamp((int64_t)(slot_ns / (ns * batch)), 1, MOST_BATCHES);
    return ns;
}

static double time_canary(const hg_track *t)
{
    const double start = t->clock();
    t->canary(t->canary_self);
    return t->clock() - start;
}

/* Slots in the order base other other base, or the other way round. logs: the sums of both halves.
 * Returns how much longer the slowest canary between the slots took than the fastest: a neighbour
 * who comes or goes makes a ratio; one who stays does not. */
static double time_slots(const hg_track *t, int base, int other, bool inside_out, double logs[2])
{
    const int order[2] = {inside_out ? other : base, inside_out ? base : other};
    double least = time_canary(t), most = least;
    logs[0] = logs[1] = 0;
    for (int i = 0; i < 4; i++) {
        const int who = order[i == 1 || i == 2];
        logs[who != base] += 0.5 * log(time_slot(t, who));
        const double canary = time_canary(t);
        least = HG_MIN(least, canary), most = HG_MAX(most, canary);
    }
    return most / least;
}

double hg_track_quad(const hg_track *t, int base, int other, bool inside_out, double ns[2],
                     bool *disturbed)
{
    double logs[2], calmest = time_slots(t, base, other, inside_out, logs);
    ns[0] = exp(logs[0]), ns[1] = exp(logs[1]);
    for (int again = 1; again < MOST_ATTEMPTS && calmest > DISTURBED; again++) {
        const double unrest = time_slots(t, base, other, inside_out, logs);
        if (unrest >= calmest) continue;
        calmest = unrest;
        ns[0] = exp(logs[0]), ns[1] = exp(logs[1]);
    }
    *disturbed = calmest > DISTURBED;
    return log(ns[1] / ns[0]);
}
