/* Files of packed weights: the input is a list of packings and what lies behind it, under a header
 * that is right. A file is refused, or read without leaving it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dispatch/hash.h"
#include "dispatch/weights.h"
#include "tests/fuzz/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 64, COUNT = 32, SIZE = 40, LIST_HASH = 48, OWN_HASH = 56 };

static void put(char *bytes, int at, uint64_t value)
{
    memcpy(bytes + at, &value, sizeof value);
}

/* As weights_file.c lays it out; the number of packings is the input's first byte. */
static void sign(char *bytes, size_t size, uint64_t count)
{
    const uint64_t most = (size - HEADER) / sizeof(hg_packing);
    const uint32_t order_and_format[] = {0x01020304, 1};
    memset(bytes, 0, HEADER);
    memcpy(bytes, "hgpacked", 8);
    memcpy(bytes + 8, hg_version(), strlen(hg_version()));
    memcpy(bytes + 24, order_and_format, sizeof order_and_format);
    put(bytes, COUNT, count);
    put(bytes, SIZE, size);
    put(bytes, LIST_HASH, hg_hash(bytes + HEADER, HG_MIN(count, most) * sizeof(hg_packing)));
    put(bytes, OWN_HASH, hg_hash(bytes, OWN_HASH));
}

static void read_all(hg_context *context, const char *path)
{
    hg_weights *weights;
    if (hg_weights_open(context, path, &weights)) return;
    hg_weights_verify(weights);
    float sum = 0;
    for (const hg_weights_entry *entry = weights->first; entry; entry = entry->next) {
        const size_t count = entry->is.bytes / sizeof(float);
        const float *found = hg_weights_find(weights, entry->is.id, count);
        for (size_t i = 0; found && i < count; i++) sum += found[i];
    }
    if (sum == 1e30f) fuzz_fail(path, "a sum"); /* so that the reads stay */
    hg_weights_free(weights);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static hg_context *context;
    if (!context) context = fuzz_context(1);
    if (size == 0) return 0;
    const size_t whole = HEADER + size - 1;
    char path[64], *bytes = malloc(whole);
    const int file = memfd_create("packed", MFD_CLOEXEC);
    if (!bytes || file < 0) abort();
    memcpy(bytes + HEADER, data + 1, size - 1);
    sign(bytes, whole, data[0]);
    if (write(file, bytes, whole) != (ssize_t)whole) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    read_all(context, path);
    close(file);
    free(bytes);
    return 0;
}
