/* Choosing a kernel and a configuration for a problem.
 *
 * Never measures: reads the tables' records and the algorithms' cost estimates. The first of
 *   forced by the operator or key;
 *   preferred by the context;
 *   the exact record: problem, threads, machine;
 *   the record of the same problem for another number of threads, or of images;
 *   the record of the table that is compiled in (builtin.h);
 *   the estimates, corrected by what the records of similar problems measured;
 *   the least estimate.
 * A record counts only as far as its kernels can run the problem, so none that is wrong hides one
 * that is right. A reproducible context knows no records. */
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

/* ---- candidates.c ---- */

/* All kernels and configurations that may run the problem in this context: those of the kernel of
 * least cost on one thread, then the others, each by their cost on the context's threads. The
 * default's results then do not depend on the number of threads. A reproducible context has the
 * list of one thread.
 * bands: rows of output per band, where bands are possible; 0 = as the context's caches ask. */
size_t hg_candidates(const hg_context *context, const hg_problem *p, bool forced, int64_t bands,
                     hg_candidate list[HG_MAX_CANDIDATES]);

/* ns that the candidate of least cost is estimated to take on one thread; 0 where there is none. */
double hg_least_estimate(const hg_context *context, const hg_problem *p);

/* "NAME CONFIG" of a candidate. */
void hg_candidate_format(const hg_candidate *candidate, char *text, size_t size);

/* Kernel number i of the operator that is no candidate, and why not; false past the last. */
bool hg_rejected(const hg_context *context, const hg_problem *p, size_t i, const hg_kernel **kernel,
                 const char **reason);

/* ---- neighbours.c ---- */

/* Of one kind: they differ in block sizes at most, which other shapes do not share. */
bool hg_same_kind(const hg_kernel *a, const hg_config *x, const hg_kernel *b, const hg_config *y);

/* The first candidate that is the rank itself, or else of its kind; NULL if there is none. */
const hg_candidate *hg_candidate_like(const hg_candidate *list, size_t count,
                                      const hg_kernel *kernel, const hg_config *config,
                                      bool exactly);

enum { HG_NEIGHBOURS = 5 };

/* What the records of similar problems say about the candidates of one. */
typedef struct hg_prediction {
    int neighbours;              /* that were found near enough; 0 = nothing is known */
    const hg_table_entry *first; /* the nearest */
    double distance;             /* its distance: 1 is twice the size in one respect */
    const hg_candidate *best;    /* the candidate of least predicted time */
    double ns, default_ns;       /* predicted, of it and of list[0] */
} hg_prediction;

/* skip: an entry that does not count, for leaving one out; or NULL. */
void hg_predict(const hg_context *context, const hg_problem *p, const hg_candidate *list,
                size_t count, const hg_table_entry *skip, hg_prediction *prediction);

/* ---- select.c ---- */

typedef struct hg_choice {
    hg_candidate candidate;
    bool untuned;    /* no record is of this very problem, and nobody wished for the kernel */
    double measured; /* ns, by a record of this very problem and number of threads; 0: none */
    char explain[HG_EXPLAIN_SIZE];
} hg_choice;

/* forced: NULL, "NAME" or "NAME CONFIG". HG_INVALID if what is forced cannot run the problem. */
hg_status hg_select(const hg_context *context, const hg_problem *p, const char *forced,
                    hg_choice *choice, hg_reason *why);

/* Can any of the entry's ranks run the problem that its key names? NULL, or why not. */
const char *hg_entry_fault(const hg_context *context, const hg_table_entry *entry);

#endif
