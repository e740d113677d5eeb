/* Implicit GEMM, NEON: the tiles, and their products. Part of igemm.h. */
#ifndef HG_IGEMM_NEON_H
#define HG_IGEMM_NEON_H

/* The tiles, pixels x channels: a line here is all that one more takes. */
#define HG_IGEMM_TILES(X)                                                                          \
    X(8, 12)                                                                                       \
    X(8, 8)                                                                                        \
    X(6, 16)                                                                                       \
    X(4, 16)
enum { MAX_MR = 8, MAX_NV = 4, REGISTERS = 32 };

/* `channels` inputs of MR pixels x as many rows of weights, whose end it returns.
 *
 * Four input channels of a row are one vector, va = { c, c+1, c+2, c+3 }, whose lanes multiply
 * four rows of weights. Where accumulators and all MR such vectors exceed the registers, the rows
 * are taken in batches of MB and the weights are read once per batch. */
HG_INLINE const float *multiply_tap(vfloat vacc[MAX_MR][MAX_NV], const float *const vi[MAX_MR],
                                    const float *weights, size_t channels, int MR, int NV)
{
    const int NR = NV * VL, MB = MR * NV + MR + NV <= REGISTERS ? MR : MR % 4 ? MR / 3 : MR / 4;
    size_t c = 0;
    for (; c + VL <= channels; c += VL, weights += VL * NR) {
        HG_UNROLL for (int b = 0; b < MR; b += MB)
        {
            vfloat va[MAX_MR];
            HG_UNROLL for (int i = 0; i < MB; i++) va[i] = v_load(vi[b + i] + c);
            HG_UNROLL for (int lane = 0; lane < VL; lane++)
            {
                HG_UNROLL for (int j = 0; j < NV; j++)
                {
                    const vfloat vk = v_load(weights + lane * NR + j * VL);
                    HG_UNROLL for (int i = 0; i < MB; i++) vacc[b + i][j] =
                        v_fma_lane(vk, va[i], lane, vacc[b + i][j]);
                }
                /* Loads stay on their side: compilers would hoist those of later lanes and rows,
                 * and spill accumulators to make room. */
                __asm__ volatile("" ::: "memory");
            }
        }
    }
    for (; c < channels; c++, weights += NR) {
        vfloat vk[MAX_NV];
        HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = v_load(weights + j * VL);
        HG_UNROLL for (int i = 0; i < MR; i++)
        {
            const vfloat va = v_splat(vi[i] + c);
            HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] = v_fma(va, vk[j], vacc[i][j]);
            __asm__ volatile("" ::: "memory"); /* as above */
        }
    }
    return weights;
}

#endif
