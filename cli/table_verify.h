/* hourglass table verify: do the records' choices still hold? */
#ifndef HG_CLI_TABLE_VERIFY_H
#define HG_CLI_TABLE_VERIFY_H

#include "hourglass/tuning.h"
#include "tuner/journal.h"

/* Times the first kernel of each record for this machine and the context's threads against the
 * untuned choice, in two rounds of so many seconds each, and prints those that are slower. Returns
 * an exit code: CLI_FAILED if any is. */
int cli_verify_table(hg_context *context, const hg_lines *lines, double seconds);

#endif
