/* Products of Winograd tiles, NEON: four channels of a row are one vector, whose lanes multiply
 * four rows of weights. Contract: winograd.simd.c. */
#ifndef HG_WINOGRAD_NEON_H
#define HG_WINOGRAD_NEON_H

/* 5 x 16 takes 20 accumulators, 5 vectors of input and leaves 7 registers for weights in flight. */
#define TILES(X) X(1) X(2) X(3) X(4) X(5)
#define PAIRS(X)
enum { MR = 5, PANELS = 1, MAX_NV = PANELS * NV };

HG_INLINE const float *multiply_channels(vfloat vacc[MR][MAX_NV], const float *restrict v,
                                         size_t ldv, const float *restrict u, size_t panel,
                                         size_t c, size_t end, const float *next, size_t step,
                                         int rows, int panels)
{
    (void)panel, (void)panels;
    for (; c + VL <= end; c += VL, u += VL * NR) {
        vfloat vi[MR];
        HG_UNROLL
        for (int i = 0; i < rows; i++) vi[i] = v_load(v + (size_t)i * ldv + c);
        HG_UNROLL
        for (int lane = 0; lane < VL; lane++)
            hg_prefetch(next, (int64_t)((c + (size_t)lane) * step));
        HG_UNROLL
        for (int lane = 0; lane < VL; lane++) {
            HG_UNROLL
            for (int j = 0; j < NV; j++) {
                const vfloat vk = v_load(u + lane * NR + j * VL);
                HG_UNROLL
                for (int i = 0; i < rows; i++) vacc[i][j] = v_fma_lane(vk, vi[i], lane, vacc[i][j]);
            }
        }
    }
    for (; c < end; c++, u += NR) {
        HG_UNROLL
        for (int j = 0; j < NV; j++) {
            const vfloat vk = v_load(u + j * VL);
            HG_UNROLL
            for (int i = 0; i < rows; i++)
                vacc[i][j] = v_fma_by(v[(size_t)i * ldv + c], vk, vacc[i][j]);
        }
    }
    return u;
}

#endif
