/* One sweep over the layers, in a process of its own. Contract: ab.h. */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dispatch/filter.h"
#include "kernels/common/attr.h"
#include "tuner/ab.h"
#include "tuner/build.h"
#include "tuner/measure.h"
#include "tuner/quad.h"
#include "tuner/workload.h"

enum { A, B, COPY, SUBJECTS }; /* COPY: of A */

static const double SLOT_NS = 5e6;

/* A build with its plan for the layer at hand. */
typedef struct subject {
    hg_build build;
    hg_filter *filter;
    hg_plan *plan;
} subject;

typedef struct sweep {
    const hg_ab_settings *settings;
    subject subjects[SUBJECTS];
    hg_context *context; /* of this program's own library, for the workloads */
    hg_workload work;
    void *workspace; /* the same for all subjects */
} sweep;

/* ---- Time ---- */

static void run_subject(void *self, int who)
{
    const sweep *s = self;
    s->subjects[who].build.run(s->subjects[who].plan, &s->work.io, s->workspace);
}

static void measure(sweep *s, int times, hg_ab_result *r)
{
    double ns[2][HG_AB_CONFIRMING * HG_AB_QUADS], unused[2];
    bool disturbed;
    /* One thread is timed by its own processor time: what preempts it does not count. */
    hg_track track = {.clock = s->settings->threads == 1 ? hg_thread_ns : hg_clock_ns,
                      .run = run_subject,
                      .canary = hg_canary_run,
                      .self = s};
    hg_track_slot(&track, A, SLOT_NS);
    for (int who = B; who < SUBJECTS; who++) track.slots[who] = track.slots[A];
    for (int i = 0; i < times * HG_AB_QUADS; i++) {
        double pair[2];
        r->ratio[r->quads] = hg_track_quad(&track, A, B, i & 1, pair, &disturbed);
        ns[0][r->quads] = pair[0], ns[1][r->quads] = pair[1];
        r->quads++;
        r->disturbed += disturbed;
        if (i % (HG_AB_QUADS / HG_AB_CONTROLS) != 0) continue;
        r->control[r->controls] =
            hg_track_quad(&track, A, COPY, r->controls & 1, unused, &disturbed);
        r->controls++;
    }
    for (int i = 0; i < 2; i++) r->ns[i] = hg_quantile(ns[i], r->quads, 0.5);
}

/* ---- Plans ---- */

static bool plan(sweep *s, int who, const char *kernel, hg_ab_result *r)
{
    subject *it = &s->subjects[who];
    const hg_workload *w = &s->work;
    hg_status status = HG_OK;
    it->build.said[0] = '\0';
    if (w->filter) {
        hg_filter_desc desc;
        hg_problem_filter(&w->problem, &desc);
        status = it->build.filter_create(it->build.context, &desc, w->filter->weights, &it->filter);
    }
    if (!status)
        status = it->build.plan_from_key(it->build.context, w->key, it->filter, w->bias, kernel,
                                         &it->plan);
    if (!status) return true;
    r->work = HG_AB_NO_PLAN;
    snprintf(r->reason, sizeof r->reason, "%s: %.180s", who == B ? "B" : "A",
             it->build.said[0] ? it->build.said : hg_status_string(status));
    return false;
}

static bool plan_all(sweep *s, hg_ab_result *r)
{
    size_t most = 0;
    const char *kernel = NULL;
    for (int who = 0; who < SUBJECTS; who++) {
        if (!plan(s, who, kernel, r)) return false;
        const subject *it = &s->subjects[who];
        if (who == A && s->settings->same_kernel) kernel = it->build.plan_kernel(it->plan);
        if (who < COPY) snprintf(r->kernel[who], HG_AB_NAME, "%s", it->build.plan_kernel(it->plan));
        most = HG_MAX(most, it->build.plan_workspace_size(it->plan));
    }
    s->workspace = aligned_alloc(64, HG_ROUND_UP(most, (size_t)64) + 64);
    if (s->workspace) return true;
    r->work = HG_AB_NO_PLAN;
    snprintf(r->reason, sizeof r->reason, "no memory for a workspace of %zu bytes", most);
    return false;
}

static bool run(sweep *s, int who, hg_ab_result *r)
{
    hg_workload_erase(&s->work);
    const subject *it = &s->subjects[who];
    const hg_status status = it->build.run(it->plan, &s->work.io, s->workspace);
    if (!status) return true;
    r->work = HG_AB_NO_PLAN;
    snprintf(r->reason, sizeof r->reason, "%s: the run failed: %s", who == B ? "B" : "A",
             hg_status_string(status));
    return false;
}

