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

/* Opened without waiting: a FIFO without a writer would make it wait forever, and a device may have
 * no end. */
static hg_status open_regular(const char *path, int *file, hg_reason *why)
{
    struct stat info;
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*file < 0 && errno == ENOENT) return HG_OK;
    if (*file < 0) return hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
    if (fstat(*file, &info) == 0 && S_ISREG(info.st_mode)) return HG_OK;
    close(*file);
    return hg_fail(why, HG_IO, "%s is not a regular file", path);
}

static hg_status grow(hg_lines *lines, size_t *capacity, const char *path, hg_reason *why)
{
    if (*capacity - lines->size >= LINE_SIZE) return HG_OK;
    *capacity = 2 * *capacity + 2 * LINE_SIZE;
    char *more = realloc(lines->text, *capacity + 1);
    if (!more) return hg_fail(why, HG_NO_MEMORY, "%s: out of memory", path);
    lines->text = more;
    return HG_OK;
}

/* The whole file; text is NULL if there is no such file. */
static hg_status slurp(const char *path, hg_lines *lines, hg_reason *why)
{
    int file;
    size_t capacity = 0;
    hg_status status = open_regular(path, &file, why);
    if (status || file < 0) return status;
    for (ssize_t got = 1; got && !(status = grow(lines, &capacity, path, why));) {
        got = read(file, lines->text + lines->size, capacity - lines->size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) status = hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
        if (got < 0) break;
        lines->size += (size_t)got;
        lines->text[lines->size] = '\0';
    }
    close(file);
    return status;
}

bool hg_lines_next(const hg_lines *lines, size_t *at, const char **line, size_t *length)
{
    if (*at >= lines->size) return false;
    *line = lines->text + *at;
    const char *newline = memchr(*line, '\n', lines->size - *at);
    *length = newline ? (size_t)(newline - *line) : lines->size - *at;
    *at += *length + 1;
    return true;
}

static int compare(const hg_record *r, const char *key, int threads, const char *machine)
{
    const int order = strcmp(r->key, key);
    if (order) return order;
    if (r->threads != threads) return r->threads < threads ? -1 : 1;
    return strcmp(r->machine, machine);
}

static int by_problem(const void *a, const void *b, void *records)
{
    const size_t i = *(const size_t *)a, j = *(const size_t *)b;
    const hg_record *x = (const hg_record *)records + i, *y = (const hg_record *)records + j;
    const int order = compare(x, y->key, y->threads, y->machine);
    return order ? order : (i > j) - (i < j);
}

static hg_status parse_lines(const char *path, hg_lines *lines, hg_reason *why)
{
    const char *line;
    size_t at = 0, length, count = 0;
    while (hg_lines_next(lines, &at, &line, &length)) count++;
    lines->records = malloc((count + 1) * sizeof *lines->records);
    lines->order = malloc((count + 1) * sizeof *lines->order);
    if (!lines->records || !lines->order)
        return hg_fail(why, HG_NO_MEMORY, "%s: out of memory", path);
    for (at = 0; hg_lines_next(lines, &at, &line, &length);)
        if (length && hg_record_parse(line, length, &lines->records[lines->count])) {
            lines->order[lines->count] = lines->count;
            lines->count++;
        } else if (length) {
            lines->bad++;
        }
    qsort_r(lines->order, lines->count, sizeof *lines->order, by_problem, lines->records);
    return HG_OK;
}

hg_status hg_lines_read(const char *path, hg_lines *lines, hg_reason *why)
{
    *lines = (hg_lines){0};
    hg_status status = slurp(path, lines, why);
    if (!status && lines->text) status = parse_lines(path, lines, why);
    if (status) hg_lines_free(lines);
    return status;
}

void hg_lines_free(hg_lines *lines)
{
    free(lines->text);
    free(lines->records);
    free(lines->order);
    *lines = (hg_lines){0};
}

