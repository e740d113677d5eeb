/* What ends and begins depthwise sums, AVX2. Contract: depthwise_finish.h. */
#ifndef HG_DEPTHWISE_AVX2_H
#define HG_DEPTHWISE_AVX2_H

/* Copies between registers and sums in addresses cost nothing here; loads and additions in their
 * place do: 6 to 16 % of a layer of 3x3 windows. */
enum { PIN = false };

/* Slopes and bounds as one: apart, gcc gives each a register that loops of 3x3 windows need. */
HG_INLINE void hg_depthwise_bound(const hg_depthwise_args *a, bool leaky, vfloat *vacc, int px)
{
    const vfloat vmin = v_all(a->min), vmax = v_all(a->max);
    if (leaky) {
        const vfloat vslope = v_all(a->slope);
        HG_UNROLL
        for (int j = 0; j < px; j++) vacc[j] = v_post(vacc[j], true, vslope, vmin, vmax);
    }
    HG_UNROLL
    for (int j = 0; j < px; j++) vacc[j] = v_clamp(vacc[j], vmin, vmax);
}

#endif
