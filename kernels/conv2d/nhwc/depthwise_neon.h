/* What ends and begins depthwise sums, NEON. Contract: depthwise_finish.h. */
#ifndef HG_DEPTHWISE_NEON_H
#define HG_DEPTHWISE_NEON_H

/* Copies between registers would take the multiply-adds' pipes, and some CPUs take a step more for
 * a sum in the address of a store. */
enum { PIN = true };

/* Bounds that are none are left out: loops of three rows of taps would feel them. */
HG_INLINE void hg_depthwise_bound(const hg_depthwise_args *a, bool leaky, vfloat *vacc, int px)
{
    if (leaky) {
        const vfloat vslope = v_all(a->slope);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[j] = v_leaky(vacc[j], vslope);
    }
    if (a->min > -INFINITY) {
        const vfloat vmin = v_all(a->min);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[j] = v_at_least(vacc[j], vmin);
    }
    if (a->max < INFINITY) {
        const vfloat vmax = v_all(a->max);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[j] = v_at_most(vacc[j], vmax);
    }
}

#endif
