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

/* Load number i of a row; mask: of the first one where columns may lie outside, or NULL. */
HG_INLINE __m256 load(const float *row, const int32_t *mask, int i, int S)
{
    const float *at = row + hg_depthwise_load_column(i, S);
    if (!mask) return _mm256_loadu_ps(at);
    return _mm256_maskload_ps(at, _mm256_loadu_si256((const __m256i *)(mask + i * VL)));
}

/* The inputs of 8 outputs under each tap of a row. Stride 2: the odd columns of one pair of
 * vectors, and the even and odd ones of the next, which is aligned where rows are and one column is
 * padded. */
HG_INLINE void taps(const float *row, const int32_t *mask, int S, __m256 vi[K])
{
    __m256 v[HG_DEPTHWISE_LOADS];
    HG_UNROLL for (int i = 0; i < HG_DEPTHWISE_LOADS; i++) v[i] = load(row, mask, i, S);
    vi[0] = S == 1 ? v[0] : _mm256_shuffle_ps(v[0], v[1], 0xdd); /* a1 a3 b1 b3 | a5 a7 b5 b7 */
    vi[1] = S == 1 ? v[1] : _mm256_shuffle_ps(v[2], v[3], 0x88); /* a0 a2 b0 b2 | a4 a6 b4 b6 */
    vi[2] = S == 1 ? v[2] : _mm256_shuffle_ps(v[2], v[3], 0xdd);
}

/* Restores the order after _mm256_shuffle_ps of two vectors. */
HG_INLINE __m256 ordered(__m256 v)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8)); /* pairs 0 2 1 3 */
}

/* What follows the sums is read here: in registers it would displace weights. */
HG_INLINE void finish(const hg_depthwise_plane *p, __m256 vacc[TALL], int64_t y, int64_t x, int R,
                      int S)
{
    __asm__("" : "+r"(p));
    if (S == 2) HG_UNROLL for (int r = 0; r < R; r++) vacc[r] = ordered(vacc[r]);
    if (p->residual) {
        const float *added = p->residual + y * p->residual_row + x;
        HG_UNROLL for (int r = 0; r < R; r++, added += p->residual_row) vacc[r] =
            _mm256_add_ps(vacc[r], _mm256_loadu_ps(added));
    }
    const __m256 vmin = _mm256_set1_ps(p->min), vmax = _mm256_set1_ps(p->max);
    if (p->slope != 1.0f) {
        const __m256 vslope = _mm256_set1_ps(p->slope);
        HG_UNROLL for (int r = 0; r < R; r++) vacc[r] =
            hg_conv_post_avx2(vacc[r], true, vslope, vmin, vmax);
    }
    float *out = p->out + y * p->out_row + x;
    HG_UNROLL for (int r = 0; r < R; r++, out += p->out_row)
        _mm256_storeu_ps(out, hg_conv_post_avx2(vacc[r], false, vmin, vmin, vmax));
}

/* Outputs [x, x + VL) of R rows from row y on. Each input is loaded once and serves the R rows:
 *
 *     S = 1:   input row   0  1  2  3  4  5
 *              output row  0  0  0
 *                             1  1  1
 *                                2  2  2
 *                                   3  3  3
 *
 * Stride 2 loads pairs of vectors and parts even from odd columns. R, S and whether there is a mask
 * are constants. */
HG_INLINE void tile(const hg_depthwise_plane *p, const __m256 *vk, const float *const *rows,
                    int64_t y, int64_t x, const int32_t *mask, int R, int S)
{
    const int64_t first = x * S - p->left;
    __m256 vacc[TALL];
    HG_UNROLL for (int r = 0; r < R; r++) vacc[r] = _mm256_set1_ps(p->bias);
    HG_UNROLL for (int i = 0; i < (R - 1) * S + K; i++)
    {
        const float *in = rows[i] + first;
        __asm__("" : "+r"(in)); /* one register, not one for each address in it */
        __m256 vi[K];
        taps(in, mask, S, vi);
        HG_UNROLL for (int k = 0; k < K; k++) HG_UNROLL for (int r = 0; r < R; r++)
        {
            const int kr = i - r * S; /* the row of taps of output row r on this input */
            if (kr >= 0 && kr < K) vacc[r] = _mm256_fmadd_ps(vi[k], vk[kr * K + k], vacc[r]);
        }
    }
    finish(p, vacc, y, x, R, S);
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
    const int32_t *mask = p->masks;
    for (int64_t x = 0;; x = HG_MIN(x + VL, p->width - VL), mask += HG_DEPTHWISE_LOADS * VL) {
        const int64_t first = x * S - p->left;
        const int64_t begin = first + hg_depthwise_load_column(0, S);
        const int64_t end = first + hg_depthwise_load_column(HG_DEPTHWISE_LOADS - 1, S) + VL;
        if (begin < 0 || end > p->in_width)
            tile(p, vk, rows, y, x, mask, R, S);
        else
            tile(p, vk, rows, y, x, NULL, R, S);
        if (x == p->width - VL) break;
    }
}

HG_INLINE void plane(const hg_depthwise_plane *p, int S)
{
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
     .rev = 2,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s1},
    {.name = "conv2d.f32.nchw.avx2.depthwise3x3s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 2,
     .limits = {.kernel = {3, 3}, .stride = {2, 2}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s2},
    {.name = NULL},
};
