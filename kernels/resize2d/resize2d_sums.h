/* Sums of taps for any ISA, along x and along y. The including file provides, for its vectors `vec`
 * of VL floats: load(p, n) and store(p, v, n) of n >= 1 lanes, whole vectors if n >= VL;
 * broadcast(p); mul(v, w); fma_to(acc, v, w) = acc + v * w, rounded once. */

/* `height` runs of n outputs, `pitch` apart, from the same `taps` runs of inputs: neighbouring rows
 * along y, neighbouring pixels along x. Output y takes weight[k*weight_step + y] of tap k. */
typedef struct sums {
    const float *const *taps;
    const float *weight;
    float *out;
    int64_t weight_step, pitch, count, height;
    size_t n;
} sums;

enum { MOST_TAPS = 4 };

HG_INLINE void sum_vector(const float *const *taps, vec (*vk)[HG_RESIZE_GROUP], int count,
                          int height, float *out, int64_t pitch, size_t i, size_t left)
{
    vec vacc[HG_RESIZE_GROUP], vi = load(taps[0] + i, left);
    HG_UNROLL for (int y = 0; y < height; y++) vacc[y] = mul(vk[0][y], vi);
    HG_UNROLL for (int k = 1; k < count; k++)
    {
        vi = load(taps[k] + i, left);
        HG_UNROLL for (int y = 0; y < height; y++) vacc[y] = fma_to(vacc[y], vk[k][y], vi);
    }
    HG_UNROLL for (int y = 0; y < height; y++) store(out + y * pitch + i, vacc[y], left);
}

/* count and height are constants: weights and pointers stay in registers, and each vector of a tap
 * is loaded once for all outputs. The last vector overlaps the one before it. */
HG_INLINE void sum_fixed(const sums *b, const int count, const int height)
{
    const float *taps[MOST_TAPS] = {NULL};
    vec vk[MOST_TAPS][HG_RESIZE_GROUP];
    float *const out = b->out;
    const int64_t pitch = b->pitch;
    HG_UNROLL for (int k = 0; k < count; k++)
    {
        taps[k] = b->taps[k];
        HG_UNROLL for (int y = 0; y < height; y++) vk[k][y] =
            broadcast(b->weight + k * b->weight_step + y);
    }
    size_t i = 0;
    for (; i + VL <= b->n; i += VL) sum_vector(taps, vk, count, height, out, pitch, i, VL);
    if (i < b->n && b->n >= VL)
        sum_vector(taps, vk, count, height, out, pitch, b->n - VL, VL);
    else if (i < b->n)
        sum_vector(taps, vk, count, height, out, pitch, 0, b->n);
}

/* Any number of taps, one output run. */
static void sum_any(const sums *b)
{
    for (size_t i = 0; i < b->n; i += VL) {
        const size_t left = b->n - i;
        vec vacc = mul(broadcast(b->weight), load(b->taps[0] + i, left));
        for (int64_t k = 1; k < b->count; k++)
            vacc =
                fma_to(vacc, broadcast(b->weight + k * b->weight_step), load(b->taps[k] + i, left));
        store(b->out + i, vacc, left);
    }
}

/* Outputs in groups whose weights fit the registers. */
static void sum_all(sums b)
{
    while (b.height > 0) {
        const int64_t most = b.count == 2 ? 4 : b.count == 4 ? 2 : 1;
        const int64_t step = b.height >= most ? most : b.height >= 2 && most >= 2 ? 2 : 1;
        if (b.count == 2 && step == 4)
            sum_fixed(&b, 2, 4);
        else if (b.count == 2 && step == 2)
            sum_fixed(&b, 2, 2);
        else if (b.count == 2)
            sum_fixed(&b, 2, 1);
        else if (b.count == 4 && step == 2)
            sum_fixed(&b, 4, 2);
        else if (b.count == 4)
            sum_fixed(&b, 4, 1);
        else
            sum_any(&b);
        b.out += step * b.pitch;
        b.weight += step;
        b.height -= step;
    }
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
        const bool pair = x + 1 < a->width && count[x + 1] == n_taps && first[x + 1] == first[x];
        if (pair)
            sum_fixed(&b, n_taps, 2);
        else
            sum_fixed(&b, n_taps, 1);
        x += pair ? 2 : 1;
    }
    return x;
}

static int64_t across_any(const hg_resize_args *a, int64_t x)
{
    const float *taps[HG_RESIZE_MOST_TAPS];
    for (int64_t k = 0; k < a->count[x]; k++) taps[k] = a->input + (a->first[x] + k) * a->in_pixel;
    const sums b = {.taps = taps,
                    .weight = a->weight + x,
                    .out = a->output + x * a->channels,
                    .weight_step = a->weight_step,
                    .count = a->count[x],
                    .n = (size_t)a->channels};
    sum_any(&b);
    return x + 1;
}

/* Pixels without taps, outside the region of interest, are left to the driver. */
static void across_channels(const hg_resize_args *a)
{
    for (int64_t x = 0; x < a->width;) {
        if (a->count[x] == 2)
            x = across_pairs(a, x, 2);
        else if (a->count[x] == 4)
            x = across_pairs(a, x, 4);
        else
            x = a->count[x] ? across_any(a, x) : x + 1;
    }
}

/* Fewer than VL channels: one vector per pixel; what it leaves behind is overwritten by the next
 * pixel. */
static void across_few_channels(const hg_resize_args *a)
{
    const size_t n = (size_t)a->channels;
    for (int64_t x = 0; x < a->width; x++) {
        const float *in = a->input + a->first[x] * a->in_pixel;
        vec vacc = mul(broadcast(a->weight + x), load(in, n));
        for (int64_t k = 1; k < a->count[x]; k++)
            vacc = fma_to(vacc, broadcast(a->weight + k * a->weight_step + x),
                          load(in + k * a->in_pixel, n));
        store(a->output + x * a->channels, vacc, VL);
    }
}
