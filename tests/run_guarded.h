/* Runs a plan with every buffer against a faulting page. */
#ifndef HG_TEST_RUN_GUARDED_H
#define HG_TEST_RUN_GUARDED_H

#include "tests/data.h"
#include "tests/guard.h"

typedef struct run_result {
    float *y;         /* dense, [n][c][h][w] */
    int64_t *indices; /* max_pool2d with indices, widened; else NULL */
    hg_status status;
    char trouble[200]; /* empty if nothing but tensors was touched */
} run_result;

/* Turns faults into trouble; call once. */
void run_guarded_install(void);

void run_guarded(const hg_plan *plan, const hg_problem *p, const case_data *d, guard_side side,
                 run_result *result);
bool run_result_same_bits(const hg_problem *p, const run_result *a, const run_result *b);
void run_result_free(run_result *result);

/* Elements from the first to the last under these strides, plus 1. */
int64_t strided_extent(const hg_tensor *t, const hg_strides *s);

#endif
