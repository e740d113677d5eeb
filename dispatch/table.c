/* Tables in memory. Contract: table.h. */
#include "dispatch/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"

/* ---- What a key says ---- */

static uint64_t hash_of(uint64_t hash, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static const uint64_t SEED = UINT64_C(0xcbf29ce484222325);

/* The number behind the letter of a word; 0 if it has none. Keys may be forged: no more than 1e15.
 */
static double number_in(const char *word)
{
    double v = 0;
    for (word++; *word >= '0' && *word <= '9'; word++) v = HG_MIN(10 * v + (*word - '0'), 1e15);
    return v;
}

static float log2_of(double v)
{
    return v > 0 ? (float)log2(v) : 0.0f;
}

/* A group's kind decides between kernels: one group, a channel each, or so many channels. */
static uint64_t group_kind(double groups, double channels, double outputs)
{
    if (groups <= 1) return 1;
    const double each = channels / groups, multiplier = outputs / groups;
    return 2 + (uint64_t)each * 4096 + (each > 1 ? 0 : (uint64_t)multiplier);
}

uint64_t hg_key_structure(const char *key, hg_metrics *metrics)
{
    static const char sizes[] = "nhwck";
    double value[5] = {1, 1, 1, 1, 1}, groups = 1, out_h = 1;
    uint64_t hash = SEED;
    for (const char *word = key, *next; *word; word = next) {
        const size_t n = strcspn(word, " ");
        next = word + n + (word[n] == ' ');
        const char *at = strchr(sizes, word[0]);
        const bool number = n > 1 && word[1] >= '0' && word[1] <= '9';
        if (number && at)
            value[at - sizes] = number_in(word);
        else if (number && word[0] == 'g')
            groups = number_in(word);
        else if (number && word[0] == 'o')
            out_h = number_in(word);
        else if (number && word[0] == 'p') /* padding or none; how much hardly matters */
            hash = hash_of(hash, strncmp(word, "p0,0,0,0", n) ? "p" : "q", 1);
        else if (strncmp(word, "image=", 6) && strncmp(word, "scale=", 6))
            hash = hash_of(hash, word, n);
    }
    const uint64_t kind = group_kind(groups, value[3], value[4]);
    *metrics = (hg_metrics){{log2_of(value[0]), log2_of(value[1]), log2_of(value[2]),
                             log2_of(value[3]), log2_of(value[4]), log2_of(out_h)}};
    return hash_of(hash, (const char *)&kind, sizeof kind);
}

/* ---- Records to entries ---- */

/* Kernels by name, as far as they were asked for: tables name the same few again and again. */
typedef struct names {
    const hg_kernel *kernels[512];
} names;

static const hg_kernel *find_kernel(names *known, const char *name)
{
    const hg_kernel **slot = &known->kernels[hash_of(SEED, name, strlen(name)) % 512];
    if (!*slot || strcmp((*slot)->name, name)) {
        const hg_kernel *found = hg_registry_find(name);
        if (!found) return NULL;
        *slot = found;
    }
    return *slot;
}

static bool is_of(const char *key, const hg_kernel *kernel)
{
    const char *op = hg_op_name(kernel->op);
    const size_t n = strlen(op);
    return strncmp(key, op, n) == 0 && key[n] == ' ';
}

/* Keeps the ranks whose kernel exists in the timed revision, and is of the key's operator. */
static bool resolve(names *known, const hg_record *r, hg_table_entry *e)
{
    e->threads = r->threads;
    e->default_ns = r->default_ns;
    e->count = 0;
    for (int i = 0; i < r->count; i++) {
        const hg_kernel *kernel = find_kernel(known, r->ranks[i].kernel);
        if (!kernel || kernel->rev != r->ranks[i].rev || !is_of(r->key, kernel)) continue;
        e->ranks[e->count].kernel = kernel;
        e->ranks[e->count].config = r->ranks[i].config;
        e->ranks[e->count].ns = r->ranks[i].ns;
        e->count++;
    }
    return e->count > 0;
}

static bool reserve(hg_table *table)
{
    if (table->count < table->capacity) return true;
    const size_t capacity = table->capacity ? 2 * table->capacity : 64;
    hg_table_entry *entries = hg_allocate(table->host, capacity * sizeof *entries);
    if (!entries) return false;
    if (table->count) memcpy(entries, table->entries, table->count * sizeof *entries);
    hg_release(table->host, table->entries);
    table->entries = entries;
    table->capacity = capacity;
    return true;
}

static hg_status add_record(hg_table *table, names *known, const hg_record *r)
{
    if (strcmp(r->machine, table->machine) != 0) {
        table->counts.foreign++;
        return HG_OK;
    }
    if (!reserve(table)) return HG_NO_MEMORY;
    hg_table_entry *e = &table->entries[table->count];
    if (!resolve(known, r, e)) {
        table->counts.foreign++;
        return HG_OK;
    }
    e->key = hg_allocate(table->host, strlen(r->key) + 1);
    if (!e->key) return HG_NO_MEMORY;
    strcpy(e->key, r->key);
    table->count++;
    return HG_OK;
}

hg_status hg_table_add(hg_table *table, const char *text, size_t size)
{
    const char *const end = text + size;
    names known = {{NULL}};
    hg_record record;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const size_t length = (size_t)((newline ? newline : end) - text);
        if (length && hg_record_parse(text, length, &record)) {
            const hg_status status = add_record(table, &known, &record);
            if (status) return status;
        } else if (length) {
            table->counts.skipped++;
        }
        text += length + 1;
    }
    return HG_OK;
}

