/* Products of direct convolution to few channels, where an instruction set multiplies whole vectors
 * from memory. Contract: direct_dot.simd.c. */
#ifndef HG_DIRECT_DOT_PRODUCTS_H
#define HG_DIRECT_DOT_PRODUCTS_H

/* VL products of MR pixels and N columns. */
HG_INLINE void multiply(const hg_direct_args *a, vfloat vacc[MAX_SUMS], const float *input,
                        const float *weights, int step, int MR, int N)
{
    (void)step;
    /* The smaller side is kept in registers, the other streams past it. */
    if (N <= MR) {
        vfloat vk[HG_DIRECT_MAX_DOT];
        HG_UNROLL for (int j = 0; j < N; j++) vk[j] = v_load(weights + (size_t)j * a->depth);
        const float *middle = input;
        HG_UNROLL for (int m = 0; m < MR; m++)
        {
            const float *at = hg_row_of(input, &middle, a->step, m, MR, N);
            const vfloat vi = N > 1 ? v_load_once(at) : v_load(at);
            HG_UNROLL for (int j = 0; j < N; j++) vacc[m * N + j] =
                v_fma(vi, vk[j], vacc[m * N + j]);
        }
    } else {
        vfloat vi[MAX_MR];
        HG_UNROLL for (int m = 0; m < MR; m++) vi[m] = v_load(input + (size_t)m * a->step);
        HG_UNROLL for (int j = 0; j < N; j++)
        {
            const float *at = weights + (size_t)j * a->depth;
            const vfloat vk = MR > 1 ? v_load_once(at) : v_load(at);
            HG_UNROLL for (int m = 0; m < MR; m++) vacc[m * N + j] =
                v_fma(vi[m], vk, vacc[m * N + j]);
        }
    }
}

#endif
