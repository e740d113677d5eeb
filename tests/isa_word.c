#include "tests/isa_word.h"

#include <stdio.h>
#include <string.h>

#include "dispatch/registry.h"

bool isa_word(const char *word, hg_isa *isa)
{
    for (hg_isa i = HG_ISA_SCALAR; i <= HG_ISA_AVX512; i++)
        if (strcmp(word, hg_isa_name(i)) == 0) return *isa = i, true;
    return false;
}

bool isa_granted(const hg_context *context, hg_isa asked)
{
    hg_machine machine;
    hg_context_machine(context, &machine);
    if (asked == HG_ISA_ANY || machine.isa == asked) return true;
    printf("FAILED  --isa %s: this machine runs %s\n0 passed, 1 failed\n", hg_isa_name(asked),
           hg_isa_name(machine.isa));
    return false;
}
