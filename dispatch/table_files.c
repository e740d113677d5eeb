/* Which tables a context reads: files of the environment, and text of the caller. */
#include <stdio.h>
#include <string.h>

#include "dispatch/os.h"
#include "dispatch/table.h"

static hg_status add_file(hg_table *table, const char *path)
{
    char *text = NULL, sentence[256];
    size_t size = 0;
    hg_status status = hg_os_read(table->host, path, HG_MAX_TABLE, &text, &size);
    if (status == HG_IO) {
        snprintf(sentence, sizeof sentence,
                 "tuning table %.180s cannot be read or is larger than 64 MiB; ignored", path);
        hg_report(table->host, HG_IO, sentence);
        table->counts.unreadable++;
        return HG_OK;
    }
    if (status) return status;
    const size_t before = table->counts.skipped;
    status = hg_table_add(table, text, size);
    hg_release(table->host, text);
    if (table->counts.skipped > before) {
        snprintf(sentence, sizeof sentence, "tuning table %.180s: %zu lines skipped", path,
                 table->counts.skipped - before);
        hg_report(table->host, HG_IO, sentence);
    }
    return status;
}

typedef struct folder_reader {
    hg_table *table;
    hg_status status;
} folder_reader;

static bool add_next(void *self, const char *path)
{
    folder_reader *r = self;
    r->status = add_file(r->table, path);
    return r->status == HG_OK;
}

/* Every .jsonl file of the folder, in the order of their names; no folder is no tables. */
static hg_status add_folder(hg_table *table, const char *folder)
{
    folder_reader r = {table, HG_OK};
    hg_os_list(folder, ".jsonl", add_next, &r);
    return r.status;
}

static hg_status add_listed_files(hg_table *table, const char *list)
{
    hg_status status = HG_OK;
    const char separator[] = {HG_OS_LIST_SEPARATOR, '\0'};
    while (!status && *list) {
        const size_t n = strcspn(list, separator);
        char path[1024];
        if (n >= sizeof path) {
            hg_report(table->host, HG_IO, "HG_TABLE: a path is longer than 1023 bytes; ignored");
            table->counts.unreadable++;
        } else if (n) {
            memcpy(path, list, n);
            path[n] = '\0';
            status = add_file(table, path);
        }
        list += n + (list[n] == separator[0]);
    }
    return status;
}

bool hg_table_folder(char *folder, size_t size)
{
    static const char own[] = "/hourglass";
    if (size <= sizeof own || !hg_os_data_folder(folder, size - sizeof own)) return false;
    strcat(folder, own);
    return true;
}

hg_status hg_table_add_shipped(hg_table *table, const char *folder)
{
    hg_status status = HG_OK;
    for (int i = 0; i < table->machine_count && !status; i++) {
        char path[1000], first[2];
        const char *key = table->machines[i].key;
        const int n = snprintf(path, sizeof path, "%s/%s.jsonl", folder, key);
        if (n > 0 && (size_t)n < sizeof path && hg_os_first_bytes(path, first, sizeof first))
            status = add_file(table, path);
    }
    table->shipped = table->count;
    return status;
}

static hg_status add_installed_tables(hg_table *table)
{
    const char *files = hg_os_environment("HG_TABLE");
    if (files) return strcmp(files, "none") == 0 ? HG_OK : add_listed_files(table, files);
    hg_status status = HG_OK;
#if defined(HG_TABLES)
    status = hg_table_add_shipped(table, HG_TABLES);
#endif
    char folder[1000];
    return !status && hg_table_folder(folder, sizeof folder) ? add_folder(table, folder) : status;
}

hg_status hg_table_load(hg_table *table, const hg_context_options *o)
{
    hg_status status = HG_OK;
    if (!o->ignore_environment) status = add_installed_tables(table);
    if (!status && o->table)
        status = hg_table_add(table, o->table, o->table_size ? o->table_size : strlen(o->table));
    hg_table_seal(table);
    return status;
}