/* ---- Order ---- */

static int by_number(const void *a, const void *b)
{
    const hg_table_slot *x = a, *y = b;
    if (x->number != y->number) return x->number < y->number ? -1 : 1;
    return (x->entry > y->entry) - (x->entry < y->entry);
}

void hg_table_seal(hg_table *table)
{
    table->counts.usable = table->count;
    if (table->count == 0) return;
    hg_table_slot *slots = hg_allocate(table->host, 2 * table->count * sizeof *slots);
    if (!slots) { /* speed only: without an order nothing is found */
        hg_table_free(table);
        return;
    }
    table->by_key = slots;
    table->by_structure = slots + table->count;
    for (size_t i = 0; i < table->count; i++) {
        hg_table_entry *e = &table->entries[i];
        table->by_key[i] = (hg_table_slot){hash_of(SEED, e->key, strlen(e->key)), (uint32_t)i};
        table->by_structure[i] =
            (hg_table_slot){hg_key_structure(e->key, &e->metrics), (uint32_t)i};
    }
    qsort(table->by_key, table->count, sizeof *slots, by_number);
    qsort(table->by_structure, table->count, sizeof *slots, by_number);
}

void hg_table_free(hg_table *table)
{
    for (size_t i = 0; i < table->count; i++) hg_release(table->host, table->entries[i].key);
    hg_release(table->host, table->entries);
    hg_release(table->host, table->by_key);
    table->entries = NULL;
    table->by_key = table->by_structure = NULL;
    table->count = table->capacity = 0;
}

/* The first slot whose number is not below. */
static size_t lower_bound(const hg_table_slot *slots, size_t count, uint64_t number)
{
    size_t low = 0;
    while (low < count) {
        const size_t middle = (low + count) / 2;
        if (slots[middle].number < number)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

static hg_table_span span_of(const hg_table_slot *slots, size_t count, uint64_t number)
{
    const size_t first = lower_bound(slots, count, number);
    size_t end = first;
    while (end < count && slots[end].number == number) end++;
    return (hg_table_span){slots + first, end - first};
}

hg_table_span hg_table_of_key(const hg_table *table, const char *key)
{
    return span_of(table->by_key, table->count, hash_of(SEED, key, strlen(key)));
}

hg_table_span hg_table_of_structure(const hg_table *table, uint64_t structure)
{
    return span_of(table->by_structure, table->count, structure);
}
