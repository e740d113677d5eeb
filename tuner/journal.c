/* The journal. Contract: journal.h. */
#include "tuner/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_SIZE = 8192 };

/* ---- Reading ---- */

/* The whole file as one string; *text is NULL if there is no such file. */
static hg_status slurp(const char *path, char **text, hg_reason *why)
{
    *text = NULL;
    FILE *file = fopen(path, "rb");
    if (!file && errno == ENOENT) return HG_OK;
    if (!file) return hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
    size_t size = 0, capacity = 0, got;
    hg_status status = HG_OK;
    do {
        if (capacity - size < LINE_SIZE) {
            capacity = 2 * capacity + 2 * LINE_SIZE;
            char *more = realloc(*text, capacity + 1);
            if (!more) status = hg_fail(why, HG_NO_MEMORY, "%s: out of memory", path);
            if (!more) break;
            *text = more;
        }
        got = fread(*text + size, 1, capacity - size, file);
        size += got;
        (*text)[size] = '\0';
    } while (got > 0);
    if (!status && ferror(file)) status = hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
    fclose(file);
    if (status) {
        free(*text);
        *text = NULL;
    }
    return status;
}

static size_t count_lines(const char *text)
{
    size_t n = 1;
    for (; *text; text++) n += *text == '\n';
    return n;
}

hg_status hg_lines_read(const char *path, hg_lines *lines, hg_reason *why)
{
    *lines = (hg_lines){0};
    const hg_status status = slurp(path, &lines->text, why);
    if (status || !lines->text) return status;
    lines->records = calloc(count_lines(lines->text), sizeof *lines->records);
    if (!lines->records) {
        hg_lines_free(lines);
        return hg_fail(why, HG_NO_MEMORY, "%s: out of memory", path);
    }
    for (const char *at = lines->text; *at;) {
        const size_t length = strcspn(at, "\n");
        if (length && hg_record_parse(at, length, &lines->records[lines->count]))
            lines->count++;
        else if (length)
            lines->bad++;
        at += length + (at[length] == '\n');
    }
    return HG_OK;
}

void hg_lines_free(hg_lines *lines)
{
    free(lines->text);
    free(lines->records);
    *lines = (hg_lines){0};
}

const hg_record *hg_lines_find(const hg_lines *lines, const char *key, int threads,
                               const char *machine)
{
    for (size_t i = lines->count; i-- > 0;) {
        const hg_record *r = &lines->records[i];
        if (r->threads == threads && !strcmp(r->key, key) && !strcmp(r->machine, machine)) return r;
    }
    return NULL;
}

/* ---- Writing ---- */

