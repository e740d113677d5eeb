/* How far a result may be from the oracle's. u = 2^-24, gamma(n) = n*u / (1 - n*u). */
#ifndef HG_TEST_COMPARE_H
#define HG_TEST_COMPARE_H

#include "tests/data.h"

/* Kernels of a norm-wise class (Winograd) may err by this much in every output: a factor of the
 * class times u times the largest magnitude of any output. 0: the kernel sums directly. */
double compare_norm_bound(const char *kernel, const hg_problem *p, const oracle_output *want);

/* Is the value right for output element i? Max pooling, unpooling, nearest and small integers:
 * exactly. A NaN is right where the oracle has one. */
bool compare_value(const hg_problem *p, data_kind kind, const oracle_output *want,
                   double norm_bound, int64_t i, float got);

/* Describes the first element of `got` (and of `indices`, if not NULL) that is wrong; the number
 * of wrong ones is returned. */
int64_t compare_all(const hg_problem *p, data_kind kind, const oracle_output *want,
                    double norm_bound, const float *got, const int64_t *indices, char *text,
                    int size);

#endif
