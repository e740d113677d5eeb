/* What the CPU is. The only file that knows cpuinfo. */
#ifndef HG_CPU_H
#define HG_CPU_H

#include "hourglass/tuning.h"

/* Fills every field; never fails. The instruction sets come from the CPU itself (CPUID, getauxval)
 * and are confirmed by cpuinfo where it works, so cpuinfo can lower them but not raise them. It is
 * asked only where the files it reads are there: it would write to stderr. */
void hg_cpu_detect(hg_machine *machine);

/* Lowers the instruction sets to `cap` and weaker ones that this processor has; HG_ISA_ANY is no
 * cap. Under a cap other kernels are fastest, so the key says so and records are kept apart. */
void hg_cpu_cap(hg_machine *machine, hg_isa cap);

#endif
