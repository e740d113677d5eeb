/* Contract: onnxruntime_memory.h. */
#include "tests/onnxruntime_memory.h"

#undef malloc
#undef calloc
#undef realloc
#undef aligned_alloc
#undef free

static counted_memory counted;

counted_memory *provider_memory(void)
{
    return &counted;
}

/* true: this call fails. */
static int fails(void)
{
    return ++counted.calls == counted.fail;
}

static void *count(void *memory)
{
    counted.live += memory != NULL;
    return memory;
}

void *counted_malloc(size_t size)
{
    return fails() ? NULL : count(malloc(size));
}

void *counted_calloc(size_t n, size_t size)
{
    return fails() ? NULL : count(calloc(n, size));
}

void *counted_realloc(void *memory, size_t size)
{
    if (fails()) return NULL;
    void *larger = realloc(memory, size);
    counted.live += !memory && larger;
    return larger;
}

void *counted_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : count(aligned_alloc(alignment, size));
}

void counted_free(void *memory)
{
    counted.live -= memory != NULL;
    free(memory);
}
