/* Products of Winograd tiles where an instruction set multiplies by broadcasts: each input against
 * the vectors of weights of a panel. Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_BROADCAST_H
#define HG_WINOGRAD_BROADCAST_H

HG_INLINE const float *multiply_channels(vfloat vacc[MR][MAX_NV], const float *restrict v,
                                         size_t ldv, const float *restrict u, size_t panel,
                                         size_t c, size_t end, const float *next, size_t step,
                                         int rows, int panels)
{
    const int nv = panels * NV; /* vector j is number j % NV of panel j / NV */
    for (; c < end; c++, u += NR) {
        HG_UNROLL
        for (int q = 0; q < panels; q++) hg_prefetch(next, (int64_t)(c * step) + q * LINE);
        vfloat vk[MAX_NV];
        HG_UNROLL
        for (int j = 0; j < nv; j++) vk[j] = v_load(u + (size_t)(j / NV) * panel + j % NV * VL);
        const float *middle = v + c;
        HG_UNROLL
        for (int i = 0; i < rows; i++) {
            const vfloat vi = v_splat(hg_row_of(v + c, &middle, ldv, i, rows, nv));
            HG_UNROLL
            for (int j = 0; j < nv; j++) vacc[i][j] = v_fma(vi, vk[j], vacc[i][j]);
        }
    }
    return u;
}

#endif
