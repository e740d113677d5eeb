/* Winograd transforms and products. Contracts: winograd.h. */
#include "kernels/conv2d/nhwc/winograd.h"

#include "kernels/simd/post.h"
#include "kernels/simd/simd.h"

enum {
    NR = HG_WINOGRAD_NR,
    MAX_A = HG_WINOGRAD_MAX_A,
    MAX_M = HG_WINOGRAD_MAX_M,
    MAX_R = HG_WINOGRAD_MAX_R
};

/* ---- Products: rows in groups of MR, what is left in one smaller group ----
 *
 * Each instruction set has MR, the list TILES(X) of numbers up to it, PANELS, that are multiplied
 * at once where there are as many (2: PAIRS is the same list, 1: an empty one), and
 * multiply_channels(): adds the products of channels [c, end) of `rows` rows to their sums; u, the
 * weights of channel c, and then of `end`, is returned, those of a second panel being `panel`
 * floats behind. What is multiplied after it is fetched from `next` on, `step` floats per channel.
 * rows and panels are constants. */
enum { NV = NR / VL, LINE = 16 /* floats */ };
#include HG_TEXT(HG_JOIN(winograd, HG_SIMD).h)

/* product[i*ldp + 0..16) = sum over c of v[i*ldv + c] * u[c*16 ..], i < rows, and the same of the
 * other panels; HG_WINOGRAD_SUM channels at a time. */
HG_INLINE void products(const float *restrict v, size_t ldv, const float *restrict u,
                        size_t channels, float *restrict product, size_t ldp, const float *next,
                        size_t step, int rows, int panels)
{
    const int nv = panels * NV;
    for (size_t first = 0; first < channels; first += HG_WINOGRAD_SUM) {
        const size_t end = HG_MIN(first + HG_WINOGRAD_SUM, channels);
        vfloat vacc[MR][MAX_NV];
        HG_UNROLL
        for (int i = 0; i < rows * nv; i++) vacc[i / nv][i % nv] = v_zero();
        u = multiply_channels(vacc, v, ldv, u, channels * NR, first, end, next, step, rows, panels);
        HG_UNROLL
        for (int i = 0; i < rows; i++) {
            HG_UNROLL
            for (int j = 0; j < nv; j++) {
                float *const to = product + (size_t)i * ldp + j * VL;
                v_store(to, first ? v_add(v_load(to), vacc[i][j]) : vacc[i][j]);
            }
        }
    }
}

#define FUNCTION(n)                                                                                \
    static void rows_##n(const float *v, size_t ldv, const float *u, size_t channels,              \
                         float *product, size_t ldp, const float *next, size_t step)               \
    {                                                                                              \
        products(v, ldv, u, channels, product, ldp, next, step, n, 1);                             \
    }
TILES(FUNCTION)

#define PAIR(n)                                                                                    \
    static void pairs_##n(const float *v, size_t ldv, const float *u, size_t channels,             \
                          float *product, size_t ldp, const float *next, size_t step)              \
    {                                                                                              \
        products(v, ldv, u, channels, product, ldp, next, step, n, 2);                             \
    }
PAIRS(PAIR)

#define POINTER(n) rows_##n,
#define PAIR_POINTER(n) pairs_##n,

static void multiply(const float *v, size_t ldv, const float *u, size_t channels, size_t panels,
                     float *product, size_t ldp, size_t tiles)
{
    typedef void rows_function(const float *, size_t, const float *, size_t, float *, size_t,
                               const float *, size_t);
    static rows_function *const functions[2][MR + 1] = {{NULL, TILES(POINTER)},
                                                        {NULL, PAIRS(PAIR_POINTER)}};
    const size_t passes = HG_CEIL_DIV(tiles, MR);
    for (size_t panel = 0, count; panel < panels; panel += count) {
        count = HG_MIN((size_t)PANELS, panels - panel);
        rows_function *const *rows = functions[count - 1];
        /* Each pass fetches its share of the next panels: from beyond the caches weights come as
         * fast as they are multiplied only if all of the time is used for it. */
        const size_t step = count * NR / passes, share = channels * step;
        const float *next = u + count * channels * NR;
        size_t t = 0;
        for (; t + MR <= tiles; t += MR, next += share)
            rows[MR](v + t * ldv, ldv, u, channels, product + t * ldp, ldp, next, step);
        if (t < tiles)
            rows[tiles - t](v + t * ldv, ldv, u, channels, product + t * ldp, ldp, next, step);
        u += count * channels * NR;
        product += count * NR;
    }
}

