/* Products of direct convolution to few channels where the pixels' inputs stay in registers.
 * Contract: direct_dot.simd.c. */
#ifndef HG_DIRECT_DOT_PRODUCTS_H
#define HG_DIRECT_DOT_PRODUCTS_H

/* VL products of MR pixels and N columns. */
HG_INLINE void multiply(const hg_direct_args *a, vfloat vacc[MAX_SUMS], const float *input,
                        const float *weights, int step, int MR, int N)
{
    (void)step;
    vfloat vi[MAX_MR];
    HG_UNROLL for (int m = 0; m < MR; m++) vi[m] = v_load(input + (size_t)m * a->step);
    HG_UNROLL for (int j = 0; j < N; j++)
    {
        const float *at = weights + (size_t)j * a->depth;
        const vfloat vk = MR > 1 ? v_load_once(at) : v_load(at);
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m * N + j] = v_fma(vi[m], vk, vacc[m * N + j]);
    }
}

#endif
