/* The option --isa of test programs. */
#ifndef HG_TEST_ISA_WORD_H
#define HG_TEST_ISA_WORD_H

#include "hourglass/tuning.h"

/* "scalar", "neon", "avx2" or "avx512"; false: another word. */
bool isa_word(const char *word, hg_isa *isa);

/* Whether the machine has what was asked for; says so if not. A cap that it does not reach would
 * test something else in silence. */
bool isa_granted(const hg_context *context, hg_isa asked);

#endif
