/* Implicit GEMM tiles. Contract: igemm.h. */
#include "kernels/conv2d/nhwc/igemm.h"

#include "kernels/simd/post.h"

/* The products of MR pixels x NV vectors of channels; MR and NV are constants. */
HG_INLINE void multiply(const hg_igemm_args *a, vfloat vacc[MAX_MR][MAX_NV], int MR, int NV)
{
    const float *const *rows = a->rows;
    const float *weights = a->weights;
    for (size_t t = 0; t < a->taps; t++, rows += MR) {
        if (hg_igemm_padding(a, rows, MR)) {
            weights += (size_t)(NV * VL) * a->channels;
            continue;
        }
        const float *vi[MAX_MR];
        HG_UNROLL for (int i = 0; i < MR; i++) vi[i] = rows[i] + a->channel;
        weights = multiply_tap(vacc, vi, weights, a->channels, MR, NV);
    }
}

/* What follows the sums. A partial tile computes all rows, but has m of them and n columns. */
HG_INLINE void finish(const hg_igemm_args *a, vfloat vacc[MAX_MR][MAX_NV], int MR, int NV)
{
    const vtail tail = v_tail((size_t)a->n % VL);
    const vpost post = v_post_of(&a->post);
    HG_UNROLL for (int i = 0; i < MR; i++)
    {
        if (i >= a->m) return;
        float *out = a->out[i] + a->column;
        const float *added = a->residual ? a->residual[i] + a->column : NULL;
        HG_UNROLL for (int j = 0; j < NV; j++)
        {
            const int left = a->n - j * VL; /* columns from this vector on */
            if (left <= 0) break;
            vfloat v = vacc[i][j];
            if (left >= VL) {
                if (added) v = v_add(v, v_load(added + j * VL));
                v_store(out + j * VL, v_post(v, &post));
            } else {
                if (added) v = v_add(v, v_load_tail(added + j * VL, tail));
                v_store_tail(out + j * VL, v_post(v, &post), tail);
            }
        }
    }
}

HG_INLINE void tile(const hg_igemm_args *a, int MR, int NV)
{
    vfloat vacc[MAX_MR][MAX_NV];
    HG_UNROLL for (int i = 0; i < MR; i++) HG_UNROLL for (int j = 0; j < NV; j++) vacc[i][j] =
        v_load(a->bias + j * VL);
    multiply(a, vacc, MR, NV);
    finish(a, vacc, MR, NV);
}

#define FUNCTION(mr, nr)                                                                           \
    static void tile_##mr##x##nr(const hg_igemm_args *a)                                           \
    {                                                                                              \
        tile(a, mr, (nr) / VL);                                                                    \
    }
HG_IGEMM_TILES(FUNCTION)

#define UKERNEL(mr, nr) {tile_##mr##x##nr},
const hg_igemm_ukernel HG_ROWS(igemm_ukernels)[HG_IGEMM_COUNT] = {HG_IGEMM_TILES(UKERNEL)};

#define ROW(mr, nr) HG_IGEMM_ROW(HG_ROW(conv2d, nhwc, "igemm" #mr "x" #nr), mr, nr)
const hg_kernel HG_ROWS(conv2d_nhwc_igemm)[] = {HG_IGEMM_TILES(ROW){.name = NULL}};
