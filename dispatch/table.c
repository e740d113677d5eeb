/* Tables in memory. Contract: table.h. */
#include "dispatch/table.h"

#include <math.h>
#include <string.h>

#include "dispatch/registry.h"

/* ---- What a key says ---- */

static uint64_t hash_of(uint64_t hash, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static const uint64_t SEED = UINT64_C(0xcbf29ce484222325);

uint64_t hg_key_number(const char *key)
{
    return hash_of(SEED, key, strlen(key));
}

/* The numbers of a word like n4 or r3x3, multiplied. Keys may be forged: no more than 1e15. */
static double number_in(const char *word, size_t n)
{
    double product = 1, v = 0;
    for (size_t i = 1; i <= n; i++) {
        const bool digit = i < n && word[i] >= '0' && word[i] <= '9';
        if (digit)
            v = 10 * v + (word[i] - '0');
        else
            product *= v, v = 0;
    }
    return HG_MIN(product, 1e15);
}

/* Rows of an output, "o56x56". */
static double first_in(const char *word, size_t n)
{
    return number_in(word, HG_MIN(strcspn(word, "x"), n));
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
    return 2 + (uint64_t)HG_MIN(each, 1e6) * 4096 +
           (each > 1 ? 0 : (uint64_t)HG_MIN(multiplier, 4095.0));
}

hg_metrics hg_key_metrics(const char *key)
{
    static const char letters[] = "nhwckorsd"; /* in the order of hg_metric */
    double value[HG_METRICS] = {1, 1, 1, 1, 1, 1, 1, 1, 1}, groups = 1;
    hg_metrics m = {.family = SEED};
    for (const char *word = key, *next; *word; word = next) {
        const size_t n = strcspn(word, " ");
        next = word + n + (word[n] == ' ');
        const char *at = strchr(letters, word[0]);
        const bool number = n > 1 && word[1] >= '0' && word[1] <= '9';
        const size_t metric = at ? (size_t)(at - letters) : 0;
        if (number && at) {
            value[metric] = metric == HG_OUT_ROWS ? first_in(word, n) : number_in(word, n);
        } else if (number && word[0] == 'g') {
            groups = number_in(word, n);
        } else if (number && word[0] == 'p') {
            m.padded = strncmp(word, "p0,0,0,0", n) != 0;
        } else if (strncmp(word, "image=", 6) && strncmp(word, "scale=", 6)) {
            const size_t named = strncmp(word, "resized=", 8) ? n : 8; /* without the sizes */
            m.family = hash_of(m.family, word, named);
        }
    }
    const uint64_t kind = group_kind(groups, value[HG_CHANNELS], value[HG_OUTPUTS]);
    for (int i = 0; i < HG_METRICS; i++) m.v[i] = log2_of(value[i]);
    m.family = hash_of(m.family, (const char *)&kind, sizeof kind);
    return m;
}

/* ---- Records to entries ---- */

/* Kernels by name, as far as they were asked for: tables name the same few again and again. Each is
 * in its slot or one of those behind it. */
enum { SLOTS = 1024, PROBES = 16 };
typedef struct names {
    const hg_kernel *kernels[SLOTS + PROBES];
} names;

/* Names differ in their last letters, and those before them in the instruction set. */
static size_t slot_of(const char *name)
{
    const size_t n = strlen(name);
    uint64_t last[2] = {n, 0};
    if (n >= sizeof last) memcpy(last, name + n - sizeof last, sizeof last);
    const uint64_t mixed = last[0] * UINT64_C(0x9e3779b97f4a7c15) ^ last[1];
    return (size_t)(mixed * UINT64_C(0xbf58476d1ce4e5b9) >> 32) % SLOTS;
}

static const hg_kernel *find_kernel(names *known, const char *name)
{
    const hg_kernel **slot = &known->kernels[slot_of(name)], **const end = slot + PROBES;
    while (slot < end && *slot && strcmp((*slot)->name, name)) slot++;
    if (slot < end && *slot) return *slot;
    const hg_kernel *found = hg_registry_find(name);
    if (found && slot < end) *slot = found;
    return found;
}

/* The operator that the key begins with; HG_OP_COUNT: none. */
static hg_op op_of(const char *key)
{
    const size_t n = strcspn(key, " ");
    for (int op = 0; op < HG_OP_COUNT; op++) {
        const char *word = hg_op_name((hg_op)op);
        if (strncmp(key, word, n) == 0 && word[n] == '\0') return (hg_op)op;
    }
    return HG_OP_COUNT;
}

/* Keeps the ranks whose kernel exists in the timed revision, and is of the key's operator. */
static bool resolve(names *known, const hg_record *r, hg_table_entry *e)
{
    const hg_op op = op_of(r->key);
    e->threads = r->threads;
    e->default_ns = r->default_ns;
    e->count = 0;
    for (int i = 0; i < r->count && op < HG_OP_COUNT; i++) {
        const hg_kernel *kernel = find_kernel(known, r->ranks[i].kernel);
        if (!kernel || kernel->rev != r->ranks[i].rev || !hg_op_serves(kernel->op, op)) continue;
        e->ranks[e->count].kernel = kernel;
        e->ranks[e->count].config = r->ranks[i].config;
        e->ranks[e->count].ns = r->ranks[i].ns;
        e->count++;
    }
    return e->count > 0;
}

/* How far a text has been read. */
typedef struct progress {
    size_t before; /* entries of earlier texts */
    double share;  /* of the text that has been read */
    size_t left;   /* bytes of it that have not */
} progress;

/* Records of this text that are still to come, and some more: if the rest has as many for its size
 * as what has been read nothing is copied twice. */
static size_t expected(const hg_table *table, const progress *p)
{
    enum { LEAST_RECORD = 128 };
    const double more = (double)(table->count - p->before) * (1.0 / p->share - 1.0) * 1.06;
    return (size_t)HG_MIN(more, (double)(p->left / LEAST_RECORD)) + 1;
}

/* Page faults are half of what a large table takes: what is not small fills large pages, for which
 * hg_os_allocate then asks. */
static size_t whole_pages(size_t bytes)
{
    enum { LARGE = 2 << 20, WORTH = LARGE * 3 / 8 };
    return bytes < WORTH ? bytes : HG_ROUND_UP(bytes, (size_t)LARGE);
}

/* Room for one entry more. */
static bool reserve(hg_table *table, const progress *p)
{
    if (table->count < table->capacity) return true;
    const size_t least = HG_MAX(2 * table->capacity, (size_t)64);
    const size_t wanted = HG_MAX(least, table->count + expected(table, p));
    const size_t bytes = whole_pages(wanted * sizeof(hg_table_entry));
    hg_table_entry *entries = hg_allocate(table->host, bytes);
    if (!entries) return false;
    if (table->count) memcpy(entries, table->entries, table->count * sizeof *entries);
    hg_release(table->host, table->entries);
    table->entries = entries;
    table->capacity = bytes / sizeof *entries;
    return true;
}

/* Keys lie behind each other in blocks. */
struct hg_table_keys {
    hg_table_keys *before;
    size_t left;
    char *at;
};

/* A copy that lives as long as the table; NULL: out of memory. */
static char *keep_key(hg_table *table, const char *key, const progress *p)
{
    enum { LEAST_BLOCK = 4096 };
    const size_t n = strlen(key) + 1;
    if (!table->keys || table->keys->left < n) {
        const size_t wanted = sizeof *table->keys + n * (expected(table, p) + 1);
        const size_t bytes = whole_pages(HG_MAX(wanted, (size_t)LEAST_BLOCK));
        hg_table_keys *block = hg_allocate(table->host, bytes);
        if (!block) return NULL;
        *block = (hg_table_keys){table->keys, bytes - sizeof *block, (char *)(block + 1)};
        table->keys = block;
    }
    char *const copy = memcpy(table->keys->at, key, n);
    table->keys->at += n;
    table->keys->left -= n;
    return copy;
}

/* machine_count: of none. */
static int machine_of(const hg_table *table, const hg_record *r)
{
    int i = 0;
    while (i < table->machine_count && strcmp(r->machine, table->machines[i].key)) i++;
    return i;
}

static hg_status add_record(hg_table *table, names *known, const hg_record *r, const progress *p)
{
    const int machine = machine_of(table, r);
    if (machine == table->machine_count) {
        table->counts.foreign++;
        return HG_OK;
    }
    if (!reserve(table, p)) return HG_NO_MEMORY;
    hg_table_entry *e = &table->entries[table->count];
    e->machine = machine;
    if (!resolve(known, r, e)) {
        table->counts.foreign++;
        return HG_OK;
    }
    e->key = keep_key(table, r->key, p);
    if (!e->key) return HG_NO_MEMORY;
    table->count++;
    return HG_OK;
}

hg_status hg_table_add(hg_table *table, const char *text, size_t size)
{
    const char *const end = text + size;
    progress p = {.before = table->count};
    names known = {{NULL}};
    hg_record record;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const size_t length = (size_t)((newline ? newline : end) - text);
        p.left = (size_t)(end - text) - length;
        p.share = 1.0 - (double)p.left / (double)size;
        if (length && hg_record_parse(text, length, &record)) {
            const hg_status status = add_record(table, &known, &record, &p);
            if (status) return status;
        } else if (length) {
            table->counts.skipped++;
        }
        text += length + 1;
    }
    return HG_OK;
}

