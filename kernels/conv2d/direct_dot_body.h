/* Direct convolution to few output channels; included by one file per ISA, after the words for its
 * vectors. Contract: direct.h, dots.
 *
 * With 1 to 6 output channels the lanes of a block of columns stay empty; here a vector holds
 * products side by side in the input, and the lanes of each sum are added up at the end. */
#include "kernels/conv2d/direct.h"

enum { FEW = 4 }; /* pixels of a tile where there are no more */

/* The sums of a tile pixel by pixel, four to a vector: sum q is column q % N of pixel q / N. */
HG_INLINE void store(const hg_direct_args *a, const quad vsums[MAX_SUMS / 4], size_t i, int MR,
                     int N)
{
    float *out = a->out + i * a->out_step;
    float sums[MAX_SUMS];
    /* Pixels of no other channels: the sums are as they lie in the output. */
    float *to = a->out_step == (size_t)N ? out : sums;
    HG_UNROLL for (int q = 0; q + 4 <= MR * N; q += 4) q_store(to + q, vsums[q / 4]);
    if (MR * N % 4) q_store_first(to + MR * N / 4 * 4, vsums[MR * N / 4], MR * N % 4);
    if (to == out) return;
    HG_UNROLL for (int m = 0; m < MR; m++, out += a->out_step) HG_UNROLL for (int j = 0; j < N; j++)
        out[j] = sums[m * N + j];
}

HG_INLINE void finish(const hg_direct_args *a, quad vsums[MAX_SUMS / 4], size_t i, int MR, int N)
{
    if (a->residual) {
        float added[MAX_SUMS] = {0};
        for (int m = 0; m < MR; m++)
            for (int j = 0; j < N; j++)
                added[m * N + j] = a->residual[(i + (size_t)m) * a->residual_step + (size_t)j];
        HG_UNROLL for (int q = 0; q < MR * N; q += 4) vsums[q / 4] =
            q_add(vsums[q / 4], q_load(added + q));
    }
    HG_UNROLL for (int q = 0; q < MR * N; q += 4) vsums[q / 4] =
        q_post(vsums[q / 4], a->slope, a->min, a->max);
    store(a, vsums, i, MR, N);
}

/* MR pixels from number i on; MR and N are constants. vbias is laid out like the sums. */
HG_INLINE void tile(const hg_direct_args *a, const quad vbias[MAX_SUMS / 4], size_t i, int MR,
                    int N)
{
    vec vacc[MAX_SUMS];
    HG_UNROLL for (int q = 0; q < MAX_SUMS; q++) vacc[q] = v_zero();
    const hg_direct_segment *const end = a->segments + a->segment_count;
    for (const hg_direct_segment *s = a->segments; s < end; s++) {
        const float *input = s->input + i * a->step, *weights = a->weights + s->first;
        size_t c = 0;
        for (; c + STEP <= s->count; c += STEP) multiply(a, vacc, input + c, weights + c, MR, N);
        if (c < s->count)
            multiply_rest(a, vacc, input + c, weights + c, s->count - c, c > 0, MR, N);
    }
    quad vsums[MAX_SUMS / 4];
    HG_UNROLL for (int q = 0; q < MR * N; q += 4) vsums[q / 4] =
        q_add(vbias[q / 4], sum_lanes(vacc + q));
    finish(a, vsums, i, MR, N);
}

HG_INLINE void run(const hg_direct_args *a, int MR, int N)
{
    float bias[MAX_SUMS] = {0};
    HG_UNROLL for (int q = 0; q < MR * N; q++) bias[q] = a->bias[q % N];
    quad vbias[MAX_SUMS / 4];
    HG_UNROLL for (int q = 0; q < MAX_SUMS; q += 4) vbias[q / 4] = q_load(bias + q);
    const size_t whole = (size_t)MR;
    size_t i = 0;
    /* More than half a tile that is left makes a whole one, which repeats some pixels. */
    for (size_t left = a->pixels; left >= whole || (i > 0 && 2 * left > whole);) {
        i = left < whole ? a->pixels - whole : i;
        tile(a, vbias, i, MR, N);
        i += whole;
        left = a->pixels - i;
    }
    if (MR > FEW)
        for (; i + FEW <= a->pixels; i += FEW) tile(a, vbias, i, FEW, N);
    for (; i < a->pixels; i++) tile(a, vbias, i, 1, N);
}
