/* Softmax over channels that lie side by side. Contract: softmax2d.h. */
#include "kernels/softmax2d/exp_below.h"
#include "kernels/softmax2d/softmax2d.h"

/* The largest of all lanes, in each; or their sum. */
HG_INLINE vfloat all_lanes_most(vfloat v)
{
    HG_UNROLL
    for (int d = 1; d < VL; d *= 2) v = v_at_least(v, v_swap(v, d));
    return v;
}

HG_INLINE vfloat all_lanes_sum(vfloat v)
{
    HG_UNROLL
    for (int d = 1; d < VL; d *= 2) v = v_add(v, v_swap(v, d));
    return v;
}

/* Channels [c, c + VL), those behind the last as minus infinity. */
HG_INLINE vfloat load(const float *x, int64_t c, int64_t channels)
{
    if (c + VL <= channels) return v_load(x + c);
    return v_load_first_else(x + c, (size_t)(channels - c), -INFINITY);
}

HG_INLINE void store(float *y, int64_t c, int64_t channels, vfloat v)
{
    v_store_up_to(y + c, v, (size_t)HG_MIN(channels - c, VL));
}

/* Up to NV vectors of channels, which stay in registers; NV is a constant. */
HG_INLINE void few(const float *x, float *y, int64_t channels, int NV)
{
    vfloat v[4], vmost = v_all(-INFINITY), vsum = v_zero();
    HG_UNROLL
    for (int i = 0; i < NV; i++) v[i] = load(x, i * VL, channels);
    HG_UNROLL
    for (int i = 0; i < NV; i++) vmost = v_at_least(v[i], vmost);
    vmost = all_lanes_most(vmost);
    HG_UNROLL
    for (int i = 0; i < NV; i++) {
        v[i] = v_exp_below(v[i], vmost);
        vsum = v_add(vsum, v[i]);
    }
    vsum = all_lanes_sum(vsum);
    const vfloat vinverse = v_inverse(vsum);
    HG_UNROLL
    for (int i = 0; i < NV; i++) store(y, i * VL, channels, v_share(v[i], vsum, vinverse));
}

static void many(const float *x, float *y, int64_t channels)
{
    vfloat vmost = v_all(-INFINITY), vsum = v_zero();
    for (int64_t c = 0; c < channels; c += VL) vmost = v_at_least(load(x, c, channels), vmost);
    vmost = all_lanes_most(vmost);
    for (int64_t c = 0; c < channels; c += VL) {
        const vfloat ve = v_exp_below(load(x, c, channels), vmost);
        vsum = v_add(vsum, ve);
        store(y, c, channels, ve);
    }
    vsum = all_lanes_sum(vsum);
    const vfloat vinverse = v_inverse(vsum);
    for (int64_t c = 0; c < channels; c += VL)
        store(y, c, channels,
              v_share(v_load_up_to(y + c, (size_t)HG_MIN(channels - c, VL)), vsum, vinverse));
}

static void pixels(const float *x, int64_t in_pixel, float *y, int64_t out_pixel, int64_t count,
                   int64_t channels)
{
    const int64_t vectors = HG_CEIL_DIV(channels, VL);
    for (; count > 0; count--, x += in_pixel, y += out_pixel) {
        if (vectors == 1)
            few(x, y, channels, 1);
        else if (vectors == 2)
            few(x, y, channels, 2);
        else if (vectors == 3)
            few(x, y, channels, 3);
        else
            many(x, y, channels);
    }
}

static const hg_softmax_ukernels ukernels = {.pixels = pixels};

const hg_kernel HG_ROWS(softmax2d_nhwc_pixels)[] = {
    {HG_ROW(softmax2d, nhwc, "pixels"), .rev = 1, .algorithm = &hg_softmax2d_pixels,
     .run.softmax = &ukernels},
    {.name = NULL},
};
