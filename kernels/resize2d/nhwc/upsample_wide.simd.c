/* Resizing of NHWC images to wider ones. Contract: upsample_wide.h. */
#include "kernels/resize2d/nhwc/upsample_wide.h"

#include "kernels/resize2d/sums.h"

enum {
    TAPS = HG_RESIZE_WIDE_TAPS,
    AHEAD_VECTORS = 3, /* of channels, at most, that are written in order */
    MOST_VECTORS = V_IN_CACHELINE + 1 > AHEAD_VECTORS ? V_IN_CACHELINE + 1 : AHEAD_VECTORS,
    FLOATS_AHEAD = 3072 /* of output between a prefetch and its store */
};

/* One output. taps and nv are constants. */
HG_INLINE void output(vfloat (*vi)[MOST_VECTORS], const float *weight, int64_t step, float *out,
                      int64_t last, int taps, int nv)
{
    vfloat vk[TAPS];
    HG_UNROLL for (int k = 0; k < taps; k++) vk[k] = v_splat(weight + k * step);
    HG_UNROLL for (int j = 0; j < nv; j++)
    {
        vfloat vacc = v_mul(vk[0], vi[0][j]);
        HG_UNROLL for (int k = 1; k < taps; k++) vacc = v_fma(vk[k], vi[k][j], vacc);
        v_store(out + (j < nv - 1 ? j * VL : last), vacc);
    }
}

HG_INLINE void fetch(const float *out, int nv)
{
    HG_UNROLL for (int j = 0; j < nv; j += V_IN_CACHELINE) hg_prefetch(out, FLOATS_AHEAD + j * VL);
}

/* `run` outputs from x on between the same `taps` pixels at `in`, nv vectors of their channels; the
 * last of them at `last`. joined: 1 if one more lies on the second pixel, otherwise 0. `ahead`, a
 * constant: output is prefetched. */
HG_INLINE void between(const hg_resize_wide_args *a, const float *in, float *out, int64_t x,
                       int64_t run, int64_t last, int64_t joined, int taps, int nv, bool ahead)
{
    vfloat vi[TAPS][MOST_VECTORS];
    HG_UNROLL for (int k = 0; k < taps; k++, in += a->channels)
        HG_UNROLL for (int j = 0; j < nv; j++) vi[k][j] = v_load(in + (j < nv - 1 ? j * VL : last));
    const float *weight = a->weight + x;
    const int64_t step = a->weight_step, next = a->out_pixel;
    for (; run >= 2; run -= 2, weight += 2, out += 2 * next) {
        if (ahead) fetch(out, nv), fetch(out + next, nv);
        output(vi, weight, step, out, last, taps, nv);
        output(vi, weight + 1, step, out + next, last, taps, nv);
    }
    if (ahead) fetch(out, nv);
    if (run) output(vi, weight, step, out, last, taps, nv);
    if (joined) output(vi + 1, weight + run, step, out + run * next, last, 1, nv);
}

/* All channels, by lines of the cache, then nv vectors, the last of which may overlap. */
HG_INLINE void pixels(const hg_resize_wide_args *a, int64_t x, int64_t run, int taps, int nv)
{
    const float *in = a->input + (a->first[x] - a->in_first) * a->channels;
    float *out = a->output + x * a->out_pixel;
    int64_t left = a->channels;
    for (; left > nv * VL;
         left -= V_IN_CACHELINE * VL, in += V_IN_CACHELINE * VL, out += V_IN_CACHELINE * VL)
        between(a, in, out, x, run, (V_IN_CACHELINE - 1) * VL, 0, taps, V_IN_CACHELINE, false);
    between(a, in, out, x, run, left - VL, 0, taps, nv, false);
}

/* A row; nv is a constant. */
HG_INLINE void row(const hg_resize_wide_args *args, int nv)
{
    const hg_resize_wide_args copy = *args, *a = &copy; /* stores cannot change it: no reloading */
    for (int64_t x = 0, run; x < a->width; x += run) {
        run = HG_MIN(a->same[x], a->width - x);
        switch (a->count[x]) {
        case 1:
            pixels(a, x, run, 1, nv);
            break;
        case 2:
            pixels(a, x, run, 2, nv);
            break;
        case 3:
            pixels(a, x, run, 3, nv);
            break;
        default:
            pixels(a, x, run, 4, nv);
        }
    }
}

/* What lines leave is 1 .. V_IN_CACHELINE vectors; a line and one vector go together if that is
 * all. */
static void upsample_wide(const hg_resize_wide_args *a)
{
    const int64_t vectors = HG_CEIL_DIV(a->channels, VL);
    switch (vectors == V_IN_CACHELINE + 1 ? vectors : (vectors - 1) % V_IN_CACHELINE + 1) {
    case 1:
        row(a, 1);
        break;
    case 2:
        row(a, 2);
        break;
    case 3:
        row(a, 3);
        break;
    case 4:
        if (V_IN_CACHELINE > 2) row(a, 4);
        break;
    default:
        if (V_IN_CACHELINE > 2) row(a, 5);
    }
}

/* ---- Output in order: all vectors of a pixel at once ---- */

/* Is the output behind a run between two pixels that on the second of them? */
HG_INLINE int64_t joins(const hg_resize_wide_args *a, int64_t x, int64_t end)
{
    return end < a->width && a->count[end] == 1 && a->first[end] == a->first[x] + 1;
}

/* A row; nv is a constant. */
HG_INLINE void row_in_order(const hg_resize_wide_args *args, int nv)
{
    const hg_resize_wide_args copy = *args, *a = &copy;
    const int64_t last = a->channels - VL;
    for (int64_t x = 0, run; x < a->width; x += run) {
        const float *in = a->input + (a->first[x] - a->in_first) * a->channels;
        float *out = a->output + x * a->out_pixel;
        run = HG_MIN(a->same[x], a->width - x);
        switch (a->count[x]) {
        case 1:
            between(a, in, out, x, run, last, 0, 1, nv, true);
            break;
        case 2: {
            const int64_t joined = joins(a, x, x + run);
            between(a, in, out, x, run, last, joined, 2, nv, true);
            run += joined;
            break;
        }
        case 3:
            between(a, in, out, x, run, last, 0, 3, nv, true);
            break;
        default:
            between(a, in, out, x, run, last, 0, 4, nv, true);
        }
    }
}

static void upsample_wide_ahead(const hg_resize_wide_args *a)
{
    switch (HG_CEIL_DIV(a->channels, VL)) {
    case 1:
        row_in_order(a, 1);
        break;
    case 2:
        row_in_order(a, 2);
        break;
    default:
        row_in_order(a, 3);
    }
}

static const hg_resize_wide_ukernels ukernels = {along_y, upsample_wide, upsample_wide_ahead};

const hg_kernel HG_ROWS(resize2d_nhwc_upsample_wide)[] = {
    {HG_ROW(resize2d, nhwc, "upsample_wide"), .rev = 3,
     .algorithm = &hg_resize2d_nhwc_upsample_wide, .run.resize_wide = &ukernels},
    {.name = NULL},
};
