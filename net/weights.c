/* Weights: a file beside the description, or random numbers. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "net/description.h"

/* The checksum of zlib, gzip and PNG. */
static uint32_t crc32_of(const unsigned char *bytes, size_t size)
{
    uint32_t table[256], crc = ~0u;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320u : 0);
    }
    for (size_t i = 0; i < size; i++) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255];
    return ~crc;
}

/* What has never been a file has no checksum. */
static hg_status check(const hg_net *net, size_t size, hg_net_error *error)
{
    if (!net->weights_file) return HG_OK;
    const uint32_t crc = crc32_of((const unsigned char *)net->weights, size);
    if (crc == net->weights_crc) return HG_OK;
    return net_fail(error, net->weights_word, HG_INVALID,
                    "the weights have the checksum crc32=%08x, not %08x: another file, or damaged",
                    (unsigned)crc, (unsigned)net->weights_crc);
}

static bool wants_bytes(const hg_net *net)
{
    return net->weights_word.line && !net->random;
}

static hg_status take_memory(hg_net *net, hg_net_error *error)
{
    net->weights = net_take(&net->memory, (size_t)net->weights_size, 1);
    return net->weights ? HG_OK : net_fail_whole(error, HG_NO_MEMORY, "out of memory");
}

hg_status net_weights_take(hg_net *net, const void *bytes, size_t size, hg_net_error *error)
{
    if (!wants_bytes(net)) {
        return size ? net_fail_whole(error, HG_INVALID, "the description has no file of weights")
                    : HG_OK;
    }
    if (size != (size_t)net->weights_size || !bytes)
        return net_fail(error, net->weights_word, HG_INVALID, "%zu bytes of weights, not %lld",
                        bytes ? size : 0, (long long)net->weights_size);
    const hg_status status = take_memory(net, error);
    if (status) return status;
    memcpy(net->weights, bytes, size);
    return check(net, size, error);
}

static hg_status read_file(hg_net *net, FILE *file, const char *path, hg_net_error *error)
{
    const size_t size = (size_t)net->weights_size;
    fseek(file, 0, SEEK_END);
    const long found = ftell(file);
    if (found < 0 || found == LONG_MAX || (size_t)found != size)
        return net_fail(error, net->weights_word, found < 0 ? HG_IO : HG_INVALID,
                        "%s has %ld bytes, not %zu", path, found, size);
    rewind(file);
    const hg_status status = take_memory(net, error);
    if (status) return status;
    if (fread(net->weights, 1, size, file) != size)
        return net_fail(error, net->weights_word, HG_IO, "%s cannot be read", path);
    return check(net, size, error);
}

hg_status net_weights_load(hg_net *net, const char *path, hg_net_error *error)
{
    if (!wants_bytes(net)) return HG_OK;
    if (!net->weights_file)
        return net_fail(error, net->weights_word, HG_INVALID, "the weights are in no file");
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    const size_t size = (size_t)folder + strlen(net->weights_file) + 1;
    char *name = net_take(&net->memory, size, 1);
    if (!name) return net_fail_whole(error, HG_NO_MEMORY, "out of memory");
    snprintf(name, size, "%.*s%s", folder, path, net->weights_file);
    FILE *file = fopen(name, "rb");
    if (!file) return net_fail(error, net->weights_word, HG_IO, "%s cannot be opened", name);
    const hg_status status = read_file(net, file, name, error);
    fclose(file);
    return status;
}

hg_status net_parameter_place(hg_net *net, net_parameter *p, int64_t count, net_word where,
                              const char *name, hg_net_error *error)
{
    const int64_t floats = net->random ? INT64_C(1) << 40 : net->weights_size / 4;
    if (!p->given) return HG_OK;
    if (!net->weights_word.line)
        return net_fail(error, where, HG_INVALID, "the description has no line \"weights\"");
    if (p->next) p->offset = net->next;
    p->count = count;
    net->next = p->offset + count;
    if (p->offset <= floats && count <= floats - p->offset) return HG_OK;
    return net_fail(error, where, HG_INVALID,
                    "%s takes floats %lld to %lld, but the weights have %lld", name,
                    (long long)p->offset, (long long)(p->offset + count - 1), (long long)floats);
}

/* SplitMix64 of the place, so that what one line gets does not depend on another. */
static float uniform(uint64_t seed, int64_t place)
{
    uint64_t z = seed * 0x9E3779B97F4A7C15u + (uint64_t)place * 0xD1342543DE82EF95u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return (float)((z ^ z >> 31) >> 40) * 0x1p-23f - 1.0f;
}

void net_parameter_copy(const hg_net *net, const net_parameter *p, float centre, float spread,
                        float *to)
{
    for (int64_t i = 0; net->bare && i < p->count; i++)
        to[i] = 1; /* passes may calculate with it */
    if (net->bare) return;
    if (!net->random) {
        memcpy(to, net->weights + p->offset, (size_t)p->count * sizeof *to);
        return;
    }
    for (int64_t i = 0; i < p->count; i++)
        to[i] = centre + spread * uniform(net->seed, p->offset + i);
}
