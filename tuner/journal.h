/* The journal: where finished problems go at once, so that nothing measured is lost.
 *
 * While a run lasts, records are appended to TABLE.part. A run that finds such a file continues it.
 * At the end the table is written anew, old records of other problems, thread counts and machines
 * first, through TABLE.new, which is synced and renamed: at every moment TABLE is whole. Who holds
 * the lock of TABLE.part is the only writer of all three. */
#ifndef HG_TUNER_JOURNAL_H
#define HG_TUNER_JOURNAL_H

#include "dispatch/table.h"
#include "kernels/problem.h"

/* The records of one file, in memory. */
typedef struct hg_lines {
    char *text;         /* the file; may hold any byte, and a NUL follows it */
    size_t size;        /* of the file */
    hg_record *records; /* the lines that parse, in order */
    size_t count, bad;  /* bad: lines that do not parse */
    size_t *order;      /* of records: by key, threads and machine, equal ones as in the file */
} hg_lines;

/* A file that does not exist has no lines. HG_IO: unreadable, or no regular file. HG_NO_MEMORY. */
hg_status hg_lines_read(const char *path, hg_lines *lines, hg_reason *why);
void hg_lines_free(hg_lines *lines);
/* The line that begins at *at (0 at first), without its end; false: there is none. Lines may hold
 * any byte: a loss of power leaves blocks of zeros. */
bool hg_lines_next(const hg_lines *lines, size_t *at, const char **line, size_t *length);
/* The last record for the key, thread count and machine, or NULL. */
const hg_record *hg_lines_find(const hg_lines *lines, const char *key, int threads,
                               const char *machine);

typedef struct hg_journal {
    char *table, *part; /* the table is named without symbolic links */
    int file;           /* of part, locked */
    hg_lines done;      /* what part held when the run began */
} hg_journal;

/* Opens or continues TABLE.part. HG_IO: unwritable, another run holds it, or TABLE is no regular
 * file. HG_INVALID: TABLE exists and holds no record, so it is probably some other file. */
hg_status hg_journal_open(const char *table, hg_journal *journal, hg_reason *why);
/* Appends one record. */
hg_status hg_journal_add(hg_journal *journal, const hg_record *record, hg_reason *why);
/* The same, and syncs. */
hg_status hg_journal_append(hg_journal *journal, const hg_record *record, hg_reason *why);
/* Merges the part into the table and removes it. On failure the part stays. */
hg_status hg_journal_finish(hg_journal *journal, hg_reason *why);
/* Writes the table anew with those of its lines that `keep` keeps; number counts from 1. */
typedef bool hg_line_filter(void *self, size_t number, const char *line, size_t length);
hg_status hg_journal_filter(hg_journal *journal, hg_line_filter *keep, void *self, hg_reason *why);
void hg_journal_close(hg_journal *journal);

#endif
