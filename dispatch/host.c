#include "dispatch/host.h"

#include "dispatch/os.h"

enum { ALIGNMENT = 64 };

static void *default_allocate(void *self, size_t alignment, size_t size)
{
    (void)self;
    return hg_os_allocate(alignment, size);
}

static void default_release(void *self, void *memory)
{
    (void)self;
    hg_os_release(memory);
}

hg_host hg_host_of(const hg_context_options *o)
{
    const hg_allocator standard = {default_allocate, default_release, NULL};
    return (hg_host){o->allocator.allocate ? o->allocator : standard, o->log};
}

void *hg_allocate(const hg_host *host, size_t size)
{
    if (size > (size_t)PTRDIFF_MAX - ALIGNMENT) return NULL;
    return host->allocator.allocate(host->allocator.self, ALIGNMENT, size ? size : 1);
}

void hg_release(const hg_host *host, void *memory)
{
    if (memory) host->allocator.release(host->allocator.self, memory);
}

hg_status hg_report(const hg_host *host, hg_status status, const char *sentence)
{
    if (host && host->log.write) host->log.write(host->log.self, status, sentence);
    return status;
}
