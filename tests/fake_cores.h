/* Machines with several kinds of cores, as the system and CPUID would tell of them. */
#ifndef HG_TEST_FAKE_CORES_H
#define HG_TEST_FAKE_CORES_H

#include "dispatch/cores.h"

/* HYBRID: as leaf 7 of CPUID says; CLUSTERS: of AArch64. */
typedef enum fake_kind { X86, HYBRID, CLUSTERS } fake_kind;

typedef struct fake_machine {
    fake_kind kind;
    const char *online; /* NULL: /sys cannot be read */
    const char *cores;  /* a letter of the list in fake_cores.c for each */
} fake_machine;

hg_core_source fake_source(const fake_machine *machine);

#endif
