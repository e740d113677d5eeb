/* Sums of taps along channels, over the vector vocabulary, and along_y of separable.h by them. */
#ifndef HG_RESIZE2D_SUMS_H
#define HG_RESIZE2D_SUMS_H

#include "kernels/resize2d/separable.h"
#include "kernels/simd/simd.h"

/* `height` runs of n outputs, `pitch` apart, from the same runs of inputs: neighbouring rows along
 * y, neighbouring pixels along x.
 *
 *     out[y*pitch + i] = sum over k < count of weight[k*weight_step + y] * taps[k][i]
 *
 * for y < height, i < n, in the order of k, fused after the first product. */
typedef struct hg_resize_sums {
    const float *const *taps;
    const float *weight;
    float *out;
    int64_t weight_step, pitch, count, height;
    size_t n;
} hg_resize_sums;

enum { MOST_TAPS = 6, MOST_RUNS = 4, SUM_VECTORS = 4, PAIR = 2 };

/* ---- A constant number of taps: weights and pointers stay in registers, and each vector of a tap
 * is loaded once for all outputs ---- */

HG_INLINE void sum_vector(const float *const *taps, vfloat (*vk)[MOST_RUNS], int count, int height,
                          float *out, int64_t pitch, size_t i, size_t left)
{
    vfloat vacc[MOST_RUNS], vi = v_load_up_to(taps[0] + i, left);
    HG_UNROLL for (int y = 0; y < height; y++) vacc[y] = v_mul(vk[0][y], vi);
    HG_UNROLL for (int k = 1; k < count; k++)
    {
        vi = v_load_up_to(taps[k] + i, left);
        HG_UNROLL for (int y = 0; y < height; y++) vacc[y] = v_fma(vk[k][y], vi, vacc[y]);
    }
    HG_UNROLL for (int y = 0; y < height; y++) v_store_up_to(out + y * pitch + i, vacc[y], left);
}

/* count and height are constants. The last vector overlaps the one before it. */
HG_INLINE void sum_fixed(const hg_resize_sums *b, const int count, const int height)
{
    const float *taps[MOST_TAPS] = {NULL};
    vfloat vk[MOST_TAPS][MOST_RUNS];
    float *const out = b->out;
    const int64_t pitch = b->pitch;
    HG_UNROLL for (int k = 0; k < count; k++)
    {
        taps[k] = b->taps[k];
        HG_UNROLL for (int y = 0; y < height; y++) vk[k][y] =
            v_splat(b->weight + k * b->weight_step + y);
    }
    size_t i = 0;
    for (; i + VL <= b->n; i += VL) sum_vector(taps, vk, count, height, out, pitch, i, VL);
    if (i < b->n && b->n >= VL)
        sum_vector(taps, vk, count, height, out, pitch, b->n - VL, VL);
    else if (i < b->n)
        sum_vector(taps, vk, count, height, out, pitch, 0, b->n);
}

/* ---- Any number of taps ---- */

/* Tap k of nv neighbouring vectors of `height` runs; nv, height and first are constants. */
HG_INLINE void sum_tap(const hg_resize_sums *b, int64_t k, int nv, int height, bool first, size_t i,
                       size_t left, vfloat (*vacc)[PAIR])
{
    const float *in = b->taps[k] + i, *weight = b->weight + k * b->weight_step;
    vfloat vk[PAIR];
    HG_UNROLL for (int y = 0; y < height; y++) vk[y] = v_splat(weight + y);
    HG_UNROLL for (int j = 0; j < nv; j++)
    {
        const vfloat vi = v_load_up_to(in + j * VL, left);
        HG_UNROLL for (int y = 0; y < height; y++) vacc[j][y] =
            first ? v_mul(vk[y], vi) : v_fma(vk[y], vi, vacc[j][y]);
    }
}

/* Sums enough that none waits for its tap before. */
HG_INLINE void sum_block(const hg_resize_sums *b, int nv, int height, size_t i, size_t left)
{
    vfloat vacc[SUM_VECTORS][PAIR];
    sum_tap(b, 0, nv, height, true, i, left, vacc);
    for (int64_t k = 1; k < b->count; k++) sum_tap(b, k, nv, height, false, i, left, vacc);
    HG_UNROLL for (int j = 0; j < nv; j++)
    {
        float *const out = b->out + i + j * VL;
        HG_UNROLL for (int y = 0; y < height; y++)
            v_store_up_to(out + y * b->pitch, vacc[j][y], left);
    }
}

/* height is a constant. */
HG_INLINE void sum_any(const hg_resize_sums *args, int height)
{
    const hg_resize_sums b = *args; /* stores cannot change it: no reloading */
    size_t i = 0;
    for (; i + SUM_VECTORS * VL <= b.n; i += SUM_VECTORS * VL)
        sum_block(&b, SUM_VECTORS, height, i, VL);
    if (i + 2 * VL <= b.n) sum_block(&b, 2, height, i, VL), i += 2 * VL;
    if (i + VL <= b.n) sum_block(&b, 1, height, i, VL), i += VL;
    if (i < b.n) sum_block(&b, 1, height, i, b.n - i);
}

static void sum_one(const hg_resize_sums *b)
{
    sum_any(b, 1);
}

static void sum_two(const hg_resize_sums *b)
{
    sum_any(b, PAIR);
}

/* Outputs in groups whose weights fit the registers. */
static void sum_all(hg_resize_sums b)
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

/* ---- Along y ---- */

/* One run past the caches: plain stores up to the first aligned vector. */
static void sum_nontemporal(hg_resize_sums b)
{
    const size_t n = b.n, head = (size_t)(0 - (uintptr_t)b.out / sizeof(float)) % VL;
    size_t i = HG_MIN(head, n);
    b.n = i;
    sum_one(&b);
    for (; i < n; i += VL) {
        const size_t left = n - i;
        vfloat vacc = v_mul(v_splat(b.weight), v_load_up_to(b.taps[0] + i, left));
        for (int64_t k = 1; k < b.count; k++)
            vacc = v_fma(v_splat(b.weight + k * b.weight_step), v_load_up_to(b.taps[k] + i, left),
                         vacc);
        if (left >= VL)
            v_store_nontemporal(b.out + i, vacc);
        else
            v_store_first(b.out + i, vacc, left);
    }
}

static void along_y(const hg_resize_along_y_args *a)
{
    const bool dense = a->in_pixel == a->channels && a->out_pixel == a->channels;
    const int64_t runs = dense ? 1 : a->width;
    const float *taps[HG_RESIZE_MOST_TAPS];
    for (int64_t x = 0; x < runs; x++) {
        for (int64_t k = 0; k < a->taps; k++) taps[k] = a->rows[k] + x * a->in_pixel;
        hg_resize_sums b = {.taps = taps,
                            .weight = a->weight,
                            .out = a->output + x * a->out_pixel,
                            .weight_step = a->weight_step,
                            .pitch = a->out_row,
                            .count = a->taps,
                            .height = a->height,
                            .n = (size_t)(dense ? a->width * a->channels : a->channels)};
        if (!a->nontemporal) sum_all(b);
        for (int64_t y = 0; a->nontemporal && y < a->height; y++, b.weight++, b.out += b.pitch)
            sum_nontemporal(b);
    }
    if (a->nontemporal) v_drain(); /* before another thread is told that the rows are there */
}

#endif
