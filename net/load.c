/* Makes a net of a text, and of files. */
#include <stdio.h>
#include <string.h>

#include "net/graph.h"

enum { MOST_TEXT = 1 << 24 };

static hg_status start(const hg_allocator *allocator, hg_net **net, hg_net_error *error)
{
    net_memory memory = {.first = NULL};
    if (allocator) memory.allocator = *allocator;
    if (!memory.allocator.allocate != !memory.allocator.release)
        return net_fail_whole(error, HG_INVALID, "one of the allocator's functions is missing");
    *net = net_take(&memory, 1, sizeof **net);
    if (!*net) return net_fail_whole(error, HG_NO_MEMORY, "out of memory");
    (*net)->memory = memory;
    return HG_OK;
}

static hg_status read_text(hg_net *net, size_t size, hg_net_error *error)
{
    net->id = hg_weights_id(net->text, size);
    return net_read_lines(net, (net_text){net->text, net->text + size, 0}, error);
}

/* Frees what failed. */
static hg_status finish(hg_net *made, hg_status status, hg_net **net)
{
    if (status)
        hg_net_free(made);
    else
        *net = made;
    return status;
}

hg_status hg_net_read(const char *text, size_t size, const void *weights, size_t weights_size,
                      const hg_allocator *allocator, hg_net **net, hg_net_error *error)
{
    hg_net *made = NULL;
    if (error) *error = (hg_net_error){0};
    if (net) *net = NULL;
    if (!net || (!text && size)) return net_fail_whole(error, HG_INVALID, "a null pointer");
    if (size > MOST_TEXT)
        return net_fail_whole(error, HG_INVALID, "a text of more than %d bytes", MOST_TEXT);
    hg_status status = start(allocator, &made, error);
    if (status) return status;
    made->text = net_take_text(&made->memory, text ? text : "", size);
    if (!made->text) status = net_fail_whole(error, HG_NO_MEMORY, "out of memory");
    if (!status) status = read_text(made, size, error);
    if (!status) status = net_weights_take(made, weights, weights_size, error);
    if (!status) status = net_check(made, error);
    return finish(made, status, net);
}

/* Not through the file's size: what is no plain file has none. */
static hg_status load_text(hg_net *net, FILE *file, size_t *size, const char *path,
                           hg_net_error *error)
{
    enum { FIRST = 1 << 14 };
    char *text = NULL;
    *size = 0;
    for (size_t room = FIRST; room <= MOST_TEXT; room *= 2) {
        char *larger = net_take(&net->memory, room + 1, 1);
        if (!larger) return net_fail_whole(error, HG_NO_MEMORY, "out of memory");
        if (text) memcpy(larger, text, *size);
        text = larger;
        *size += fread(text + *size, 1, room - *size, file);
        net->text = text;
        if (ferror(file)) return net_fail_whole(error, HG_IO, "%s cannot be read", path);
        if (*size < room) return HG_OK;
    }
    return net_fail_whole(error, HG_INVALID, "%s has more than %d bytes", path, MOST_TEXT);
}

static hg_status load(const char *path, bool bare, const hg_allocator *allocator, hg_net **net,
                      hg_net_error *error)
{
    hg_net *made = NULL;
    size_t size = 0;
    if (error) *error = (hg_net_error){0};
    if (net) *net = NULL;
    if (!net || !path) return net_fail_whole(error, HG_INVALID, "a null pointer");
    FILE *file = fopen(path, "rb");
    if (!file) return net_fail_whole(error, HG_IO, "%s cannot be opened", path);
    hg_status status = start(allocator, &made, error);
    if (!status) status = load_text(made, file, &size, path, error);
    fclose(file);
    if (!made) return status;
    if (!status) status = read_text(made, size, error);
    made->bare = bare;
    if (!status && !bare) status = net_weights_load(made, path, error);
    if (!status) status = net_check(made, error);
    return finish(made, status, net);
}

hg_status hg_net_load(const char *path, const hg_allocator *allocator, hg_net **net,
                      hg_net_error *error)
{
    return load(path, false, allocator, net, error);
}

hg_status hg_net_load_text(const char *path, const hg_allocator *allocator, hg_net **net,
                           hg_net_error *error)
{
    return load(path, true, allocator, net, error);
}

void hg_net_free(hg_net *net)
{
    if (!net) return;
    net_memory memory = net->memory; /* the net itself lies in it */
    net_give_back(&memory);
}
