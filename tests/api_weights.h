/* What the tests of packed weights share. */
#ifndef HG_TEST_API_WEIGHTS_H
#define HG_TEST_API_WEIGHTS_H

#include "tests/api.h"

/* Plans of a filter that `packed` knows by the id; weights NULL: those of the id. The filter's are
 * then dropped. */
hg_status plan_packed(hg_context *context, const descriptor *d, hg_weights *packed, uint64_t id,
                      const float *weights, hg_plan **plan);

/* Convolutions of both kinds and layouts; ids count from 1. */
enum { PACKED_SAMPLES = 4 };
const descriptor *packed_sample(int i);
/* How many of them do not give the bits that they gave without hg_weights. */
int count_wrong(hg_context *context, hg_weights *packed, const float *weights);

/* Of a file that has the samples and PACKED_FLOATS more: what is cut off, damaged, forged. */
enum { PACKED_FLOATS = 1 };
void test_weights_files(hg_context *context, const char *file);

#endif
