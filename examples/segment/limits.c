#include "limits.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { CHAINS = 10, STEPS = 100000, REPEATS = 20 };

double limit_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Ten independent chains v = v + a * a hide the latency of the multiply-add: 2 units x 4 or 5
 * cycles. Their first values differ, or the compiler would fold them into one; they stay far from
 * overflow and denormals. The result depends on all of them. */
static const float starts[CHAINS] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};

#if defined(__x86_64__)
enum { VL = 8 };

static int usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

__attribute__((target("avx2,fma"))) static float multiply_add(long steps)
{
    const __m256 va = _mm256_set1_ps(0.01f);
    __m256 v0 = _mm256_set1_ps(starts[0]), v1 = _mm256_set1_ps(starts[1]);
    __m256 v2 = _mm256_set1_ps(starts[2]), v3 = _mm256_set1_ps(starts[3]);
    __m256 v4 = _mm256_set1_ps(starts[4]), v5 = _mm256_set1_ps(starts[5]);
    __m256 v6 = _mm256_set1_ps(starts[6]), v7 = _mm256_set1_ps(starts[7]);
    __m256 v8 = _mm256_set1_ps(starts[8]), v9 = _mm256_set1_ps(starts[9]);
    for (long i = 0; i < steps; i++) {
        v0 = _mm256_fmadd_ps(va, va, v0), v1 = _mm256_fmadd_ps(va, va, v1);
        v2 = _mm256_fmadd_ps(va, va, v2), v3 = _mm256_fmadd_ps(va, va, v3);
        v4 = _mm256_fmadd_ps(va, va, v4), v5 = _mm256_fmadd_ps(va, va, v5);
        v6 = _mm256_fmadd_ps(va, va, v6), v7 = _mm256_fmadd_ps(va, va, v7);
        v8 = _mm256_fmadd_ps(va, va, v8), v9 = _mm256_fmadd_ps(va, va, v9);
    }
    v0 = _mm256_add_ps(_mm256_add_ps(v0, v1), _mm256_add_ps(v2, v3));
    v4 = _mm256_add_ps(_mm256_add_ps(v4, v5), _mm256_add_ps(v6, v7));
    return _mm256_cvtss_f32(_mm256_add_ps(_mm256_add_ps(v0, v4), _mm256_add_ps(v8, v9)));
}
#elif defined(__aarch64__)
enum { VL = 4 };

static int usable(void)
{
    return 1;
}

static float multiply_add(long steps)
{
    const float32x4_t va = vdupq_n_f32(0.01f);
    float32x4_t v0 = vdupq_n_f32(starts[0]), v1 = vdupq_n_f32(starts[1]);
    float32x4_t v2 = vdupq_n_f32(starts[2]), v3 = vdupq_n_f32(starts[3]);
    float32x4_t v4 = vdupq_n_f32(starts[4]), v5 = vdupq_n_f32(starts[5]);
    float32x4_t v6 = vdupq_n_f32(starts[6]), v7 = vdupq_n_f32(starts[7]);
    float32x4_t v8 = vdupq_n_f32(starts[8]), v9 = vdupq_n_f32(starts[9]);
    for (long i = 0; i < steps; i++) {
        v0 = vfmaq_f32(v0, va, va), v1 = vfmaq_f32(v1, va, va);
        v2 = vfmaq_f32(v2, va, va), v3 = vfmaq_f32(v3, va, va);
        v4 = vfmaq_f32(v4, va, va), v5 = vfmaq_f32(v5, va, va);
        v6 = vfmaq_f32(v6, va, va), v7 = vfmaq_f32(v7, va, va);
        v8 = vfmaq_f32(v8, va, va), v9 = vfmaq_f32(v9, va, va);
    }
    v0 = vaddq_f32(vaddq_f32(v0, v1), vaddq_f32(v2, v3));
    v4 = vaddq_f32(vaddq_f32(v4, v5), vaddq_f32(v6, v7));
    return vaddvq_f32(vaddq_f32(vaddq_f32(v0, v4), vaddq_f32(v8, v9)));
}
#else
enum { VL = 1 };

static int usable(void)
{
    return 0;
}

static float multiply_add(long steps)
{
    return (float)steps + starts[0];
}
#endif

/* Keeps results alive. */
static volatile float sink;

double limit_gflops(void)
{
    double best = 0;
    for (int i = 0; usable() && i < REPEATS; i++) {
        const double start = limit_clock();
        sink = multiply_add(STEPS);
        const double seconds = limit_clock() - start;
        if (best == 0 || seconds < best) best = seconds;
    }
    return best > 0 ? 2e-9 * VL * CHAINS * STEPS / best : 0;
}

double limit_copy_seconds(double bytes)
{
    const size_t half = (size_t)(bytes / 2) + 1;
    unsigned char *from = calloc(half, 1), *to = malloc(half);
    double best = 0;
    for (int i = 0; from && to && i < REPEATS; i++) {
        from[half / 2] = (unsigned char)i;
        const double start = limit_clock();
        memcpy(to, from, half);
        const double seconds = limit_clock() - start;
        sink = to[half / 2];
        if (best == 0 || seconds < best) best = seconds;
    }
    free(from);
    free(to);
    return best;
}
