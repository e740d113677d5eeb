#include "dispatch/host.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "kernels/common/attr.h"

enum { HUGE_PAGE = 2 << 20, ALIGNMENT = 64 };

/* Large memory begins on a huge page where the system has them: the first touch of packed weights
 * then takes a fault per 2 MiB, not per 4 KiB. */
static void *default_allocate(void *self, size_t alignment, size_t size)
{
    (void)self;
    const bool large = size >= HUGE_PAGE;
    void *memory;
    if (posix_memalign(&memory, large ? HUGE_PAGE : HG_MAX(alignment, sizeof memory), size))
        return NULL;
#ifdef MADV_HUGEPAGE
    if (large) madvise(memory, size, MADV_HUGEPAGE);
#endif
    return memory;
}

static void default_release(void *self, void *memory)
{
    (void)self;
    free(memory);
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
