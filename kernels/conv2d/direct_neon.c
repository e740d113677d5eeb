/* Direct convolution, NEON. Contract: direct.h. */
#include "kernels/conv2d/direct.h"

#include "kernels/conv2d/post_neon.h"

enum { VL = 4, BLOCK = HG_DIRECT_BLOCK, MAX_MR = 8, MAX_V = 8 }; /* vectors of a pixel */

/* Vector v of a pixel: the last block may overlap the one before it. */
HG_INLINE size_t column_of(const hg_direct_args *a, int v, int NV)
{
    const int block = v / 2;
    return (block < NV - 1 ? (size_t)(block * BLOCK) : a->last) + (size_t)(v % 2 * VL);
}

/* The last block of a narrow group: n < 8 columns. */
HG_INLINE float32x4_t load_first(const float *p, size_t n)
{
    if (n >= VL) return vld1q_f32(p);
    return n ? hg_load_tail(p, n) : vdupq_n_f32(0.0f);
}

HG_INLINE void store_first(float *p, float32x4_t v, size_t n)
{
    if (n >= VL)
        vst1q_f32(p, v);
    else if (n)
        hg_store_tail(p, v, n);
}

/* One pixel: everything is loaded before anything is stored, for the last blocks may overlap. */
HG_INLINE void finish_pixel(const hg_direct_args *a, float32x4_t v[MAX_V], float *out,
                            const float *residual, int NV)
{
    const bool leaky = a->slope != 1.0f, narrow = NV == 1 && a->n < BLOCK;
    const float32x4_t vslope = vdupq_n_f32(a->slope);
    const float32x4_t vmin = vdupq_n_f32(a->min), vmax = vdupq_n_f32(a->max);
    HG_UNROLL for (int j = 0; j < 2 * NV; j++)
    {
        const size_t at = column_of(a, j, NV), left = a->n > at ? a->n - at : 0;
        if (residual)
            v[j] = vaddq_f32(v[j],
                             narrow ? load_first(residual + at, left) : vld1q_f32(residual + at));
        v[j] = hg_conv_post_neon(v[j], leaky, vslope, vmin, vmax);
    }
    HG_UNROLL for (int j = 0; j < 2 * NV; j++)
    {
        const size_t at = column_of(a, j, NV), left = a->n > at ? a->n - at : 0;
        if (narrow)
            store_first(out + at, v[j], left);
        else
            vst1q_f32(out + at, v[j]);
    }
}

/* MR pixels from number i on; MR and NV are constants. */
HG_INLINE void tile(const hg_direct_args *a, size_t i, int MR, int NV)
{
    float32x4_t vacc[MAX_MR][MAX_V];
    HG_UNROLL for (int j = 0; j < 2 * NV; j++)
    {
        const float32x4_t vbias = vld1q_f32(a->bias + column_of(a, j, NV));
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] = vbias;
    }
    const size_t step = a->step, row = (size_t)(NV * BLOCK);
    const hg_direct_segment *const end = a->segments + a->segment_count;
    for (const hg_direct_segment *s = a->segments; s < end; s++) {
        const float *weights = a->weights + s->first * row;
        const float *input[MAX_MR];
        HG_UNROLL for (int m = 0; m < MR; m++) input[m] = s->input + (i + (size_t)m) * step;
        size_t c = 0;
        for (; c + VL <= s->count; c += VL, weights += VL * row) {
            /* Four products: the lanes of the pixels' vectors multiply four rows of weights. */
            float32x4_t vi[MAX_MR];
            HG_UNROLL for (int m = 0; m < MR; m++) vi[m] = vld1q_f32(input[m] + c);
            HG_UNROLL for (int lane = 0; lane < VL; lane++)
            {
                HG_UNROLL for (int j = 0; j < 2 * NV; j++)
                {
                    const float32x4_t vk = vld1q_f32(weights + lane * NV * BLOCK + j * VL);
                    HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] =
                        hg_fma_lane(vacc[m][j], vk, vi[m], lane);
                }
            }
        }
        for (; c < s->count; c++, weights += row) {
            HG_UNROLL for (int j = 0; j < 2 * NV; j++)
            {
                const float32x4_t vk = vld1q_f32(weights + j * VL);
                HG_UNROLL for (int m = 0; m < MR; m++) vacc[m][j] =
                    vfmaq_n_f32(vacc[m][j], vk, input[m][c]);
            }
        }
    }
    float *out = a->out + i * a->out_step;
    const float *residual = a->residual ? a->residual + i * a->residual_step : NULL;
    HG_UNROLL for (int m = 0; m < MR; m++, out += a->out_step)
    {
        finish_pixel(a, vacc[m], out, residual, NV);
        if (residual) residual += a->residual_step;
    }
}

#include "kernels/conv2d/direct_run.h"

/* Whole tiles, pixels x blocks of columns. */
#define TILES(X)                                                                                   \
    X(8, 1)                                                                                        \
    X(6, 2)                                                                                        \
    X(4, 3)                                                                                        \
    X(3, 4)

#define FUNCTION(mr, nv)                                                                           \
    static void tile_##mr##x##nv##x8(const hg_direct_args *a)                                      \
    {                                                                                              \
        run(a, 0, mr, nv);                                                                         \
    }
TILES(FUNCTION)

#define POINTER(mr, nv) tile_##mr##x##nv##x8,
#define HEIGHT(mr, nv) mr,
static const hg_direct_steps steps = {{TILES(POINTER)}, {TILES(HEIGHT)}};

#define ROW(op_name, op_code, how, columns)                                                        \
    {                                                                                              \
        .name = op_name ".f32.nhwc.neon.direct" #columns, .op = op_code, .dtype = HG_F32,          \
        .isa = HG_ISA_NEON, .layouts = HG_IN_NHWC, .rev = 1, .algorithm = how,                     \
        .tile = {0, columns}, .run.direct = &steps                                                 \
    }
#define CONV(columns) ROW("conv2d", HG_OP_CONV2D, &hg_direct, columns)
#define TRANSPOSED(columns)                                                                        \
    ROW("conv_transpose2d", HG_OP_CONV_TRANSPOSE2D, &hg_direct_phases, columns)

/* Panels of at most so many columns. */
const hg_kernel hg_direct_neon[] = {
    CONV(16), CONV(24), TRANSPOSED(16), TRANSPOSED(24), {.name = NULL}};
