/* What the parts of test_api share. */
#ifndef HG_TEST_API_H
#define HG_TEST_API_H

#include "tests/descriptor.h"

/* Counts; says what failed. Whatever was printed or changed behind the tests since the last check
 * (api_watch.h) fails, too. */
__attribute__((format(printf, 2, 3))) bool expect(bool ok, const char *format, ...);
/* Counts what cannot be tested here, and says why. stdout and stderr belong to the library. */
__attribute__((format(printf, 1, 2))) void skip(const char *format, ...);

/* What the library said since hear_reset. */
typedef struct heard {
    int count;
    hg_status status;
    char sentence[256];
} heard;

extern heard last;
void hear(void *self, hg_status status, const char *sentence);
/* Context options with this log, and nothing read from the environment. */
hg_context_options quiet_options(void);

/* A small valid operator, and a filter of its sizes; weights are some fixed numbers. */
descriptor sample(hg_op op);
const float *sample_weights(void); /* at least as many as any sample needs; also good as a bias */

/* The call returned one of the statuses in `mask` (1 << status), left `made` NULL, and said why in
 * exactly one sentence, which holds the word `named`. */
bool expect_refused(hg_status status, unsigned mask, const void *made, const char *named,
                    const char *what);

/* Runs a plan of a sample on fixed data: the status, and the dense output in y. */
enum { SAMPLE_OUTPUT = 4096 };
hg_status run_sample(const hg_plan *plan, const descriptor *d, float y[SAMPLE_OUTPUT]);

/* Whether seccomp works. It does not under emulation or ThreadSanitizer, which would also need
 * memory for every page of a sparse tensor. */
bool confinement_works(void);

void test_misuse(void);
void test_filters_and_runs(void);
void test_sizes(void);
void test_windows(void);
void test_strides(void);
void test_overlap(void);
void test_in_place(void);
void test_executors(void);
void test_allocations(void);
void test_tables(void);
void test_threads(void);
void test_workers(void);
void test_reproducible(void);
void test_bits(void);
void test_environment(void);
void test_promises(void);
void test_far(void);
void test_scratch(void);
void test_selection(void);
void test_upsample(void);
void test_fusion(void);
void test_weights(void);

#endif
