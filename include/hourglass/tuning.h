/* Hourglass: what the machine is, which kernels there are, and which one a plan would get. */
#ifndef HOURGLASS_TUNING_H
#define HOURGLASS_TUNING_H

#include "hourglass/runtime.h"
#include "hourglass/upsample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a machine has cores of several classes (performance and efficiency cores of x86, clusters
 * of ARM; told apart on Linux), each has a key, caches and records of its own. This is the fastest
 * class among those that the thread which created the context may run on; reproducible: among all.
 * The instruction set is what all classes have. To tell them apart on hybrid x86, hg_context_create
 * has a thread for a moment that visits every processor. */
typedef struct hg_machine {
    char key[96];        /* what tuning records are filed under, e.g. "amd-f26m2-l1.48k-l2.1024k",
                            under a cap "...-isa.scalar" */
    char name[96];       /* the processor's marketing name, or "unknown" */
    char source[16];     /* who told: "cpuinfo", "cpuid", "auxval" or "none" */
    hg_isa isa;          /* strongest usable instruction set, after any cap */
    int cores;           /* logical processors; at least 1 */
    int64_t l1d, l2, l3; /* bytes per core (l3: shared); 0 = unknown */
} hg_machine;

HG_API void hg_context_machine(const hg_context *context, hg_machine *machine);

/* Tables read at creation: records that this machine and these kernels can use (of several for one
 * problem the last counts); records for other machines, for kernels that are gone or have another
 * revision, or that cannot run their problem; lines skipped as damaged; and files that could not be
 * read. Every record is tried anew, which takes some microseconds each. */
typedef struct hg_table_counts {
    size_t usable, foreign, skipped, unreadable;
} hg_table_counts;

HG_API void hg_context_tables(const hg_context *context, hg_table_counts *counts);

/* Kernel number i in the registry; false past the last. Strings are static. */
typedef struct hg_kernel_info {
    const char *name, *op, *layout, *isa, *algorithm;
    int revision;
    bool available; /* this context may run it, at least where it is forced */
    bool reference; /* plain C that the others are checked against */
} hg_kernel_info;

HG_API bool hg_kernel_get(const hg_context *context, size_t i, hg_kernel_info *info);

/* Plans the problem that a key names, as printed by hg_plan_key; docs/keys.md has the grammar.
 * filter and bias as in hg_plan_conv2d, ignored for operators without weights; the slopes of prelu
 * are 0.25, for a key has no data. kernel: NULL, or "NAME" or "NAME CONFIG" to force.
 * HG_INVALID: the key does not parse, the filter is missing or of other sizes. The rest as
 * hg_plan_conv2d. */
HG_API hg_status hg_plan_from_key(hg_context *context, const char *key, hg_filter *filter,
                                  const void *bias, const char *kernel, hg_plan **plan);

/* The filter that a key's problem needs, in the order HG_OIHW or, transposed, HG_IOHW; false for
 * operators without weights or bad keys. */
HG_API bool hg_key_filter(const char *key, hg_filter_desc *desc);

/* Writes candidate number i ("NAME CONFIG", cut to size bytes) among all kernels and configurations
 * eligible for the plan's problem in its context, the dispatcher's untuned choice first; false past
 * the last. What it writes can be forced through hg_plan_from_key. */
HG_API bool hg_plan_candidate(const hg_plan *plan, size_t i, char *name, size_t size);

/* Writes "NAME: why not" (cut to size bytes) for kernel number i of the plan's operator that is no
 * candidate; false past the last. */
HG_API bool hg_plan_rejected(const hg_plan *plan, size_t i, char *text, size_t size);

/* ------------------------------------------------------------------------------------------
 * Fused, or one after the other
 * ------------------------------------------------------------------------------------------ */

/* Two ways to one result: a fused operator, and the two that it takes the place of, with the tensor
 * between them in memory. Times are expected, for the kernels that plans would get: measured, where
 * records of this machine and number of threads are of all three problems, else estimated, in the
 * unit of estimates and for one thread. */
typedef struct hg_fusion {
    bool pays;     /* the fused operator is expected to take no longer */
    bool measured; /* by records, else by estimates */
    double fused_ns, apart_ns;
    char keys[3][512]; /* of the fused problem, of the first and of the second: what to tune */
} hg_fusion;

/* Nearest upsampling and the convolution behind it (upsample.h); a convolution and the pooling
 * behind it, that is op->pool. Nothing is planned and nothing packed; the filter's weights do not
 * matter. Problems without a record are noted as those of plans are (HG_RECORD_MISSES). Statuses as
 * planning either way; besides, HG_INVALID: op->pool is HG_POOL_NONE. On failure *fusion is zero.
 */
HG_API hg_status hg_weigh_upsample_conv2d(hg_context *context, const hg_upsample_conv2d *op,
                                          const hg_filter_desc *filter, hg_fusion *fusion);
HG_API hg_status hg_weigh_conv2d_pool(hg_context *context, const hg_conv2d *op,
                                      const hg_filter_desc *filter, hg_fusion *fusion);

#ifdef __cplusplus
}
#endif
#endif