static hg_status write_all(int file, const char *text, size_t size, const char *path,
                           hg_reason *why)
{
    while (size > 0) {
        const ssize_t n = write(file, text, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
        text += n;
        size -= (size_t)n;
    }
    return HG_OK;
}

static char *with_suffix(const char *path, const char *suffix)
{
    char *joined = malloc(strlen(path) + strlen(suffix) + 1);
    if (joined) strcat(strcpy(joined, path), suffix);
    return joined;
}

/* A rename lasts only once the folder is synced too; best effort, some file systems refuse. */
static void sync_folder(const char *path)
{
    char *copy = strdup(path);
    const int folder = copy ? open(dirname(copy), O_RDONLY | O_CLOEXEC) : -1;
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    free(copy);
}

static hg_status check_table(const char *table, hg_reason *why)
{
    hg_lines lines;
    hg_status status = hg_lines_read(table, &lines, why);
    if (!status && lines.count == 0 && lines.bad > 0)
        status = hg_fail(why, HG_INVALID, "%s exists and is not a tuning table", table);
    hg_lines_free(&lines);
    return status;
}

hg_status hg_journal_open(const char *table, hg_journal *j, hg_reason *why)
{
    *j = (hg_journal){.file = -1};
    hg_status status = check_table(table, why);
    if (status) return status;
    j->table = strdup(table);
    j->part = with_suffix(table, ".part");
    if (!j->table || !j->part) {
        hg_journal_close(j);
        return hg_fail(why, HG_NO_MEMORY, "out of memory");
    }
    j->file = open(j->part, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (j->file < 0)
        status = hg_fail(why, HG_IO, "%s: %s", j->part, strerror(errno));
    else if (flock(j->file, LOCK_EX | LOCK_NB))
        status = hg_fail(why, HG_IO, "%s: another run is writing it", j->part);
    if (!status) status = hg_lines_read(j->part, &j->done, why);
    /* A run that was killed may have left half a line: close it. */
    const size_t length = !status && j->done.text ? strlen(j->done.text) : 0;
    if (length && j->done.text[length - 1] != '\n')
        status = write_all(j->file, "\n", 1, j->part, why);
    if (status) hg_journal_close(j);
    return status;
}

static hg_status put(int file, const hg_record *record, const char *path, hg_reason *why)
{
    char line[LINE_SIZE];
    const size_t size = hg_record_format(record, line, sizeof line);
    if (size == 0) return hg_fail(why, HG_UNSUPPORTED, "this build cannot write tuning tables");
    return write_all(file, line, size, path, why);
}

hg_status hg_journal_append(hg_journal *j, const hg_record *record, hg_reason *why)
{
    const hg_status status = put(j->file, record, j->part, why);
    if (!status && fsync(j->file)) return hg_fail(why, HG_IO, "%s: %s", j->part, strerror(errno));
    return status;
}

static bool supersedes(const hg_lines *fresh, const hg_record *old)
{
    return hg_lines_find(fresh, old->key, old->threads, old->machine) != NULL;
}

/* The old table's lines word for word, unreadable ones included (a newer version may have written
 * them), less the records that are measured anew; then the new ones, the last of each key. */
static hg_status write_merged(int file, const char *path, const hg_lines *old,
                              const hg_lines *fresh, hg_reason *why)
{
    hg_status status = HG_OK;
    hg_record record;
    for (const char *at = old->text ? old->text : ""; *at && !status;) {
        const size_t length = strcspn(at, "\n");
        const bool replaced = hg_record_parse(at, length, &record) && supersedes(fresh, &record);
        if (length && !replaced) {
            status = write_all(file, at, length, path, why);
            if (!status) status = write_all(file, "\n", 1, path, why);
        }
        at += length + (at[length] == '\n');
    }
    for (size_t i = 0; i < fresh->count && !status; i++) {
        const hg_record *r = &fresh->records[i];
        if (hg_lines_find(fresh, r->key, r->threads, r->machine) == r)
            status = put(file, r, path, why);
    }
    return status;
}

static hg_status replace_table(const hg_journal *j, const hg_lines *old, const hg_lines *fresh,
                               hg_reason *why)
{
    char *temporary = with_suffix(j->table, ".XXXXXX");
    if (!temporary) return hg_fail(why, HG_NO_MEMORY, "out of memory");
    const int file = mkstemp(temporary);
    hg_status status = file < 0 ? hg_fail(why, HG_IO, "%s: %s", temporary, strerror(errno)) : HG_OK;
    if (!status) status = write_merged(file, temporary, old, fresh, why);
    if (!status && (fchmod(file, 0644) || fsync(file)))
        status = hg_fail(why, HG_IO, "%s: %s", temporary, strerror(errno));
    if (file >= 0 && close(file) && !status)
        status = hg_fail(why, HG_IO, "%s: %s", temporary, strerror(errno));
    if (!status && rename(temporary, j->table))
        status = hg_fail(why, HG_IO, "%s: %s", j->table, strerror(errno));
    if (!status)
        sync_folder(j->table);
    else if (file >= 0)
        unlink(temporary);
    free(temporary);
    return status;
}

hg_status hg_journal_finish(hg_journal *j, hg_reason *why)
{
    hg_lines old = {0}, fresh = {0};
    hg_status status = hg_lines_read(j->part, &fresh, why);
    if (!status && fresh.count > 0) {
        status = hg_lines_read(j->table, &old, why);
        if (!status) status = replace_table(j, &old, &fresh, why);
    }
    if (!status && unlink(j->part))
        status = hg_fail(why, HG_IO, "%s: %s", j->part, strerror(errno));
    hg_lines_free(&old);
    hg_lines_free(&fresh);
    return status;
}

void hg_journal_close(hg_journal *j)
{
    if (j->file >= 0) close(j->file);
    free(j->table);
    free(j->part);
    hg_lines_free(&j->done);
    *j = (hg_journal){.file = -1};
}