/* The first place in the order whose record is beyond the problem. */
static size_t beyond(const hg_lines *lines, const char *key, int threads, const char *machine)
{
    size_t low = 0, high = lines->count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (compare(&lines->records[lines->order[middle]], key, threads, machine) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const hg_record *hg_lines_find(const hg_lines *lines, const char *key, int threads,
                               const char *machine)
{
    const size_t at = beyond(lines, key, threads, machine);
    if (at == 0) return NULL;
    const hg_record *r = &lines->records[lines->order[at - 1]];
    return compare(r, key, threads, machine) == 0 ? r : NULL;
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

/* Links are followed once, here: the rename must replace what they lead to, not them, and runs that
 * name one table differently must meet at one lock. */
static hg_status resolve_table(hg_journal *j, const char *table, hg_reason *why)
{
    struct stat info;
    j->table = realpath(table, NULL);
    if (!j->table && errno == ENOENT && lstat(table, &info) == 0)
        return hg_fail(why, HG_IO, "%s is a link to a file that does not exist", table);
    if (!j->table && errno == ENOENT) j->table = strdup(table);
    if (!j->table) return hg_fail(why, HG_IO, "%s: %s", table, strerror(errno));
    j->part = with_suffix(j->table, ".part");
    return j->part ? HG_OK : hg_fail(why, HG_NO_MEMORY, "out of memory");
}

/* Opens and locks the part. Between the two another run may have finished and removed it: a lock on
 * a file without a name would protect nothing. */
static hg_status lock_part(hg_journal *j, hg_reason *why)
{
    struct stat held, named;
    for (;;) {
        j->file =
            open(j->part, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
        if (j->file < 0 || fstat(j->file, &held))
            return hg_fail(why, HG_IO, "%s: %s", j->part, strerror(errno));
        if (!S_ISREG(held.st_mode)) return hg_fail(why, HG_IO, "%s is not a regular file", j->part);
        if (flock(j->file, LOCK_EX | LOCK_NB))
            return hg_fail(why, HG_IO, "%s: %s", j->part,
                           errno == EWOULDBLOCK ? "another run is writing it" : strerror(errno));
        if (lstat(j->part, &named) == 0 && named.st_ino == held.st_ino &&
            named.st_dev == held.st_dev)
            return HG_OK;
        close(j->file);
    }
}

hg_status hg_journal_open(const char *table, hg_journal *j, hg_reason *why)
{
    *j = (hg_journal){.file = -1};
    hg_status status = check_table(table, why);
    if (!status) status = resolve_table(j, table, why);
    if (!status) status = lock_part(j, why);
    if (!status) status = hg_lines_read(j->part, &j->done, why);
    /* A run that was killed may have left half a line: close it. */
    const size_t size = j->done.size;
    if (!status && size && j->done.text[size - 1] != '\n')
        status = write_all(j->file, "\n", 1, j->part, why);
    if (status) hg_journal_close(j);
    return status;
}

static hg_status put(int file, const hg_record *record, const char *path, hg_reason *why)
{
    char line[LINE_SIZE];
    const size_t size = hg_record_format(record, line, sizeof line);
    if (size == 0) return hg_fail(why, HG_RANGE, "a record is longer than a line may be");
    return write_all(file, line, size, path, why);
}

hg_status hg_journal_add(hg_journal *j, const hg_record *record, hg_reason *why)
{
    return put(j->file, record, j->part, why);
}

hg_status hg_journal_append(hg_journal *j, const hg_record *record, hg_reason *why)
{
    const hg_status status = hg_journal_add(j, record, why);
    if (!status && fsync(j->file)) return hg_fail(why, HG_IO, "%s: %s", j->part, strerror(errno));
    return status;
}

static bool supersedes(const hg_lines *fresh, const hg_record *old)
{
    return hg_lines_find(fresh, old->key, old->threads, old->machine) != NULL;
}

static hg_status copy_line(int file, const char *path, const char *line, size_t length,
                           hg_reason *why)
{
    const hg_status status = write_all(file, line, length, path, why);
    return status ? status : write_all(file, "\n", 1, path, why);
}

/* What a new table is made of. */
typedef struct content {
    const hg_lines *old, *fresh;
    hg_line_filter *keep; /* of the old lines; NULL: all that fresh has nothing newer for */
    void *self;
} content;

static bool is_kept(const content *c, size_t number, const char *line, size_t length)
{
    hg_record record;
    if (length == 0) return false;
    if (c->keep) return c->keep(c->self, number, line, length);
    return !hg_record_parse(line, length, &record) || !supersedes(c->fresh, &record);
}

/* The old table's lines word for word, unreadable ones included (a newer version may have written
 * them), as far as they are kept; then the new records, the last of each key. */
static hg_status write_content(int file, const char *path, const content *c, hg_reason *why)
{
    hg_status status = HG_OK;
    const char *line;
    size_t at = 0, length;
    for (size_t number = 1; !status && hg_lines_next(c->old, &at, &line, &length); number++)
        if (is_kept(c, number, line, length)) status = copy_line(file, path, line, length, why);
    for (size_t i = 0; i < c->fresh->count && !status; i++) {
        const hg_record *r = &c->fresh->records[i];
        if (hg_lines_find(c->fresh, r->key, r->threads, r->machine) == r)
            status = put(file, r, path, why);
    }
    return status;
}

/* A new file gets the mode that the umask leaves; one that replaces a table keeps that one's. What
 * a killed run left under this name is dropped: nobody else may be writing it, see lock_part. */
static int create_new(const char *path, const char *table)
{
    struct stat info;
    unlink(path);
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 || stat(table, &info) || fchmod(file, info.st_mode & 07777) == 0) return file;
    close(file);
    return -1;
}

static hg_status replace_table(const hg_journal *j, const content *c, hg_reason *why)
{
    char *path = with_suffix(j->table, ".new");
    if (!path) return hg_fail(why, HG_NO_MEMORY, "out of memory");
    const int file = create_new(path, j->table);
    hg_status status = file < 0 ? hg_fail(why, HG_IO, "%s: %s", path, strerror(errno)) : HG_OK;
    if (!status) status = write_content(file, path, c, why);
    if (!status && fsync(file)) status = hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
    if (file >= 0 && close(file) && !status)
        status = hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
    if (!status && rename(path, j->table))
        status = hg_fail(why, HG_IO, "%s: %s", j->table, strerror(errno));
    if (!status)
        sync_folder(j->table);
    else
        unlink(path);
    free(path);
    return status;
}

hg_status hg_journal_finish(hg_journal *j, hg_reason *why)
{
    hg_lines old = {0}, fresh = {0};
    hg_status status = hg_lines_read(j->part, &fresh, why);
    if (!status && fresh.count > 0) {
        status = hg_lines_read(j->table, &old, why);
        if (!status) status = replace_table(j, &(content){&old, &fresh, NULL, NULL}, why);
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

hg_status hg_journal_filter(hg_journal *j, hg_line_filter *keep, void *self, hg_reason *why)
{
    hg_lines old = {0}, none = {0};
    hg_status status = hg_lines_read(j->table, &old, why);
    if (!status) status = replace_table(j, &(content){&old, &none, keep, self}, why);
    hg_lines_free(&old);
    return status;
}
