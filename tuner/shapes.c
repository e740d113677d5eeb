/* Shape files. Contract: shapes.h. */
#include "tuner/shapes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/common/attr.h"

typedef struct column {
    const char *name;
    size_t offset, text_size; /* text_size 0: an integer */
    bool needed;
    int64_t fallback;
} column;

#define TEXT(member) #member, offsetof(hg_shape, member), sizeof(((hg_shape *)0)->member), true, 0
#define NUMBER(name, member, needed, fallback) name, offsetof(hg_shape, member), 0, needed, fallback

static const column columns[] = {
    {TEXT(network)},
    {TEXT(layer)},
    {TEXT(op)},
    {NUMBER("N", n, false, 1)},
    {NUMBER("C", c, true, 0)},
    {NUMBER("H", h, true, 0)},
    {NUMBER("W", w, true, 0)},
    {NUMBER("K", k, false, 0)},
    {NUMBER("R", r, false, 0)},
    {NUMBER("S", s, false, 0)},
    {NUMBER("stride_h", stride_h, false, 1)},
    {NUMBER("stride_w", stride_w, false, 1)},
    {NUMBER("pad_t", pad_t, false, 0)},
    {NUMBER("pad_l", pad_l, false, 0)},
    {NUMBER("pad_b", pad_b, false, 0)},
    {NUMBER("pad_r", pad_r, false, 0)},
    {NUMBER("dil_h", dil_h, false, 1)},
    {NUMBER("dil_w", dil_w, false, 1)},
    {NUMBER("groups", groups, false, 0)}, /* 0 = C if depthwise, else 1 */
    {NUMBER("count", count, false, 1)},
    {NUMBER("OH", oh, true, 0)},
    {NUMBER("OW", ow, true, 0)},
    {NUMBER("opad_h", opad_h, false, 0)},
    {NUMBER("opad_w", opad_w, false, 0)},
};

enum { MAX_FIELDS = 64, LINE_SIZE = 4096 };

/* Cuts a line at its tabs; returns the number of fields. */
static int split(char *line, char *fields[MAX_FIELDS])
{
    line[strcspn(line, "\r\n")] = '\0';
    int n = 0;
    for (char *rest = line, *field; n < MAX_FIELDS && (field = strsep(&rest, "\t")) != NULL;)
        fields[n++] = field;
    return n;
}

/* place[i] = position of columns[i] in the rows, or -1. */
static hg_status read_header(char *line, int place[HG_COUNT(columns)], hg_reason *why)
{
    char *fields[MAX_FIELDS];
    const int n = split(line, fields);
    for (size_t i = 0; i < HG_COUNT(columns); i++) {
        place[i] = -1;
        for (int f = 0; f < n; f++)
            if (strcmp(fields[f], columns[i].name) == 0) place[i] = f;
        if (place[i] < 0 && columns[i].needed)
            return hg_fail(why, HG_INVALID, "there is no column \"%s\"%s", columns[i].name,
                           n == 1 ? ": columns are separated by tabs, and there is none" : "");
    }
    return HG_OK;
}

/* field: NULL or empty where the file leaves it out. */
static hg_status read_field(const column *c, const char *field, hg_shape *shape, hg_reason *why)
{
    char *member = (char *)shape + c->offset;
    if (!field || !*field) {
        if (c->needed) return hg_fail(why, HG_INVALID, "%s is empty", c->name);
        *(int64_t *)(void *)member = c->fallback;
        return HG_OK;
    }
    if (c->text_size) {
        if (snprintf(member, c->text_size, "%s", field) >= (int)c->text_size)
            return hg_fail(why, HG_INVALID, "%s is too long", c->name);
        return HG_OK;
    }
    char *end;
    errno = 0;
    const long long v = strtoll(field, &end, 10);
    if (errno || end == field || *end)
        return hg_fail(why, HG_INVALID, "%s is \"%.20s\", not an integer", c->name, field);
    *(int64_t *)(void *)member = v;
    return HG_OK;
}

static hg_status read_row(char *line, const int place[HG_COUNT(columns)], hg_shape *shape,
                          hg_reason *why)
{
    char *fields[MAX_FIELDS];
    const int n = split(line, fields);
    *shape = (hg_shape){.count = 1};
    for (size_t i = 0; i < HG_COUNT(columns); i++) {
        if (place[i] >= n)
            return hg_fail(why, HG_INVALID, "the row ends before column %s%s", columns[i].name,
                           n == 1 ? ": columns are separated by tabs, and there is none" : "");
        const char *field = place[i] < 0 ? NULL : fields[place[i]];
        const hg_status status = read_field(&columns[i], field, shape, why);
        if (status) return status;
    }
    hg_problem p;
    return hg_shape_problem(shape, HG_NHWC, &p, why);
}

static hg_status append(hg_shapes *shapes, const hg_shape *shape, hg_reason *why)
{
    if (shapes->count == shapes->capacity) {
        const size_t capacity = shapes->capacity ? 2 * shapes->capacity : 64;
        hg_shape *rows = realloc(shapes->rows, capacity * sizeof *rows);
        if (!rows) return hg_fail(why, HG_NO_MEMORY, "out of memory");
        shapes->rows = rows;
        shapes->capacity = capacity;
    }
    shapes->rows[shapes->count++] = *shape;
    return HG_OK;
}

static hg_status read_lines(FILE *file, hg_shapes *shapes, int *number, hg_reason *why)
{
    int place[HG_COUNT(columns)];
    bool header = false;
    char line[LINE_SIZE];
    while (fgets(line, sizeof line, file)) {
        ++*number;
        if (*number == 1 && strncmp(line, "\xEF\xBB\xBF", 3) == 0)
            return hg_fail(why, HG_INVALID, "the file begins with a byte-order mark; it must not");
        if (!strchr(line, '\n') && !feof(file))
            return hg_fail(why, HG_INVALID, "the line is too long");
        if (line[0] == '#' || line[strspn(line, "\r\n")] == '\0') continue;
        hg_shape shape;
        hg_status status =
            header ? read_row(line, place, &shape, why) : read_header(line, place, why);
        if (!status && header) status = append(shapes, &shape, why);
        if (status) return status;
        header = true;
    }
    if (ferror(file)) return hg_fail(why, HG_IO, "%s", strerror(errno));
    return header ? HG_OK : hg_fail(why, HG_INVALID, "the file names no columns");
}

hg_status hg_shapes_read(const char *path, hg_shapes *shapes, hg_reason *why)
{
    hg_reason inner = {""};
    FILE *file = fopen(path, "r");
    if (!file) return hg_fail(why, HG_IO, "%s: %s", path, strerror(errno));
    int line = 0;
    const hg_status status = read_lines(file, shapes, &line, &inner);
    fclose(file);
    if (status) hg_fail(why, status, "%.100s:%d: %.90s", path, line, inner.text);
    return status;
}

void hg_shapes_free(hg_shapes *shapes)
{
    free(shapes->rows);
    *shapes = (hg_shapes){0};
}
