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

enum { MOST_TAPS = 6, BLOCK = 4, PAIR = 2 };

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

/* Tap k of nv neighbouring vectors of `height` output runs; nv, height and first are constants. */
HG_INLINE void sum_tap(const sums *b, int64_t k, int nv, int height, bool first, size_t i,
                       size_t left, vec (*vacc)[PAIR])
{
    const float *in = b->taps[k] + i, *weight = b->weight + k * b->weight_step;
    vec vk[PAIR];
    HG_UNROLL for (int y = 0; y < height; y++) vk[y] = broadcast(weight + y);
    HG_UNROLL for (int j = 0; j < nv; j++)
    {
        const vec vi = load(in + j * VL, left);
        HG_UNROLL for (int y = 0; y < height; y++) vacc[j][y] =
            first ? mul(vk[y], vi) : fma_to(vacc[j][y], vk[y], vi);
    }
}

/* Sums enough that none waits for its tap before. */
HG_INLINE void sum_block(const sums *b, int nv, int height, size_t i, size_t left)
{
    vec vacc[BLOCK][PAIR];
    sum_tap(b, 0, nv, height, true, i, left, vacc);
    for (int64_t k = 1; k < b->count; k++) sum_tap(b, k, nv, height, false, i, left, vacc);
    HG_UNROLL for (int j = 0; j < nv; j++)
    {
        float *const out = b->out + i + j * VL;
        HG_UNROLL for (int y = 0; y < height; y++) store(out + y * b->pitch, vacc[j][y], left);
    }
}

/* Any number of taps; height is a constant. */
HG_INLINE void sum_any(const sums *args, int height)
{
    const sums b = *args; /* stores cannot change it: no reloading */
    size_t i = 0;
    for (; i + BLOCK * VL <= b.n; i += BLOCK * VL) sum_block(&b, BLOCK, height, i, VL);
    if (i + 2 * VL <= b.n) sum_block(&b, 2, height, i, VL), i += 2 * VL;
    if (i + VL <= b.n) sum_block(&b, 1, height, i, VL), i += VL;
    if (i < b.n) sum_block(&b, 1, height, i, b.n - i);
}

static void sum_one(const sums *b)
{
    sum_any(b, 1);
}

static void sum_two(const sums *b)
{
    sum_any(b, PAIR);
}

/* Outputs in groups whose weights fit the registers. */
static void sum_all(sums b)
{
    while (b.height > 0) {
        const int64_t most = b.count == 2 ? 4 : 2;
        const int64_t step = b.height >= most ? most : b.height >= 2 ? 2 : 1;
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
        else if (b.count == 6 && step == 2)
            sum_fixed(&b, 6, 2);
        else if (b.count == 6)
            sum_fixed(&b, 6, 1);
        else if (step == 2)
            sum_two(&b);
        else
            sum_one(&b);
        b.out += step * b.pitch;
        b.weight += step;
        b.height -= step;
    }
}