/* ---- One-dimensional transforms: o = B^T d and y = A^T m ----
 *
 * The bounds of docs/accuracy.md rest on two facts: the parts of one element of B^T or A^T have one
 * sign, so that nothing is added only to be subtracted again; and the roundings that a value passes
 * are those counted there (products with powers of two are exact). */

HG_INLINE void input_f2(const vfloat *d, vfloat *o)
{
    o[0] = v_sub(d[0], d[2]);
    o[1] = v_add(d[1], d[2]);
    o[2] = v_sub(d[2], d[1]);
    o[3] = v_sub(d[1], d[3]);
}

/* Points 0, 1, -1, 2, -2: rows of opposite points share their even and odd halves. */
HG_INLINE void input_f4(const vfloat *d, vfloat *o)
{
    const vfloat even1 = v_fma_by(-4, d[2], d[4]), odd1 = v_fma_by(-4, d[1], d[3]);
    const vfloat even2 = v_sub(d[4], d[2]), odd2 = v_mul_by(2, v_sub(d[3], d[1]));
    o[0] = v_fma_by(4, d[0], v_fma_by(-5, d[2], d[4]));
    o[1] = v_add(even1, odd1);
    o[2] = v_sub(even1, odd1);
    o[3] = v_add(even2, odd2);
    o[4] = v_sub(even2, odd2);
    o[5] = v_fma_by(4, d[1], v_fma_by(-5, d[3], d[5]));
}

/* Points 0, 1, -1, 2, -2, 1/2, -1/2. */
HG_INLINE void input_f6(const vfloat *d, vfloat *o)
{
    const vfloat even1 = v_fma_by(-4.25f, d[4], v_add(d[2], d[6]));
    const vfloat odd1 = v_fma_by(-4.25f, d[3], v_add(d[1], d[5]));
    const vfloat even2 = v_fma_by(0.25f, d[2], v_fma_by(-1.25f, d[4], d[6]));
    const vfloat odd2 = v_fma_by(0.5f, d[1], v_fma_by(-2.5f, d[3], v_mul_by(2, d[5])));
    const vfloat even3 = v_fma_by(4, d[2], v_fma_by(-5, d[4], d[6]));
    const vfloat odd3 = v_fma_by(2, d[1], v_fma_by(-2.5f, d[3], v_mul_by(0.5f, d[5])));
    o[0] = v_fma_by(5.25f, v_sub(d[4], d[2]), v_sub(d[0], d[6]));
    o[1] = v_add(even1, odd1);
    o[2] = v_sub(even1, odd1);
    o[3] = v_add(even2, odd2);
    o[4] = v_sub(even2, odd2);
    o[5] = v_add(even3, odd3);
    o[6] = v_sub(even3, odd3);
    o[7] = v_fma_by(5.25f, v_sub(d[3], d[5]), v_sub(d[7], d[1]));
}

/* Stride 2, F(2x2, 3x3): F(2, 2) of the even pixels on the points 0 and 1; odd pixels as they are.
 */
HG_INLINE void input_f2s2(const vfloat *d, vfloat *o)
{
    o[0] = v_sub(d[0], d[2]);
    o[1] = d[2];
    o[2] = v_sub(d[4], d[2]);
    o[3] = d[1];
    o[4] = d[3];
}

/* F(4x4, 3x3): F(4, 2) of the even pixels on the points 0, 1, -1 and 2. */
HG_INLINE void input_f4s2(const vfloat *d, vfloat *o)
{
    const vfloat e0 = d[0], e1 = d[2], e2 = d[4], e4 = d[8], difference = v_sub(d[6], d[2]);
    o[0] = v_fma_by(2, v_sub(e0, e2), difference);
    o[1] = v_sub(difference, v_add(e1, e2));
    o[2] = v_fma_by(2, e1, v_fma_by(-3, e2, d[6]));
    o[3] = difference;
    o[4] = v_fma_by(-2, difference, v_sub(e4, e2));
    HG_UNROLL
    for (int i = 0; i < 4; i++) o[5 + i] = d[1 + 2 * i];
}

