/* 3x3 depthwise convolution on NCHW tensors, AVX2 + FMA. Contract: depthwise_nchw.h. */
#include "kernels/conv2d/depthwise_nchw.h"

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/post_avx2.h"

enum {
    VL = 8,
    K = 3,
    TALL = 4, /* rows of a tile: with 9 weights and an input they leave two registers */
    MAX_ROWS = 2 * (TALL - 1) + K
};

/* Mask of the lanes of a vector at `column` that lie on a row of `width`. */
HG_INLINE __m256i inside(int64_t column, int64_t width)
{
    const __m256i viota = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const int64_t begin = HG_MAX(HG_MIN(-column, VL), 0);
    const int64_t end = HG_MAX(HG_MIN(width - column, VL), 0);
    return _mm256_and_si256(_mm256_cmpgt_epi32(viota, _mm256_set1_epi32((int)begin - 1)),
                            _mm256_cmpgt_epi32(_mm256_set1_epi32((int)end), viota));
}

HG_INLINE __m256 load(const float *p, __m256i vmask, bool masked)
{
    return masked ? _mm256_maskload_ps(p, vmask) : _mm256_loadu_ps(p);
}

/* Restores the order after _mm256_shuffle_ps of two vectors. */
HG_INLINE __m256 ordered(__m256 v)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8)); /* pairs 0 2 1 3 */
}

/* Outputs [x, x + VL) of R rows from row y on. Each input is loaded once and serves the R rows:
 *
 *     S = 1:   input row   0  1  2  3  4  5
 *              output row  0  0  0
 *                             1  1  1
 *                                2  2  2
 *                                   3  3  3
 *
 * Stride 2 loads pairs of vectors and parts even from odd columns. R, S and edges, which says that
 * inputs may lie outside, are constants. */
HG_INLINE void tile(const hg_depthwise_plane *p, const __m256 *vk, const float *const *rows,
                    int64_t y, int64_t x, bool edges, int R, int S)
{
    const int64_t first = x * S - p->left;
    __m256i vmask[K + 1]; /* of the loads of a row */
    if (edges)
        HG_UNROLL for (int i = 0; i <= K; i++) vmask[i] =
            inside(first + (S == 1 ? i : i / 2 * 2 + i % 2 * VL), p->in_width);
    __m256 vacc[TALL];
    HG_UNROLL for (int r = 0; r < R; r++) vacc[r] = _mm256_set1_ps(p->bias);
    HG_UNROLL for (int i = 0; i < (R - 1) * S + K; i++)
    {
        const float *in = rows[i] + first;
        __asm__("" : "+r"(in)); /* one register, not one for each address in it */
        HG_UNROLL for (int k = 0; k < K; k += S)
        {
            __m256 vi[2] = {load(in + k, vmask[k], edges)};
            if (S == 2) {
                const __m256 va = vi[0], vb = load(in + k + VL, vmask[k + 1], edges);
                vi[0] = _mm256_shuffle_ps(va, vb, 0x88); /* a0 a2 b0 b2 | a4 a6 b4 b6 */
                vi[1] = _mm256_shuffle_ps(va, vb, 0xdd); /* a1 a3 b1 b3 | a5 a7 b5 b7 */
            }
            const int end = HG_MIN(k + S, K);
            HG_UNROLL for (int tap = k; tap < end; tap++) HG_UNROLL for (int r = 0; r < R; r++)
            {
                const int kr = i - r * S; /* the row of taps of output row r on this input */
                if (kr >= 0 && kr < K)
                    vacc[r] = _mm256_fmadd_ps(vi[tap - k], vk[kr * K + tap], vacc[r]);
            }
        }
    }
    float *out = p->out + y * p->out_row + x;
    const float *added = p->residual ? p->residual + y * p->residual_row + x : NULL;
    const __m256 vslope = _mm256_set1_ps(p->slope);
    const __m256 vmin = _mm256_set1_ps(p->min), vmax = _mm256_set1_ps(p->max);
    HG_UNROLL for (int r = 0; r < R; r++, out += p->out_row)
    {
        __m256 vsum = S == 1 ? vacc[r] : ordered(vacc[r]);
        if (added) {
            vsum = _mm256_add_ps(vsum, _mm256_loadu_ps(added));
            added += p->residual_row;
        }
        _mm256_storeu_ps(out, hg_conv_post_avx2(vsum, p->slope != 1.0f, vslope, vmin, vmax));
    }
}

/* R rows from y on. The last vector of a row repeats some outputs. */
HG_INLINE void strip(const hg_depthwise_plane *p, const __m256 *vk, int64_t y, int R, int S)
{
    const float *rows[MAX_ROWS];
    HG_UNROLL for (int i = 0; i < (R - 1) * S + K; i++)
    {
        const int64_t iy = p->first + y * S + i;
        rows[i] = iy >= 0 && iy < p->in_height ? p->input + iy * p->in_row : p->zeros;
    }
    const int64_t columns = VL * S + K - 1; /* that a tile loads */
    for (int64_t x = 0;; x = HG_MIN(x + VL, p->width - VL)) {
        const int64_t first = x * S - p->left;
        if (first < 0 || first + columns > p->in_width)
            tile(p, vk, rows, y, x, true, R, S);
        else
            tile(p, vk, rows, y, x, false, R, S);
        if (x == p->width - VL) break;
    }
}

HG_INLINE void plane(const hg_depthwise_plane *args, int S)
{
    const hg_depthwise_plane copy = *args, *p = &copy; /* stores cannot change it: no reloading */
    __m256 vk[K * K];
    HG_UNROLL for (int i = 0; i < K * K; i++) vk[i] = _mm256_set1_ps(p->weights[i]);
    int64_t y = 0;
    for (; y + TALL <= p->rows; y += TALL) strip(p, vk, y, TALL, S);
    for (; y + 2 <= p->rows; y += 2) strip(p, vk, y, 2, S);
    if (y < p->rows) strip(p, vk, y, 1, S);
}

static void plane3s1(const hg_depthwise_plane *p)
{
    plane(p, 1);
}

static void plane3s2(const hg_depthwise_plane *p)
{
    plane(p, 2);
}

const hg_kernel hg_depthwise_nchw_avx2[] = {
    {.name = "conv2d.f32.nchw.avx2.depthwise3x3s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s1},
    {.name = "conv2d.f32.nchw.avx2.depthwise3x3s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {2, 2}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s2},
    {.name = NULL},
};
