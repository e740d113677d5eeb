/* Tiles of direct convolution on NCHW tensors, NEON. Contract: direct.simd.c. */
#ifndef HG_DIRECT_NCHW_NEON_H
#define HG_DIRECT_NCHW_NEON_H

#define WIDEST(X) X(16, 4)
#define TILES(X) X(32, 1) X(32, 2) X(24, 3) WIDEST(X)

/* Four channels multiply by the lanes of one vector of weights. */
HG_INLINE void multiply(vfloat vacc[MAX_V][MAX_N], const char *const *input, int64_t tap,
                        const float *weights, int V, int N)
{
    vfloat vi[MAX_V];
    HG_UNROLL
    for (int v = 0; v < V; v++) vi[v] = v_load((const float *)(input[v] + tap));
    if (N == VL) {
        const vfloat vk = v_load(weights);
        HG_UNROLL
        for (int n = 0; n < N; n++) {
            HG_UNROLL
            for (int v = 0; v < V; v++) vacc[v][n] = v_fma_lane(vi[v], vk, n, vacc[v][n]);
        }
        return;
    }
    HG_UNROLL
    for (int n = 0; n < N; n++) {
        const vfloat vk = v_splat(weights + n);
        HG_UNROLL
        for (int v = 0; v < V; v++) vacc[v][n] = v_fma(vi[v], vk, vacc[v][n]);
    }
}

#endif
