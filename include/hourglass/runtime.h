/* Hourglass: contexts, plans and running them. */
#ifndef HOURGLASS_RUNTIME_H
#define HOURGLASS_RUNTIME_H

#include "hourglass/conv.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------------------------------------
 * What a caller may bring
 * ------------------------------------------------------------------------------------------ */

/* Memory for contexts, tables, filters and plans; hg_run never allocates. allocate returns `size`
 * bytes aligned to `alignment` (a power of two, <= 64), or NULL. Both may be called by several
 * threads at once. Not covered, and taken from malloc: threads and their stacks, what cpuinfo
 * knows of the machine, and what reading a folder, parsing tables and keys takes for a moment. */
typedef struct hg_allocator {
    void *(*allocate)(void *self, size_t alignment, size_t size);
    void (*release)(void *self, void *memory);
    void *self;
} hg_allocator;

/* Calls task(argument, i) once for each i = 0 .. count-1, in any order and concurrency, and returns
 * when all have finished. count is at most options.threads. Called by several threads at once if
 * they run plans at once; not called where threads is 1. */
typedef struct hg_executor {
    void (*parallel_for)(void *self, size_t count, void (*task)(void *argument, size_t i),
                         void *argument);
    void *self;
} hg_executor;

/* Receives one sentence, valid during the call, when a call fails, an override is unknown, or table
 * lines are skipped. May be called from any thread that calls into the library. */
typedef struct hg_log {
    void (*write)(void *self, hg_status status, const char *sentence);
    void *self;
} hg_log;

/* Instruction sets, weakest first. NEON kernels run on x86 only in test builds. */
/* AVX512 is F, BW, DQ and VL, as x86-64-v4 has them. */
typedef enum hg_isa {
    HG_ISA_ANY = 0,
    HG_ISA_SCALAR,
    HG_ISA_NEON,
    HG_ISA_AVX2,
    HG_ISA_AVX512
} hg_isa;

/* Zero-initialised: one thread, malloc, no log, environment and installed tables are read. */
typedef struct hg_context_options {
    int threads; /* 0 = 1; at most 256. 1 starts no thread that stays */
    hg_allocator allocator;
    hg_executor executor; /* default: threads - 1 workers beside the caller, see below */
    hg_log log;
    hg_isa isa;              /* a cap: only this instruction set and weaker ones; 0 = all */
    const char *kernel;      /* prefer this kernel wherever it is eligible, as HG_KERNEL does */
    const char *table;       /* text of a tuning table (JSON lines), or NULL */
    size_t table_size;       /* its bytes; 0 with a table = strlen */
    bool ignore_environment; /* do not read HG_*, XDG_DATA_HOME, HOME, installed tables */
    bool reproducible;       /* the choice of kernels depends neither on tables nor on threads */
    uint64_t reserved[8];
} hg_context_options;

/* A context holds the machine's description, the tuning tables, the executor and the allocator.
 * Any number of threads may use one. options may be NULL. Environment, unless ignored (or the
 * process is set-user-id):
 *   HG_ISA     scalar | neon | avx2 | avx512: lowers the cap; an unknown word is logged and ignored
 *   HG_KERNEL  a kernel name, as options.kernel
 *   HG_RECORD_MISSES  a file, to which keys of problems planned without a record are added
 *   HG_TABLE   files separated by ':' (Windows: ';'), or "none"; default the table installed for
 * this kind of machine, if any, and every .jsonl file in $XDG_DATA_HOME/hourglass (XDG_DATA_HOME
 * defaults to $HOME/.local/share). Files are read in that order (a folder's by name),
 * options.table last: of two records for one problem the later counts. options.kernel replaces
 * HG_KERNEL. Unreadable files and bad lines are skipped and counted, never an error. On failure
 * *context is NULL. HG_INVALID: threads, isa, one allocator function of two, context is NULL.
 * HG_UNSUPPORTED: reserved words, or threads > 1 and no executor and no threads. HG_NO_MEMORY.
 *
 * reproducible: plans get the kernel and configuration that one thread would get without a table,
 * so that results have the same bits for any number of threads, whatever has been tuned and
 * whichever of a machine's cores runs them, on processors of one kind (hg_machine.key) with one
 * build of the library. What is forced or
 * preferred still counts. It costs what the tables would have gained, and finer work for many
 * threads.
 *
 * The default executor is made for machines that do other work, too: whoever is free takes the next
 * part of the work, the caller included, nobody spins for more than 10 microseconds, and where
 * workers get no processor the caller goes on alone. Of several plans that run at once one gets
 * the workers. The workers block all signals. */
