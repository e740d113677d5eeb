/* Limits, for each instruction set. Contract: limits.h. */
#include "kernels/simd/simd.h"

#include "bench/limits.h"

/* Chains of multiply-adds that hide 4 to 5 cycles of latency on two ports, or 4 on four; with
 * registers to spare. */
enum { CHAINS = VL == 8 ? 12 : 16 };

HG_INLINE float first_lane(vfloat v)
{
    float lanes[VL];
    v_store(lanes, v);
    return lanes[0];
}

static float fma_loop(long steps)
{
    const vfloat vscale = v_all(0.999f);
    vfloat vacc[CHAINS];
    HG_UNROLL
    for (int i = 0; i < CHAINS; i++) vacc[i] = v_all((float)i);
    for (long s = 0; s < steps; s++) {
        HG_UNROLL
        for (int i = 0; i < CHAINS; i++) vacc[i] = v_fma(vscale, vscale, vacc[i]);
    }
    HG_UNROLL
    for (int i = 1; i < CHAINS; i++) vacc[0] = v_add(vacc[0], vacc[i]);
    return first_lane(vacc[0]);
}

/* Sums on enough registers that the adds do not limit. */
enum { GROUP = 4, PER_LINE = HG_LINE_FLOATS / VL, SUMS = GROUP * PER_LINE };

typedef struct sums {
    vfloat v[SUMS];
} sums;

HG_INLINE void read_lines(const float *p, size_t lines, size_t ahead, sums *s)
{
    size_t line = 0;
    for (; line + GROUP <= lines; line += GROUP) {
        const float *group = p + line * HG_LINE_FLOATS;
        HG_UNROLL
        for (int i = 0; i < GROUP; i++)
            if (ahead) hg_prefetch(group, (int64_t)(ahead + (size_t)i) * HG_LINE_FLOATS);
        HG_UNROLL
        for (int i = 0; i < SUMS; i++) s->v[i] = v_add(s->v[i], v_load(group + i * VL));
    }
    for (; line < lines; line++) {
        HG_UNROLL
        for (int i = 0; i < PER_LINE; i++)
            s->v[i] = v_add(s->v[i], v_load(p + line * HG_LINE_FLOATS + i * VL));
    }
}

HG_INLINE void write_lines(float *p, size_t lines, vfloat v, bool nontemporal)
{
    for (size_t line = 0; line < lines; line++) {
        HG_UNROLL
        for (int i = 0; i < PER_LINE; i++)
            v_put(p + line * HG_LINE_FLOATS + i * VL, v, nontemporal);
    }
}

HG_INLINE size_t lines_of_step(const hg_stream *t, size_t begin)
{
    return begin < t->lines ? HG_MIN(t->step_lines, t->lines - begin) : 0;
}

HG_INLINE float walk_streams(const hg_walk *w, bool nontemporal)
{
    sums s;
    HG_UNROLL
    for (int i = 0; i < SUMS; i++) s.v[i] = v_zero();
    for (size_t step = 0; step < w->steps; step++) {
        for (int i = 0; i < w->ins; i++) {
            const size_t at = step * w->in[i].step_lines;
            read_lines(w->in[i].data + at * HG_LINE_FLOATS, lines_of_step(&w->in[i], at), w->ahead,
                       &s);
        }
        for (int i = 0; i < w->outs; i++) {
            const size_t at = step * w->out[i].step_lines;
            write_lines(w->out[i].data + at * HG_LINE_FLOATS, lines_of_step(&w->out[i], at), s.v[0],
                        nontemporal);
        }
    }
    HG_UNROLL
    for (int i = 1; i < SUMS; i++) s.v[0] = v_add(s.v[0], s.v[i]);
    return first_lane(s.v[0]);
}

static float walk(const hg_walk *w)
{
    return walk_streams(w, false);
}

static float walk_nontemporal(const hg_walk *w)
{
    return walk_streams(w, true);
}

static float copy(const float *in, float *out, size_t floats)
{
    sums s;
    HG_UNROLL
    for (int i = 0; i < SUMS; i++) s.v[i] = v_zero();
    read_lines(in, floats / HG_LINE_FLOATS, 0, &s);
    HG_UNROLL
    for (int i = 1; i < SUMS; i++) s.v[0] = v_add(s.v[0], s.v[i]);
    write_lines(out, floats / HG_LINE_FLOATS, s.v[0], false);
    return first_lane(s.v[0]);
}

const hg_limit_loops HG_ROWS(limits) = {.isa = (hg_isa)HG_SIMD_ISA,
                                        .flops_per_step = 2.0 * VL * CHAINS,
                                        .fma = fma_loop,
                                        .walk = walk,
                                        .walk_nontemporal = walk_nontemporal,
                                        .copy = copy};
