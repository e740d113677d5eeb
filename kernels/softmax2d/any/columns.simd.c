/* Softmax over channels that are planes apart. Contract: softmax2d.h. */
#include "kernels/softmax2d/exp_below.h"
#include "kernels/softmax2d/softmax2d.h"

/* NV vectors of pixels, the last of which has n lanes of a plane; NV is a constant. The next
 * tile's, and the lines that this one goes to, come while the exponentials are calculated. */
HG_INLINE void tile(const float *x, int64_t in_plane, float *y, int64_t out_plane, int64_t channels,
                    size_t n, float *scratch, int NV)
{
    vfloat vmost[4], vsum[4], vinverse[4];
    const float *from = x;
    float *to = scratch;
    HG_UNROLL
    for (int i = 0; i < NV; i++) vmost[i] = v_all(-INFINITY), vsum[i] = v_zero();
    for (int64_t c = 0; c < channels; c++, from += in_plane, to += NV * VL) {
        HG_UNROLL
        for (int i = 0; i < NV; i++) {
            const vfloat v = i + 1 < NV ? v_load(from + i * VL) : v_load_up_to(from + i * VL, n);
            vmost[i] = v_at_least(v, vmost[i]);
            v_store(to + i * VL, v);
        }
    }
    const float *next = x;
    to = scratch;
    for (int64_t c = 0; c < channels; c++, to += NV * VL, next += in_plane) {
        HG_UNROLL
        for (int i = 0; i < NV; i += V_IN_CACHELINE) {
            hg_prefetch(next + i * VL, NV * VL);
            hg_prefetch(y + c * out_plane + i * VL, 0);
        }
        HG_UNROLL
        for (int i = 0; i < NV; i++) {
            const vfloat ve = v_exp_below(v_load(to + i * VL), vmost[i]);
            vsum[i] = v_add(vsum[i], ve);
            v_store(to + i * VL, ve);
        }
    }
    HG_UNROLL
    for (int i = 0; i < NV; i++) vinverse[i] = v_inverse_of_sum(vsum[i]);
    to = scratch;
    for (int64_t c = 0; c < channels; c++, to += NV * VL, y += out_plane) {
        HG_UNROLL
        for (int i = 0; i < NV; i++) {
            const vfloat v = v_mul(v_load(to + i * VL), vinverse[i]);
            if (i + 1 < NV)
                v_store(y + i * VL, v);
            else
                v_store_up_to(y + i * VL, v, n);
        }
    }
}

static void columns(const float *x, int64_t in_plane, float *y, int64_t out_plane, int64_t count,
                    int64_t channels, float *scratch)
{
    enum { AT_ONCE = V_REGISTERS < 32 ? 2 : 4 };
    int64_t i = 0;
    for (; i + AT_ONCE * VL <= count; i += AT_ONCE * VL)
        tile(x + i, in_plane, y + i, out_plane, channels, VL, scratch, AT_ONCE);
    for (; i < count; i += VL)
        tile(x + i, in_plane, y + i, out_plane, channels, (size_t)HG_MIN(count - i, VL), scratch,
             1);
}

static const hg_softmax_ukernels ukernels = {.columns = columns,
                                             .transposer = &HG_JOIN(hg_transposer, HG_SIMD)};

const hg_kernel HG_ROWS(softmax2d_any_columns)[] = {
    {HG_ROW(softmax2d, any, "columns"), .rev = 3, .algorithm = &hg_softmax2d_columns,
     .run.softmax = &ukernels},
    {.name = NULL},
};
