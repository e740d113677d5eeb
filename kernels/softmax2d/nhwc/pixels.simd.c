/* Softmax over channels that lie side by side. Contract: softmax2d.h. */
#include "kernels/softmax2d/exp_below.h"
#include "kernels/softmax2d/softmax2d.h"

/* The largest of each `group` lanes side by side, in all of them; or their sum. group is a
 * constant, a power of 2. */
HG_INLINE vfloat most_of(vfloat v, int group)
{
    HG_UNROLL
    for (int d = 1; d < group; d *= 2) v = v_at_least(v, v_swap(v, d));
    return v;
}

HG_INLINE vfloat sum_of(vfloat v, int group)
{
    HG_UNROLL
    for (int d = 1; d < group; d *= 2) v = v_add(v, v_swap(v, d));
    return v;
}

/* How several pixels, side by side, share a vector: each has `group` lanes, of which the first are
 * its channels. */
typedef struct sharing {
    vplaces vapart, vtogether;
    vmask there;
} sharing;

HG_INLINE sharing sharing_of(int64_t channels, int group)
{
    int32_t apart[VL], together[VL], channel[VL];
    for (int64_t i = 0; i < VL; i++) {
        const bool used = i < VL / group * channels;
        channel[i] = (int32_t)(i % group);
        apart[i] = (int32_t)(channel[i] < channels ? i / group * channels + channel[i] : 0);
        together[i] = (int32_t)(used ? i / channels * group + i % channels : 0);
    }
    return (sharing){p_of(i_load(apart)), p_of(i_load(together)),
                     i_greater(i_all((int32_t)channels), i_load(channel))};
}

HG_INLINE vfloat shares(vfloat vx, const sharing *s, int group)
{
    const vfloat v = v_select(s->there, v_permute(vx, s->vapart), v_all(-INFINITY));
    const vfloat ve = v_exp_below(v, most_of(v, group));
    return v_permute(v_mul(ve, v_inverse_of_sum(sum_of(ve, group))), s->vtogether);
}

/* Several pixels to a vector. group, a power of 2, and whole, whether they fill it, are constants.
 */
HG_INLINE void packed(const float *x, float *y, int64_t count, int64_t channels, int group,
                      bool whole)
{
    const int64_t at_once = VL / group, floats = at_once * channels;
    const sharing s = sharing_of(channels, group);
    const vtail tail = v_tail((size_t)(whole ? 0 : floats));
    for (; count >= at_once; count -= at_once, x += floats, y += floats)
        v_store_partial(y, shares(v_load_partial(x, tail, whole), &s, group), tail, whole);
    if (count == 0) return;
    const size_t n = (size_t)(count * channels);
    v_store_first(y, shares(v_load_first(x, n), &s, group), n);
}

HG_INLINE void packed_by(const float *x, float *y, int64_t count, int64_t channels, int group)
{
    if (channels == group)
        packed(x, y, count, channels, group, true);
    else
        packed(x, y, count, channels, group, false);
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
    vmost = most_of(vmost, VL);
    HG_UNROLL
    for (int i = 0; i < NV; i++) {
        v[i] = v_exp_below(v[i], vmost);
        vsum = v_add(vsum, v[i]);
    }
    vsum = sum_of(vsum, VL);
    const vfloat vinverse = v_inverse_of_sum(vsum);
    HG_UNROLL
    for (int i = 0; i < NV; i++) store(y, i * VL, channels, v_mul(v[i], vinverse));
}

static void many(const float *x, float *y, int64_t channels)
{
    vfloat vmost = v_all(-INFINITY), vsum = v_zero();
    for (int64_t c = 0; c < channels; c += VL) vmost = v_at_least(load(x, c, channels), vmost);
    vmost = most_of(vmost, VL);
    for (int64_t c = 0; c < channels; c += VL) {
        const vfloat ve = v_exp_below(load(x, c, channels), vmost);
        vsum = v_add(vsum, ve);
        store(y, c, channels, ve);
    }
    vsum = sum_of(vsum, VL);
    const vfloat vinverse = v_inverse_of_sum(vsum);
    for (int64_t c = 0; c < channels; c += VL)
        store(y, c, channels,
              v_mul(v_load_up_to(y + c, (size_t)HG_MIN(channels - c, VL)), vinverse));
}

static void pixels(const float *x, int64_t in_pixel, float *y, int64_t out_pixel, int64_t count,
                   int64_t channels)
{
    const int64_t vectors = HG_CEIL_DIV(channels, VL);
    if (2 * channels <= VL && in_pixel == channels && out_pixel == channels) {
        if (channels <= 2)
            packed_by(x, y, count, channels, 2);
        else if (channels <= 4)
            packed_by(x, y, count, channels, HG_MIN(VL, 4));
        else
            packed_by(x, y, count, channels, HG_MIN(VL, 8));
        return;
    }
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
    {HG_ROW(softmax2d, nhwc, "pixels"), .rev = 2, .algorithm = &hg_softmax2d_pixels,
     .run.softmax = &ukernels},
    {.name = NULL},
};
