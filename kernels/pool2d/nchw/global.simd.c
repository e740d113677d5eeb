/* Global average, NCHW: the mean of each plane. Contract: hg_pool_args in pool2d.h, with planes as
 * channels: in_pixel and out_pixel lead from one plane to the next.
 *
 * Planes are short, so that sums across lanes would cost more than the loads: VL planes share
 * them. */
#include "kernels/pool2d/nchw/planes.h"
#include "kernels/simd/simd.h"

enum {
    CHAINS = 16 / VL, /* sums of a short plane that do not wait for each other or its neighbours' */
    LONG_CHAINS = 4,  /* of a long one */
    LONG_FLOATS = 256, /* of a row */
    AHEAD = 512        /* floats between a prefetch and its load */
};

/* Lane sums of one plane; `whole` of the taps fill vectors. chains: a constant. */
HG_INLINE vfloat plane(const hg_pool_args *a, const float *in, int64_t taps, int64_t whole,
                       const int chains)
{
    const size_t rest = (size_t)(taps - whole);
    vfloat vacc[LONG_CHAINS];
    HG_UNROLL
    for (int i = 0; i < chains; i++) vacc[i] = v_zero();
    for (int64_t y = 0; y < a->rows; y++, in += a->row_step) {
        int64_t x = 0;
        for (; x + (chains - 1) * VL < whole; x += chains * VL) {
            HG_UNROLL
            for (int i = 0; i < chains; i++) vacc[i] = v_add(vacc[i], v_load(in + x + i * VL));
        }
        HG_UNROLL
        for (int i = 0; i < chains - 1; i++, x += VL)
            if (x < whole) vacc[i] = v_add(vacc[i], v_load(in + x));
        if (rest)
            vacc[chains - 1] = v_add(vacc[chains - 1], v_load_rest(in + whole, rest, whole > 0));
    }
    HG_UNROLL
    for (int i = 1; i < chains; i++) vacc[0] = v_add(vacc[0], vacc[i]);
    return vacc[0];
}

/* Lane sums of VL planes that follow each other: as many vectors as a plane has floats, none of
 * which crosses a cache line if the first does not. Few of them belong to two planes. */
HG_INLINE void joined_planes(const float *in, int64_t floats, vfloat v[VL])
{
    HG_UNROLL
    for (int i = 0; i < VL; i++) v[i] = v_zero();
    HG_UNROLL
    for (int64_t j = 0; j < floats; j++) {
        const int64_t p = j * VL / floats, inside = (p + 1) * floats - j * VL;
        if (j % (HG_CACHELINE / VL) == 0) hg_prefetch(in + j * VL, AHEAD);
        const vfloat vi = v_load(in + j * VL);
        if (inside >= VL) {
            v[p] = v_add(v[p], vi);
            continue;
        }
        const vpair vparts = v_cut(vi, (size_t)inside);
        v[p] = v_add(v[p], vparts.v0);
        v[p + 1] = v_add(v[p + 1], vparts.v1);
    }
}

/* Lane sums of n planes that long sums keep busy by themselves: one loop, so that what fetches
 * ahead has one stream to learn. */
HG_INLINE void long_planes(const hg_pool_args *a, int64_t c, int64_t n, int64_t whole, vfloat v[VL])
{
    const int64_t taps = a->columns[0].taps;
    for (int64_t i = 0; i < VL; i++) v[i] = v_zero();
    for (int64_t i = 0; i < n; i++)
        v[i] = plane(a, a->input + (c + i) * a->in_pixel, taps, whole, LONG_CHAINS);
}

typedef enum length { SHORT, JOINED, LONG } length;

/* `whole` of the taps fill vectors; JOINED: planes of 7 x 7 without gaps. planes: a constant. */
HG_INLINE void means(const hg_pool_args *a, int64_t whole, length planes)
{
    const int64_t taps = a->columns[0].taps;
    const vfloat vscale = v_all(1.0f / hg_pool_divisor(a, a->columns));
    for (int64_t c = 0; c < a->channels; c += VL) {
        const int64_t n = HG_MIN(a->channels - c, (int64_t)VL);
        vfloat v[VL];
        if (planes == LONG) {
            long_planes(a, c, n, whole, v);
        } else if (planes == JOINED && n == VL) {
            joined_planes(a->input + c * 49, 49, v);
        } else {
            HG_UNROLL
            for (int i = 0; i < VL; i++) /* spare lanes repeat the last plane */
                v[i] =
                    plane(a, a->input + (c + HG_MIN(i, n - 1)) * a->in_pixel, taps, whole, CHAINS);
        }
        const vfloat vmean = v_mul(v_sum_lanes(v), vscale);
        if (n == VL && a->out_pixel == 1) {
            v_store(a->output + c, vmean);
            continue;
        }
        float mean[VL];
        v_store(mean, vmean);
        for (int64_t i = 0; i < n; i++) a->output[(c + i) * a->out_pixel] = mean[i];
    }
}

/* The planes that networks end with have 7 x 7 pixels: no loop is left. */
static void average(const hg_pool_args *args)
{
    const hg_pool_args copy = *args, *a = &copy;
    const int64_t whole = a->columns[0].taps / VL * VL;
    const bool joined = a->rows == 1 && a->columns[0].taps == 49 && a->in_pixel == 49;
    if (joined)
        means(a, 48, JOINED);
    else if (whole >= LONG_FLOATS)
        means(a, whole, LONG);
    else
        means(a, whole, SHORT);
}

const hg_kernel HG_ROWS(pool2d_nchw_global)[] = {
    {HG_ROW(avg_pool2d, nchw, "global"), .rev = 5,
     .limits = {.no_padding = true, .no_adaptive = true, .dilation = {1, 1}},
     .algorithm = &hg_pool2d_nchw_global, .run.pool = average},
    {.name = NULL},
};
