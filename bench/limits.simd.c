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

/* Sums on four registers, so that the adds do not limit. */
HG_INLINE vfloat read_all(const float *in, size_t count)
{
    vfloat va = v_zero(), vb = va, vc = va, vd = va;
    size_t i = 0;
    for (; i + 4 * VL <= count; i += 4 * VL) {
        va = v_add(va, v_load(in + i));
        vb = v_add(vb, v_load(in + i + VL));
        vc = v_add(vc, v_load(in + i + 2 * VL));
        vd = v_add(vd, v_load(in + i + 3 * VL));
    }
    for (; i < count; i += VL) va = v_add(va, v_load(in + i));
    return v_add(v_add(va, vb), v_add(vc, vd));
}

static float plain(const float *in, size_t in_count, float *out, size_t out_count)
{
    const vfloat v = read_all(in, in_count);
    for (size_t i = 0; i < out_count; i += VL) v_store(out + i, v);
    return first_lane(v);
}

static float stream(const float *in, size_t in_count, float *out, size_t out_count)
{
    const vfloat v = read_all(in, in_count);
    for (size_t i = 0; i < out_count; i += VL) v_store_nontemporal(out + i, v);
    return first_lane(v);
}

const hg_limit_loops HG_ROWS(limits) = {.isa = (hg_isa)HG_SIMD_ISA,
                                        .flops_per_step = 2.0 * VL * CHAINS,
                                        .fma = fma_loop,
                                        .plain = plain,
                                        .stream = stream};
