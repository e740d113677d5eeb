/* 3x3 depthwise convolution on NCHW tensors, NEON. Contract: depthwise_nchw.h. */
#include "kernels/conv2d/depthwise_nchw.h"

#include "kernels/conv2d/conv2d.h"
#include "kernels/conv2d/post_neon.h"

enum {
    VL = 4,
    V = 2, /* vectors of a tile side by side, for 8 sums in flight */
    W = V * VL,
    K = 3,
    TALL = 4, /* rows of a tile */
    MAX_ROWS = 2 * (TALL - 1) + K
};

/* How a vector that hangs over an end of a row is made of one that does not. */
typedef struct edge {
    int64_t shift;
    uint8x16_t vbytes; /* of the table lookup; zeros come from beyond 16 */
} edge;

/* Of the vector at `column` of a row of `width`, 4 or more. */
HG_INLINE edge edge_of(int64_t column, int64_t width)
{
    static const int8_t iota[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int64_t inside = HG_MAX(HG_MIN(column, width - VL), 0), over = column - inside;
    const int8_t bytes = (int8_t)(4 * HG_MAX(HG_MIN(over, VL), -VL));
    return (edge){-over, vreinterpretq_u8_s8(vaddq_s8(vld1q_s8(iota), vdupq_n_s8(bytes)))};
}

/* Zeros outside the row. */
HG_INLINE float32x4_t load(const float *p, const edge *at, bool edges)
{
    if (!edges) return vld1q_f32(p);
    const uint8x16_t vi = vreinterpretq_u8_f32(vld1q_f32(p + at->shift));
    return vreinterpretq_f32_u8(vqtbl1q_u8(vi, at->vbytes));
}

/* Outputs [x, x + W) of R rows from row y on. Each input is loaded once and serves the R rows:
 *
 *     S = 1:   input row   0  1  2  3  4  5
 *              output row  0  0  0
 *                             1  1  1
 *                                2  2  2
 *                                   3  3  3
 *
 * Stride 2 loads pairs of vectors and parts even from odd columns. R, S and edges, which says that
 * inputs may lie outside, are constants. */
HG_INLINE void tile(const hg_depthwise_plane *p, const float32x4_t *vk, const float *const *rows,
                    int64_t y, int64_t x, bool edges, int R, int S)
{
    const int64_t first = x * S - p->left;
    edge at[V][K + 1]; /* of the loads of a row */
    if (edges)
        HG_UNROLL for (int v = 0; v < V; v++) HG_UNROLL for (int i = 0; i <= K; i++) at[v][i] =
            edge_of(first + v * VL * S + (S == 1 ? i : i / 2 * 2 + i % 2 * VL), p->in_width);
    float32x4_t vacc[V][TALL];
    HG_UNROLL for (int v = 0; v < V; v++) HG_UNROLL for (int r = 0; r < R; r++) vacc[v][r] =
        vdupq_n_f32(p->bias);
    HG_UNROLL for (int i = 0; i < (R - 1) * S + K; i++)
    {
        const float *in = rows[i] + first;
        __asm__("" : "+r"(in)); /* one register, not one for each address in it */
        HG_UNROLL for (int k = 0; k < K; k += S) HG_UNROLL for (int v = 0; v < V; v++)
        {
            float32x4_t vi[2] = {load(in + v * VL * S + k, &at[v][k], edges)};
            if (S == 2) {
                const float32x4_t vb = load(in + (v * S + 1) * VL + k, &at[v][k + 1], edges);
                vi[1] = vuzp2q_f32(vi[0], vb);
                vi[0] = vuzp1q_f32(vi[0], vb);
            }
            const int end = HG_MIN(k + S, K);
            HG_UNROLL for (int tap = k; tap < end; tap++) HG_UNROLL for (int r = 0; r < R; r++)
            {
                const int kr = i - r * S; /* the row of taps of output row r on this input */
                if (kr >= 0 && kr < K)
                    vacc[v][r] = vfmaq_f32(vacc[v][r], vi[tap - k], vk[kr * K + tap]);
            }
        }
    }
    float *out = p->out + y * p->out_row + x;
    const float *added = p->residual ? p->residual + y * p->residual_row + x : NULL;
    const float32x4_t vslope = vdupq_n_f32(p->slope);
    const float32x4_t vmin = vdupq_n_f32(p->min), vmax = vdupq_n_f32(p->max);
    HG_UNROLL for (int r = 0; r < R; r++, out += p->out_row)
    {
        HG_UNROLL for (int v = 0; v < V; v++)
        {
            float32x4_t vsum = vacc[v][r];
            if (added) vsum = vaddq_f32(vsum, vld1q_f32(added + v * VL));
            vst1q_f32(out + v * VL, hg_conv_post_neon(vsum, p->slope != 1.0f, vslope, vmin, vmax));
        }
        if (added) added += p->residual_row;
    }
}

/* R rows from y on. The last tile of a row repeats some outputs. */
HG_INLINE void strip(const hg_depthwise_plane *p, const float32x4_t *vk, int64_t y, int R, int S)
{
    const float *rows[MAX_ROWS];
    HG_UNROLL for (int i = 0; i < (R - 1) * S + K; i++)
    {
        const int64_t iy = p->first + y * S + i;
        rows[i] = iy >= 0 && iy < p->in_height ? p->input + iy * p->in_row : p->zeros;
    }
    const int64_t columns = W * S + K - 1; /* that a tile loads */
    for (int64_t x = 0;; x = HG_MIN(x + W, p->width - W)) {
        const int64_t first = x * S - p->left;
        if (first < 0 || first + columns > p->in_width)
            tile(p, vk, rows, y, x, true, R, S);
        else
            tile(p, vk, rows, y, x, false, R, S);
        if (x == p->width - W) break;
    }
}

HG_INLINE void plane(const hg_depthwise_plane *args, int S)
{
    const hg_depthwise_plane copy = *args, *p = &copy; /* stores cannot change it: no reloading */
    float32x4_t vk[K * K];
    HG_UNROLL for (int i = 0; i < K * K; i++) vk[i] = vdupq_n_f32(p->weights[i]);
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

const hg_kernel hg_depthwise_nchw_neon[] = {
    {.name = "conv2d.f32.nchw.neon.depthwise3x3s1",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {1, 1}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s1},
    {.name = "conv2d.f32.nchw.neon.depthwise3x3s2",
     .op = HG_OP_CONV2D,
     .dtype = HG_F32,
     .isa = HG_ISA_NEON,
     .layouts = HG_IN_NCHW,
     .rev = 1,
     .limits = {.kernel = {3, 3}, .stride = {2, 2}, .dilation = {1, 1}, .depthwise = true},
     .algorithm = &hg_depthwise_nchw,
     .run.depthwise_plane = plane3s2},
    {.name = NULL},
};
