/* Both files are little-endian, as are all processors that Hourglass runs on. */
#include "weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAGIC = 8, MAX_TENSORS = 1000 };

static const char weights_magic[MAGIC] = {'H', 'G', 'S', 'E', 'G', '1', '\n', '\0'};
static const char golden_magic[MAGIC] = {'H', 'G', 'G', 'O', 'L', 'D', '1', '\0'};

static bool read_bytes(FILE *file, void *to, size_t size)
{
    return fread(to, 1, size, file) == size;
}

static FILE *open_with_magic(const char *path, const char magic[MAGIC])
{
    char found[MAGIC];
    FILE *file = fopen(path, "rb");
    if (!file) return perror(path), NULL;
    if (read_bytes(file, found, MAGIC) && memcmp(found, magic, MAGIC) == 0) return file;
    fprintf(stderr, "%s: not the expected kind of file\n", path);
    fclose(file);
    return NULL;
}

/* Number of elements; 0 if the sizes make no sense. */
static size_t elements(const int32_t dims[4])
{
    size_t count = 1;
    for (int i = 0; i < 4; i++) {
        if (dims[i] < 1 || dims[i] > 1 << 16) return 0;
        count *= (size_t)dims[i];
        if (count > (size_t)1 << 28) return 0;
    }
    return count;
}

static bool read_tensor(FILE *file, weights_tensor *t)
{
    if (!read_bytes(file, t->name, sizeof t->name) || !read_bytes(file, t->dims, sizeof t->dims))
        return false;
    t->name[sizeof t->name - 1] = '\0';
    const size_t count = elements(t->dims);
    t->data = count ? malloc(count * sizeof *t->data) : NULL;
    return t->data && read_bytes(file, t->data, count * sizeof *t->data);
}

bool weights_read(const char *path, weights *w)
{
    int32_t count = 0;
    *w = (weights){0};
    FILE *file = open_with_magic(path, weights_magic);
    if (!file) return false;
    bool ok = read_bytes(file, &count, sizeof count) && count > 0 && count <= MAX_TENSORS;
    w->tensors = ok ? calloc((size_t)count, sizeof *w->tensors) : NULL;
    ok = w->tensors != NULL;
    while (ok && w->count < count) ok = read_tensor(file, &w->tensors[w->count++]);
    fclose(file);
    if (!ok) {
        fprintf(stderr, "%s: cut short or damaged\n", path);
        weights_free(w);
    }
    return ok;
}

void weights_free(weights *w)
{
    for (int i = 0; i < w->count; i++) free(w->tensors[i].data);
    free(w->tensors);
    *w = (weights){0};
}

const float *weights_find(const weights *w, const char *layer, const char *part,
                          const int64_t dims[4])
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", layer, part);
    for (int i = 0; i < w->count; i++) {
        const weights_tensor *t = &w->tensors[i];
        if (strcmp(t->name, name)) continue;
        if (t->dims[0] == dims[0] && t->dims[1] == dims[1] && t->dims[2] == dims[2] &&
            t->dims[3] == dims[3])
            return t->data;
        fprintf(stderr, "weights: %s has other sizes than the network\n", name);
        return NULL;
    }
    fprintf(stderr, "weights: %s is missing\n", name);
    return NULL;
}

float *golden_read(const char *path, int64_t channels, int64_t height, int64_t width)
{
    int32_t dims[4] = {0};
    float *logits = NULL;
    FILE *file = open_with_magic(path, golden_magic);
    if (!file) return NULL;
    bool ok = read_bytes(file, dims, sizeof dims) && dims[0] == 1 && dims[1] == channels &&
              dims[2] == height && dims[3] == width;
    const size_t count = ok ? elements(dims) : 0;
    logits = count ? malloc(count * sizeof *logits) : NULL;
    ok = logits && read_bytes(file, logits, count * sizeof *logits);
    fclose(file);
    if (ok) return logits;
    fprintf(stderr, "%s: damaged, or not for a picture of this size\n", path);
    free(logits);
    return NULL;
}
