/* Implicit GEMM tiles, AVX2 + FMA. Contract: igemm.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/igemm.h"
#include "kernels/conv2d/post_avx2.h"

enum { VL = 8, MAX_MR = 12, MAX_NV = 4 }; /* f32 lanes per vector; of a tile */

/* The products of MR pixels x NV vectors of channels; MR and NV are constants. */
HG_INLINE void multiply(const hg_igemm_args *a, __m256 vacc[MAX_MR][MAX_NV], int MR, int NV)
{
    const int NR = NV * VL;
    const float *const *rows = a->rows;
    const float *weights = a->weights;
    for (size_t t = 0; t < a->taps; t++, rows += MR) {
        if (hg_igemm_padding(a, rows, MR)) {
            weights += (size_t)NR * a->channels;
            continue;
        }
        const float *vi[MAX_MR];
        HG_UNROLL for (int i = 0; i < MR; i++) vi[i] = rows[i] + a->channel;
        for (size_t c = 0; c < a->channels; c++, weights += NR) {
            /* The smaller side is kept in registers, the other streams past it. */
            if (NV <= MR) {
                __m256 vk[MAX_NV];
                HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = _mm256_load_ps(weights + j * VL);
                HG_UNROLL for (int i = 0; i < MR; i++)
                {
                    const __m256 va = _mm256_broadcast_ss(vi[i] + c);
                    HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
                        _mm256_fmadd_ps(va, vk[j], vacc[i][j]);
                }
            } else {
                __m256 va[MAX_MR];
                HG_UNROLL for (int i = 0; i < MR; i++) va[i] = _mm256_broadcast_ss(vi[i] + c);
                HG_UNROLL for (int j = 0; j < NV; j++)
                {
                    const __m256 vk = _mm256_load_ps(weights + j * VL);
                    HG_UNROLL for (int i = 0; i < MR; i++) vacc[i][j] =
                        _mm256_fmadd_ps(va[i], vk, vacc[i][j]);
                }
            }
        }
    }
}

/* What follows the sums. A partial tile computes all rows but stores m rows, and n columns through
 * masks. */
HG_INLINE void finish(const hg_igemm_args *a, __m256 vacc[MAX_MR][MAX_NV], int MR, int NV)
{
    const bool whole = a->n == NV * VL;
    __m256i vmask[MAX_NV];
    HG_UNROLL for (int j = 0; j < NV; j++) vmask[j] =
        hg_tail_mask((size_t)HG_MIN(HG_MAX(a->n - j * VL, 0), VL));
    const bool leaky = a->slope != 1.0f;
    const __m256 vslope = _mm256_set1_ps(a->slope);
    const __m256 vmin = _mm256_set1_ps(a->min), vmax = _mm256_set1_ps(a->max);
    HG_UNROLL for (int i = 0; i < MR; i++)
    {
        if (i >= a->m) return;
        float *out = a->out[i] + a->column;
        HG_UNROLL for (int j = 0; j < NV; j++)
        {
            __m256 v = vacc[i][j];
            if (a->residual) {
                const float *added = a->residual[i] + a->column + j * VL;
                v = _mm256_add_ps(v, whole ? _mm256_loadu_ps(added)
                                           : _mm256_maskload_ps(added, vmask[j]));
            }
            v = hg_conv_post_avx2(v, leaky, vslope, vmin, vmax);
            if (whole)
                _mm256_storeu_ps(out + j * VL, v);
            else
                _mm256_maskstore_ps(out + j * VL, vmask[j], v);
        }
    }
}

HG_INLINE void tile(const hg_igemm_args *a, int MR, int NV)
{
    __m256 vacc[MAX_MR][MAX_NV];
    HG_UNROLL for (int i = 0; i < MR; i++) HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
        _mm256_loadu_ps(a->bias + j * VL);
    multiply(a, vacc, MR, NV);
    finish(a, vacc, MR, NV);
}

/* The tiles, pixels x channels: a line here is all that one more takes. */
#define TILES(X)                                                                                   \
    X(6, 16)                                                                                       \
    X(4, 24)                                                                                       \
    X(5, 16)                                                                                       \
    X(3, 32)                                                                                       \
    X(12, 8)

#define FUNCTION(mr, nr)                                                                           \
    static void tile_##mr##x##nr(const hg_igemm_args *a)                                           \
    {                                                                                              \
        tile(a, mr, (nr) / VL);                                                                    \
    }
TILES(FUNCTION)

#define ROW(op_name, op_code, mr, nr)                                                              \
    {                                                                                              \
        .name = op_name ".f32.nhwc.avx2.igemm" #mr "x" #nr, .op = op_code, .dtype = HG_F32,        \
        .isa = HG_ISA_AVX2, .layouts = HG_IN_NHWC, .rev = 3, .algorithm = &hg_igemm,               \
        .tile = {mr, nr}, .run.igemm = tile_##mr##x##nr                                            \
    }
#define CONV(mr, nr) ROW("conv2d", HG_OP_CONV2D, mr, nr),
#define TRANSPOSED(mr, nr) ROW("conv_transpose2d", HG_OP_CONV_TRANSPOSE2D, mr, nr),

const hg_kernel hg_igemm_avx2[] = {TILES(CONV) TILES(TRANSPOSED){.name = NULL}};