/* Runs each once: do they compute the same? */
static bool compare(sweep *s, hg_ab_result *r)
{
    hg_workload *w = &s->work;
    if (!run(s, COPY, r) || !run(s, A, r)) return false;
    hg_workload_expect(w);
    if (!run(s, B, r)) return false;
    if (!hg_workload_matches(w, &r->error)) {
        r->work = HG_AB_DIFFERENT;
        return false;
    }
    const bool same = memcmp(w->output, w->expected, w->output_bytes) == 0;
    r->work = same ? HG_AB_SAME_BITS : HG_AB_CLOSE;
    return true;
}

static void clear(sweep *s)
{
    for (int who = 0; who < SUBJECTS; who++) {
        subject *it = &s->subjects[who];
        it->build.plan_free(it->plan);
        it->build.filter_free(it->filter);
        it->plan = NULL;
        it->filter = NULL;
    }
    free(s->workspace);
    s->workspace = NULL;
    hg_workload_free(&s->work);
}

static void compare_layer(sweep *s, const hg_ab_layer *layer, int times, hg_ab_result *r)
{
    hg_reason why = {""};
    if (hg_workload_create(s->context, &layer->problem, &s->work, &why)) {
        r->work = HG_AB_NO_PLAN;
        snprintf(r->reason, sizeof r->reason, "%s", why.text);
        return;
    }
    if (plan_all(s, r) && compare(s, r)) measure(s, times, r);
    clear(s);
}

/* ---- The process ---- */

/* What goes through the pipe: results, and at last one whose layer is -1 and whose reason says what
 * went wrong, if anything did. */
static void send(int to, const hg_ab_result *result)
{
    const char *bytes = (const char *)result;
    for (size_t sent = 0; sent < sizeof *result;) {
        const ssize_t n = write(to, bytes + sent, sizeof *result - sent);
        if (n < 0 && errno != EINTR) _exit(1); /* nobody listens any more */
        if (n > 0) sent += (size_t)n;
    }
}

static bool receive(int from, hg_ab_result *result)
{
    char *bytes = (char *)result;
    for (size_t got = 0; got < sizeof *result;) {
        const ssize_t n = read(from, bytes + got, sizeof *result - got);
        if (n == 0 || (n < 0 && errno != EINTR)) return false;
        if (n > 0) got += (size_t)n;
    }
    return true;
}

/* One thread stays where it is: migration costs caches. */
static void stay_here(void)
{
    cpu_set_t here;
    CPU_ZERO(&here);
    CPU_SET(sched_getcpu(), &here);
    sched_setaffinity(0, sizeof here, &here);
}

static hg_status open_builds(sweep *s, bool swapped, hg_reason *why)
{
    hg_status status = hg_context_create(NULL, &s->context);
    for (int i = 0; i < SUBJECTS && !status; i++) {
        const int who = swapped ? SUBJECTS - 1 - i : i;
        status = hg_build_open(s->settings->path[who == B], s->settings->threads,
                               &s->subjects[who].build, why);
    }
    return status;
}

/* The rest of the child's life. */
static void work_through(const hg_ab_settings *settings, const hg_ab_layer *layers,
                         const int *order, int n, int times, bool swapped, int to)
{
    static sweep s;
    static hg_ab_result result;
    hg_reason why = {"no context"};
    s.settings = settings;
    if (settings->threads == 1) stay_here();
    if (open_builds(&s, swapped, &why) == HG_OK) {
        why.text[0] = '\0';
        for (int i = 0; i < n; i++) {
            memset(&result, 0, sizeof result);
            result.layer = order[i];
            compare_layer(&s, &layers[order[i]], times, &result);
            send(to, &result);
        }
    }
    result = (hg_ab_result){.layer = -1};
    snprintf(result.reason, sizeof result.reason, "%s", why.text);
    send(to, &result);
    _exit(0); /* what the parent had not yet printed is not ours to print */
}

hg_status hg_ab_sweep(const hg_ab_settings *settings, const hg_ab_layer *layers, const int *order,
                      int n, int times, bool swapped,
                      void (*take)(void *self, const hg_ab_result *result), void *self,
                      hg_reason *why)
{
    int ends[2];
    static hg_ab_result result;
    if (pipe(ends)) return hg_fail(why, HG_IO, "no pipe: %s", strerror(errno));
    const pid_t child = fork();
    if (child < 0) return hg_fail(why, HG_IO, "no process: %s", strerror(errno));
    if (child == 0) {
        close(ends[0]);
        work_through(settings, layers, order, n, times, swapped, ends[1]);
    }
    close(ends[1]);
    bool ended = false;
    int at = 0;
    for (; !ended && receive(ends[0], &result); at++) {
        ended = result.layer < 0;
        if (!ended) take(self, &result);
    }
    close(ends[0]);
    waitpid(child, NULL, 0);
    if (!ended)
        return hg_fail(why, HG_IO, "a build ended the process at %.150s",
                       at < n ? layers[order[at]].label : "the end");
    return result.reason[0] ? hg_fail(why, HG_IO, "%s", result.reason) : HG_OK;
}
