/* Products of direct convolution on NCHW tensors where an instruction set multiplies by broadcasts.
 * Contract: direct.simd.c. */
#ifndef HG_DIRECT_NCHW_BROADCAST_H
#define HG_DIRECT_NCHW_BROADCAST_H

/* The shorter side of the tile stays in registers beside the sums. */
HG_INLINE void multiply(vfloat vacc[MAX_V][MAX_N], const char *const *input, int64_t tap,
                        const float *weights, int V, int N)
{
    vfloat vi[MAX_V], vk[MAX_N];
    if (V <= N) {
        HG_UNROLL
        for (int v = 0; v < V; v++) vi[v] = v_load_once((const float *)(input[v] + tap));
        HG_UNROLL
        for (int n = 0; n < N; n++) {
            vk[n] = v_splat(weights + n);
            HG_UNROLL
            for (int v = 0; v < V; v++) vacc[v][n] = v_fma(vi[v], vk[n], vacc[v][n]);
        }
        return;
    }
    HG_UNROLL
    for (int n = 0; n < N; n++) vk[n] = v_keep(v_splat(weights + n));
    HG_UNROLL
    for (int v = 0; v < V; v++) {
        const vfloat vx = v_load((const float *)(input[v] + tap));
        vi[v] = N > 1 ? v_keep(vx) : vx;
        HG_UNROLL
        for (int n = 0; n < N; n++) vacc[v][n] = v_fma(vi[v], vk[n], vacc[v][n]);
    }
}

#endif
