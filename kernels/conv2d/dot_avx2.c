/* Few output channels of a transposed convolution, AVX2 + FMA: tiles of dots over the input
 * channels. Contract: igemm.h.
 *
 * With 1 to 4 output channels the lanes of a tile of channels stay empty; here a vector holds 8
 * input channels and the 8 lanes of an accumulator are added up at the end. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/igemm.h"
#include "kernels/conv2d/post_avx2.h"

enum { VL = 8 }; /* f32 lanes per vector */

/* The sums of the lanes of each vector. */
HG_INLINE __m128 sum_lanes(__m256 v0, __m256 v1, __m256 v2, __m256 v3)
{
    const __m256 v01 = _mm256_hadd_ps(v0, v1);    /* 0 0 1 1 | 0 0 1 1 */
    const __m256 v23 = _mm256_hadd_ps(v2, v3);    /* 2 2 3 3 | 2 2 3 3 */
    const __m256 vsum = _mm256_hadd_ps(v01, v23); /* 0 1 2 3 | 0 1 2 3 */
    return _mm_add_ps(_mm256_castps256_ps128(vsum), _mm256_extractf128_ps(vsum, 1));
}

/* Ends and stores a tile; sums is [MR][NR], a multiple of 4. MR and NR are constants. */
HG_INLINE void finish(const hg_igemm_args *a, float *sums, int MR, int NR)
{
    const bool whole = a->m == MR && a->n == NR;
    const int m = whole ? MR : a->m, n = whole ? NR : a->n;
    for (int i = 0; a->residual && i < m; i++)
        for (int j = 0; j < n; j++) sums[i * NR + j] += a->residual[i][a->column + (size_t)j];
    /* Four at a time: scalar comparisons would become branches on the data. */
    const bool leaky = a->slope != 1.0f;
    const __m256 vslope = _mm256_set1_ps(a->slope);
    const __m256 vmin = _mm256_set1_ps(a->min), vmax = _mm256_set1_ps(a->max);
    HG_UNROLL for (int q = 0; q < MR * NR; q += 4)
    {
        const __m256 v = _mm256_castps128_ps256(_mm_loadu_ps(sums + q));
        const __m256 vend = hg_conv_post_avx2(v, leaky, vslope, vmin, vmax);
        _mm_storeu_ps(sums + q, _mm256_castps256_ps128(vend));
    }
    if (whole) {
        HG_UNROLL for (int i = 0; i < MR; i++) HG_UNROLL for (int j = 0; j < NR; j++)
            a->out[i][a->column + (size_t)j] = sums[i * NR + j];
    } else {
        for (int i = 0; i < m; i++)
            for (int j = 0; j < n; j++) a->out[i][a->column + (size_t)j] = sums[i * NR + j];
    }
}

#define TILE_NAME dot_8x1
#define TILE_MR 8
#define TILE_NR 1
#include "kernels/conv2d/dot_tile_avx2.h"

#define TILE_NAME dot_6x2
#define TILE_MR 6
#define TILE_NR 2
#include "kernels/conv2d/dot_tile_avx2.h"

#define TILE_NAME dot_4x3
#define TILE_MR 4
#define TILE_NR 3
#include "kernels/conv2d/dot_tile_avx2.h"

#define TILE_NAME dot_3x4
#define TILE_MR 3
#define TILE_NR 4
#include "kernels/conv2d/dot_tile_avx2.h"

const hg_kernel hg_dot_avx2[] = {
    {.name = "conv_transpose2d.f32.nhwc.avx2.dot8x1",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_igemm_dot,
     .tile = {8, 1},
     .run.igemm = dot_8x1},
    {.name = "conv_transpose2d.f32.nhwc.avx2.dot6x2",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_igemm_dot,
     .tile = {6, 2},
     .run.igemm = dot_6x2},
    {.name = "conv_transpose2d.f32.nhwc.avx2.dot4x3",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_igemm_dot,
     .tile = {4, 3},
     .run.igemm = dot_4x3},
    {.name = "conv_transpose2d.f32.nhwc.avx2.dot3x4",
     .op = HG_OP_CONV_TRANSPOSE2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NHWC,
     .rev = 1,
     .algorithm = &hg_igemm_dot,
     .tile = {3, 4},
     .run.igemm = dot_3x4},
    {.name = NULL},
};
