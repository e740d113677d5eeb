/* Separable filters, NHWC. Contract: separable.h. Channels are innermost, so a tap is a stream of
 * vectors; images of one channel are filtered VL pixels at a time. */
#include "kernels/resize2d/separable.h"

#include "kernels/resize2d/singles.h"
#include "kernels/resize2d/sums.h"

/* ---- At least VL channels ---- */

/* Pixels from x on that have n_taps taps, a constant; in pairs where both have the same sources. A
 * pixel is a few vectors, so this loop has no calls. Returns the first pixel it leaves. */
HG_INLINE int64_t sum_pixels(const hg_resize_along_x_args *a, int64_t x, const int n_taps)
{
    const int32_t *first = a->first, *count = a->count;
    while (x < a->width && count[x] == n_taps) {
        const float *taps[MOST_TAPS];
        HG_UNROLL for (int k = 0; k < n_taps; k++) taps[k] =
            a->input + (first[x] + k) * a->in_pixel;
        const hg_resize_sums b = {.taps = taps,
                                  .weight = a->weight + x,
                                  .out = a->output + x * a->channels,
                                  .weight_step = a->weight_step,
                                  .pitch = a->channels,
                                  .n = (size_t)a->channels};
        const bool pair = a->same[x] > 1 && x + 1 < a->width;
        if (pair)
            sum_fixed(&b, n_taps, 2);
        else
            sum_fixed(&b, n_taps, 1);
        x += pair ? 2 : 1;
    }
    return x;
}

/* One pixel, or two of the same sources. */
static int64_t sum_pixel(const hg_resize_along_x_args *a, int64_t x)
{
    const float *taps[HG_RESIZE_MOST_TAPS];
    const bool pair = a->same[x] > 1 && x + 1 < a->width;
    for (int64_t k = 0; k < a->count[x]; k++) taps[k] = a->input + (a->first[x] + k) * a->in_pixel;
    const hg_resize_sums b = {.taps = taps,
                              .weight = a->weight + x,
                              .out = a->output + x * a->channels,
                              .weight_step = a->weight_step,
                              .pitch = a->channels,
                              .count = a->count[x],
                              .n = (size_t)a->channels};
    (pair ? sum_two : sum_one)(&b);
    return x + 1 + pair;
}

/* One pixel, from those of its taps that have weight. */
static void sum_pixel_with_holes(const hg_resize_along_x_args *a, int64_t x)
{
    const float *taps[HG_RESIZE_MOST_TAPS];
    float weight[HG_RESIZE_MOST_TAPS];
    int64_t count = 0;
    for (int64_t k = 0; k < a->count[x]; k++) {
        const float w = a->weight[k * a->weight_step + x];
        if (w == 0.0f) continue;
        taps[count] = a->input + (a->first[x] + k) * a->in_pixel;
        weight[count++] = w;
    }
    const hg_resize_sums b = {.taps = taps,
                              .weight = weight,
                              .out = a->output + x * a->channels,
                              .weight_step = 1,
                              .count = count,
                              .n = (size_t)a->channels};
    sum_one(&b);
}

static void sum_channels(const hg_resize_along_x_args *a)
{
    for (int64_t x = 0; x < a->width;) {
        if (a->holes && a->count[x])
            sum_pixel_with_holes(a, x++);
        else if (a->count[x] == 2)
            x = sum_pixels(a, x, 2);
        else if (a->count[x] == 4)
            x = sum_pixels(a, x, 4);
        else if (a->count[x] == 6)
            x = sum_pixels(a, x, 6);
        else
            x = a->count[x] ? sum_pixel(a, x) : x + 1;
    }
}

/* ---- Fewer ---- */

/* One vector per pixel; what it leaves behind is overwritten by the next pixel. holes: a
 * constant. */
HG_INLINE void sum_few(const hg_resize_along_x_args *a, bool holes)
{
    const vtail tail = v_tail((size_t)a->channels);
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + a->first[x] * a->in_pixel;
        vfloat vacc = v_mul(v_splat(a->weight + x), v_load_tail(in, tail));
        for (int64_t k = 1; k < a->count[x]; k++) {
            const float *weight = a->weight + k * a->weight_step + x;
            if (holes && *weight == 0.0f) continue;
            vacc = v_fma(v_splat(weight), v_load_tail(in + k * a->in_pixel, tail), vacc);
        }
        v_store(a->output + x * a->channels, vacc);
    }
}

static void along_x(const hg_resize_along_x_args *a)
{
    if (a->channels == 1 && a->in_pixel == 1)
        sum_singles(a);
    else if (a->channels >= VL)
        sum_channels(a);
    else if (a->holes)
        sum_few(a, true);
    else
        sum_few(a, false);
}

static const hg_resize_separable_ukernels ukernels = {along_x, along_y};

const hg_kernel HG_ROWS(resize2d_nhwc_taps)[] = {
    {HG_ROW(resize2d, nhwc, "taps"), .rev = 5, .algorithm = &hg_resize2d_separable,
     .run.resize_separable = &ukernels},
    {.name = NULL},
};
