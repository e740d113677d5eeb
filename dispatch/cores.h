/* Classes of cores: the performance and efficiency cores of hybrid x86, the clusters of big.LITTLE.
 *
 * Another kernel may be fastest on each, so each has a machine key of its own, records of its own,
 * and a plan holds a kernel for each (plan.h). Cores of one key are one class. */
#ifndef HG_CORES_H
#define HG_CORES_H

#include "hourglass/tuning.h"

enum { HG_MAX_CLASSES = 4, HG_MAX_CPUS = 1024, HG_CPU_HERE = -1 /* wherever the caller runs */ };

/* Who tells of logical processors: the system and the processors themselves, or a test. */
typedef struct hg_core_source {
    void *self;
    /* The beginning of a file, with a 0 behind; false: it cannot be read. */
    bool (*read)(void *self, const char *path, char *text, size_t size);
    /* EAX to EDX of CPUID as logical processor `cpu` answers it; false: there is no such leaf, or
     * the processor cannot be reached. NULL: this is no x86. */
    bool (*cpuid)(void *self, int cpu, uint32_t leaf, uint32_t subleaf, uint32_t registers[4]);
} hg_core_source;

typedef struct hg_cores {
    int count;                          /* of classes: 1 to HG_MAX_CLASSES */
    hg_machine classes[HG_MAX_CLASSES]; /* the fastest first; all with the same instruction set */
    int sizes[HG_MAX_CLASSES];          /* logical processors of a class that are online */
    uint8_t of_cpu[HG_MAX_CPUS];        /* the class of each; 0 where it is not known */
} hg_cores;

/* All logical processors as one class. */
void hg_cores_single(const hg_machine *whole, hg_cores *cores);

/* The classes of what is online. `whole` is the machine as one of its cores sees it; where there is
 * one kind of cores, it is the only class, unchanged. allowed: which of HG_MAX_CPUS the caller may
 * run on, so that classes without any of them are left out; NULL: all. Instruction sets are those
 * that all cores have, allowed or not: threads may be moved. More classes than HG_MAX_CLASSES, of
 * the slowest, are served by the last. */
void hg_cores_find(const hg_core_source *source, const hg_machine *whole, const bool *allowed,
                   hg_cores *cores);

/* x86: does leaf 7 say that there are several kinds of cores? */
bool hg_cores_hybrid(const hg_core_source *source);
/* x86: the strongest instruction set by CPUID, whatever the system saves. */
hg_isa hg_cores_isa(const hg_core_source *source, int cpu);
/* x86: data caches by the "deterministic cache parameters" leaf: 4 of Intel, 0x8000001D of AMD. */
void hg_cores_caches(const hg_core_source *source, int cpu, uint32_t leaf, hg_machine *machine);

#endif
