/* 3x3 depthwise convolution on NCHW tensors. Contract: depthwise.h. */
#include "kernels/conv2d/nchw/depthwise.h"

#include "kernels/simd/post.h"
#include "kernels/simd/simd.h"

enum {
    W = HG_DEPTHWISE_NCHW_TILE(VL), /* outputs of a row of a tile */
    V = W / VL,
    LOADS = HG_DEPTHWISE_NCHW_LOADS,
    K = 3,
    TALL = 4, /* rows of a tile; AVX2: with 9 weights and an input they leave two registers */
    MAX_ROWS = 2 * (TALL - 1) + K
};

/* Each instruction set has its type `overhang`: how a vector of a row is loaded that hangs over an
 * end of it. overhang_of() takes the vector's mask, its first column and the width of the row;
 * load_overhang() a pointer to its first column, and gives zeros outside the row. */
#include HG_TEXT(HG_JOIN(depthwise, HG_SIMD).h)

/* How a tile lies on the input. A constant wherever it is passed. */
typedef enum edge {
    INSIDE,  /* all columns are inside */
    LEFT,    /* all but the first one */
    RIGHT,   /* all but the last one */
    OVERHANG /* anything else */
} edge;

/* Load number i of vector v of a row. */
HG_INLINE vfloat load(const float *row, overhang at[V][LOADS], edge where, int v, int i, int S)
{
    const float *from = row + hg_depthwise_nchw_column(v, i, S, VL);
    return where == OVERHANG ? load_overhang(from, at[v][i]) : v_load(from);
}

/* The inputs of a vector of outputs under each tap of a row. Stride 2: the odd columns of one pair
 * of vectors, and the even and odd ones of the next, which is aligned where rows are and one column
 * is padded; v_in_order mends the sums. */
HG_INLINE void taps(const float *row, overhang at[V][LOADS], edge where, int v, int S, vfloat vi[K])
{
    if (S == 1) {
        vi[1] = load(row, at, where, v, 1, S);
        vi[0] =
            where == LEFT && v == 0 ? v_after_last(v_zero(), vi[1]) : load(row, at, where, v, 0, S);
        vi[2] = where == RIGHT && v == V - 1 ? v_shift1(vi[1], v_zero())
                                             : load(row, at, where, v, 2, S);
        return;
    }
    vfloat vl[LOADS], vunused;
    HG_UNROLL
    for (int i = 0; i < LOADS; i++) vl[i] = load(row, at, where, v, i, S);
    v_deinterleave(vl[0], vl[1], &vunused, &vi[0]);
    v_deinterleave(vl[2], vl[3], &vi[1], &vi[2]);
}

/* What follows the sums is read here: in registers it would displace weights. */
HG_INLINE void finish(const hg_depthwise_plane *p, vfloat vacc[V][TALL], int64_t y, int64_t x,
                      int R, int S)
{
    __asm__("" : "+r"(p));
    if (S == 2) {
        HG_UNROLL
        for (int i = 0; i < R * V; i++) vacc[i % V][i / V] = v_in_order(vacc[i % V][i / V]);
    }
    if (p->residual) {
        const float *added = p->residual + y * p->residual_row + x;
        HG_UNROLL
        for (int r = 0; r < R; r++, added += p->residual_row) {
            HG_UNROLL
            for (int v = 0; v < V; v++) vacc[v][r] = v_add(vacc[v][r], v_load(added + v * VL));
        }
    }
    v_post_tile(vacc[0], V, R, TALL, p->post.slope != 1.0f, &p->post, V_POST_STEPS);
    float *out = p->out + y * p->out_row + x;
    HG_UNROLL
    for (int r = 0; r < R; r++, out += p->out_row) {
        HG_UNROLL
        for (int v = 0; v < V; v++) v_store(out + v * VL, vacc[v][r]);
    }
}

/* Outputs [x, x + W) of R rows from row y on. Each input is loaded once and serves the R rows:
 *
 *     S = 1:   input row   0  1  2  3  4  5
 *              output row  0  0  0
 *                             1  1  1
 *                                2  2  2
 *                                   3  3  3
 *
 * Two vectors of 4 lanes go side by side, for 8 sums in flight. where, R and S are constants. */
