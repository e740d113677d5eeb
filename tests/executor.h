/* An executor for tests: real threads, released together by a barrier and in reverse order, so
 * that slices of even tiny runs interleave. */
#ifndef HG_TEST_EXECUTOR_H
#define HG_TEST_EXECUTOR_H

#include "hourglass/runtime.h"

extern const hg_executor test_executor;

#endif
