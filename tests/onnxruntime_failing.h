/* Put before the provider's sources, so that their memory is that of onnxruntime_memory.c. */
#ifndef HG_TEST_ONNXRUNTIME_FAILING_H
#define HG_TEST_ONNXRUNTIME_FAILING_H

#include "tests/onnxruntime_memory.h"

#define malloc counted_malloc
#define calloc counted_calloc
#define realloc counted_realloc
#define aligned_alloc counted_aligned_alloc
#define free counted_free

#endif
