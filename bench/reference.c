/* The reference: fixed work beside which layers are timed. Contract: limits.h. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/crew.h"
#include "bench/limits.h"
#include "kernels/common/attr.h"

enum { REFERENCE_REPEATS = 5 };
enum { CORE_FLOATS = 1 << 11, CORE_PASSES = 80 }; /* read, and written, by a thread; about 12 us */
enum { MEMORY_FLOATS = 1 << 18 };                 /* read, and written, by all: 1 MiB each */
enum { BLOCK_FLOATS = 1 << 10 };                  /* read, then written, of it at a time */
enum { HUGE_PAGE = 1 << 21 };

struct hg_reference {
    const hg_limit_loops *loops;
    int threads;
    float *near, *far;
};

static volatile float sink;

/* One huge page, if the system has them: which of its frames small pages get differs from process
 * to process, and with it the time. */
static float *touched_pages(size_t floats)
{
    const size_t bytes = HG_ROUND_UP(floats * sizeof(float), HUGE_PAGE);
    float *pages = aligned_alloc(HUGE_PAGE, bytes);
    if (!pages) return NULL;
    madvise(pages, bytes, MADV_HUGEPAGE);
    memset(pages, 0x3f, bytes);
    return pages;
}

hg_reference *hg_reference_create(hg_isa isa, int threads)
{
    hg_reference *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->loops = hg_limit_loops_of(isa);
    r->threads = HG_MIN(threads, HG_CREW_MOST);
    r->near = touched_pages((size_t)r->threads * 2 * CORE_FLOATS);
    r->far = touched_pages(2 * MEMORY_FLOATS);
    if (r->near && r->far) return r;
    hg_reference_free(r);
    return NULL;
}

void hg_reference_free(hg_reference *r)
{
    if (!r) return;
    free(r->near);
    free(r->far);
    free(r);
}

static void run_core(void *argument, int thread, int threads)
{
    (void)threads;
    const hg_reference *r = argument;
    float *in = r->near + (size_t)thread * 2 * CORE_FLOATS;
    for (int i = 0; i < CORE_PASSES; i++) sink = r->loops->copy(in, in + CORE_FLOATS, CORE_FLOATS);
}

static void run_memory(void *argument, int thread, int threads)
{
    const hg_reference *r = argument;
    const size_t blocks = MEMORY_FLOATS / BLOCK_FLOATS;
    const size_t last = blocks * (size_t)(thread + 1) / (size_t)threads;
    for (size_t b = blocks * (size_t)thread / (size_t)threads; b < last; b++) {
        const float *in = r->far + b * BLOCK_FLOATS;
        sink = r->loops->copy(in, r->far + MEMORY_FLOATS + b * BLOCK_FLOATS, BLOCK_FLOATS);
    }
}

hg_reference_times hg_reference_run(hg_reference *r)
{
    const hg_crew core = {
        .threads = r->threads, .repeats = REFERENCE_REPEATS, .work = run_core, .argument = r};
    const hg_crew memory = {
        .threads = r->threads, .repeats = REFERENCE_REPEATS, .work = run_memory, .argument = r};
    hg_reference_times times;
    times.memory_ns = hg_crew_time(&memory);
    times.core_ns = hg_crew_time(&core);
    return times;
}
