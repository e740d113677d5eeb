/* What the machine can do at most: the yardsticks of the benchmarks.
 *
 *   FMA peak      multiply-adds on independent registers, no memory
 *   traffic roof  every input byte read once and every output byte written once, interleaved, on
 *                 hot buffers; the better of plain and non-temporal stores */
#ifndef HG_BENCH_LIMITS_H
#define HG_BENCH_LIMITS_H

#include <stddef.h>

#include "hourglass/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The loops of one ISA. Counts are in floats and multiples of HG_TRAFFIC_STEP, pointers 64-byte
 * aligned. What they return depends on all they read, so that nothing is left out. */
enum { HG_TRAFFIC_STEP = 16 };
typedef float hg_traffic_loop(const float *in, size_t in_count, float *out, size_t out_count);

typedef struct hg_limit_loops {
    hg_isa isa;
    double flops_per_step;
    float (*fma)(long steps);
    hg_traffic_loop *plain, *stream;
} hg_limit_loops;

extern const hg_limit_loops hg_limits_c, hg_limits_avx2, hg_limits_avx512, hg_limits_neon;

/* GFLOP/s of `threads` threads together: the best of several windows of about 1 ms, now. */
double hg_limit_gflops(hg_isa isa, int threads);

/* Least time, in ns, for the traffic; 0 if there is no memory or no thread for it. */
double hg_limit_traffic_ns(hg_isa isa, int threads, size_t in_bytes, size_t out_bytes);

/* The reference: the plain loop as a fixed amount of work, to be timed right beside a layer. What
 * the machine does meanwhile changes both; what the library does, one. Multiply-adds on registers
 * would not do: a neighbour on the same core, behind another logical processor, takes loads and
 * stores to 1.7 times as long and leaves those as they are. */
typedef struct hg_reference hg_reference;

typedef struct hg_reference_times {
    double core_ns;   /* each thread: 80 times 8 KiB read and 8 KiB written, in L1 */
    double memory_ns; /* all threads together: 1 MiB read and 1 MiB written */
} hg_reference_times;

hg_reference *hg_reference_create(hg_isa isa, int threads); /* NULL: no memory */
void hg_reference_free(hg_reference *reference);
/* The least times of a few repetitions each, about 0.3 ms in all; 0 where threads are lacking. */
hg_reference_times hg_reference_run(hg_reference *reference);

#ifdef __cplusplus
}
#endif
#endif
