/* Along x for any ISA, from a row of input into a row of scratch, pixel by pixel; included after
 * resize_ops_<isa>.h. */
#include "kernels/resize2d/resize2d_sums.h"

/* Has the pixel behind x the same sources? */
HG_INLINE bool is_pair(const hg_resize_args *a, int64_t x)
{
    return x + 1 < a->width && a->count[x + 1] == a->count[x] && a->first[x + 1] == a->first[x];
}

/* Pixels from x on that have n_taps taps, a constant; in pairs where both have the same sources. A
 * pixel is a few vectors, so this loop has no calls. Returns the first pixel it leaves. */
HG_INLINE int64_t across_pairs(const hg_resize_args *a, int64_t x, const int n_taps)
{
    const int32_t *first = a->first, *count = a->count;
    while (x < a->width && count[x] == n_taps) {
        const float *taps[MOST_TAPS];
        HG_UNROLL for (int k = 0; k < n_taps; k++) taps[k] =
            a->input + (first[x] + k) * a->in_pixel;
        const sums b = {.taps = taps,
                        .weight = a->weight + x,
                        .out = a->output + x * a->channels,
                        .weight_step = a->weight_step,
                        .pitch = a->channels,
                        .n = (size_t)a->channels};
        const bool pair = is_pair(a, x);
        if (pair)
            sum_fixed(&b, n_taps, 2);
        else
            sum_fixed(&b, n_taps, 1);
        x += pair ? 2 : 1;
    }
    return x;
}

/* One pixel, or two of the same sources. */
static int64_t across_any(const hg_resize_args *a, int64_t x)
{
    const float *taps[HG_RESIZE_MOST_TAPS];
    const bool pair = is_pair(a, x);
    for (int64_t k = 0; k < a->count[x]; k++) taps[k] = a->input + (a->first[x] + k) * a->in_pixel;
    const sums b = {.taps = taps,
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
static void across_holes(const hg_resize_args *a, int64_t x)
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
    const sums b = {.taps = taps,
                    .weight = weight,
                    .out = a->output + x * a->channels,
                    .weight_step = 1,
                    .count = count,
                    .n = (size_t)a->channels};
    sum_one(&b);
}

/* Pixels without taps, outside the region of interest, are left to the driver. */
static void across_channels(const hg_resize_args *a)
{
    for (int64_t x = 0; x < a->width;) {
        if (a->holes && a->count[x])
            across_holes(a, x++);
        else if (a->count[x] == 2)
            x = across_pairs(a, x, 2);
        else if (a->count[x] == 4)
            x = across_pairs(a, x, 4);
        else if (a->count[x] == 6)
            x = across_pairs(a, x, 6);
        else
            x = a->count[x] ? across_any(a, x) : x + 1;
    }
}

/* Fewer than VL channels: one vector per pixel; what it leaves behind is overwritten by the next
 * pixel. holes: a constant. */
HG_INLINE void across_vectors(const hg_resize_args *a, bool holes)
{
    const size_t n = (size_t)a->channels;
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + a->first[x] * a->in_pixel;
        vec vacc = mul(broadcast(a->weight + x), load(in, n));
        for (int64_t k = 1; k < a->count[x]; k++) {
            const float *weight = a->weight + k * a->weight_step + x;
            if (holes && *weight == 0.0f) continue;
            vacc = fma_to(vacc, broadcast(weight), load(in + k * a->in_pixel, n));
        }
        store(a->output + x * a->channels, vacc, VL);
    }
}

static void across_few_channels(const hg_resize_args *a)
{
    if (a->holes)
        across_vectors(a, true);
    else
        across_vectors(a, false);
}
