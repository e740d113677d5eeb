/* Direct convolution, NEON: the tiles, and their products. */
#ifndef HG_DIRECT_NEON_H
#define HG_DIRECT_NEON_H

/* Whole tiles: pixels, pixels of those that follow, units of columns. RESTS: pixels of what is less
 * than the latter. */
#define TILES(X)                                                                                   \
    X(8, 8, 1)                                                                                     \
    X(6, 6, 2)                                                                                     \
    X(4, 4, 3)                                                                                     \
    X(3, 3, 4)                                                                                     \
    WIDE_TILES(X)
#define RESTS HG_ONE_TO_SEVEN
enum { MAX_MR = 8 };

/* A segment's `count` products of MR pixels and NV vectors of columns; both are constants. Four
 * products at a time: the lanes of the pixels' vectors multiply four rows of weights. */
HG_INLINE void multiply(const hg_direct_args *a, vfloat vacc[MAX_MR][MAX_NV], const float *input,
                        size_t count, const float *weights, int MR, int NV, bool WHOLE)
{
    (void)WHOLE;
    const float *pixel[MAX_MR];
    HG_UNROLL for (int m = 0; m < MR; m++) pixel[m] = input + (size_t)m * a->step;
    size_t c = 0;
    for (; c + VL <= count; c += VL, weights += VL * NV * VL) {
        vfloat vi[MAX_MR];
        HG_UNROLL for (int m = 0; m < MR; m++) vi[m] = v_load(pixel[m] + c);
        HG_UNROLL for (int lane = 0; lane < VL; lane++)
        {
            HG_UNROLL for (int j = 0; j < NV; j++)
            {
                const vfloat vk = v_load(weights + (lane * NV + j) * VL);
                HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] =
                    v_fma_lane(vk, vi[m], lane, vacc[m][j]);
            }
        }
    }
    for (; c < count; c++, weights += NV * VL) {
        HG_UNROLL for (int j = 0; j < NV; j++)
        {
            const vfloat vk = v_load(weights + j * VL);
            HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] =
                v_fma_by(pixel[m][c], vk, vacc[m][j]);
        }
    }
}

#endif
