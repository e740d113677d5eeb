/* Tuning tables: records "problem -> ranked kernels and configs with times, for a machine".
 *
 * A table is text, one JSON object per line, closed by a CRC-32C of the line:
 *
 *   {"key":"conv2d f32 nhwc ...","threads":1,"machine":"amd-f26m2-...","default_ns":812,
 *    "top":[{"kernel":"conv2d.f32.nhwc.avx2.igemm6x16","rev":1,"config":"block=4","ns":640.1},...],
 *    "verdict":"gain","ratio":0.79,...,"version":"0.1.0","crc32c":"89abcdef"}
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

/* What the measurement proved. */
typedef enum hg_verdict {
    HG_VERDICT_NONE,     /* not said: records of other makers */
    HG_VERDICT_GAIN,     /* the first rank is faster than the untuned choice, twice over */
    HG_VERDICT_DEFAULT,  /* no candidate is worth a change */
    HG_VERDICT_UNDECIDED /* noise hid whether one is: the untuned choice stays */
} hg_verdict;

typedef struct hg_record {
    char key[HG_KEY_SIZE];
    char machine[96]; /* hg_machine.key */
    int threads;
    double default_ns; /* time of the untuned choice in the same measurement; 0 = not known */
    int count;         /* ranks in use, best first; at least 1 */
    hg_ranked ranks[HG_RECORD_RANKS];
    hg_verdict verdict;
    double ratio, low, high; /* of the best rival's time to the untuned choice's, and the 99 %
                                interval of it; 0 = not measured */
    int rounds;              /* independent rounds of measurement */
    double noise;            /* spread of a fixed piece of work meanwhile, relative */
} hg_record;

/* Writes the record as one line with '\n' and CRC. Returns its length, or 0 if size is too small.
 * 8 KiB is always enough. */
size_t hg_record_format(const hg_record *record, char *line, size_t size);

/* Reads one line (with or without '\n'). false: not a record, or its CRC is wrong. */
bool hg_record_parse(const char *line, size_t length, hg_record *record);
/* Is the line's CRC right, whatever it says? */
bool hg_record_intact(const char *line, size_t length);

/* ---- In memory ---- */

/* What a key says of sizes, as powers of 2, and of all else. */
typedef enum hg_metric {
    HG_IMAGES,
    HG_ROWS,
    HG_COLUMNS,
    HG_CHANNELS,
    HG_OUTPUTS, /* channels */
    HG_OUT_ROWS,
    HG_WINDOW, /* elements of it */
    HG_STRIDE,
    HG_DILATION,
    HG_METRICS
} hg_metric;

typedef struct hg_metrics {
    float v[HG_METRICS];
    uint64_t family; /* a number for operator, layout, kind of groups, words */
    bool padded;
} hg_metrics;

hg_metrics hg_key_metrics(const char *key);

/* What tables find a key by; part of the form of tables in C (builtin.h). */
uint64_t hg_key_number(const char *key);

typedef struct hg_table_entry {
    char *key;
    int threads, count;
    int machine; /* of hg_table.machines */
    struct {
        const hg_kernel *kernel;
        hg_config config;
        double ns;
    } ranks[HG_RECORD_RANKS];
    double default_ns;
    hg_metrics metrics;
} hg_table_entry;

/* An entry under a number: of its key, or of its family. */
typedef struct hg_table_slot {
    uint64_t number;
    uint32_t entry;
} hg_table_slot;

/* Some slots in a row, latest entry last. */
typedef struct hg_table_span {
    const hg_table_slot *slots;
    size_t count;
} hg_table_span;

typedef struct hg_table_keys hg_table_keys;

/* The records of a context's machine, or, on a machine with several classes of cores, of all of
 * them: a lookup finds those of `self` only. Copies that differ in it share the rest. */
typedef struct hg_table {
    const hg_host *host;
    const hg_machine *machines; /* whose records are taken */
    int machine_count, self;
    hg_table_entry *entries; /* in the order of the files; of two for one problem the later counts,
                                unless it does not fit */
    size_t count, capacity;
    hg_table_keys *keys; /* where the entries' keys are */
    size_t shipped;      /* the first of them: of the table that was installed with the library */
    hg_table_slot *by_key, *by_family; /* count each, sorted */
    hg_table_counts counts;            /* usable: entries that name kernels of today */
} hg_table;

/* Adds the lines of a text; records for other machines, without a kernel of today's revision or
 * whose kernels are another operator's are counted as foreign. HG_NO_MEMORY: the table is unchanged
 * beyond the lines already added. */
hg_status hg_table_add(hg_table *table, const char *text, size_t size);
/* Sorts after the last hg_table_add. */
void hg_table_seal(hg_table *table);
void hg_table_free(hg_table *table);

/* The entries of a key, for any number of threads. Slots of other keys may lie among them if their
 * numbers collide: compare. */
hg_table_span hg_table_of_key(const hg_table *table, const char *key);
hg_table_span hg_table_of_family(const hg_table *table, uint64_t family);

/* ---- Files (table_files.c) ---- */

enum { HG_MAX_TABLE = 64 << 20 }; /* bytes of a file that is read */

/* Adds FOLDER/MACHINE.jsonl of each machine that has one, as what was installed with the library.
 * First of all: the others then count before it. */
hg_status hg_table_add_shipped(hg_table *table, const char *folder);

/* Adds the tables of the library and the environment, then those of the options, and seals. Files
 * that cannot be read are reported and counted. */
hg_status hg_table_load(hg_table *table, const hg_context_options *options);

/* The folder whose .jsonl files are read where HG_TABLE is not set; false: there is no home. */
bool hg_table_folder(char *folder, size_t size);

#endif
