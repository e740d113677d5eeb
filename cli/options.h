/* Command-line options, described by a table. */
#ifndef HG_CLI_OPTIONS_H
#define HG_CLI_OPTIONS_H

#include <stdbool.h>

typedef enum hg_option_kind {
    HG_OPTION_FLAG,  /* bool */
    HG_OPTION_TEXT,  /* const char * */
    HG_OPTION_COUNT, /* int, at least 1 */
    HG_OPTION_NUMBER /* double, above 0 */
} hg_option_kind;

typedef struct hg_option {
    const char *name; /* with its dashes */
    hg_option_kind kind;
    void *value;
} hg_option;

enum { HG_MAX_OPERANDS = 64 };

/* The words that are not options. */
typedef struct hg_operands {
    int count;
    const char *word[HG_MAX_OPERANDS];
} hg_operands;

/* Reads `--name value`, `--name=value` and flags; the table ends with a NULL name. operands NULL:
 * there are none. false after a message on stderr: unknown option, missing or bad value, too many
 * operands. main answers --help before. */
bool hg_options_read(int argc, char **argv, const hg_option *options, hg_operands *operands);

#endif