HG_INLINE void output_f2(const vfloat *m, vfloat *y)
{
    y[0] = v_add(m[0], v_add(m[1], m[2]));
    y[1] = v_sub(v_sub(m[1], m[2]), m[3]);
}

HG_INLINE void output_f4(const vfloat *m, vfloat *y)
{
    const vfloat sum1 = v_add(m[1], m[2]), difference1 = v_sub(m[1], m[2]);
    const vfloat sum2 = v_add(m[3], m[4]), difference2 = v_sub(m[3], m[4]);
    y[0] = v_add(m[0], v_add(sum1, sum2));
    y[1] = v_fma_by(2, difference2, difference1);
    y[2] = v_fma_by(4, sum2, sum1);
    y[3] = v_add(v_fma_by(8, difference2, difference1), m[5]);
}

/* F(6x6, 3x3) and F(4x4, 5x5) share their points, and so the input transform; M is 6 or 4. */
HG_INLINE void output_f6(const vfloat *m, vfloat *y, int M)
{
    const vfloat sum1 = v_add(m[1], m[2]), difference1 = v_sub(m[1], m[2]);
    const vfloat sum2 = v_add(m[3], m[4]), difference2 = v_sub(m[3], m[4]);
    const vfloat sum3 = v_add(m[5], m[6]), difference3 = v_sub(m[5], m[6]);
    y[0] = v_add(v_add(m[0], sum1), v_add(sum2, sum3));
    y[1] = v_fma_by(0.5f, difference3, v_fma_by(2, difference2, difference1));
    y[2] = v_fma_by(0.25f, sum3, v_fma_by(4, sum2, sum1));
    y[3] = v_fma_by(0.125f, difference3, v_fma_by(8, difference2, difference1));
    if (M == 4) {
        y[3] = v_add(y[3], m[7]);
        return;
    }
    y[4] = v_fma_by(0.0625f, sum3, v_fma_by(16, sum2, sum1));
    y[5] = v_add(v_fma_by(0.03125f, difference3, v_fma_by(32, difference2, difference1)), m[7]);
}

/* F(2x2, 5x5) shares those of F(4x4, 3x3). */
HG_INLINE void output_f2r5(const vfloat *m, vfloat *y)
{
    y[0] = v_add(m[0], v_add(v_add(m[1], m[2]), v_add(m[3], m[4])));
    y[1] = v_add(v_fma_by(2, v_sub(m[3], m[4]), v_sub(m[1], m[2])), m[5]);
}

HG_INLINE void output_f2s2(const vfloat *m, vfloat *y)
{
    y[0] = v_add(v_add(m[0], m[1]), m[3]);
    y[1] = v_add(v_add(m[1], m[2]), m[4]);
}

HG_INLINE void output_f4s2(const vfloat *m, vfloat *y)
{
    const vfloat sum = v_add(m[1], m[2]), difference = v_sub(m[1], m[2]);
    y[0] = v_add(v_add(m[0], sum), v_add(m[3], m[5]));
    y[1] = v_fma_by(2, m[3], v_add(difference, m[6]));
    y[2] = v_fma_by(4, m[3], v_add(sum, m[7]));
    y[3] = v_fma_by(8, m[3], v_add(v_add(difference, m[4]), m[8]));
}

/* That of A pixels; of A products to M outputs. A and M are constants. */
HG_INLINE void input_1d(const vfloat *d, vfloat *o, int A)
{
    if (A == 4) input_f2(d, o);
    if (A == 5) input_f2s2(d, o);
    if (A == 6) input_f4(d, o);
    if (A == 8) input_f6(d, o);
    if (A == 9) input_f4s2(d, o);
}

HG_INLINE void output_1d(const vfloat *m, vfloat *y, int A, int M)
{
    if (A == 4) output_f2(m, y);
    if (A == 5) output_f2s2(m, y);
    if (A == 6 && M == 4) output_f4(m, y);
    if (A == 6 && M == 2) output_f2r5(m, y);
    if (A == 8) output_f6(m, y, M);
    if (A == 9) output_f4s2(m, y);
}

