#include "tests/guard.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool guard_open(guard *g, size_t size, size_t alignment, guard_side side)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t room = (size + alignment - 1) / alignment * alignment;
    *g = (guard){.size = size, .body_size = (room + page - 1) / page * page};
    if (g->body_size == 0) g->body_size = page;
    g->pages_size = g->body_size + 2 * page;
    g->pages = mmap(NULL, g->pages_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g->pages == MAP_FAILED) return false;
    g->body = g->pages + page;
    if (mprotect(g->body, g->body_size, PROT_READ | PROT_WRITE)) return false;
    g->data = side == GUARD_START ? g->body : g->body + (g->body_size - room);
    guard_fill(g);
    return true;
}

void guard_close(guard *g)
{
    if (g->pages) munmap(g->pages, g->pages_size);
    *g = (guard){0};
}

void guard_lock(const guard *g)
{
    if (g->body) mprotect(g->body, g->body_size, PROT_READ);
}

void guard_unlock(const guard *g)
{
    if (g->body) mprotect(g->body, g->body_size, PROT_READ | PROT_WRITE);
}

void guard_fill(const guard *g)
{
    uint32_t *words = (uint32_t *)(void *)g->body;
    for (size_t i = 0; i < g->body_size / sizeof *words; i++) words[i] = guard_canary;
}

unsigned char guard_byte(const guard *g, const void *at)
{
    unsigned char bytes[sizeof guard_canary];
    memcpy(bytes, &guard_canary, sizeof bytes);
    return bytes[(size_t)((const unsigned char *)at - g->body) % sizeof bytes];
}

/* Words that the data ends within, byte by byte. */
static bool edge_intact(const guard *g, const unsigned char *word)
{
    const unsigned char *data = g->data, *end = data + g->size;
    for (const unsigned char *at = word; at < word + sizeof guard_canary; at++)
        if ((at < data || at >= end) && *at != guard_byte(g, at)) return false;
    return true;
}

bool guard_slack_intact(const guard *g)
{
    const uint32_t *words = (const uint32_t *)(const void *)g->body;
    const size_t before = (size_t)((unsigned char *)g->data - g->body);
    const size_t first = before / sizeof *words, last = (before + g->size) / sizeof *words;
    const size_t count = g->body_size / sizeof *words;
    for (size_t i = 0; i < count; i++)
        if ((i < first || i > last) && words[i] != guard_canary) return false;
    return (first == count || edge_intact(g, (const unsigned char *)(words + first))) &&
           (last == count || edge_intact(g, (const unsigned char *)(words + last)));
}