HG_INLINE void tile(const hg_depthwise_plane *p, const vfloat *vk, const float *const *rows,
                    int64_t y, int64_t x, const int32_t *mask, edge where, int R, int S)
{
    const int64_t first = x * S - p->left;
    overhang at[V][LOADS];
    if (where == OVERHANG) {
        HG_UNROLL
        for (int v = 0; v < V; v++) {
            HG_UNROLL
            for (int i = 0; i < LOADS; i++)
                at[v][i] = overhang_of(mask + (v * LOADS + i) * VL,
                                       first + hg_depthwise_nchw_column(v, i, S, VL), p->in_width);
        }
    }
    vfloat vacc[V][TALL];
    HG_UNROLL
    for (int v = 0; v < V; v++) {
        HG_UNROLL
        for (int r = 0; r < R; r++) vacc[v][r] = v_splat(&p->bias);
    }
    HG_UNROLL
    for (int i = 0; i < (R - 1) * S + K; i++) {
        const float *in = rows[i] + first;
        __asm__("" : "+r"(in)); /* one register, not one for each address in it */
        vfloat vi[V][K];
        HG_UNROLL
        for (int v = 0; v < V; v++) taps(in, at, where, v, S, vi[v]);
        HG_UNROLL
        for (int k = 0; k < K; k++) {
            HG_UNROLL
            for (int v = 0; v < V; v++) {
                HG_UNROLL
                for (int r = 0; r < R; r++) {
                    const int kr = i - r * S; /* the row of taps of output row r on this input */
                    if (kr >= 0 && kr < K) vacc[v][r] = v_fma(vi[v][k], vk[kr * K + k], vacc[v][r]);
                }
            }
        }
    }
    finish(p, vacc, y, x, R, S);
}

/* For the tile at column x. */
HG_INLINE edge edge_of(const hg_depthwise_plane *p, int64_t x, int S)
{
    const int64_t first = x * S - p->left;
    const int64_t before = -first - hg_depthwise_nchw_column(0, 0, S, VL);
    const int64_t after =
        first + hg_depthwise_nchw_column(V - 1, LOADS - 1, S, VL) + VL - p->in_width;
    if (before <= 0 && after <= 0) return INSIDE;
    if (S == 1 && before == 1 && after <= 0) return LEFT;
    if (S == 1 && before <= 0 && after == 1) return RIGHT;
    return OVERHANG;
}

/* R rows from y on. The last tile of a row repeats some outputs. */
HG_INLINE void strip(const hg_depthwise_plane *p, const vfloat *vk, int64_t y, int R, int S)
{
    const float *rows[MAX_ROWS];
    HG_UNROLL
    for (int i = 0; i < (R - 1) * S + K; i++) {
        const int64_t iy = p->first + y * S + i;
        rows[i] = iy >= 0 && iy < p->in_height ? p->input + iy * p->in_row : p->zeros;
    }
    const int32_t *mask = p->masks;
    for (int64_t x = 0;; x = HG_MIN(x + W, p->width - W), mask += LOADS * W) {
        const edge where = edge_of(p, x, S);
        if (where == INSIDE)
            tile(p, vk, rows, y, x, mask, INSIDE, R, S);
        else if (where == LEFT)
            tile(p, vk, rows, y, x, mask, LEFT, R, S);
        else if (where == RIGHT)
            tile(p, vk, rows, y, x, mask, RIGHT, R, S);
        else
            tile(p, vk, rows, y, x, mask, OVERHANG, R, S);
        if (x == p->width - W) break;
    }
}

HG_INLINE void plane(const hg_depthwise_plane *p, int S)
{
    vfloat vk[K * K];
    HG_UNROLL
    for (int i = 0; i < K * K; i++) vk[i] = v_splat(p->weights + i);
    int64_t y = 0;
    for (; y + TALL <= p->rows; y += TALL) strip(p, vk, y, TALL, S);
    for (; y + 2 <= p->rows; y += 2) strip(p, vk, y, 2, S);
    if (y < p->rows) strip(p, vk, y, 1, S);
}

/* Strides. */
#define TILES(X) X(1) X(2)

#define FUNCTION(step)                                                                             \
    static void plane3s##step(const hg_depthwise_plane *p)                                         \
    {                                                                                              \
        plane(p, step);                                                                            \
    }
TILES(FUNCTION)

#define ROW(step)                                                                                  \
    {HG_ROW(conv2d, nchw, "depthwise3x3s" #step), .rev = 3,                                        \
     .limits = {.kernel = {3, 3}, .stride = {step, step}, .dilation = {1, 1}, .depthwise = true},  \
     .algorithm = &hg_conv2d_nchw_depthwise, .run.depthwise_plane = plane3s##step},

const hg_kernel HG_ROWS(conv2d_nchw_depthwise)[] = {TILES(ROW){.name = NULL}};
