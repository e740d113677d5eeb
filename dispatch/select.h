/* Which kernel, for this problem, here. Selection never measures; it reads the tables' records and
 * falls back on the algorithms' cost estimates. Order: forced by the operator or key, preferred by
 * the context, exact table record, least estimated cost (the scalar reference accepts everything,
 * so there is always a last row). */
#ifndef HG_SELECT_H
#define HG_SELECT_H

#include "dispatch/context.h"

typedef struct hg_candidate {
    const hg_kernel *kernel;
    hg_config config;
    double cost; /* estimated ns */
    bool first;  /* of the kernel that one thread would run */
} hg_candidate;

enum { HG_MAX_CANDIDATES = 512, HG_EXPLAIN_SIZE = 1024 };

/* All kernels and configurations that may run the problem in this context: those of the kernel of
 * least cost on one thread, then the others, each by their cost on the context's threads. The
 * default's results then do not depend on the number of threads. A reproducible context has the
 * list of one thread.
 * bands: rows of output per band, where bands are possible; 0 = as the context's caches ask. */
size_t hg_candidates(const hg_context *context, const hg_problem *p, bool forced, int64_t bands,
                     hg_candidate list[HG_MAX_CANDIDATES]);

/* "NAME CONFIG" of a candidate. */
void hg_candidate_format(const hg_candidate *candidate, char *text, size_t size);

typedef struct hg_choice {
    hg_candidate candidate;
    char explain[HG_EXPLAIN_SIZE];
} hg_choice;

/* forced: NULL, "NAME" or "NAME CONFIG". HG_INVALID if what is forced cannot run the problem. */
hg_status hg_select(const hg_context *context, const hg_problem *p, const char *forced,
                    hg_choice *choice, hg_reason *why);

#endif
