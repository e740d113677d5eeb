#include "tests/npy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header is a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } */
static bool parse_header(const char *header, npy *a, size_t *element)
{
    const bool reals = strstr(header, "'<f4'") != NULL, integers = strstr(header, "'<i8'") != NULL;
    const char *shape = strstr(header, "'shape': (");
    if (reals == integers || !strstr(header, "'fortran_order': False") || !shape) return false;
    *element = reals ? sizeof(float) : sizeof(int64_t);
    a->count = 1;
    for (shape += strlen("'shape': ("); *shape != ')';) {
        char *end;
        const long long v = strtoll(shape, &end, 10);
        if (end == shape || v < 0 || v > 1 << 24 || a->rank == NPY_MOST_DIMS) return false;
        a->dims[a->rank++] = v;
        a->count *= v;
        shape = end + strspn(end, ", ");
    }
    return a->count <= 1 << 28;
}

static bool read_stream(FILE *f, npy *a)
{
    unsigned char start[10];
    char header[512];
    size_t element;
    if (fread(start, 1, sizeof start, f) != sizeof start || memcmp(start, "\x93NUMPY\x01", 7))
        return false;
    const size_t length = start[8] | (size_t)start[9] << 8;
    if (length >= sizeof header || fread(header, 1, length, f) != length) return false;
    header[length] = '\0';
    if (!parse_header(header, a, &element)) return false;
    void *data = malloc((size_t)a->count * element + 1);
    if (!data) return false;
    if (element == sizeof(float))
        a->reals = data;
    else
        a->integers = data;
    return fread(data, element, (size_t)a->count, f) == (size_t)a->count;
}

bool npy_read(const char *path, npy *a)
{
    *a = (npy){0};
    FILE *f = fopen(path, "rb");
    if (!f) return false;
    const bool ok = read_stream(f, a);
    fclose(f);
    if (!ok) npy_free(a);
    return ok;
}

void npy_free(npy *a)
{
    free(a->reals);
    free(a->integers);
    *a = (npy){0};
}
