/* Which tables a context reads: files of the environment, and text of the caller. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dispatch/table.h"

enum { MAX_TABLE = 64 << 20 };

/* Reads a whole regular file; *text is released by the caller. Opened without waiting: another kind
 * of file could make it wait forever. */
static hg_status read_file(const hg_host *host, const char *path, char **text, size_t *size)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    hg_status status = HG_IO;
    *text = NULL;
    if (file < 0) return HG_IO;
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size <= MAX_TABLE) {
        size_t done = 0;
        *size = (size_t)info.st_size;
        *text = hg_allocate(host, *size);
        for (ssize_t n = 1; *text && n > 0 && done<*size; done += n> 0 ? (size_t)n : 0)
            n = read(file, *text + done, *size - done);
        status = !*text ? HG_NO_MEMORY : done == *size ? HG_OK : HG_IO;
    }
    close(file);
    if (status) hg_release(host, *text);
    return status;
}

static hg_status add_file(hg_table *table, const char *path)
{
    char *text = NULL, sentence[256];
    size_t size = 0;
    hg_status status = read_file(table->host, path, &text, &size);
    if (status == HG_IO) {
        snprintf(sentence, sizeof sentence, "tuning table %.200s cannot be read; ignored", path);
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

static int is_table(const struct dirent *entry)
{
    const size_t n = strlen(entry->d_name);
    return n > 6 && strcmp(entry->d_name + n - 6, ".jsonl") == 0;
}

/* In every locale the same. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Every .jsonl file of the folder, in the order of their names; no folder is no tables. */
static hg_status add_folder(hg_table *table, const char *folder)
{
    struct dirent **names = NULL;
    const int count = scandir(folder, &names, is_table, by_name);
    hg_status status = HG_OK;
    for (int i = 0; i < count; i++) {
        char path[1024];
        const int n = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
        if (!status && n > 0 && (size_t)n < sizeof path) status = add_file(table, path);
        free(names[i]);
    }
    free(names);
    return status;
}

static hg_status add_listed_files(hg_table *table, const char *list)
{
    hg_status status = HG_OK;
    while (!status && *list) {
        const size_t n = strcspn(list, ":");
        char path[1024];
        if (n >= sizeof path) {
            hg_report(table->host, HG_IO, "HG_TABLE: a path is longer than 1023 bytes; ignored");
            table->counts.unreadable++;
        } else if (n) {
            memcpy(path, list, n);
            path[n] = '\0';
            status = add_file(table, path);
        }
        list += n + (list[n] == ':');
    }
    return status;
}

bool hg_table_folder(char *folder, size_t size)
{
    const char *data = secure_getenv("XDG_DATA_HOME"), *home = secure_getenv("HOME");
    int n = 0;
    if (data && data[0])
        n = snprintf(folder, size, "%s/hourglass", data);
    else if (home && home[0])
        n = snprintf(folder, size, "%s/.local/share/hourglass", home);
    return n > 0 && (size_t)n < size;
}

static hg_status add_installed_tables(hg_table *table)
{
    const char *files = secure_getenv("HG_TABLE");
    if (files) return strcmp(files, "none") == 0 ? HG_OK : add_listed_files(table, files);
    char folder[1000];
    return hg_table_folder(folder, sizeof folder) ? add_folder(table, folder) : HG_OK;
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
