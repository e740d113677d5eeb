/* Tuning tables: the only file that knows cJSON. */
#include "dispatch/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/registry.h"

/* ---- Lines ---- */

#if defined(HG_WITH_CJSON)
#include <cjson/cJSON.h>

/* CRC-32 (IEEE 802.3), bit by bit: lines are short and read once. */
static uint32_t crc32_of(const char *bytes, size_t n)
{
    uint32_t crc = ~0u;
    for (size_t i = 0; i < n; i++) {
        crc ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0u);
    }
    return ~crc;
}

static const char crc_tail[] = ",\"crc\":\"";
enum { CRC_TAIL = sizeof crc_tail - 1, CRC_CLOSE = 8 + 2 }; /* 8 digits, quote, brace */

/* No clock tells less than a tenth of a nanosecond; keeps lines short. */
static double tenths(double ns)
{
    return floor(ns * 10.0 + 0.5) / 10.0;
}

static cJSON *record_object(const hg_record *r)
{
    cJSON *object = cJSON_CreateObject(), *top = NULL;
    if (!object) return NULL;
    bool ok = cJSON_AddStringToObject(object, "key", r->key) &&
              cJSON_AddNumberToObject(object, "threads", r->threads) &&
              cJSON_AddStringToObject(object, "machine", r->machine) &&
              cJSON_AddNumberToObject(object, "default_ns", tenths(r->default_ns)) &&
              (top = cJSON_AddArrayToObject(object, "top")) != NULL;
    for (int i = 0; ok && i < r->count; i++) {
        const hg_ranked *rank = &r->ranks[i];
        char config[HG_CONFIG_SIZE];
        hg_config_format(&rank->config, config);
        cJSON *entry = cJSON_CreateObject();
        ok = entry && cJSON_AddItemToArray(top, entry) &&
             cJSON_AddStringToObject(entry, "kernel", rank->kernel) &&
             cJSON_AddNumberToObject(entry, "rev", rank->rev) &&
             cJSON_AddStringToObject(entry, "config", config) &&
             cJSON_AddNumberToObject(entry, "ns", tenths(rank->ns));
    }
    ok = ok && cJSON_AddStringToObject(object, "version", hg_version());
    if (ok) return object;
    cJSON_Delete(object);
    return NULL;
}

size_t hg_record_format(const hg_record *record, char *line, size_t size)
{
    cJSON *object = record_object(record);
    char *text = object ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    size_t length = 0;
    const size_t body = text ? strlen(text) - 1 : 0; /* without the closing brace */
    if (text && body + CRC_TAIL + CRC_CLOSE + 2 <= size) {
        memcpy(line, text, body);
        snprintf(line + body, size - body, "%s%08x\"}\n", crc_tail, crc32_of(text, body));
        length = body + CRC_TAIL + CRC_CLOSE + 1;
    }
    cJSON_free(text);
    return length;
}

static bool copy_string(const cJSON *object, const char *name, char *to, size_t size)
{
    const char *s = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    if (!s || strlen(s) >= size) return false;
    strcpy(to, s);
    return true;
}

static bool copy_int(const cJSON *object, const char *name, int *to)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!cJSON_IsNumber(item)) return false;
    *to = item->valueint;
    return true;
}

static bool parse_rank(const cJSON *entry, hg_ranked *rank)
{
    char config[HG_CONFIG_SIZE];
    const cJSON *ns = cJSON_GetObjectItemCaseSensitive(entry, "ns");
    if (!cJSON_IsNumber(ns) || !copy_string(entry, "kernel", rank->kernel, sizeof rank->kernel) ||
        !copy_int(entry, "rev", &rank->rev) || !copy_string(entry, "config", config, sizeof config))
        return false;
    rank->ns = ns->valuedouble;
    return hg_config_parse(config, &rank->config);
}

static bool parse_object(const cJSON *object, hg_record *r)
{
    const cJSON *top = cJSON_GetObjectItemCaseSensitive(object, "top");
    const cJSON *untuned = cJSON_GetObjectItemCaseSensitive(object, "default_ns");
    if (!copy_string(object, "key", r->key, sizeof r->key) ||
        !copy_string(object, "machine", r->machine, sizeof r->machine) ||
        !copy_int(object, "threads", &r->threads) || !cJSON_IsArray(top))
        return false;
    r->default_ns = cJSON_IsNumber(untuned) ? untuned->valuedouble : 0.0;
    r->count = 0;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, top)
    {
        if (r->count < HG_RECORD_RANKS && parse_rank(entry, &r->ranks[r->count])) r->count++;
    }
    return r->count > 0;
}

