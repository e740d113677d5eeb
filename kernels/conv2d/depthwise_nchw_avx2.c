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

/* How a tile lies on the input. A constant wherever it is passed. */
typedef enum edge {
    INSIDE, /* all columns are inside */
    LEFT,   /* all but the first one */
    RIGHT,  /* all but the last one */
    MASKED  /* anything else */
} edge;

/* Load number i of a row. */
HG_INLINE __m256 load(const float *row, const int32_t *mask, edge where, int i, int S)
{
    const float *at = row + hg_depthwise_load_column(i, S);
    if (where != MASKED) return _mm256_loadu_ps(at);
    return _mm256_maskload_ps(at, _mm256_loadu_si256((const __m256i *)(mask + i * VL)));
}

/* Lanes 0 0 1 2 3 4 5 6 or 1 2 3 4 5 6 7 0, and zero in the one that came from nowhere. */
HG_INLINE __m256 shifted(__m256 v, bool up)
{
    const __m256i vup = _mm256_setr_epi32(0, 0, 1, 2, 3, 4, 5, 6);
    const __m256i vdown = _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 0);
    const __m256 vnear = _mm256_permutevar8x32_ps(v, up ? vup : vdown);
    return up ? _mm256_blend_ps(vnear, _mm256_setzero_ps(), 1)
              : _mm256_blend_ps(vnear, _mm256_setzero_ps(), 1 << 7);
}

/* The inputs of 8 outputs under each tap of a row. Stride 2: the odd columns of one pair of
 * vectors, and the even and odd ones of the next, which is aligned where rows are and one column is
 * padded. */
HG_INLINE void taps(const float *row, const int32_t *mask, edge where, int S, __m256 vi[K])
{
    __m256 v[HG_DEPTHWISE_LOADS];
    if (S == 1) {
        vi[1] = load(row, mask, where, 1, S);
        vi[0] = where == LEFT ? shifted(vi[1], true) : load(row, mask, where, 0, S);
        vi[2] = where == RIGHT ? shifted(vi[1], false) : load(row, mask, where, 2, S);
        return;
    }
    HG_UNROLL for (int i = 0; i < HG_DEPTHWISE_LOADS; i++) v[i] = load(row, mask, where, i, S);
    vi[0] = _mm256_shuffle_ps(v[0], v[1], 0xdd); /* a1 a3 b1 b3 | a5 a7 b5 b7 */
    vi[1] = _mm256_shuffle_ps(v[2], v[3], 0x88); /* a0 a2 b0 b2 | a4 a6 b4 b6 */
    vi[2] = _mm256_shuffle_ps(v[2], v[3], 0xdd);
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
 * Stride 2 loads pairs of vectors and parts even from odd columns. where, R and S are constants. */
HG_INLINE void tile(const hg_depthwise_plane *p, const __m256 *vk, const float *const *rows,
                    int64_t y, int64_t x, const int32_t *mask, edge where, int R, int S)
{
    const int64_t first = x * S - p->left;
    __m256 vacc[TALL];
    HG_UNROLL for (int r = 0; r < R; r++) vacc[r] = _mm256_set1_ps(p->bias);
    HG_UNROLL for (int i = 0; i < (R - 1) * S + K; i++)
    {
        const float *in = rows[i] + first;
        __asm__("" : "+r"(in)); /* one register, not one for each address in it */
        __m256 vi[K];
        taps(in, mask, where, S, vi);
        HG_UNROLL for (int k = 0; k < K; k++) HG_UNROLL for (int r = 0; r < R; r++)
        {
            const int kr = i - r * S; /* the row of taps of output row r on this input */
            if (kr >= 0 && kr < K) vacc[r] = _mm256_fmadd_ps(vi[k], vk[kr * K + k], vacc[r]);
        }
    }
    finish(p, vacc, y, x, R, S);
}

/* For the tile at column x. */
HG_INLINE edge edge_of(const hg_depthwise_plane *p, int64_t x, int S)
{
    const int64_t first = x * S - p->left;
    const int64_t before = -first - hg_depthwise_load_column(0, S);
    const int64_t after =
        first + hg_depthwise_load_column(HG_DEPTHWISE_LOADS - 1, S) + VL - p->in_width;
    if (before <= 0 && after <= 0) return INSIDE;
    if (S == 1 && before == 1 && after <= 0) return LEFT;
    if (S == 1 && before <= 0 && after == 1) return RIGHT;
    return MASKED;
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
        const edge where = edge_of(p, x, S);
        if (where == INSIDE)
            tile(p, vk, rows, y, x, mask, INSIDE, R, S);
        else if (where == LEFT)
            tile(p, vk, rows, y, x, mask, LEFT, R, S);
        else if (where == RIGHT)
            tile(p, vk, rows, y, x, mask, RIGHT, R, S);
        else
            tile(p, vk, rows, y, x, mask, MASKED, R, S);
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
     .rev = 3,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s1},
    {.name = "conv2d.f32.nchw.avx2.depthwise3x3s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_AVX2,
     .layouts = HG_IN_NCHW,
     .rev = 3,
     .limits = {.kernel = {3, 3}, .stride = {2, 2}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s2},
    {.name = NULL},
};
