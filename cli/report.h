/* A tuning table as one self-contained page: the machine, a roofline with every problem, and for
 * each its candidates' times. */
#ifndef HG_CLI_REPORT_H
#define HG_CLI_REPORT_H

#include "dispatch/context.h"
#include "tuner/journal.h"
#include "tuner/session.h"

typedef struct report {
    const hg_context *context;
    const char *table; /* its path */
    const hg_lines *lines;
    const hg_job *jobs; /* their labels are used */
    size_t job_count;
    double gflops, gbps; /* what this machine reaches in L1, and in memory */
} report;

/* Writes those records that are of the context's machine and threads: a page, or to a .svg the
 * roofline alone. false after a message. */
bool report_write(const report *r, const char *path);

#endif
