/* Progress of a tuning run on stderr: a bar on a terminal, one line per problem elsewhere, as in a
 * log or where TERM is dumb. */
#ifndef HG_CLI_PROGRESS_H
#define HG_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hg_progress {
    bool terminal;
    size_t done, total; /* problems */
    double start, last; /* ns: of the run, of the last drawing */
    double expected;    /* ns per problem, before one is finished */
    double limit;       /* ns that the whole run will take; 0 = what the finished ones tell */
    char label[160];
} hg_progress;

void hg_progress_begin(hg_progress *progress, size_t total, double expected_ns);
void hg_progress_problem(hg_progress *progress, const char *label);
/* Redraws the bar, at most ten times a second; nothing where there is no terminal. */
void hg_progress_draw(hg_progress *progress, const char *stage, double best_ns);
/* Prints a line in place of the bar, which is drawn again with the next stage. */
void hg_progress_line(hg_progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Removes the bar. */
void hg_progress_end(hg_progress *progress);

#endif
