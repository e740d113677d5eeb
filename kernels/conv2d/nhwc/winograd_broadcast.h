/* Products of Winograd tiles where an instruction set multiplies by broadcasts: each input against
 * the vectors of weights of a panel. Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_BROADCAST_H
#define HG_WINOGRAD_BROADCAST_H

enum { NV = NR / VL };

HG_INLINE void products(const float *restrict v, size_t ldv, const float *restrict u,
                        size_t channels, float *restrict product, size_t ldp, const float *next,
                        size_t step, int rows)
{
    for (size_t first = 0; first < channels; first += HG_WINOGRAD_SUM) {
        const size_t end = HG_MIN(first + HG_WINOGRAD_SUM, channels);
        vfloat vacc[MR][NV];
        HG_UNROLL
        for (int i = 0; i < rows * NV; i++) vacc[i / NV][i % NV] = v_zero();
        for (size_t c = first; c < end; c++, u += NR) {
            hg_prefetch(next, (int64_t)(c * step));
            vfloat vk[NV];
            HG_UNROLL
            for (int j = 0; j < NV; j++) vk[j] = v_load(u + j * VL);
            HG_UNROLL
            for (int i = 0; i < rows; i++) {
                const vfloat vi = v_splat(v + (size_t)i * ldv + c);
                HG_UNROLL
                for (int j = 0; j < NV; j++) vacc[i][j] = v_fma(vi, vk[j], vacc[i][j]);
            }
        }
        HG_UNROLL
        for (int i = 0; i < rows; i++) {
            HG_UNROLL
            for (int j = 0; j < NV; j++) {
                float *const to = product + (size_t)i * ldp + j * VL;
                v_store(to, first ? v_add(v_load(to), vacc[i][j]) : vacc[i][j]);
            }
        }
    }
}

#endif
