/* From a conformance case to an operator of the library and its data. */
#ifndef HG_TEST_CASE_OPERATOR_H
#define HG_TEST_CASE_OPERATOR_H

#include "tests/case_file.h"
#include "tests/data.h"
#include "tests/descriptor.h"

/* The descriptor has layout NCHW and a filter in the order of the framework; data->weights is
 * [k][c/groups][r][s]. The arrays of `data` are released with data_free. NULL: done; else why not,
 * starting with "skipped" if the library does not have such a thing. */
const char *case_operator(const case_file *c, descriptor *d, case_data *data);

#endif
