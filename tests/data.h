/* Random contents for the tensors of a problem; dense, [n][c][h][w]. */
#ifndef HG_TEST_DATA_H
#define HG_TEST_DATA_H

#include "hourglass/hourglass.h"
#include "tests/oracle.h"
#include "tests/random.h"

typedef enum data_kind {
    DATA_INTEGERS, /* small, so that every sum is exact in any order; many ties */
    DATA_SIGNED,   /* uniform in (-1, 1); in some cases NaN, infinities, signed zeros, denormals */
    DATA_POSITIVE, /* uniform in [0, 1): rounding errors have nothing to hide behind; for sums of
                      pooling in some cases so large that they leave the range of float */
    DATA_OTHER     /* not random */
} data_kind;

typedef struct case_data {
    data_kind kind;
    float *x, *weights, *bias, *residual;
    float *other;     /* binary: the second tensor */
    float *slopes;    /* of HG_PRELU */
    int64_t *indices; /* max_unpool2d */
} case_data;

/* contained: a planted NaN or infinity reaches exactly the outputs whose window covers it. */
bool data_draw(const hg_problem *p, data_kind kind, bool contained, rng *r, case_data *d);
oracle_input data_for_oracle(const case_data *d);
void data_free(case_data *d);

/* hg_plan_from_key, but with slopes, if there are any: keys have none, and such plans are made
 * behind the public face. */
hg_status data_plan(hg_context *context, const char *key, hg_filter *filter, const void *bias,
                    const float *slopes, const char *kernel, hg_plan **plan);

#endif