HG_API hg_status hg_context_create(const hg_context_options *options, hg_context **context);

/* Drops the caller's reference; plans and filters keep theirs. NULL is allowed. */
HG_API void hg_context_free(hg_context *context);

/* ------------------------------------------------------------------------------------------
 * Plans
 * ------------------------------------------------------------------------------------------ */

/* The data of one run: pointers to element (0, 0, 0, 0) of f32 tensors with the shapes and strides
 * that were planned, and of indices (int64_t or int32_t, as index_type says) with the sizes and
 * strides of the tensor they belong to. Which members are read depends on the operator; all may be
 * NULL if n is 0. Not one byte outside the described extents is read or written; no alignment
 * beyond the element's is asked.
 *
 * Buffers must not overlap, and of overlaps only output == input is noticed, but for the operators
 * of pointwise.h, which say what may lie in place. Where output or indices overlap each other or
 * what is read, both have unspecified contents, and HG_INDEX may come or not; still nothing outside
 * of them is written. A workspace that overlaps any is undefined. */
typedef struct hg_io {
    const void *input;
    void *output;
    const void *residual;        /* epilogue.residual */
    void *indices;               /* max_pool2d with indices */
    const void *input_indices;   /* max_unpool2d */
    const void *other;           /* binary: the second tensor */
    const hg_executor *executor; /* of this run; NULL: the context's */
    uint64_t reserved[1];
} hg_io;

/* Bytes of workspace that hg_run needs for all of the context's threads together: a multiple of 64,
 * possibly 0. How many to expect is said in docs/architecture.md. */
HG_API size_t hg_plan_workspace_size(const hg_plan *plan);

/* Runs the plan. A plan is immutable: any number of threads run it at once, each with a workspace
 * of its own, aligned to 64 bytes (NULL if its size is 0). Allocates nothing; run serially it
 * takes no lock and makes no system call. An executor of the run (io.executor) takes the place of
 * the context's, none of whose threads are then woken: it is given at most the context's threads of
 * parts, and nothing where those are 1 or the plan is too small for several. The bits of the result
 * do not depend on how many threads take part, on alignment or on earlier runs. Plans of contexts
 * with other numbers of threads or other tables may have other kernels, and with them other bits:
 * see options.reproducible. Where the machine has several classes of cores (hg_machine) and the
 * tables, or the caches, ask for another kernel on each, the core on which hg_run is called decides
 * for the whole run; unless options.reproducible is set or a kernel is forced. HG_INVALID: a null
 * pointer that the operator needs, output == input (but see pointwise.h), an executor without a
 * function, an unaligned workspace, reserved words; nothing was written. HG_INDEX: see
 * hg_max_unpool2d. */
HG_API hg_status hg_run(const hg_plan *plan, const hg_io *io, void *workspace);

/* Calls task(argument, i) once for each i = 0 .. count-1 on the context's executor, in any order
 * and concurrency, and returns when all have finished: for what a program does between its plans,
 * on the threads that wait for them. Tasks run with the caller's rounding and denormals. Where the
 * threads are at work for another caller, or for the task that calls, the caller goes on alone.
 * Allocates nothing. HG_INVALID: context or task is NULL. */
HG_API hg_status hg_parallel_for(hg_context *context, size_t count,
                                 void (*task)(void *argument, size_t i), void *argument);

/* NULL is allowed. No thread may still be running the plan. */
HG_API void hg_plan_free(hg_plan *plan);

/* Strings below live as long as the plan. The problem in one line, e.g. "conv2d f32 nhwc n1 c64 h56
 * w56 k64 r3x3 s1x1 p1,1,1,1 d1x1 g1". */
HG_API const char *hg_plan_key(const hg_plan *plan);
/* The chosen kernel and its configuration, e.g. "conv2d.f32.nhwc.avx2.igemm6x16 block=4". */
HG_API const char *hg_plan_kernel(const hg_plan *plan);
/* Why: the tier that decided, its figures, and the runners-up; a few lines. */
HG_API const char *hg_plan_explain(const hg_plan *plan);
/* The descriptor of the output, strides resolved. */
HG_API void hg_plan_output(const hg_plan *plan, hg_tensor *output);

#ifdef __cplusplus
}
#endif
#endif
