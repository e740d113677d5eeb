/* Measuring the machine's limits. Contract: limits.h. */
#include "bench/limits.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernels/common/attr.h"
#include "tuner/clock.h"

enum { MAX_THREADS = 256, FMA_WINDOWS = 12, LIMIT_REPEATS = 5, ALIGNMENT = 64 };
static const double WINDOW_NS = 1e6, TRAFFIC_NS = 2e7;
enum { BLOCK = 1024 }; /* floats of the larger side between changes from reading to writing */

static const hg_limit_loops *loops_of(hg_isa isa)
{
    static const hg_limit_loops *const all[] = {
#ifdef HG_BENCH_AVX2
        &hg_limits_avx2,
#endif
#ifdef HG_BENCH_AVX512
        &hg_limits_avx512,
#endif
#ifdef HG_BENCH_NEON
        &hg_limits_neon,
#endif
        &hg_limits_c,
    };
    for (size_t i = 0; i < HG_COUNT(all); i++)
        if (all[i]->isa == isa) return all[i];
    return &hg_limits_c;
}

/* ---- A crew: threads that start each repetition together ---- */

typedef struct crew {
    int threads;
    int repeats;     /* after the first, which is not timed */
    double least_ns; /* repeat at least this long, too */
    void (*work)(void *argument, int thread, int threads);
    void *argument;
    atomic_int waiting, generation, stop;
    atomic_int abandoned; /* not all threads could be started: nobody waits any more */
    double best;          /* ns of the fastest repetition; written by thread 0 */
} crew;

static void barrier(crew *c)
{
    const int generation = atomic_load(&c->generation);
    if (atomic_fetch_add(&c->waiting, 1) + 1 == c->threads) {
        atomic_store(&c->waiting, 0);
        atomic_fetch_add(&c->generation, 1);
        return;
    }
    for (int spins = 0; !atomic_load(&c->abandoned) && atomic_load(&c->generation) == generation;
         spins++)
        if (spins > 10000) sched_yield();
}

static void repeat(crew *c, int thread)
{
    const double begin = hg_clock_ns();
    for (int i = 0; !atomic_load(&c->stop); i++) {
        barrier(c);
        const double start = hg_clock_ns();
        c->work(c->argument, thread, c->threads);
        barrier(c);
        const double end = hg_clock_ns();
        if (thread == 0 && i > 0) c->best = c->best ? HG_MIN(c->best, end - start) : end - start;
        if (thread == 0 && i >= c->repeats && end - begin > c->least_ns) atomic_store(&c->stop, 1);
        barrier(c);
    }
}

typedef struct member {
    crew *crew;
    int thread;
} member;

static void *serve(void *argument)
{
    const member *m = argument;
    repeat(m->crew, m->thread);
    return NULL;
}

/* Least time of the work; 0 if the threads cannot be had. */
static double time_crew(crew *c)
{
    pthread_t threads[MAX_THREADS];
    member members[MAX_THREADS];
    const int wanted = HG_MIN(c->threads, MAX_THREADS);
    int made = 1;
    c->threads = wanted;
    for (; made < wanted; made++) {
        members[made] = (member){c, made};
        if (pthread_create(&threads[made], NULL, serve, &members[made])) break;
    }
    if (made < wanted) {
        atomic_store(&c->stop, 1);
        atomic_store(&c->abandoned, 1);
    } else {
        repeat(c, 0);
    }
    for (int i = 1; i < made; i++) pthread_join(threads[i], NULL);
    return made < wanted ? 0 : c->best;
}

/* ---- FMA peak ---- */

typedef struct fma_work {
    const hg_limit_loops *loops;
    long steps;
} fma_work;

static volatile float sink;

static void run_fma(void *argument, int thread, int threads)
{
    (void)thread, (void)threads;
    const fma_work *w = argument;
    sink = w->loops->fma(w->steps);
}

double hg_limit_gflops(hg_isa isa, int threads)
{
    fma_work work = {loops_of(isa), 20000};
    const double start = hg_clock_ns();
    run_fma(&work, 0, 1);
    const double ns = HG_MAX(hg_clock_ns() - start, 1.0);
    work.steps = (long)HG_MAX((double)work.steps * WINDOW_NS / ns, 1.0);
    crew c = {.threads = threads,
              .repeats = LIMIT_REPEATS,
              .least_ns = FMA_WINDOWS * WINDOW_NS,
              .work = run_fma,
              .argument = &work};
    const double best = time_crew(&c);
    return best > 0 ? (double)work.steps * work.loops->flops_per_step * threads / best : 0;
}

