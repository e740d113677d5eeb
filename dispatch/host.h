/* What a caller lends a context: memory and a log. */
#ifndef HG_HOST_H
#define HG_HOST_H

#include "hourglass/hourglass.h"

typedef struct hg_host {
    hg_allocator allocator;
    hg_log log;
} hg_host;

/* The caller's, with an allocator of our own where he has none. */
hg_host hg_host_of(const hg_context_options *options);

/* 64-byte aligned memory; NULL if there is none. */
void *hg_allocate(const hg_host *host, size_t size);
void hg_release(const hg_host *host, void *memory);

/* Sends a sentence to the log, if there is one, and returns the status. */
hg_status hg_report(const hg_host *host, hg_status status, const char *sentence);

#endif