/* ---- Two-dimensional transforms: VL channels per vector, `half` lives in L1 ---- */

/* B^T d B of A x A pixels. */
HG_INLINE void input_tile(const float *const *pixel, size_t channels, float *v, size_t plane, int A)
{
    for (size_t c = 0; c < channels; c += VL) {
        vfloat half[MAX_A][MAX_A];
        const size_t n_left = channels - c;
        for (int i = 0; i < A; i++) {
            const float *const *row = pixel + i * A;
            vfloat d[MAX_A];
            if (n_left >= VL) {
                HG_UNROLL
                for (int j = 0; j < A; j++) d[j] = v_load(row[j] + c);
            } else {
                HG_UNROLL
                for (int j = 0; j < A; j++) d[j] = v_load_first(row[j] + c, n_left);
            }
            input_1d(d, half[i], A);
        }
        for (int j = 0; j < A; j++) {
            vfloat d[MAX_A], o[MAX_A];
            HG_UNROLL
            for (int i = 0; i < A; i++) d[i] = half[i][j];
            input_1d(d, o, A);
            HG_UNROLL
            for (int i = 0; i < A; i++) v_store(v + (size_t)(i * A + j) * plane + c, o[i]);
        }
    }
}

/* A^T m A of A x A products into M x M pixels. */
HG_INLINE void output_tile(const float *product, size_t plane, const hg_winograd_out *to, int A,
                           int M)
{
    for (size_t c = 0; c < to->channels; c += VL) {
        vfloat half[MAX_A][MAX_M];
        for (int i = 0; i < A; i++) {
            vfloat m[MAX_A];
            HG_UNROLL
            for (int j = 0; j < A; j++) m[j] = v_load(product + (size_t)(i * A + j) * plane + c);
            output_1d(m, half[i], A, M);
        }
        const size_t n_left = to->channels - c;
        const vfloat vbias = v_load(to->bias + c);
        const vpost post = v_post_of(&to->post);
        for (int j = 0; j < M; j++) {
            vfloat m[MAX_A], y[MAX_M];
            HG_UNROLL
            for (int i = 0; i < A; i++) m[i] = half[i][j];
            output_1d(m, y, A, M);
            HG_UNROLL
            for (int i = 0; i < M; i++) {
                float *out = to->out[i * M + j];
                if (!out) continue;
                vfloat vy = v_add(y[i], vbias);
                if (to->residual) vy = v_add(vy, v_load_up_to(to->residual[i * M + j] + c, n_left));
                v_store_up_to(out + c, v_post(vy, &post), n_left);
            }
        }
    }
}

/* ---- Filters, NR of them side by side ---- */

/* One dimension: out[i] = sum over y of g[i][y] * taps[y]. At stride 1 by pairs of opposite points:
 * their even parts are equal, their odd parts opposite. The first point is 0, the last infinity. */
HG_INLINE void filter_1d(double (*g)[MAX_R], double (*taps)[NR], double (*out)[NR], int A, int R,
                         int S)
{
    for (int i = 0; S != 1 && i < A; i++)
        for (int k = 0; k < NR; k++) {
            out[i][k] = g[i][0] * taps[0][k];
            for (int y = 1; y < R; y++) out[i][k] += g[i][y] * taps[y][k];
        }
    if (S != 1) return;
    for (int k = 0; k < NR; k++) out[0][k] = g[0][0] * taps[0][k];
    for (int i = 1; i < A - 1; i += 2)
        for (int k = 0; k < NR; k++) {
            double even = g[i][0] * taps[0][k], odd = g[i][1] * taps[1][k];
            for (int y = 2; y < R; y += 2) even += g[i][y] * taps[y][k];
            for (int y = 3; y < R; y += 2) odd += g[i][y] * taps[y][k];
            out[i][k] = even + odd;
            out[i + 1][k] = even - odd;
        }
    for (int k = 0; k < NR; k++) out[A - 1][k] = taps[R - 1][k];
}

