/* What `hourglass ab` tells: a table, and files for programs (JSON, JUnit) and people (Markdown).
 */
#ifndef HG_CLI_AB_REPORT_H
#define HG_CLI_AB_REPORT_H

#include <stddef.h>

#include "tuner/ab.h"

/* One layer with all that was found. */
typedef struct hg_ab_row {
    const hg_ab_layer *layer;
    hg_ab_series series;
    hg_ab_judgement judgement;
    hg_ab_result last; /* of the last sweep: work, kernels, times */
    bool unconfirmed;  /* SLOWER or FASTER at first, but not in one more process */
} hg_ab_row;

typedef struct hg_ab_report {
    const hg_ab_settings *settings;
    const hg_ab_row *rows;
    int count;
    double floor;
    char version[2][32], machine[96], processor[96];
} hg_ab_report;

/* How many rows have this verdict, among those that were compared. */
int hg_ab_count(const hg_ab_report *report, hg_ab_verdict verdict);
/* Rows without a comparison: no plan, or different work. */
int hg_ab_incomparable(const hg_ab_report *report);

/* To stdout. */
void hg_ab_print(const hg_ab_report *report);

/* The formats of files. false after a message. */
typedef enum hg_ab_format { HG_AB_JSON, HG_AB_MARKDOWN, HG_AB_JUNIT } hg_ab_format;
bool hg_ab_write(const hg_ab_report *report, hg_ab_format format, const char *path);

#endif
