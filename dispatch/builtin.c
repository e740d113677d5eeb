/* The table that is compiled in, if there is one. Contract: builtin.h. */
#include "dispatch/builtin.h"

#include <stdlib.h>
#include <string.h>

#if defined(HG_TABLE_FILE)
#include HG_TABLE_FILE

#define DECLARE(family) extern const hg_kernel hg_##family[];
HG_BUILTIN_FAMILIES(DECLARE)

#define ENTRY(family) hg_##family,
static const hg_kernel *const families[] = {HG_BUILTIN_FAMILIES(ENTRY) NULL};

const hg_builtin hg_builtin_table = {.machine = HG_BUILTIN_MACHINE,
                                     .families = families,
                                     .kernels = builtin_kernels,
                                     .kernel_count = HG_COUNT(builtin_kernels),
                                     .records = builtin_records,
                                     .record_count = HG_COUNT(builtin_records)};
#else
const hg_builtin hg_builtin_table = {.machine = NULL};
#endif

static int by_name(const void *name, const void *kernel)
{
    return strcmp(name, ((const hg_builtin_kernel *)kernel)->name);
}

bool hg_builtin_keeps(const hg_builtin *table, const char *kernel)
{
    return !table->machine || bsearch(kernel, table->kernels, table->kernel_count,
                                      sizeof *table->kernels, by_name) != NULL;
}

/* How many times as many threads. */
static double ratio(int a, int b)
{
    return (double)HG_MAX(a, b) / (double)HG_MAX(HG_MIN(a, b), 1);
}

const hg_builtin_record *hg_builtin_find(const hg_builtin *table, const char *machine,
                                         const char *key, int threads)
{
    if (!table->machine || strcmp(table->machine, machine)) return NULL;
    const uint64_t problem = hg_key_number(key);
    const hg_builtin_record *nearest = NULL;
    size_t low = 0, high = table->record_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (table->records[middle].problem < problem)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < table->record_count && table->records[low].problem == problem; low++) {
        const hg_builtin_record *r = &table->records[low];
        if (!nearest || ratio(r->threads, threads) < ratio(nearest->threads, threads)) nearest = r;
    }
    return nearest;
}
