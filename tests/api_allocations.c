/* Counts calls of malloc and its relatives: the program's own definitions come before the C
 * library's, for every library in the process. */
#include <errno.h>
#include <stdlib.h>

#include "tests/api_watch.h"
#include "tests/sanitized.h"

static long calls; /* atomic */

static void count(void)
{
    __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
}

long watch_allocations(void)
{
    return __atomic_load_n(&calls, __ATOMIC_RELAXED);
}

#if defined(HG_SANITIZED)

static void on_malloc(const volatile void *memory, size_t size)
{
    (void)memory, (void)size;
    count();
}

static void on_free(const volatile void *memory)
{
    (void)memory;
    count();
}

__attribute__((constructor)) static void install(void)
{
    __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}

#else

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *realloc(void *memory, size_t size)
{
    count();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    count();
    __libc_free(memory);
}
#endif
