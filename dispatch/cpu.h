/* What the CPU is. The only file that knows cpuinfo. */
#ifndef HG_CPU_H
#define HG_CPU_H

#include "hourglass/tuning.h"

/* Fills every field; never fails. The instruction sets come from the CPU itself (CPUID, getauxval)
 * and are confirmed by cpuinfo where it works, so cpuinfo can lower them but not raise them. */
void hg_cpu_detect(hg_machine *machine);

#endif
