/* The FMA peak, and which loops an instruction set has. Contract: limits.h. */
#include "bench/limits.h"

#include "bench/crew.h"
#include "kernels/common/attr.h"
#include "tuner/clock.h"

enum { FMA_WINDOWS = 12, FMA_REPEATS = 5 };
static const double WINDOW_NS = 1e6;

const hg_limit_loops *hg_limit_loops_of(hg_isa isa)
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
    fma_work work = {hg_limit_loops_of(isa), 20000};
    const double start = hg_clock_ns();
    run_fma(&work, 0, 1);
    const double ns = HG_MAX(hg_clock_ns() - start, 1.0);
    work.steps = (long)HG_MAX((double)work.steps * WINDOW_NS / ns, 1.0);
    const hg_crew crew = {.threads = threads,
                          .repeats = FMA_REPEATS,
                          .least_ns = FMA_WINDOWS * WINDOW_NS,
                          .work = run_fma,
                          .argument = &work};
    const double best = hg_crew_time(&crew);
    return best > 0 ? (double)work.steps * work.loops->flops_per_step * threads / best : 0;
}
