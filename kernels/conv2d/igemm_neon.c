/* Implicit GEMM tiles, NEON. Contract: igemm.h. */
#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/igemm.h"
#include "kernels/conv2d/post_neon.h"

enum { VL = 4, MAX_MR = 8, MAX_NV = 4, REGISTERS = 32 }; /* f32 lanes per vector; of a tile */

/* The products of MR pixels x NV vectors of channels; MR and NV are constants.
 *
 * Four input channels of a row are one vector, va = { c, c+1, c+2, c+3 }, whose lanes multiply
 * four rows of weights. Where accumulators and all MR such vectors exceed the 32 registers, the
 * rows are taken in batches of MB and the weights are read once per batch. */
HG_INLINE void multiply(const hg_igemm_args *a, float32x4_t vacc[MAX_MR][MAX_NV], int MR, int NV)
{
    const int NR = NV * VL, MB = MR * NV + MR + NV <= REGISTERS ? MR : MR % 4 ? MR / 3 : MR / 4;
    const float *const *rows = a->rows;
    const float *weights = a->weights;
    const size_t channels = a->channels;
    for (size_t t = 0; t < a->taps; t++, rows += MR) {
        if (hg_igemm_padding(a, rows, MR)) {
            weights += (size_t)NR * channels;
            continue;
        }
        const float *vi[MAX_MR];
        HG_UNROLL for (int i = 0; i < MR; i++) vi[i] = rows[i] + a->channel;
        size_t c = 0;
        for (; c + VL <= channels; c += VL, weights += VL * NR) {
            HG_UNROLL for (int b = 0; b < MR; b += MB)
            {
                float32x4_t va[MAX_MR];
                HG_UNROLL for (int i = 0; i < MB; i++) va[i] = vld1q_f32(vi[b + i] + c);
                HG_UNROLL for (int lane = 0; lane < VL; lane++)
                {
                    HG_UNROLL for (int j = 0; j < NV; j++)
                    {
                        const float32x4_t vk = vld1q_f32(weights + lane * NR + j * VL);
                        HG_UNROLL for (int i = 0; i < MB; i++) vacc[b + i][j] =
                            hg_fma_lane(vacc[b + i][j], vk, va[i], lane);
                    }
                    /* Loads stay on their side: compilers would hoist those of later lanes and
                     * rows, and spill accumulators to make room. */
                    __asm__ volatile("" ::: "memory");
                }
            }
        }
        for (; c < channels; c++, weights += NR) {
            float32x4_t vk[MAX_NV];
            HG_UNROLL for (int j = 0; j < NV; j++) vk[j] = vld1q_f32(weights + j * VL);
            HG_UNROLL for (int i = 0; i < MR; i++)
            {
                const float32x4_t va = vdupq_n_f32(vi[i][c]);
                HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
                    vfmaq_f32(vacc[i][j], va, vk[j]);
                __asm__ volatile("" ::: "memory"); /* as above */
            }
        }
    }
}

/* What follows the sums, for m rows and n columns. */
HG_INLINE void finish(const hg_igemm_args *a, float32x4_t vacc[MAX_MR][MAX_NV], int MR, int NV)
{
    const bool leaky = a->slope != 1.0f;
    const float32x4_t vslope = vdupq_n_f32(a->slope);
    const float32x4_t vmin = vdupq_n_f32(a->min), vmax = vdupq_n_f32(a->max);
    HG_UNROLL for (int i = 0; i < MR; i++)
    {
        if (i >= a->m) return;
        float *out = a->out[i] + a->column;
        const float *added = a->residual ? a->residual[i] + a->column : NULL;
        HG_UNROLL for (int j = 0; j < NV; j++)
        {
            const int left = a->n - j * VL; /* columns from this vector on */
            if (left <= 0) break;
            float32x4_t v = vacc[i][j];
            if (left >= VL) {
                if (added) v = vaddq_f32(v, vld1q_f32(added + j * VL));
                vst1q_f32(out + j * VL, hg_conv_post_neon(v, leaky, vslope, vmin, vmax));
            } else {
                if (added) v = vaddq_f32(v, hg_load_tail(added + j * VL, (size_t)left));
                hg_store_tail(out + j * VL, hg_conv_post_neon(v, leaky, vslope, vmin, vmax),
                              (size_t)left);
            }
        }
    }
}

HG_INLINE void tile(const hg_igemm_args *a, int MR, int NV)
{
    float32x4_t vacc[MAX_MR][MAX_NV];
    HG_UNROLL for (int i = 0; i < MR; i++) HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
        vld1q_f32(a->bias + j * VL);
    multiply(a, vacc, MR, NV);
    finish(a, vacc, MR, NV);
}

/* The tiles, pixels x channels: a line here is all that one more takes. */
#define TILES(X)                                                                                   \
    X(8, 12)                                                                                       \
    X(8, 8)                                                                                        \
    X(6, 16)                                                                                       \
    X(4, 16)

#define FUNCTION(mr, nr)                                                                           \
    static void tile_##mr##x##nr(const hg_igemm_args *a)                                           \
    {                                                                                              \
        tile(a, mr, (nr) / VL);                                                                    \
    }
TILES(FUNCTION)

#define ROW(op_name, op_code, mr, nr)                                                              \
    {                                                                                              \
        .name = op_name ".f32.nhwc.neon.igemm" #mr "x" #nr, .op = op_code, .dtype = HG_F32,        \
        .isa = HG_ISA_NEON, .layouts = HG_IN_NHWC, .rev = 3, .algorithm = &hg_igemm,               \
        .tile = {mr, nr}, .run.igemm = tile_##mr##x##nr                                            \
    }
#define CONV(mr, nr) ROW("conv2d", HG_OP_CONV2D, mr, nr),
#define TRANSPOSED(mr, nr) ROW("conv_transpose2d", HG_OP_CONV_TRANSPOSE2D, mr, nr),

const hg_kernel hg_igemm_neon[] = {TILES(CONV) TILES(TRANSPOSED){.name = NULL}};
