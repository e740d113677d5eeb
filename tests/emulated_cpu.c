/* What the programs *_simde see instead of the CPU: it has AVX-512 if it has AVX2, for which SIMDe
 * was built. The linker gives them this function for the library's (--wrap, tests/meson.build). */
#include "dispatch/cpu.h"

void __real_hg_cpu_detect(hg_machine *m);
void __wrap_hg_cpu_detect(hg_machine *m);

void __wrap_hg_cpu_detect(hg_machine *m)
{
    __real_hg_cpu_detect(m);
    if (m->isa == HG_ISA_AVX2) m->isa = HG_ISA_AVX512;
}
