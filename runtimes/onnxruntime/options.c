/* Options of a session: entries "ep.hourglass.NAME". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtimes/onnxruntime/provider.h"

enum { LEAST_NODES = 4, MOST_THREADS = 256, MOST_NODES = 1 << 20, MOST_TABLE = 1 << 28 };

static const char *const accuracies[] = {"default", "strict", "relaxed", NULL};
static const char *const yes_no[] = {"no", "yes", NULL};

static bool read_word(const char *const *words, const char *value, int *index)
{
    for (int i = 0; words[i]; i++)
        if (!strcmp(words[i], value)) return *index = i, true;
    return false;
}

static bool read_number(const char *value, int most, int *number)
{
    char *end;
    const long n = strtol(value, &end, 10);
    *number = (int)n;
    return *value >= '0' && *value <= '9' && !*end && n >= 1 && n <= most;
}

static bool read_accuracy(ep_options *o, const char *value)
{
    int i = 0;
    const bool good = read_word(accuracies, value, &i);
    o->accuracy = (hg_accuracy)i;
    return good;
}

static bool read_reproducible(ep_options *o, const char *value)
{
    int i = 0;
    const bool good = read_word(yes_no, value, &i);
    o->reproducible = i;
    return good;
}

static bool read_threads(ep_options *o, const char *value)
{
    return read_number(value, MOST_THREADS, &o->threads);
}

static bool read_least(ep_options *o, const char *value)
{
    return read_number(value, MOST_NODES, &o->least);
}

static bool read_table(ep_options *o, const char *value)
{
    FILE *file = fopen(value, "rb");
    if (!file) return false;
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    free(o->table);
    o->table = size > 0 && size <= MOST_TABLE ? malloc((size_t)size) : NULL;
    o->table_size = o->table ? fread(o->table, 1, (size_t)size, file) : 0;
    fclose(file);
    return o->table && o->table_size == (size_t)size;
}

static const struct {
    const char *name, *takes;
    bool (*read)(ep_options *o, const char *value);
} options[] = {
    {"accuracy", "default, strict or relaxed", read_accuracy},
    {"reproducible", "yes or no", read_reproducible},
    {"threads", "a number from 1 to 256", read_threads},
    {"least_nodes", "a number from 1 on", read_least},
    {"table", "a file of tunings that can be read", read_table},
};
enum { OPTIONS = sizeof options / sizeof *options };

static OrtStatus *read_entry(const ep_api *api, const char *name, const char *value, ep_options *o)
{
    for (int i = 0; i < OPTIONS; i++) {
        if (strcmp(options[i].name, name)) continue;
        if (options[i].read(o, value)) return NULL;
        return ep_fail(api, ORT_INVALID_ARGUMENT, "hourglass: option %s is %s, not \"%s\"", name,
                       options[i].takes, value);
    }
    return ep_fail(api, ORT_INVALID_ARGUMENT, "hourglass: there is no option \"%s\"", name);
}

/* The runtime's own default: a thread for each processor. */
static int processors(void)
{
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    return count < 1 ? 1 : count > MOST_THREADS ? MOST_THREADS : (int)count;
}

OrtStatus *ep_options_read(const ep_api *api, const OrtSessionOptions *session, ep_options *o)
{
    static const char prefix[] = "ep." EP_NAME ".";
    const size_t length = sizeof prefix - 1;
    const char *const *keys, *const *values;
    size_t count;
    OrtKeyValuePairs *entries = NULL;
    OrtStatus *status = NULL;
    *o = (ep_options){.threads = processors(), .least = LEAST_NODES};
    EP_TRY(api->ort->GetSessionOptionsConfigEntries(session, &entries));
    api->ort->GetKeyValuePairs(entries, &keys, &values, &count);
    for (size_t i = 0; !status && i < count; i++)
        if (!strncmp(keys[i], prefix, length))
            status = read_entry(api, keys[i] + length, values[i], o);
    api->ort->ReleaseKeyValuePairs(entries);
    if (status) ep_options_free(o);
    return status;
}

void ep_options_free(ep_options *o)
{
    free(o->table);
    o->table = NULL;
}
