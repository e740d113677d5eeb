/* Direct convolution to few output channels. Contract: direct.h, dots.
 *
 * Few output channels leave lanes of a unit of columns empty; here a vector holds products side by
 * side in the input, and the lanes of each sum are added up at the end. */
#include <string.h>

#include "kernels/conv2d/nhwc/direct.h"
#include "kernels/simd/post.h"

/* TILES, the pixels and the sums of the largest (MAX_MR, MAX_SUMS: whole vectors), and products of
 * STEP vectors. */
#include HG_TEXT(HG_JOIN(direct_dot, HG_SIMD).h)

enum {
    FEW = 4,     /* pixels of a tile where there are no more */
    AHEAD = 2048 /* floats to what is fetched: a tile's products take less than memory does */
};

/* The last n < STEP * VL products of a segment; behind: there are more before them. */
HG_INLINE void multiply_rest(const hg_direct_args *a, vfloat vacc[MAX_SUMS], const float *input,
                             const float *weights, size_t n, bool behind, int MR, int N)
{
    for (; STEP > 1 && n >= VL; input += VL, weights += VL, n -= VL, behind = true)
        multiply(a, vacc, input, weights, 1, MR, N);
    if (n == 0) return;
    vfloat vi[MAX_MR];
    HG_UNROLL for (int m = 0; m < MR; m++) vi[m] =
        v_load_rest(input + (size_t)m * a->step, n, behind);
    HG_UNROLL for (int j = 0; j < N; j++)
    {
        const vfloat vk = load_rest_of_weights(weights + (size_t)j * a->depth, n, behind);
        HG_UNROLL for (int m = 0; m < MR; m++) vacc[m * N + j] = v_fma(vi[m], vk, vacc[m * N + j]);
    }
}

/* The sums of a tile pixel by pixel: sum q is column q % N of pixel q / N. */
HG_INLINE void store(const hg_direct_args *a, const vfloat vsums[MAX_SUMS / VL], size_t i, int MR,
                     int N)
{
    float *out = a->out + i * a->out_step;
    float sums[MAX_SUMS];
    /* Pixels of no other channels: the sums are as they lie in the output. */
    float *to = a->out_step == (size_t)N ? out : sums;
    HG_UNROLL for (int q = 0; q < MR * N; q += VL)
        v_store_up_to(to + q, vsums[q / VL], (size_t)(MR * N - q));
    if (to == out) return;
    HG_UNROLL for (int m = 0; m < MR; m++, out += a->out_step)
        memcpy(out, sums + m * N, sizeof(float) * (size_t)N);
}

HG_INLINE void finish(const hg_direct_args *a, vfloat vsums[MAX_SUMS / VL], size_t i, int MR, int N)
{
    if (a->residual) {
        float added[MAX_SUMS] = {0};
        for (int m = 0; m < MR; m++)
            for (int j = 0; j < N; j++)
                added[m * N + j] = a->residual[(i + (size_t)m) * a->residual_step + (size_t)j];
        HG_UNROLL for (int q = 0; q < MR * N; q += VL) vsums[q / VL] =
            v_add(vsums[q / VL], v_load(added + q));
    }
    const vpost post = v_post_of(&a->post);
    HG_UNROLL for (int q = 0; q < MR * N; q += VL) vsums[q / VL] = v_post(vsums[q / VL], &post);
    store(a, vsums, i, MR, N);
}

/* What so many pixels AHEAD hold in the place of STEP vectors from c on. */
HG_INLINE void fetch_ahead(const float *input, size_t c, int MR)
{
    HG_UNROLL for (int q = 0; q < MR * STEP * VL; q += HG_CACHELINE)
        hg_prefetch(input, (int64_t)(c * (size_t)MR) + AHEAD + q);
}

/* MR pixels from number i on; MR, N and ahead are constants. vbias is laid out like the sums. */
HG_INLINE void tile(const hg_direct_args *a, const vfloat vbias[MAX_SUMS / VL], size_t i, int MR,
                    int N, bool ahead)
{
    vfloat vacc[MAX_SUMS];
    HG_UNROLL for (int q = 0; q < MAX_SUMS; q++) vacc[q] = v_zero();
    const hg_direct_segment *const end = a->segments + a->segment_count;
    for (const hg_direct_segment *s = a->segments; s < end; s++) {
        const float *input = s->input + i * a->step, *weights = a->weights + s->first;
        size_t c = 0;
        for (; c + STEP * VL <= s->count; c += STEP * VL) {
            if (ahead) fetch_ahead(input, c, MR);
            multiply(a, vacc, input + c, weights + c, STEP, MR, N);
        }
        if (c < s->count)
            multiply_rest(a, vacc, input + c, weights + c, s->count - c, c > 0, MR, N);
    }
    vfloat vsums[MAX_SUMS / VL];
    HG_UNROLL for (int q = 0; q < MR * N; q += VL) vsums[q / VL] =
        v_add(vbias[q / VL], v_sum_lanes_first(vacc + q, MR * N - q));
    finish(a, vsums, i, MR, N);
}

HG_INLINE void tiles(const hg_direct_args *a, int MR, int N)
{
    float bias[MAX_SUMS] = {0};
    HG_UNROLL for (int q = 0; q < MR * N; q++) bias[q] = a->bias[q % N];
    vfloat vbias[MAX_SUMS / VL];
    HG_UNROLL for (int q = 0; q < MAX_SUMS; q += VL) vbias[q / VL] = v_load(bias + q);
    const size_t whole = (size_t)MR;
    size_t i = 0;
    /* More than half a tile that is left makes a whole one, which repeats some pixels. */
    for (size_t left = a->pixels; left >= whole || (i > 0 && 2 * left > whole);) {
        i = left < whole ? a->pixels - whole : i;
        if (a->ahead)
            tile(a, vbias, i, MR, N, true);
        else
            tile(a, vbias, i, MR, N, false);
        i += whole;
        left = a->pixels - i;
    }
    if (MR > FEW)
        for (; i + FEW <= a->pixels; i += FEW) tile(a, vbias, i, FEW, N, false);
    for (; i < a->pixels; i++) tile(a, vbias, i, 1, N, false);
}

#define FUNCTION(mr, n)                                                                            \
    static void dot_##mr##x##n(const hg_direct_args *a)                                            \
    {                                                                                              \
        tiles(a, mr, n);                                                                           \
    }
TILES(FUNCTION)

#define POINTER(mr, n) dot_##mr##x##n,
#define HEIGHT(mr, n) mr,
const hg_direct_ukernels HG_ROWS(direct_dot_ukernels) = {{TILES(POINTER)}, {TILES(HEIGHT)}};

const hg_kernel HG_ROWS(conv2d_nhwc_direct_dot)[] = {
    {HG_ROW(conv2d, nhwc, "direct_dot"), .rev = 6, .algorithm = &hg_conv2d_nhwc_direct,
     .run.direct = &HG_ROWS(direct_dot_ukernels)},
    {.name = NULL},
};
