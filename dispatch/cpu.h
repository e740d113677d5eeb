/* What the CPU is. */
#ifndef HG_CPU_H
#define HG_CPU_H

#include "dispatch/cores.h"

/* Fills every field; never fails. The instruction sets come from the CPU itself (CPUID, getauxval)
 * and are confirmed by cpuinfo where it works, so cpuinfo can lower them but not raise them. It is
 * asked only where the files it reads are there: it would write to stderr. */
void hg_cpu_detect(hg_machine *machine);

/* Adds what cpuinfo knows (dispatch/cpuinfo.c, the only file that knows it), and returns the cap
 * that it sets on the instruction sets: HG_ISA_ANY where it could not be asked. */
#if defined(HG_WITH_CPUINFO)
hg_isa hg_cpuinfo_ask(hg_machine *machine);
#else
static inline hg_isa hg_cpuinfo_ask(hg_machine *machine)
{
    (void)machine;
    return HG_ISA_ANY;
}
#endif

/* Lowers the instruction sets to `cap` and weaker ones that this processor has; HG_ISA_ANY is no
 * cap. Under a cap other kernels are fastest, so the key says so and records are kept apart. */
void hg_cpu_cap(hg_machine *machine, hg_isa cap);

/* Completes a key by the sizes of caches that differ between cores of one model. */
void hg_cpu_add_caches(hg_machine *machine);

/* The classes of cores that the caller's thread may run on; all: of the whole machine. machine: as
 * hg_cpu_detect filled it. Never fails: what cannot be told apart is one class. */
void hg_cpu_cores(const hg_machine *machine, bool all, hg_cores *cores);

#endif
