/* Direct convolution to few output channels, NEON: the tiles, and their products. */
#ifndef HG_DIRECT_DOT_NEON_H
#define HG_DIRECT_DOT_NEON_H

/* Pixels x columns. */
#define TILES(X)                                                                                   \
    X(16, 1)                                                                                       \
    X(8, 2)                                                                                        \
    X(5, 3)                                                                                        \
    X(4, 4)                                                                                        \
    X(3, 5)                                                                                        \
    X(2, 6)
enum { STEP = 2, MAX_MR = 16, MAX_SUMS = 16 }; /* two vectors load as a pair */

/* step * VL products of MR pixels and N columns; step <= STEP. The weights stay in registers,
 * pixels go by. */
HG_INLINE void multiply(const hg_direct_args *a, vfloat vacc[MAX_SUMS], const float *input,
                        const float *weights, int step, int MR, int N)
{
    vfloat vk[HG_DIRECT_MAX_DOT][STEP];
    HG_UNROLL for (int j = 0; j < N; j++, weights += a->depth)
    {
        if (j > 0)
            __asm__("" : "+r"(weights)); /* one sum per row, not one for each address in it */
        HG_UNROLL for (int v = 0; v < step; v++) vk[j][v] = v_load(weights + v * VL);
    }
    HG_UNROLL for (int m = 0; m < MR; m++, input += a->step)
    {
        if (m > 0) __asm__("" : "+r"(input));
        vfloat vi[STEP];
        HG_UNROLL for (int v = 0; v < step; v++) vi[v] = v_load(input + v * VL);
        HG_UNROLL for (int v = 0; v < step; v++) HG_UNROLL for (int j = 0; j < N; j++)
            vacc[m * N + j] = v_fma(vi[v], vk[j][v], vacc[m * N + j]);
    }
}

/* What meets n products of the input and zeros: in the same lanes. */
HG_INLINE vfloat load_rest_of_weights(const float *p, size_t n, bool behind)
{
    return v_load_rest(p, n, behind);
}

#endif
