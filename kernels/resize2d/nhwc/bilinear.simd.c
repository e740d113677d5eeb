/* Bilinear resizing of NHWC images by any factor. Contract: bilinear.h. */
#include "kernels/resize2d/nhwc/bilinear.h"

#include "kernels/simd/simd.h"

/* vquad: four floats. */
#include HG_TEXT(HG_JOIN(bilinear, HG_SIMD).h)

enum { QUAD = HG_BILINEAR_QUAD };

typedef struct weights {
    vfloat vx[2], vy[2];
} weights;

HG_INLINE vfloat across(const float *row, int64_t second, const weights *w, size_t n)
{
    const vfloat vfirst = v_load_up_to(row, n), vsecond = v_load_up_to(row + second, n);
    return v_fma(w->vx[1], vsecond, v_mul(w->vx[0], vfirst));
}

/* Up to VL channels; `second` is floats from the first tap of a row to its second. */
HG_INLINE vfloat blend(const float *upper, const float *lower, int64_t second, const weights *w,
                       size_t n)
{
    const vfloat vupper = across(upper, second, w, n), vlower = across(lower, second, w, n);
    return v_fma(w->vy[1], vlower, v_mul(w->vy[0], vupper));
}

/* The channels of a pixel; the last vector overlaps the one before it. */
HG_INLINE void fill_pixel(const float *upper, const float *lower, int64_t second, const weights *w,
                          float *out, int64_t channels, bool nontemporal)
{
    int64_t c = 0;
    for (; c + VL <= channels; c += VL)
        v_put(out + c, blend(upper + c, lower + c, second, w, VL), nontemporal);
    if (c == channels) return;
    const size_t n = (size_t)HG_MIN(channels, VL);
    c = channels - (int64_t)n;
    v_store_up_to(out + c, blend(upper + c, lower + c, second, w, n), n);
}

/* ---- Pixels of less than a vector: four channels at a time ---- */

HG_INLINE vquad q_across(const float *row, int64_t second, const vquad vx[2])
{
    return q_fma(vx[1], q_load(row + second), q_mul(vx[0], q_load(row)));
}

/* Outputs [0, a->quads). The last four channels overlap those before them; of fewer than four, what
 * is stored behind them is overwritten by the next pixel. */
HG_INLINE void fill_quads(const hg_resize_bilinear_args *a)
{
    const vquad vy[2] = {q_splat(a->y->weight), q_splat(a->y->weight + 1)};
    const int64_t last = HG_MAX(a->channels - QUAD, 0);
    float *out = a->output;
    for (int64_t x = 0; x < a->quads; x++, out += a->out_pixel) {
        const hg_resize_two_taps *taps = &a->across[x];
        const vquad vx[2] = {q_splat(taps->weight), q_splat(taps->weight + 1)};
        const int64_t second = taps->second - taps->first;
        const float *upper = a->upper + taps->first, *lower = a->lower + taps->first;
        for (int64_t c = 0; c < a->channels; c += QUAD) {
            const int64_t at = HG_MIN(c, last);
            const vquad vupper = q_across(upper + at, second, vx);
            const vquad vlower = q_across(lower + at, second, vx);
            q_store(out + at, q_fma(vy[1], vlower, q_mul(vy[0], vupper)));
        }
    }
}

/* ---- Rows ---- */

/* nontemporal: a constant. */
HG_INLINE void fill_row(const hg_resize_bilinear_args *args, bool nontemporal)
{
    const hg_resize_bilinear_args a = *args; /* stores cannot change it: no reloading */
    weights w = {.vy = {v_splat(a.y->weight), v_splat(a.y->weight + 1)}};
    int64_t x = 0;
    if (a.channels < VL) fill_quads(&a), x = a.quads;
    for (; x < a.width; x++) {
        const hg_resize_two_taps taps = a.across[x];
        w.vx[0] = v_splat(a.across[x].weight);
        w.vx[1] = v_splat(a.across[x].weight + 1);
        fill_pixel(a.upper + taps.first, a.lower + taps.first, taps.second - taps.first, &w,
                   a.output + x * a.out_pixel, a.channels, nontemporal);
    }
}

static void bilinear(const hg_resize_bilinear_args *a)
{
    fill_row(a, false);
}

static void bilinear_nontemporal(const hg_resize_bilinear_args *a)
{
    fill_row(a, true);
    v_drain();
}

static const hg_resize_bilinear_ukernels ukernels = {bilinear, bilinear_nontemporal};

const hg_kernel HG_ROWS(resize2d_nhwc_bilinear)[] = {
    {HG_ROW(resize2d, nhwc, "bilinear"), .rev = 2, .algorithm = &hg_resize2d_nhwc_bilinear,
     .run.resize_bilinear = &ukernels},
    {.name = NULL},
};
