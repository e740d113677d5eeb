/* Products of Winograd tiles, AVX2: one row of inputs is broadcast against two vectors of weights.
 * Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_AVX2_H
#define HG_WINOGRAD_AVX2_H

/* 6 x 16 takes 12 accumulators, 2 vectors of weights and one of input. */
#define TILES(X) X(1) X(2) X(3) X(4) X(5) X(6)
enum { MR = 6 };

HG_INLINE void products(const float *restrict v, size_t ldv, const float *restrict u,
                        size_t channels, float *restrict product, size_t ldp, const float *next,
                        size_t step, int rows)
{
    for (size_t first = 0; first < channels; first += HG_WINOGRAD_SUM) {
        const size_t end = HG_MIN(first + HG_WINOGRAD_SUM, channels);
        vfloat vacc[MR][2];
        HG_UNROLL
        for (int i = 0; i < rows; i++) vacc[i][0] = vacc[i][1] = v_zero();
        for (size_t c = first; c < end; c++, u += 2 * VL) {
            hg_prefetch(next, (int64_t)(c * step));
            const vfloat vk0 = v_load(u), vk1 = v_load(u + VL);
            HG_UNROLL
            for (int i = 0; i < rows; i++) {
                const vfloat vi = v_splat(v + (size_t)i * ldv + c);
                vacc[i][0] = v_fma(vi, vk0, vacc[i][0]);
                vacc[i][1] = v_fma(vi, vk1, vacc[i][1]);
            }
        }
        HG_UNROLL
        for (int i = 0; i < rows; i++) {
            float *const to = product + (size_t)i * ldp;
            if (first) {
                vacc[i][0] = v_add(v_load(to), vacc[i][0]);
                vacc[i][1] = v_add(v_load(to + VL), vacc[i][1]);
            }
            v_store(to, vacc[i][0]);
            v_store(to + VL, vacc[i][1]);
        }
    }
}

#endif
