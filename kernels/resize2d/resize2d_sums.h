/* Sums of taps for any ISA. The including file provides, for its vectors `vec`
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
