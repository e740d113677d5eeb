/* Workloads: a problem with buffers to run it on, and runners, which are plans for it.
 *
 * Values are small signed floats and valid indices, the same in every process, so that outputs of
 * different kernels can be compared. */
#ifndef HG_TUNER_WORKLOAD_H
#define HG_TUNER_WORKLOAD_H

#include <signal.h>

#include "hourglass/tuning.h"
#include "kernels/problem.h"

enum { HG_RUNNER_NAME_SIZE = 224 };

typedef struct hg_workload {
    hg_context *context;
    hg_problem problem;
    char key[HG_KEY_SIZE];
    hg_filter *filter; /* NULL for operators without weights */
    float *bias, *input, *residual, *other;
    void *input_indices;
    float *output, *expected; /* expected: what the reference computed */
    void *indices, *expected_indices;
    size_t output_bytes, indices_bytes;
    bool sampled;          /* expected holds some of the outputs, the pattern elsewhere */
    double (*clock)(void); /* processor time where one thread works, else real time */
    hg_io io;
} hg_workload;

/* One plan for the workload's problem. */
typedef struct hg_runner {
    hg_plan *plan;
    void *workspace;
    char name[HG_RUNNER_NAME_SIZE]; /* "KERNEL" or "KERNEL CONFIG" */
} hg_runner;

/* The number of weights. */
static inline size_t hg_filter_count(const hg_filter_desc *d)
{
    return (size_t)(d->out_channels * (d->in_channels / (d->groups ? d->groups : 1))) *
           (size_t)(d->height * d->width);
}

/* On failure nothing is left allocated. */
hg_status hg_workload_create(hg_context *context, const hg_problem *p, hg_workload *w,
                             hg_reason *why);
void hg_workload_free(hg_workload *w);

/* kernel: NULL for the dispatcher's choice, else the candidate to force. */
hg_status hg_runner_create(const hg_workload *w, const char *kernel, hg_runner *r, hg_reason *why);
/* The plan of the choice that is made without records. */
hg_status hg_untuned_runner(const hg_workload *w, hg_runner *r, hg_reason *why);
void hg_runner_free(hg_runner *r);
/* One run on the workload's buffers. */
static inline hg_status hg_runner_run(const hg_runner *r, const hg_workload *w)
{
    return hg_run(r->plan, &w->io, r->workspace);
}

/* Fills the outputs with a pattern, so that what a kernel leaves out shows. */
void hg_workload_erase(hg_workload *w);
/* Keeps the outputs as what every kernel must compute. */
void hg_workload_expect(hg_workload *w);
/* Keeps what a plan of one step computes for some of its ranges, which are rows of the output for
 * every reference: the first, the last, and others spread between, as many as take about ns, but
 * three. stop: nonzero ends it; may be NULL. Returns the number of ranges. */
int64_t hg_workload_expect_some(hg_workload *w, const hg_runner *reference, double ns,
                                const volatile sig_atomic_t *stop);
/* Bytes that a workload takes with one plan, about: what memory must hold. */
double hg_workload_bytes(const hg_problem *p);
/* Compares the outputs with what was kept, the others for having been written at all: exact for
 * maxima, copies and indices, within 1e-4 of the largest magnitude where the order of a sum may
 * differ. Gaps between rows must be untouched. error: the largest difference over the largest
 * magnitude. */
bool hg_workload_matches(const hg_workload *w, double *error);

#endif