/* ---- Traffic roof ---- */

typedef struct traffic_work {
    hg_traffic_loop *loop;
    const float *in;
    float *out;
    size_t in_count, out_count, blocks;
} traffic_work;

/* The beginning of part i of n, on a boundary that the loops accept. */
static size_t part(size_t count, size_t i, size_t n)
{
    return i == n ? count : count / n * i / HG_TRAFFIC_STEP * HG_TRAFFIC_STEP;
}

static void run_traffic(void *argument, int thread, int threads)
{
    const traffic_work *w = argument;
    const size_t first = w->blocks * (size_t)thread / (size_t)threads;
    const size_t last = w->blocks * (size_t)(thread + 1) / (size_t)threads;
    float sum = 0;
    for (size_t b = first; b < last; b++) {
        const size_t in = part(w->in_count, b, w->blocks), out = part(w->out_count, b, w->blocks);
        sum += w->loop(w->in + in, part(w->in_count, b + 1, w->blocks) - in, w->out + out,
                       part(w->out_count, b + 1, w->blocks) - out);
    }
    sink = sum;
}

double hg_limit_traffic_ns(hg_isa isa, int threads, size_t in_bytes, size_t out_bytes)
{
    const hg_limit_loops *loops = loops_of(isa);
    const size_t in = HG_ROUND_UP(HG_MAX(in_bytes, 4) / 4, HG_TRAFFIC_STEP);
    const size_t out = HG_ROUND_UP(HG_MAX(out_bytes, 4) / 4, HG_TRAFFIC_STEP);
    float *from = aligned_alloc(ALIGNMENT, in * sizeof *from);
    float *to = aligned_alloc(ALIGNMENT, out * sizeof *to);
    double best = 0;
    hg_traffic_loop *const forms[] = {loops->plain, loops->stream};
    /* Not zeros: lines of zeros are written faster than any others. */
    if (from) memset(from, 0x3f, in * sizeof *from);
    if (to) memset(to, 0, out * sizeof *to);
    for (size_t i = 0; from && to && i < HG_COUNT(forms); i++) {
        traffic_work work = {forms[i], from, to, in, out, HG_MAX(in, out) / BLOCK + 1};
        crew c = {.threads = threads,
                  .repeats = LIMIT_REPEATS,
                  .least_ns = TRAFFIC_NS,
                  .work = run_traffic,
                  .argument = &work};
        const double ns = time_crew(&c);
        if (ns > 0 && (best == 0 || ns < best)) best = ns;
    }
    free(from);
    free(to);
    return best;
}

/* ---- The reference ---- */

enum { REFERENCE_REPEATS = 5 };
enum { CORE_FLOATS = 1 << 11, CORE_PASSES = 80 }; /* read, and written, by a thread; about 12 us */
enum { MEMORY_FLOATS = 1 << 18 };                 /* read, and written, by all: 1 MiB each */
enum { HUGE_PAGE = 1 << 21 };

struct hg_reference {
    const hg_limit_loops *loops;
    int threads;
    float *near, *far;
};

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
    r->loops = loops_of(isa);
    r->threads = HG_MIN(threads, MAX_THREADS);
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
    for (int i = 0; i < CORE_PASSES; i++)
        sink = r->loops->plain(in, CORE_FLOATS, in + CORE_FLOATS, CORE_FLOATS);
}

hg_reference_times hg_reference_run(hg_reference *r)
{
    traffic_work traffic = {.loop = r->loops->plain,
                            .in = r->far,
                            .out = r->far + MEMORY_FLOATS,
                            .in_count = MEMORY_FLOATS,
                            .out_count = MEMORY_FLOATS,
                            .blocks = MEMORY_FLOATS / BLOCK};
    crew core = {
        .threads = r->threads, .repeats = REFERENCE_REPEATS, .work = run_core, .argument = r};
    crew memory = {.threads = r->threads,
                   .repeats = REFERENCE_REPEATS,
                   .work = run_traffic,
                   .argument = &traffic};
    hg_reference_times times;
    times.memory_ns = time_crew(&memory);
    times.core_ns = time_crew(&core);
    return times;
}
