/* How far a result may be from the oracle's. u = 2^-24, gamma(n) = n*u / (1 - n*u). */
#ifndef HG_TEST_COMPARE_H
#define HG_TEST_COMPARE_H

#include "tests/data.h"

/* Is the value right for output element i? Max pooling, unpooling, nearest and small integers:
 * exactly. A NaN is right where the oracle has one. norm_bounds: of kernels that do not sum
 * directly (winograd_bound.h), else NULL. Classes: any whose score is within the bounds of the
 * best. */
bool compare_value(const hg_problem *p, data_kind kind, const oracle_output *want,
                   const double *norm_bounds, int64_t i, float got);

/* How far element i of a resize may be from exact. */
double resize_slack(const hg_problem *p, const oracle_output *want, int64_t i);

/* Describes the first element of `got` (and of `indices`, if not NULL) that is wrong; the number
 * of wrong ones is returned. */
int64_t compare_all(const hg_problem *p, data_kind kind, const oracle_output *want,
                    const double *norm_bounds, const float *got, const int64_t *indices, char *text,
                    int size);

#endif
