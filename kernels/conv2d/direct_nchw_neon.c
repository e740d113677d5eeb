/* Direct convolution on NCHW tensors, NEON. Contract: direct_nchw.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/post_neon.h"

enum { VL = 4, MAX_V = 8, MAX_N = 4 };

typedef float32x4_t vec;

HG_INLINE vec v_all(float v)
{
    return vdupq_n_f32(v);
}

HG_INLINE vec v_load(const float *p)
{
    return vld1q_f32(p);
}

HG_INLINE vec v_load_first(const float *p, int n)
{
    return hg_load_tail(p, (size_t)n);
}

HG_INLINE void v_store(float *p, vec v)
{
    vst1q_f32(p, v);
}

HG_INLINE void v_store_first(float *p, vec v, int n)
{
    hg_store_tail(p, v, (size_t)n);
}

HG_INLINE vec v_add(vec a, vec b)
{
    return vaddq_f32(a, b);
}

HG_INLINE vec v_post(vec v, bool leaky, vec vslope, vec vmin, vec vmax)
{
    return hg_conv_post_neon(v, leaky, vslope, vmin, vmax);
}

/* The even and the odd ones of 8 floats. */
HG_INLINE void v_part(const float *from, float *even, float *odd)
{
    const float32x4x2_t v = vld2q_f32(from);
    vst1q_f32(even, v.val[0]);
    vst1q_f32(odd, v.val[1]);
}

/* One tap: four channels multiply by the lanes of one vector of weights. */
HG_INLINE void multiply(vec vacc[MAX_V][MAX_N], const char *const *input, int64_t tap,
                        const float *weights, int V, int N)
{
    vec vi[MAX_V];
    HG_UNROLL for (int v = 0; v < V; v++) vi[v] = v_load((const float *)(input[v] + tap));
    if (N == MAX_N) {
        const vec vk = v_load(weights);
        HG_UNROLL for (int n = 0; n < N; n++) HG_UNROLL for (int v = 0; v < V; v++) vacc[v][n] =
            hg_fma_lane(vacc[v][n], vi[v], vk, n);
        return;
    }
    HG_UNROLL for (int n = 0; n < N; n++)
    {
        const vec vk = v_all(weights[n]);
        HG_UNROLL for (int v = 0; v < V; v++) vacc[v][n] = vfmaq_f32(vacc[v][n], vi[v], vk);
    }
}

#include "kernels/conv2d/direct_nchw_body.h"

/* Columns of a tile, its channels. */
#define TILES(X)                                                                                   \
    X(32, 1)                                                                                       \
    X(32, 2)                                                                                       \
    X(24, 3)                                                                                       \
    X(16, 4)

#define FUNCTION(columns, n)                                                                       \
    static void tile_##columns##x##n(const hg_direct_nchw_args *a)                                 \
    {                                                                                              \
        run(a, columns / VL, n);                                                                   \
    }
TILES(FUNCTION)

#define POINTER(columns, n) tile_##columns##x##n,
#define VECTORS(columns, n) columns / VL,
static const hg_direct_nchw_steps steps = {VL, {TILES(POINTER)}, {TILES(VECTORS)}, copy_rows};

const hg_kernel hg_direct_nchw_neon[] = {
    {.name = "conv2d.f32.nchw.neon.direct16x4",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .algorithm = &hg_direct_nchw,
     .tile = {16, 4},
     .run.direct_nchw = &steps},
    {.name = NULL},
};
