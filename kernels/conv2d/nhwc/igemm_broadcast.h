/* Products of implicit GEMM tiles where an instruction set multiplies by broadcasts. Part of
 * igemm.h.
 */
#ifndef HG_IGEMM_BROADCAST_H
#define HG_IGEMM_BROADCAST_H

/* `channels` inputs of MR pixels x as many rows of weights, whose end it returns. The smaller side
 * is kept in registers, the other streams past it. */
HG_INLINE const float *multiply_tap(vfloat vacc[MAX_MR][MAX_NV], const float *const vi[MAX_MR],
                                    const float *weights, size_t channels, int MR, int NV)
{
    for (size_t c = 0; c < channels; c++, weights += NV * VL) {
        if (NV <= MR) {
            vfloat vk[MAX_NV];
            HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = v_load(weights + j * VL);
            HG_UNROLL for (int i = 0; i < MR; i++)
            {
                const vfloat va = v_splat(vi[i] + c);
                HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] = v_fma(va, vk[j], vacc[i][j]);
            }
        } else {
            vfloat va[MAX_MR];
            HG_UNROLL for (int i = 0; i < MR; i++) va[i] = v_splat(vi[i] + c);
            HG_UNROLL for (int j = 0; j < NV; j++)
            {
                const vfloat vk = v_load(weights + j * VL);
                HG_UNROLL for (int i = 0; i < MR; i++) vacc[i][j] = v_fma(va[i], vk, vacc[i][j]);
            }
        }
    }
    return weights;
}

#endif
