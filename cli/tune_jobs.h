/* What `hourglass tune` is to tune. */
#ifndef HG_CLI_TUNE_JOBS_H
#define HG_CLI_TUNE_JOBS_H

#include "cli/layers.h"
#include "dispatch/context.h"
#include "tuner/journal.h"
#include "tuner/session.h"

typedef struct tune_jobs {
    const hg_context *context;
    hg_layers layers;          /* files NULL: none */
    const char *keys, *misses; /* files, or NULL */
    bool missing, noisy;       /* only what `have` lacks, or holds undecided */
    int shard, shards;         /* every shards-th problem, from number `shard` on; 0 = all */
    hg_lines have;
    hg_job *jobs;
    size_t count, capacity;
    size_t other_threads; /* misses of other numbers of threads */
} tune_jobs;

/* Is there a record whose choice stands? undecided: one that noise left open counts, too. */
bool tune_is_known(const tune_jobs *t, const hg_lines *lines, const char *key, bool undecided);

/* Fills jobs, each problem once. Returns an exit code, after a message unless it is CLI_OK. */
int tune_list(tune_jobs *t);
void tune_jobs_free(tune_jobs *t);

#endif
