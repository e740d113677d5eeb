/* A run over many problems within a budget of time.
 *
 * First every problem's race, those with the least work first, so that none goes without; then
 * rounds of finals, one problem after the other, again and again, until all are decided, so that
 * the rounds of one problem lie seconds apart. At any moment what is decided is handed over. A
 * problem that memory does not hold is refused, not tried. */
#ifndef HG_TUNER_SESSION_H
#define HG_TUNER_SESSION_H

#include "tuner/search.h"

/* One problem to tune. */
typedef struct hg_job {
    hg_problem problem; /* as records are filed: hg_problem_for_tuning */
    char key[HG_KEY_SIZE], label[HG_KEY_SIZE];
    double work;       /* its estimate, ns; filled by the session */
    hg_search *search; /* of the session */
    bool done;         /* handed over */
} hg_job;

typedef struct hg_session {
    hg_searcher searcher;
    double seconds; /* for a problem, checking included */
    double budget;  /* for all; 0 = none */
    double memory;  /* bytes to be had; 0 = unknown */
    /* A job that is decided, or that the budget's end leaves undecided. false ends the run. */
    bool (*decided)(void *self, const hg_job *job);
    /* A job that cannot be tuned. */
    void (*refused)(void *self, const hg_job *job, const char *why);
    /* A job whose turn it is. */
    void (*begin)(void *self, const hg_job *job);
    void *self;
} hg_session;

/* Returns how many jobs the run's end left untouched. Jobs are sorted by their work. */
size_t hg_session_run(hg_session *session, hg_job *jobs, size_t count);

#endif
