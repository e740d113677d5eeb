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

static void read_lines(const float *p, size_t lines, float sums[HG_LINE_FLOATS])
{
    for (size_t i = 0; i < lines * HG_LINE_FLOATS; i += HG_LINE_FLOATS)
        for (size_t j = 0; j < HG_LINE_FLOATS; j++) sums[j] += p[i + j];
}

static void write_lines(float *p, size_t lines, const float values[HG_LINE_FLOATS])
{
    for (size_t i = 0; i < lines * HG_LINE_FLOATS; i += HG_LINE_FLOATS)
        for (size_t j = 0; j < HG_LINE_FLOATS; j++) p[i + j] = values[j];
}

static size_t lines_of_step(const hg_stream *t, size_t begin)
{
    return begin < t->lines ? HG_MIN(t->step_lines, t->lines - begin) : 0;
}

static float walk(const hg_walk *w)
{
    float sums[HG_LINE_FLOATS] = {0};
    for (size_t step = 0; step < w->steps; step++) {
        for (int i = 0; i < w->ins; i++) {
            const size_t at = step * w->in[i].step_lines;
            read_lines(w->in[i].data + at * HG_LINE_FLOATS, lines_of_step(&w->in[i], at), sums);
        }
        for (int i = 0; i < w->outs; i++) {
            const size_t at = step * w->out[i].step_lines;
            write_lines(w->out[i].data + at * HG_LINE_FLOATS, lines_of_step(&w->out[i], at), sums);
        }
    }
    return sums[0];
}

static float copy(const float *in, float *out, size_t floats)
{
    float sums[HG_LINE_FLOATS] = {0};
    read_lines(in, floats / HG_LINE_FLOATS, sums);
    write_lines(out, floats / HG_LINE_FLOATS, sums);
    return sums[0];
}

const hg_limit_loops hg_limits_c = {.isa = HG_ISA_SCALAR,
                                    .flops_per_step = 2.0 * LANES * UNROLL,
                                    .fma = fma_loop,
                                    .walk = walk,
                                    .copy = copy};