bool hg_record_parse(const char *line, size_t length, hg_record *record)
{
    while (length && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
    if (length < CRC_TAIL + CRC_CLOSE) return false;
    const size_t body = length - CRC_TAIL - CRC_CLOSE;
    char tail[CRC_TAIL + CRC_CLOSE + 1];
    snprintf(tail, sizeof tail, "%s%08x\"}", crc_tail, crc32_of(line, body));
    if (memcmp(line + body, tail, CRC_TAIL + CRC_CLOSE) != 0) return false;
    cJSON *object = cJSON_ParseWithLength(line, length);
    *record = (hg_record){0};
    const bool ok = object && parse_object(object, record);
    cJSON_Delete(object);
    return ok;
}

#else

size_t hg_record_format(const hg_record *record, char *line, size_t size)
{
    (void)record, (void)line, (void)size;
    return 0;
}

bool hg_record_parse(const char *line, size_t length, hg_record *record)
{
    (void)line, (void)length, (void)record;
    return false;
}
#endif

/* ---- In memory ---- */

/* Keeps the ranks whose kernel exists in the timed revision. */
static bool resolve(const hg_record *r, hg_table_entry *e)
{
    *e = (hg_table_entry){.threads = r->threads, .default_ns = r->default_ns};
    for (int i = 0; i < r->count; i++) {
        const hg_kernel *kernel = hg_registry_find(r->ranks[i].kernel);
        if (!kernel || kernel->rev != r->ranks[i].rev) continue;
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

static hg_status add_record(hg_table *table, const hg_record *r)
{
    hg_table_entry entry;
    if (strcmp(r->machine, table->machine) != 0 || !resolve(r, &entry)) {
        table->counts.foreign++;
        return HG_OK;
    }
    if (!reserve(table)) return HG_NO_MEMORY;
    entry.key = hg_allocate(table->host, strlen(r->key) + 1);
    if (!entry.key) return HG_NO_MEMORY;
    strcpy(entry.key, r->key);
    table->entries[table->count++] = entry;
    return HG_OK;
}

hg_status hg_table_add(hg_table *table, const char *text, size_t size)
{
    const char *const end = text + size;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const size_t length = (size_t)((newline ? newline : end) - text);
        hg_record record;
        if (length && hg_record_parse(text, length, &record)) {
            const hg_status status = add_record(table, &record);
            if (status) return status;
        } else if (length) {
            table->counts.skipped++;
        }
        text += length + 1;
    }
    return HG_OK;
}

static int compare(const char *key, int threads, const hg_table_entry *e)
{
    const int order = strcmp(key, e->key);
    return order ? order : (threads > e->threads) - (threads < e->threads);
}

/* Merge sort: stable, so that of equal keys the later added stays behind. */
static void sort(hg_table_entry *a, hg_table_entry *spare, size_t n)
{
    if (n < 2) return;
    const size_t half = n / 2;
    sort(a, spare, half);
    sort(a + half, spare, n - half);
    memcpy(spare, a, half * sizeof *a);
    for (size_t i = 0, j = half, k = 0; i < half; k++)
        a[k] = j < n && compare(spare[i].key, spare[i].threads, &a[j]) > 0 ? a[j++] : spare[i++];
}

void hg_table_seal(hg_table *table)
{
    if (table->count == 0) return;
    hg_table_entry *spare = hg_allocate(table->host, table->count * sizeof *spare);
    if (!spare) { /* speed only: without a sorted table nothing is found */
        hg_table_free(table);
        return;
    }
    sort(table->entries, spare, table->count);
    hg_release(table->host, spare);
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        hg_table_entry *e = &table->entries[i];
        if (i + 1 < table->count && compare(e->key, e->threads, e + 1) == 0)
            hg_release(table->host, e->key);
        else
            table->entries[kept++] = *e;
    }
    table->count = table->counts.usable = kept;
}

void hg_table_free(hg_table *table)
{
    for (size_t i = 0; i < table->count; i++) hg_release(table->host, table->entries[i].key);
    hg_release(table->host, table->entries);
    table->entries = NULL;
    table->count = table->capacity = 0;
}

const hg_table_entry *hg_table_find(const hg_table *table, const char *key, int threads)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = compare(key, threads, &table->entries[middle]);
        if (order == 0) return &table->entries[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
