/* Direct convolution on NCHW tensors, AVX2 + FMA. Contract: direct_nchw.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/post_avx2.h"

enum { VL = 8, MAX_V = 8, MAX_N = 4 };

typedef __m256 vec;

HG_INLINE vec v_all(float v)
{
    return _mm256_set1_ps(v);
}

HG_INLINE vec v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

HG_INLINE vec v_load_first(const float *p, int n)
{
    return _mm256_maskload_ps(p, hg_tail_mask((size_t)n));
}

HG_INLINE void v_store(float *p, vec v)
{
    _mm256_storeu_ps(p, v);
}

HG_INLINE void v_store_first(float *p, vec v, int n)
{
    _mm256_maskstore_ps(p, hg_tail_mask((size_t)n), v);
}

HG_INLINE vec v_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}

HG_INLINE vec v_post(vec v, bool leaky, vec vslope, vec vmin, vec vmax)
{
    return hg_conv_post_avx2(v, leaky, vslope, vmin, vmax);
}

/* Pairs of lanes 0 2 1 3. */
HG_INLINE __m256 pairs_0213(__m256 v)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8));
}

/* The even and the odd ones of 16 floats. */
HG_INLINE void v_part(const float *from, float *even, float *odd)
{
    const __m256 va = v_load(from), vb = v_load(from + VL);
    v_store(even, pairs_0213(_mm256_shuffle_ps(va, vb, 0x88))); /* a0 a2 b0 b2 | a4 a6 b4 b6 */
    v_store(odd, pairs_0213(_mm256_shuffle_ps(va, vb, 0xdd)));  /* a1 a3 b1 b3 | a5 a7 b5 b7 */
}

/* One tap. 12 sums leave 4 registers: the shorter side of the tile stays in them. */
HG_INLINE void multiply(vec vacc[MAX_V][MAX_N], const char *const *input, int64_t tap,
                        const float *weights, int V, int N)
{
    vec vi[MAX_V], vk[MAX_N];
    if (V <= N) {
        HG_UNROLL for (int v = 0; v < V; v++) vi[v] =
            hg_keep(v_load((const float *)(input[v] + tap)));
        HG_UNROLL for (int n = 0; n < N; n++)
        {
            vk[n] = v_all(weights[n]);
            HG_UNROLL for (int v = 0; v < V; v++) vacc[v][n] =
                _mm256_fmadd_ps(vi[v], vk[n], vacc[v][n]);
        }
        return;
    }
    HG_UNROLL for (int n = 0; n < N; n++) vk[n] = hg_keep(v_all(weights[n]));
    HG_UNROLL for (int v = 0; v < V; v++)
    {
        const vec vx = v_load((const float *)(input[v] + tap));
        vi[v] = N > 1 ? hg_keep(vx) : vx;
        HG_UNROLL for (int n = 0; n < N; n++) vacc[v][n] =
            _mm256_fmadd_ps(vi[v], vk[n], vacc[v][n]);
    }
}

#include "kernels/conv2d/direct_nchw_body.h"

/* Columns of a tile, its channels. */
#define TILES(X)                                                                                   \
    X(64, 1)                                                                                       \
    X(48, 2)                                                                                       \
    X(32, 3)                                                                                       \
    X(24, 4)

#define FUNCTION(columns, n)                                                                       \
    static void tile_##columns##x##n(const hg_direct_nchw_args *a)                                 \
    {                                                                                              \
        run(a, columns / VL, n);                                                                   \
    }
TILES(FUNCTION)

#define POINTER(columns, n) tile_##columns##x##n,
#define VECTORS(columns, n) columns / VL,
static const hg_direct_nchw_steps steps = {VL, {TILES(POINTER)}, {TILES(VECTORS)}, copy_rows};

const hg_kernel hg_direct_nchw_avx2[] = {
    {.name = "conv2d.f32.nchw.avx2.direct24x4",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .algorithm = &hg_direct_nchw,
     .tile = {24, 4},
     .run.direct_nchw = &steps},
    {.name = NULL},
};
