/* Bilinear resizing of NHWC images to twice the size. Contract: upsample_2x_bilinear.h. */
#include "kernels/resize2d/nhwc/upsample_2x_bilinear.h"

#include "kernels/simd/simd.h"

enum { MOST_COLUMNS = 3 };

/* Sums along y of 3/4 and 1/4, times 1/4, which is exact: one multiply-add is left of each sum
 * along x. */
HG_INLINE void blend_rows(vfloat vabove, vfloat vbelow, vfloat *upper, vfloat *lower)
{
    const vfloat vsmall = v_all(1.0f / 16), vlarge = v_all(3.0f / 16);
    *upper = v_fma(vsmall, vbelow, v_mul(vlarge, vabove));
    *lower = v_fma(vlarge, vbelow, v_mul(vsmall, vabove));
}

HG_INLINE vfloat blend(vfloat vnear, vfloat vaway)
{
    return v_fma(v_all(3.0f), vnear, vaway);
}

/* n channels between columns x0, x0 + 1, ... of the input: `columns` neighbours have columns - 1
 * gaps of two output pixels. */
HG_INLINE void fill(const float *above, const float *below, float *upper, float *lower,
                    int64_t in_pixel, int64_t next, int columns, size_t n)
{
    vfloat vu[MOST_COLUMNS], vl[MOST_COLUMNS];
    HG_UNROLL for (int x = 0; x < columns; x++)
    {
        blend_rows(v_load_up_to(above + x * in_pixel, n), v_load_up_to(below + x * in_pixel, n),
                   &vu[x], &vl[x]);
    }
    HG_UNROLL for (int x = 0; x + 1 < columns; x++)
    {
        const int64_t at = 2 * x * next;
        v_store_up_to(upper + at, blend(vu[x], vu[x + 1]), n);
        v_store_up_to(upper + at + next, blend(vu[x + 1], vu[x]), n);
        v_store_up_to(lower + at, blend(vl[x], vl[x + 1]), n);
        v_store_up_to(lower + at + next, blend(vl[x + 1], vl[x]), n);
    }
}

/* All channels; the last vector overlaps the one before it. columns is a constant. */
HG_INLINE void fill_channels(const hg_resize_2x_bilinear_args *a, int64_t x, int columns)
{
    const float *above = a->above + x * a->in_pixel, *below = a->below + x * a->in_pixel;
    float *upper = a->upper + (2 * x + 1) * a->out_pixel;
    float *lower = a->lower + (2 * x + 1) * a->out_pixel;
    const int64_t n = a->channels;
    int64_t c = 0;
    for (; c + VL <= n; c += VL)
        fill(above + c, below + c, upper + c, lower + c, a->in_pixel, a->out_pixel, columns, VL);
    if (c == n) return;
    c = n >= VL ? n - VL : 0;
    fill(above + c, below + c, upper + c, lower + c, a->in_pixel, a->out_pixel, columns,
         (size_t)HG_MIN(n, VL));
}

/* A border column repeats: the output pixel beside it blends rows only. */
static void fill_border(const hg_resize_2x_bilinear_args *a, int64_t x, int64_t out_x)
{
    const vfloat vsmall = v_all(0.25f), vlarge = v_all(0.75f);
    const float *above = a->above + x * a->in_pixel, *below = a->below + x * a->in_pixel;
    for (int64_t c = 0; c < a->channels; c += VL) {
        const size_t n = (size_t)(a->channels - c);
        const vfloat va = v_load_up_to(above + c, n), vb = v_load_up_to(below + c, n);
        const int64_t at = out_x * a->out_pixel + c;
        v_store_up_to(a->upper + at, v_fma(vsmall, vb, v_mul(vlarge, va)), n);
        v_store_up_to(a->lower + at, v_fma(vlarge, vb, v_mul(vsmall, va)), n);
    }
}

static void upsample_2x_bilinear(const hg_resize_2x_bilinear_args *a)
{
    int64_t x = 0;
    fill_border(a, 0, 0);
    for (; x + 3 <= a->width; x += 2) fill_channels(a, x, 3);
    if (x + 2 <= a->width) fill_channels(a, x, 2);
    fill_border(a, a->width - 1, 2 * a->width - 1);
}

/* ---- By lines of the cache, for output that is far away ---- */

/* nv vectors of channels, a line of the cache if there are as many, between two columns.
 * nontemporal: a constant. */
HG_INLINE void fill_cacheline(const float *above, const float *below, float *upper, float *lower,
                              int64_t in_pixel, int64_t next, int nv, bool nontemporal)
{
    vfloat vu[2][V_IN_CACHELINE], vl[2][V_IN_CACHELINE];
    HG_UNROLL for (int i = 0; i < 2 * nv; i++)
    {
        const int64_t at = i / nv * in_pixel + i % nv * VL;
        blend_rows(v_load(above + at), v_load(below + at), &vu[i / nv][i % nv],
                   &vl[i / nv][i % nv]);
    }
    HG_UNROLL for (int i = 0; i < 2 * nv; i++)
    {
        const int x = i / nv, j = i % nv;
        v_put(upper + x * next + j * VL, blend(vu[x][j], vu[1 - x][j]), nontemporal);
    }
    HG_UNROLL for (int i = 0; i < 2 * nv; i++)
    {
        const int x = i / nv, j = i % nv;
        v_put(lower + x * next + j * VL, blend(vl[x][j], vl[1 - x][j]), nontemporal);
    }
}

HG_INLINE void fill_cachelines(const hg_resize_2x_bilinear_args *args, bool nontemporal)
{
    /* A copy that no store can alias: no reloading. */
    const hg_resize_2x_bilinear_args copy = *args, *a = &copy;
    const int64_t n = a->channels, from = a->in_pixel, to = a->out_pixel;
    const float *above = a->above, *below = a->below;
    float *upper = a->upper + to, *lower = a->lower + to;
    fill_border(a, 0, 0);
    for (int64_t x = 0; x + 2 <= a->width; x++) {
        int64_t c = 0;
        for (; c + V_IN_CACHELINE * VL <= n; c += V_IN_CACHELINE * VL)
            fill_cacheline(above + c, below + c, upper + c, lower + c, from, to, V_IN_CACHELINE,
                           nontemporal);
        for (; c < n; c += VL)
            fill_cacheline(above + c, below + c, upper + c, lower + c, from, to, 1, nontemporal);
        above += from, below += from, upper += 2 * to, lower += 2 * to;
    }
    fill_border(a, a->width - 1, 2 * a->width - 1);
}

static void upsample_2x_bilinear_cachelines(const hg_resize_2x_bilinear_args *a)
{
    fill_cachelines(a, false);
}

static void upsample_2x_bilinear_nontemporal(const hg_resize_2x_bilinear_args *a)
{
    fill_cachelines(a, true);
    v_drain();
}

static const hg_resize_2x_bilinear_ukernels ukernels = {
    upsample_2x_bilinear, upsample_2x_bilinear_cachelines, upsample_2x_bilinear_nontemporal};

const hg_kernel HG_ROWS(resize2d_nhwc_upsample_2x_bilinear)[] = {
    {HG_ROW(resize2d, nhwc, "upsample_2x_bilinear"), .rev = 2,
     .limits = {.resize_mode = 1 + HG_RESIZE_BILINEAR, .exact_factor = true},
     .algorithm = &hg_resize2d_nhwc_upsample_2x_bilinear, .run.resize_2x_bilinear = &ukernels},
    {.name = NULL},
};
