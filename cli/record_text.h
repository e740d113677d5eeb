/* What a record says, in words. */
#ifndef HG_CLI_RECORD_TEXT_H
#define HG_CLI_RECORD_TEXT_H

#include "dispatch/table.h"

enum { RECORD_CHOICE_SIZE = HG_KERNEL_NAME_SIZE + HG_CONFIG_SIZE, RECORD_VERDICT_SIZE = 120 };

/* The chosen kernel and its configuration. */
void record_choice(const hg_record *r, char text[RECORD_CHOICE_SIZE]);

/* What the measurement proved of it, against the untuned choice. */
void record_verdict(const hg_record *r, char text[RECORD_VERDICT_SIZE]);

#endif
