/* Memory of a net or a plan: blocks that are all given back at once. */
#ifndef HG_NET_MEMORY_H
#define HG_NET_MEMORY_H

#include "hourglass/runtime.h"

typedef struct net_block net_block;

typedef struct net_memory {
    hg_allocator allocator; /* allocate NULL: malloc */
    net_block *first;
} net_memory;

/* Zeroed, aligned to 64 bytes; NULL: there is none, or count * size overflows. */
void *net_take(net_memory *memory, size_t count, size_t size);
/* A copy of `length` bytes with a zero behind them. */
char *net_take_text(net_memory *memory, const char *text, size_t length);
void net_give_back(net_memory *memory);

#endif
