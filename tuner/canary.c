/* The canary. Contract: canary.h. */
#include "tuner/canary.h"

#include <stdlib.h>
#include <string.h>

#include "tuner/measure.h"

static const char KEY[] = "conv2d f32 nhwc n1 c64 h4 w8 k64 r1x1 s1x1 p0,0,0,0 d1x1 g1";
static const double BEAT_NS = 5e4;
enum { BEATS = 80, WARM = 200 };

static double beat_ns(hg_canary *c)
{
    const double start = c->work.clock();
    hg_canary_beat(c);
    return c->work.clock() - start;
}

hg_status hg_canary_open(hg_context *context, hg_canary *c, hg_reason *why)
{
    hg_problem p;
    *c = (hg_canary){.batch = 1};
    hg_status status = hg_problem_parse(KEY, &p, why);
    if (!status) status = hg_workload_create(context, &p, &c->work, why);
    if (!status) status = hg_untuned_runner(&c->work, &c->runner, why);
    if (status) {
        hg_canary_close(c);
        return status;
    }
    double ns = beat_ns(c);
    for (int i = 0; i < WARM; i++) {
        const double again = beat_ns(c);
        ns = again < ns ? again : ns;
    }
    c->batch = hg_batch(ns, BEAT_NS);
    return HG_OK;
}

void hg_canary_close(hg_canary *c)
{
    hg_runner_free(&c->runner);
    if (c->work.context) hg_workload_free(&c->work);
}

void hg_canary_beat(void *canary)
{
    const hg_canary *c = canary;
    for (int i = 0; i < c->batch; i++) hg_runner_run(&c->runner, &c->work);
}

double hg_canary_noise(hg_canary *c)
{
    double ns[BEATS];
    for (int i = 0; i < BEATS; i++) ns[i] = beat_ns(c);
    return (hg_quantile(ns, BEATS, 0.75) - hg_quantile(ns, BEATS, 0.25)) /
           hg_quantile(ns, BEATS, 0.5);
}

void hg_canary_peaks(hg_canary *c, double *gflops, double *gbps)
{
    enum { BYTES = 64 << 20, TIMES = 5 };
    double least = beat_ns(c);
    for (int i = 0; i < BEATS; i++) {
        const double ns = beat_ns(c);
        least = ns < least ? ns : least;
    }
    *gflops = hg_problem_flops(&c->work.problem) * c->batch / least;
    *gbps = 0;
    char *from = malloc(BYTES), *to = malloc(BYTES);
    for (int i = 0; from && to && i < TIMES; i++) {
        memset(from, i, BYTES); /* so that pages exist, and caches hold nothing of `to` */
        const double start = c->work.clock();
        memcpy(to, from, BYTES);
        const double speed = 2.0 * BYTES / (c->work.clock() - start);
        *gbps = speed > *gbps ? speed : *gbps;
        __asm__ volatile("" : : "r"(to) : "memory");
    }
    free(from);
    free(to);
    if (*gbps == 0) *gbps = 1;
}
