/* What plans share: machine, tables, executor, allocator, log. Immutable after creation. */
#ifndef HG_CONTEXT_H
#define HG_CONTEXT_H

#include "dispatch/table.h"
#include "hourglass/hourglass.h"

struct hg_context {
    int references; /* atomic */
    int threads;
    hg_allocator allocator;
    hg_executor executor;
    bool own_executor; /* executor.self is a pthreadpool of ours */
    hg_log log;
    hg_machine machine;
    hg_table table;
    char preferred[HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE]; /* "" = none */
};

void hg_context_retain(hg_context *context);

/* 64-byte aligned memory of the context's allocator; NULL if there is none. */
void *hg_allocate(hg_context *context, size_t size);
void hg_release(hg_context *context, void *memory);

/* Sends a sentence to the log, if there is one, and returns the status. */
hg_status hg_report(hg_context *context, hg_status status, const char *sentence);

/* The folder whose .jsonl files are read where HG_TABLE is not set; false: there is no home. */
bool hg_table_folder(char *folder, size_t size);

/* The default executor (parallel.c). false: not built in, or no threads to be had. */
bool hg_executor_create(int threads, hg_executor *executor);
void hg_executor_free(hg_executor *executor);

#endif
