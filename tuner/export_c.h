/* A tuning table as C text, to be compiled into the library (dispatch/builtin.h). */
#ifndef HG_TUNER_EXPORT_C_H
#define HG_TUNER_EXPORT_C_H

#include <stdio.h>

#include "dispatch/context.h"
#include "tuner/journal.h"

typedef struct hg_exported {
    size_t records, kernels;
    size_t left_out; /* records whose first kernel no library could link, or no plan would get */
} hg_exported;

/* Writes the first kernel of each problem's last record that is not left out. machine: whose
 * records; NULL: the only one that the table has records of. HG_INVALID: it has none of it, or of
 * several. HG_NO_MEMORY. What `to` could not take is for the caller to find out (ferror). */
hg_status hg_export_c(const hg_context *context, const hg_lines *lines, const char *machine,
                      FILE *to, hg_exported *counts, hg_reason *why);

#endif
