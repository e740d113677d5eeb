/* What the machine can do at most: the yardsticks of the benchmarks.
 *
 *   FMA peak      multiply-adds on independent registers, no memory
 *   traffic roof  every byte of a layer's inputs read once and every byte of its outputs written
 *                 once, on the layer's own buffers, by the fastest of several loops (roof.c) */
#ifndef HG_BENCH_LIMITS_H
#define HG_BENCH_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "hourglass/runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The loops of one instruction set ---- */

enum { HG_LINE_FLOATS = 16, HG_STREAMS = 8 };

/* Streams that are walked side by side: `steps` times, the next step_lines of each, up to its end.
 * Written streams are aligned to lines. */
typedef struct hg_stream {
    float *data;
    size_t lines, step_lines;
} hg_stream;

typedef struct hg_walk {
    hg_stream in[HG_STREAMS], out[HG_STREAMS];
    int ins, outs;
    size_t steps;
    size_t ahead; /* lines before which inputs are prefetched; 0 = not */
} hg_walk;

/* What they return depends on all they read, so that nothing is left out. */
typedef struct hg_limit_loops {
    hg_isa isa;
    double flops_per_step;
    float (*fma)(long steps);
    float (*walk)(const hg_walk *w);
    float (*walk_nontemporal)(const hg_walk *w); /* stores past the caches; NULL = none */
    float (*copy)(const float *in, float *out,
                  size_t floats); /* all read, then all written; whole lines */
} hg_limit_loops;

extern const hg_limit_loops hg_limits_c, hg_limits_avx2, hg_limits_avx512, hg_limits_neon;
const hg_limit_loops *hg_limit_loops_of(hg_isa isa);

/* ---- Limits ---- */

/* GFLOP/s of `threads` threads together: the best of several windows of about 1 ms, now. */
double hg_limit_gflops(hg_isa isa, int threads);

/* What a layer reads or writes, as `rows` rows of equal size. Written memory is overwritten. */
typedef struct hg_traffic_tensor {
    void *data;
    size_t bytes, rows;
    bool written;
} hg_traffic_tensor;

enum { HG_TRAFFIC_TENSORS = 4 };

typedef struct hg_traffic {
    hg_traffic_tensor tensors[HG_TRAFFIC_TENSORS];
    int count;
} hg_traffic;

/* Least time, in ns, for the traffic: of all loops, each repeated until it no longer gets faster.
 * 0 if there is no thread for it. */
double hg_limit_traffic_ns(hg_isa isa, int threads, const hg_traffic *traffic);

/* ---- The reference ----
 *
 * A loop as a fixed amount of work, to be timed right beside a layer. What the machine does
 * meanwhile changes both; what the library does, one. Multiply-adds on registers would not do: a
 * neighbour on the same core, behind another logical processor, takes loads and stores to 1.7 times
 * as long and leaves those as they are. */
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
