/* Memory given back at once. Contract: memory.h. */
#include "net/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 };

/* Lies in front of what is handed out. */
struct net_block {
    net_block *next;
    void *start; /* where malloc's memory begins */
};

/* Zeros. Of large memory calloc touches nothing, and of arrays with room to grow most stays so. */
static void *allocate(const hg_allocator *a, size_t size)
{
    if (!a->allocate) return calloc(1, size);
    void *memory = a->allocate(a->self, ALIGNMENT, size);
    return memory ? memset(memory, 0, size) : NULL;
}

static void release(const hg_allocator *a, void *start)
{
    if (a->allocate)
        a->release(a->self, start);
    else
        free(start);
}

void *net_take(net_memory *memory, size_t count, size_t size)
{
    if (size && count > (SIZE_MAX - 3 * ALIGNMENT) / size) return NULL;
    char *start = allocate(&memory->allocator, count * size + 2 * ALIGNMENT);
    if (!start) return NULL;
    const uintptr_t first = (uintptr_t)start + sizeof(net_block);
    char *data = start + sizeof(net_block) + (ALIGNMENT - first % ALIGNMENT) % ALIGNMENT;
    net_block *block = (net_block *)(void *)(data - sizeof *block);
    *block = (net_block){memory->first, start};
    memory->first = block;
    return data;
}

char *net_take_text(net_memory *memory, const char *text, size_t length)
{
    char *copy = net_take(memory, length + 1, 1);
    return copy ? memcpy(copy, text, length) : NULL;
}

void net_give_back(net_memory *memory)
{
    while (memory->first) {
        const net_block block = *memory->first;
        memory->first = block.next;
        release(&memory->allocator, block.start);
    }
}
