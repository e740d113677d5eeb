/* A tuning table that is part of the library, for targets without files: what `hourglass table
 * export-c` wrote and -Dtable=FILE compiles in. With one, the library holds the kernels that the
 * table names and the references, and no others. */
#ifndef HG_BUILTIN_H
#define HG_BUILTIN_H

#include "dispatch/table.h"

/* One problem's choice. 56 bytes. */
typedef struct hg_builtin_record {
    uint64_t problem; /* hg_key_number of the tuning key */
    float ns, default_ns;
    int16_t threads;
    uint16_t kernel; /* a number in hg_builtin.kernels */
    hg_config config;
} hg_builtin_record;

_Static_assert(sizeof(hg_builtin_record) <= 64, "a record fits a cache line");

/* A kernel in use, and its revision when it was timed. */
typedef struct hg_builtin_kernel {
    const char *name;
    int rev;
} hg_builtin_kernel;

typedef struct hg_builtin {
    const char *machine;              /* NULL: there is no table */
    const hg_kernel *const *families; /* tables of rows, up to NULL */
    const hg_builtin_kernel *kernels; /* by name */
    size_t kernel_count;
    const hg_builtin_record *records; /* by problem, then threads */
    size_t record_count;
} hg_builtin;

extern const hg_builtin hg_builtin_table;

/* Is the row named by the table? All are where there is no table. */
bool hg_builtin_keeps(const hg_builtin *table, const char *kernel);

/* The record of the problem for the number of threads, or else for that nearest by ratio; NULL if
 * the table is another machine's or has none. */
const hg_builtin_record *hg_builtin_find(const hg_builtin *table, const char *machine,
                                         const char *key, int threads);

#endif