/* ---- Order ---- */

/* Keys and families of different machines lie apart. */
static uint64_t number_of(uint64_t number, int machine)
{
    return number ^ (uint64_t)machine * UINT64_C(0x9e3779b97f4a7c15);
}

/* By number; slots of one number stay as they are. Numbers are hashes, so that a count of each byte
 * in turn beats comparisons. */
static void sort(hg_table_slot *slots, hg_table_slot *other, size_t count)
{
    for (int shift = 0; shift < 64; shift += 8) {
        size_t at[256] = {0}, before = 0;
        for (size_t i = 0; i < count; i++) at[slots[i].number >> shift & 255u]++;
        for (int byte = 0; byte < 256; byte++) {
            const size_t n = at[byte];
            at[byte] = before;
            before += n;
        }
        for (size_t i = 0; i < count; i++) other[at[slots[i].number >> shift & 255u]++] = slots[i];
        hg_table_slot *const sorted = other;
        other = slots;
        slots = sorted;
    }
}

void hg_table_seal(hg_table *table)
{
    table->counts.usable = table->count;
    if (table->count == 0) return;
    const size_t bytes = whole_pages(3 * table->count * sizeof(hg_table_slot));
    hg_table_slot *slots = hg_allocate(table->host, bytes);
    if (!slots) { /* speed only: without an order nothing is found */
        hg_table_free(table);
        return;
    }
    table->by_key = slots;
    table->by_family = slots + table->count;
    for (size_t i = 0; i < table->count; i++) {
        hg_table_entry *e = &table->entries[i];
        const uint32_t number = (uint32_t)i;
        e->metrics = hg_key_metrics(e->key);
        table->by_key[i] = (hg_table_slot){number_of(hg_key_number(e->key), e->machine), number};
        table->by_family[i] = (hg_table_slot){number_of(e->metrics.family, e->machine), number};
    }
    sort(table->by_key, slots + 2 * table->count, table->count);
    sort(table->by_family, slots + 2 * table->count, table->count);
}

void hg_table_free(hg_table *table)
{
    for (hg_table_keys *block = table->keys, *before; block; block = before) {
        before = block->before;
        hg_release(table->host, block);
    }
    hg_release(table->host, table->entries);
    hg_release(table->host, table->by_key);
    table->keys = NULL;
    table->entries = NULL;
    table->by_key = table->by_family = NULL;
    table->count = table->capacity = table->shipped = 0;
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

static hg_table_span span_of(const hg_table *table, const hg_table_slot *slots, uint64_t of_any)
{
    const size_t count = table->count;
    const uint64_t number = number_of(of_any, table->self);
    if (count == 0) return (hg_table_span){NULL, 0};
    const size_t first = lower_bound(slots, count, number);
    size_t end = first;
    while (end < count && slots[end].number == number) end++;
    return (hg_table_span){slots + first, end - first};
}

hg_table_span hg_table_of_key(const hg_table *table, const char *key)
{
    return span_of(table, table->by_key, hg_key_number(key));
}

hg_table_span hg_table_of_family(const hg_table *table, uint64_t family)
{
    return span_of(table, table->by_family, family);
}
