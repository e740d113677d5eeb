/* Global average, f32, NCHW, AVX2: the mean of each plane. Contract: hg_pool_args in pool2d.h, with
 * planes as channels: in_pixel and out_pixel lead from one plane to the next.
 *
 * Planes are short, so that sums across lanes would cost more than the loads: 8 planes share them.
 */
#include "kernels/pool2d/pool2d.h"
#include "kernels/pool2d/pool_ops_avx2.h"

/* Lane sums of one plane. */
HG_INLINE vec plane(const hg_pool_args *a, const float *in, int64_t taps, int64_t whole,
                    __m256i vmask)
{
    vec vacc = v_set(0.0f), vother = v_set(0.0f);
    for (int64_t y = 0; y < a->rows; y++, in += a->row_step) {
        int64_t x = 0;
        for (; x + VL < whole; x += 2 * VL) {
            vacc = v_add(vacc, v_load(in + x, VL));
            vother = v_add(vother, v_load(in + x + VL, VL));
        }
        if (x < whole) vacc = v_add(vacc, v_load(in + x, VL));
        if (whole < taps) vother = v_add(vother, _mm256_maskload_ps(in + whole, vmask));
    }
    return v_add(vacc, vother);
}

enum { AHEAD = 512 }; /* floats between a prefetch and its load */

/* Lane sums of 8 planes that follow each other: as many vectors as a plane has floats, none of
 * which crosses a cache line if the first does not. Few of them belong to two planes. */
HG_INLINE void joined_planes(const float *in, int64_t floats, vec v[VL])
{
    HG_UNROLL
    for (int i = 0; i < VL; i++) v[i] = v_set(0.0f);
    HG_UNROLL
    for (int64_t j = 0; j < floats; j++) {
        const int64_t p = j * VL / floats, inside = (p + 1) * floats - j * VL;
        if (j % 2 == 0) v_prefetch(in + j * VL, AHEAD);
        const vec vi = v_load(in + j * VL, VL);
        if (inside >= VL) {
            v[p] = v_add(v[p], vi);
            continue;
        }
        const vec vmask = _mm256_castsi256_ps(hg_tail_mask((size_t)inside));
        v[p] = v_add(v[p], _mm256_and_ps(vmask, vi));
        v[p + 1] = v_add(v[p + 1], _mm256_andnot_ps(vmask, vi));
    }
}

/* `whole` of the taps fill vectors; joined: planes of 7 x 7 without gaps. */
HG_INLINE void means(const hg_pool_args *a, int64_t whole, bool joined)
{
    const int64_t taps = a->columns[0].taps;
    const __m256i vmask = hg_tail_mask((size_t)(taps - whole));
    const vec vscale = v_set(1.0f / hg_pool_divisor(a, a->columns));
    for (int64_t c = 0; c < a->channels; c += VL) {
        const int64_t n = HG_MIN(a->channels - c, (int64_t)VL);
        vec v[VL];
        if (joined && n == VL) {
            joined_planes(a->input + c * 49, 49, v);
        } else {
            HG_UNROLL
            for (int i = 0; i < VL; i++) /* spare lanes repeat the last plane */
                v[i] =
                    plane(a, a->input + (c + HG_MIN(i, n - 1)) * a->in_pixel, taps, whole, vmask);
        }
        /* Sums of pairs of neighbours, twice: lanes 0 1 2 3 | 0 1 2 3 of planes, and 4 .. 7. */
        const vec vlow = _mm256_hadd_ps(_mm256_hadd_ps(v[0], v[1]), _mm256_hadd_ps(v[2], v[3]));
        const vec vhigh = _mm256_hadd_ps(_mm256_hadd_ps(v[4], v[5]), _mm256_hadd_ps(v[6], v[7]));
        const vec vsum = v_add(_mm256_permute2f128_ps(vlow, vhigh, 0x20),
                               _mm256_permute2f128_ps(vlow, vhigh, 0x31));
        if (n == VL && a->out_pixel == 1) {
            v_store(a->output + c, v_mul(vsum, vscale), VL);
            continue;
        }
        float mean[VL];
        v_store(mean, v_mul(vsum, vscale), VL);
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
        means(a, 48, true);
    else
        means(a, whole, false);
}

const hg_kernel hg_pool_global_avx2[] = {
    {.name = "avg_pool2d.f32.nchw.avx2.global",
     .op = HG_OP_AVG_POOL2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .limits = {.no_padding = true, .no_adaptive = true, .dilation = {1, 1}},
     .algorithm = &hg_pool_global,
     .run.pool = average},
    {.name = NULL},
};
