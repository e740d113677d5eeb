/* Products of Winograd tiles where an instruction set multiplies by broadcasts: each input against
 * the vectors of weights of a panel. Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_BROADCAST_H
#define HG_WINOGRAD_BROADCAST_H

HG_INLINE const float *multiply_channels(vfloat vacc[MR][NV], const float *restrict v, size_t ldv,
                                         const float *restrict u, size_t c, size_t end,
                                         const float *next, size_t step, int rows)
{
    for (; c < end; c++, u += NR) {
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
    return u;
}

#endif