HG_INLINE void filter_tile(double (*g)[MAX_R], const float *filter, size_t step, size_t lanes,
                           float *u, size_t plane, int A, int R, int S)
{
    float taps[MAX_R * MAX_R][NR];
    double wide[MAX_R][NR], columns[MAX_R][MAX_A][NR], out[MAX_A][NR];
    for (int t = 0; t < R * R; t++)
        for (int k = 0; k < NR; k++) taps[t][k] = 0.0f;
    for (size_t k = 0; k < lanes; k++) {
        __builtin_prefetch(&filter[k * step + 64]);
        for (int t = 0; t < R * R; t++) taps[t][k] = filter[k * step + (size_t)t];
    }
    for (int x = 0; x < R; x++) {
        for (int y = 0; y < R; y++)
            for (int k = 0; k < NR; k++) wide[y][k] = (double)taps[y * R + x][k];
        filter_1d(g, wide, columns[x], A, R, S);
    }
    for (int i = 0; i < A; i++) {
        for (int x = 0; x < R; x++)
            for (int k = 0; k < NR; k++) wide[x][k] = columns[x][i][k];
        filter_1d(g, wide, out, A, R, S);
        for (int j = 0; j < A; j++, u += plane)
            for (int k = 0; k < NR; k++) u[k] = (float)out[j][k];
    }
}

/* ---- Rows ---- */

/* Tiles of A pixels; of A products to M outputs; of filters of R taps at stride S. */
#define INPUTS(X) X(4) X(5) X(6) X(8) X(9)
#define OUTPUTS(X) X(4, 2) X(5, 2) X(6, 2) X(6, 4) X(8, 4) X(8, 6) X(9, 4)
#define FILTERS(X) X(4, 3, 1) X(6, 3, 1) X(8, 3, 1) X(6, 5, 1) X(8, 5, 1) X(5, 3, 2) X(9, 3, 2)

#define INPUT(a)                                                                                   \
    static void input_##a(const float *const *pixel, size_t channels, float *v, size_t plane)      \
    {                                                                                              \
        input_tile(pixel, channels, v, plane, a);                                                  \
    }
INPUTS(INPUT)

#define OUTPUT(a, m)                                                                               \
    static void output_##a##_##m(const float *product, size_t plane, const hg_winograd_out *to)    \
    {                                                                                              \
        output_tile(product, plane, to, a, m);                                                     \
    }
OUTPUTS(OUTPUT)

#define FILTER(a, r, s)                                                                            \
    static void filters_##a##_##r(double(*g)[MAX_R], const float *filter, size_t step,             \
                                  size_t lanes, float *u, size_t plane)                            \
    {                                                                                              \
        filter_tile(g, filter, step, lanes, u, plane, a, r, s);                                    \
    }
FILTERS(FILTER)

/* class, a, m, r, stride; points of +-1/2 cost F(6, 3) and F(4, 5) a digit more */
#define CLASSES(X)                                                                                 \
    X(f2, 4, 2, 3, 1, HG_TRANSFORMS)                                                               \
    X(f4, 6, 4, 3, 1, HG_TRANSFORMS)                                                               \
    X(f6, 8, 6, 3, 1, HG_TRANSFORMS_COARSELY)                                                      \
    X(f2s2, 5, 2, 3, 2, HG_TRANSFORMS)                                                             \
    X(f4s2, 9, 4, 3, 2, HG_TRANSFORMS)                                                             \
    X(f2r5, 6, 2, 5, 1, HG_TRANSFORMS)                                                             \
    X(f4r5, 8, 4, 5, 1, HG_TRANSFORMS_COARSELY)

#define UKERNELS(word, a, m, r, s, how)                                                            \
    static const hg_winograd_ukernels word = {                                                     \
        m, r, s, MR, filters_##a##_##r, input_##a, multiply, output_##a##_##m};
CLASSES(UKERNELS)

#define ROW(word, a, m, r, s, how)                                                                 \
    {HG_ROW(conv2d, nhwc, "winograd_" #word),                                                      \
     .rev = 5,                                                                                     \
     .limits = {.kernel = {r, r}, .stride = {s, s}, .one_group = true, .exactness = how},          \
     .algorithm = &hg_conv2d_nhwc_winograd,                                                        \
     .tile = {MR, NR},                                                                             \
     .run.winograd = &word},

const hg_kernel HG_ROWS(conv2d_nhwc_winograd)[] = {CLASSES(ROW){.name = NULL}};
