/* Files of packed weights that are cut off, damaged, foreign or forged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/hash.h"
#include "dispatch/weights.h"
#include "tests/api_weights.h"

static const char *file;

static char *read_whole(size_t *size)
{
    FILE *f = fopen(file, "rb");
    char *bytes = malloc(1 << 20);
    *size = f && bytes ? fread(bytes, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    return bytes;
}

static hg_status open_bytes(hg_context *context, const char *bytes, size_t size, hg_weights **out)
{
    FILE *f = fopen(file, "wb");
    if (f) fwrite(bytes, 1, size, f), fclose(f);
    last = (heard){0};
    return hg_weights_open(context, file, out);
}

enum { HEADER = 64, LIST_HASH = 48, OWN_HASH = 56 };

/* Lets a file be whole whose list was changed. */
static void sign(char *bytes, size_t count)
{
    const uint64_t list = hg_hash(bytes + HEADER, count * sizeof(hg_packing));
    memcpy(bytes + LIST_HASH, &list, sizeof list);
    const uint64_t own = hg_hash(bytes, OWN_HASH);
    memcpy(bytes + OWN_HASH, &own, sizeof own);
}

static void test_damage(hg_context *context, const char *whole, size_t size)
{
    const unsigned refused = 1 << HG_INVALID | 1 << HG_UNSUPPORTED | 1 << HG_IO;
    const size_t listed = HEADER + (PACKED_SAMPLES + PACKED_FLOATS) * sizeof(hg_packing);
    hg_weights *packed;
    char *bytes = malloc(size);
    for (size_t i = 0; i < size; i += i < 2 * HEADER ? 1 : 97) {
        const hg_status status = open_bytes(context, whole, i, &packed);
        expect_refused(status, refused, packed, "", "cut off");
    }
    memcpy(bytes, whole, size);
    for (size_t bit = 0; bit < 8 * listed; bit += bit < 8 * HEADER ? 1 : 31) {
        bytes[bit / 8] ^= (char)(1 << bit % 8);
        const hg_status status = open_bytes(context, bytes, size, &packed);
        expect_refused(status, refused, packed, "", "a bit");
        bytes[bit / 8] ^= (char)(1 << bit % 8);
    }
    bytes[size - 1] ^= 1;
    expect(!open_bytes(context, bytes, size, &packed), "a bit of what is packed");
    expect_refused(hg_weights_verify(packed), 1 << HG_INVALID, NULL, "damaged", "verified");
    expect(!hg_weights_save(packed, file), "saved all the same: %s", last.sentence);
    hg_weights_free(packed);
    expect(!hg_weights_open(context, file, &packed), "and opened: %s", last.sentence);
    expect_refused(hg_weights_verify(packed), 1 << HG_INVALID, NULL, "damaged", "a copy of damage");
    hg_weights_free(packed);
    free(bytes);
}

static void test_forged(hg_context *context, const char *whole, size_t size)
{
    static const struct {
        size_t member;
        uint64_t value;
    } cases[] = {{offsetof(hg_packing, offset), 0},
                 {offsetof(hg_packing, offset), 1 << 30},
                 {offsetof(hg_packing, offset), UINT64_MAX},
                 {offsetof(hg_packing, bytes), 0},
                 {offsetof(hg_packing, bytes), UINT64_MAX},
                 {offsetof(hg_packing, bytes), 1 << 30},
                 {offsetof(hg_packing, bytes), 5}};
    hg_weights *packed;
    hg_plan *plan;
    char *bytes = malloc(size);
    for (size_t i = 0; i < HG_COUNT(cases); i++) {
        memcpy(bytes, whole, size);
        memcpy(bytes + HEADER + cases[i].member, &cases[i].value, sizeof cases[i].value);
        sign(bytes, PACKED_SAMPLES + PACKED_FLOATS);
        const hg_status status = open_bytes(context, bytes, size, &packed);
        expect_refused(status, 1 << HG_INVALID, packed, "damaged", "forged");
    }
    memcpy(bytes, whole, size); /* another revision of the kernel */
    bytes[HEADER + offsetof(hg_packing, rev)]++;
    sign(bytes, PACKED_SAMPLES + PACKED_FLOATS);
    expect(!open_bytes(context, bytes, size, &packed), "opened: %s", last.sentence);
    const hg_status status = plan_packed(context, packed_sample(0), packed, 1, NULL, &plan);
    expect_refused(status, 1 << HG_UNSUPPORTED, plan, "dropped", "another revision");
    expect(count_wrong(context, packed, sample_weights()) == 0, "packed anew");
    hg_weights_free(packed);
    free(bytes);
}

void test_weights_files(hg_context *context, const char *path)
{
    size_t size;
    hg_weights *packed;
    file = path;
    char *whole = read_whole(&size);
    test_damage(context, whole, size);
    test_forged(context, whole, size);
    hg_status status = hg_weights_open(context, "/dev/null", &packed);
    expect_refused(status, 1 << HG_IO, packed, "/dev/null", "no regular file");
    status = hg_weights_open(context, "/no/such", &packed);
    expect_refused(status, 1 << HG_IO, packed, "/no/such", "no file");
    expect(!open_bytes(context, whole, size, &packed), "whole again: %s", last.sentence);
    expect_refused(hg_weights_save(packed, "/no/such/file"), 1 << HG_IO, NULL, "/no/such/file",
                   "no folder");
    hg_weights_free(packed);
    free(whole);
}
