/* Tuning tables: records "problem -> ranked kernels and configs with times, for a machine".
 *
 * A table is text, one JSON object per line, closed by a CRC of the line:
 *
 *   {"key":"conv2d f32 nhwc ...","threads":1,"machine":"amd-f26m2-...","default_ns":812.0,
 *    "top":[{"kernel":"conv2d.f32.nhwc.avx2.igemm6x16","rev":1,"config":"block=4","ns":640.1},...],
 *    "version":"0.1.0","crc":"89abcdef"}
 *
 * Lines are judged one by one: a line that does not parse is skipped and counted. A record can only
 * reorder kernels that are eligible anyway, so a stale or forged table costs speed, never
 * correctness. Unknown fields are ignored. */
#ifndef HG_TABLE_H
#define HG_TABLE_H

#include "dispatch/host.h"
#include "hourglass/tuning.h"
#include "kernels/kernel.h"
#include "kernels/text/config.h"

enum { HG_RECORD_RANKS = 8, HG_KERNEL_NAME_SIZE = 96 };

typedef struct hg_ranked {
    char kernel[HG_KERNEL_NAME_SIZE];
    int rev; /* of the kernel when it was timed */
    hg_config config;
    double ns; /* median time of one run */
} hg_ranked;

typedef struct hg_record {
    char key[HG_KEY_SIZE];
    char machine[96]; /* hg_machine.key */
    int threads;
    double default_ns; /* time of the untuned choice in the same measurement; 0 = not known */
    int count;         /* ranks in use, best first; at least 1 */
    hg_ranked ranks[HG_RECORD_RANKS];
} hg_record;

/* Writes the record as one line with '\n' and CRC. Returns its length, or 0 if size is too small
 * or tables are not built in. 8 KiB is always enough. */
size_t hg_record_format(const hg_record *record, char *line, size_t size);

/* Reads one line (with or without '\n'). false: not a record, or its CRC is wrong. */
bool hg_record_parse(const char *line, size_t length, hg_record *record);

/* ---- In memory ---- */

typedef struct hg_table_entry {
    char *key;
    int threads, count;
    struct {
        const hg_kernel *kernel;
        hg_config config;
        double ns;
    } ranks[HG_RECORD_RANKS];
    double default_ns;
} hg_table_entry;

typedef struct hg_table {
    const hg_host *host;
    const char *machine;     /* whose records are taken */
    hg_table_entry *entries; /* sorted by key, then threads */
    size_t count, capacity;
    hg_table_counts counts;
} hg_table;

/* Adds the lines of a text; records for other machines or without a kernel of today's revision are
 * counted as foreign. HG_NO_MEMORY: the table is unchanged beyond the lines already added. */
hg_status hg_table_add(hg_table *table, const char *text, size_t size);
/* Sorts after the last hg_table_add; of two records for one key the later added wins. */
void hg_table_seal(hg_table *table);
void hg_table_free(hg_table *table);
const hg_table_entry *hg_table_find(const hg_table *table, const char *key, int threads);

/* ---- Files (table_files.c) ---- */

/* Adds the tables of the environment, then those of the options, and seals. Files that cannot be
 * read are reported and counted. */
hg_status hg_table_load(hg_table *table, const hg_context_options *options);

/* The folder whose .jsonl files are read where HG_TABLE is not set; false: there is no home. */
bool hg_table_folder(char *folder, size_t size);

#endif
