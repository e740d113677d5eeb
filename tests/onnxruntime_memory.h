/* The memory of the provider that test_onnxruntime makes fail. */
#ifndef HG_TEST_ONNXRUNTIME_MEMORY_H
#define HG_TEST_ONNXRUNTIME_MEMORY_H

#include <stdlib.h>

typedef struct counted_memory {
    long calls, live, fail; /* fail: which call gives NULL; 0: none */
} counted_memory;

void *counted_malloc(size_t size);
void *counted_calloc(size_t count, size_t size);
void *counted_realloc(void *memory, size_t size);
void *counted_aligned_alloc(size_t alignment, size_t size);
void counted_free(void *memory);
/* What the program that opened the library looks up. */
__attribute__((visibility("default"))) counted_memory *provider_memory(void);

#endif
