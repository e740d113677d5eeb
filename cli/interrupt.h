/* Ctrl-C during a long run: answered at once, and the process ends within a second. */
#ifndef HG_CLI_INTERRUPT_H
#define HG_CLI_INTERRUPT_H

#include <signal.h>

/* Nonzero once SIGINT or SIGTERM came. */
extern volatile sig_atomic_t cli_interrupted;

/* From now on the first of these signals sets it; a second ends the process at once. So does a
 * second's time: what the journal holds is kept, and no kernel can be asked to hurry. */
void cli_catch_signals(void);

#endif
