/* Rows of one channel, over the vector vocabulary: neighbouring pixels are neighbouring floats. */
#ifndef HG_RESIZE2D_SINGLES_H
#define HG_RESIZE2D_SINGLES_H

#include "kernels/resize2d/copy.h"
#include "kernels/resize2d/separable.h"
#include "kernels/simd/simd.h"

/* ---- Copies to one or two rows; out1 may be NULL ---- */

HG_INLINE void put_two(float *out0, float *out1, int64_t at, vfloat v)
{
    v_store(out0 + at, v);
    if (out1) v_store(out1 + at, v);
}

/* n floats; whole lines of the cache at a time. The last vector overlaps the one before it. */
HG_INLINE void copy_floats(const float *in, float *out0, float *out1, int64_t n)
{
    int64_t i = 0;
    for (; i + 2 * VL <= n; i += 2 * VL) {
        const vfloat v0 = v_load(in + i), v1 = v_load(in + i + VL);
        v_store(out0 + i, v0);
        v_store(out0 + i + VL, v1);
        if (out1) v_store(out1 + i, v0);
        if (out1) v_store(out1 + i + VL, v1);
    }
    for (; i < n && n >= VL; i += VL) {
        const int64_t at = HG_MIN(i, n - VL);
        put_two(out0, out1, at, v_load(in + at));
    }
    if (i >= n) return;
    const vfloat v = v_load_first(in, (size_t)n);
    v_store_first(out0, v, (size_t)n);
    if (out1) v_store_first(out1, v, (size_t)n);
}

/* output[x] = input[first[x]]. The last pixels start earlier and repeat some. */
HG_INLINE void copy_singles(const hg_resize_copy_args *a, float *out0, float *out1)
{
    const int64_t last = a->width - VL, last_two = last - VL;
    if (a->factor == 2 && last_two >= 0) {
        for (int64_t x = 0; x < a->width; x += 2 * VL) {
            const int64_t at = HG_MIN(x, last_two);
            const vpair v = v_twice(v_load(a->input + at / 2));
            put_two(out0, out1, at, v.v0);
            put_two(out0, out1, at + VL, v.v1);
        }
        return;
    }
    for (int64_t x = 0; x < a->width && last >= 0; x += VL) {
        const int64_t at = HG_MIN(x, last);
        put_two(out0, out1, at, v_gather(a->input, a->first + at));
    }
    for (int64_t x = 0; x < a->width && last < 0; x++) {
        out0[x] = a->input[a->first[x]];
        if (out1) out1[x] = out0[x];
    }
}

/* ---- Sums of taps ---- */

/* VL outputs whose sources lie within VL neighbours: loads of VL floats, each spread over the lanes
 * by a permutation, instead of gathers. false: they do not. */
HG_INLINE bool sum_near(const hg_resize_along_x_args *a, int64_t x)
{
    const int64_t base = a->first[x];
    if (x + VL > a->width || base + a->taps - 1 + VL > a->in_width) return false;
    const vint vat = i_sub(i_load(a->first + x), i_all((int32_t)base));
    const vmask vfar = m_or(i_greater(vat, i_all(VL - 1)), i_greater(i_all(0), vat));
    const vmask vfew = i_greater(i_all((int32_t)a->taps), i_load(a->count + x));
    if (m_any(m_or(vfar, vfew))) return false;
    const vplaces at = p_of(vat);
    const float *in = a->input + base, *weight = a->weight + x;
    vfloat vacc = v_mul(v_load(weight), v_permute(v_load(in), at));
    for (int64_t k = 1; k < a->taps; k++)
        vacc = v_fma(v_load(weight + k * a->weight_step), v_permute(v_load(in + k), at), vacc);
    v_store(a->output + x, vacc);
    return true;
}

/* A lane whose pixel has fewer taps than others, or a hole in this place, is not read and adds
 * 0 * 0. holes: a constant. */
HG_INLINE void sum_lanes(const hg_resize_along_x_args *a, bool holes)
{
    for (int64_t x = 0; x < a->width; x += VL) {
        if (!holes && sum_near(a, x)) continue;
        const size_t n = (size_t)(a->width - x);
        const vint vfirst = i_load_up_to(a->first + x, n), vcount = i_load_up_to(a->count + x, n);
        vfloat vacc = v_zero();
        for (int64_t k = 0; k < a->taps; k++) {
            const vmask vin = i_greater(vcount, i_all((int32_t)k));
            if (!m_any(vin)) break;
            const vfloat vk = v_load_up_to(a->weight + k * a->weight_step + x, n);
            const vfloat vi = v_gather_lanes(holes ? v_nonzero(vk) : vin, a->input + k, vfirst);
            vacc = k == 0 ? v_mul(vk, vi) : v_fma(vk, vi, vacc);
        }
        v_store(a->output + x, vacc);
    }
}

/* along_x of hg_resize_separable_ukernels for one channel of dense pixels. */
HG_INLINE void sum_singles(const hg_resize_along_x_args *a)
{
    if (a->holes)
        sum_lanes(a, true);
    else
        sum_lanes(a, false);
}

#endif
