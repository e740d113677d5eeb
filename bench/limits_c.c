/* Limits in plain C, for machines without AVX2 and NEON. Contract: limits.h. */
#include "bench/limits.h"
#include "kernels/common/attr.h"

enum { LANES = 32, UNROLL = 8 };

static float fma_loop(long steps)
{
    float acc[LANES], sum = 0;
    for (int i = 0; i < LANES; i++) acc[i] = (float)i;
    for (long s = 0; s < steps; s++)
        for (int u = 0; u < UNROLL; u++) {
            HG_UNROLL
            for (int i = 0; i < LANES; i++) acc[i] = acc[i] * 0.999f + 0.001f;
        }
    for (int i = 0; i < LANES; i++) sum += acc[i];
    return sum;
}

static float traffic(const float *in, size_t in_count, float *out, size_t out_count)
{
    float acc[HG_TRAFFIC_STEP] = {0};
    for (size_t i = 0; i < in_count; i += HG_TRAFFIC_STEP)
        for (size_t j = 0; j < HG_TRAFFIC_STEP; j++) acc[j] += in[i + j];
    for (size_t i = 0; i < out_count; i += HG_TRAFFIC_STEP)
        for (size_t j = 0; j < HG_TRAFFIC_STEP; j++) out[i + j] = acc[j];
    return acc[0];
}

const hg_limit_loops hg_limits_c = {.isa = HG_ISA_SCALAR,
                                    .flops_per_step = 2.0 * LANES * UNROLL,
                                    .fma = fma_loop,
                                    .plain = traffic,
                                    .stream = traffic};
