/* Winograd transforms and products. Contracts: winograd.h. */
#include "kernels/conv2d/nhwc/winograd.h"

#include "kernels/conv2d/nhwc/winograd_transforms.h"
#include "kernels/simd/post.h"

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
    /* Groups of like size: in one of few rows sums wait for each other. */
    const size_t passes = HG_CEIL_DIV(tiles, MR), each = HG_CEIL_DIV(tiles, passes);
    for (size_t panel = 0, count; panel < panels; panel += count) {
        count = HG_MIN((size_t)PANELS, panels - panel);
        rows_function *const *rows = functions[count - 1];
        /* Each pass fetches its share of the next panels: from beyond the caches weights come as
         * fast as they are multiplied only if all of the time is used for it. */
        const size_t step = count * NR / passes, share = channels * step;
        const float *next = u + count * channels * NR;
        for (size_t t = 0, now; t < tiles; t += now, next += share) {
            now = HG_MIN(each, tiles - t);
            rows[now](v + t * ldv, ldv, u, channels, product + t * ldp, ldp, next, step);
        }
        u += count * channels * NR;
        product += count * NR;
    }
}

/* ---- Two-dimensional transforms: VL channels per vector, `half` lives in L1 ---- */

/* B^T d B of A x A pixels at stride S. */
HG_INLINE void input_tile(const float *const *pixel, size_t channels, float *v, size_t plane, int A,
                          int S)
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
            input_1d(d, half[i], A, S);
        }
        for (int j = 0; j < A; j++) {
            vfloat d[MAX_A], o[MAX_A];
            HG_UNROLL
            for (int i = 0; i < A; i++) d[i] = half[i][j];
            input_1d(d, o, A, S);
            HG_UNROLL
            for (int i = 0; i < A; i++) v_store(v + (size_t)(i * A + j) * plane + c, o[i]);
        }
    }
}

/* A^T m A of A x A products into M x M pixels. */
HG_INLINE void output_tile(const float *product, size_t plane, const hg_winograd_out *to, int A,
                           int M, int S)
{
    for (size_t c = 0; c < to->channels; c += VL) {
        vfloat half[MAX_A][MAX_M];
        for (int i = 0; i < A; i++) {
            vfloat m[MAX_A];
            HG_UNROLL
            for (int j = 0; j < A; j++) m[j] = v_load(product + (size_t)(i * A + j) * plane + c);
            output_1d(m, half[i], A, M, S);
        }
        const size_t n_left = to->channels - c;
        const vfloat vbias = v_load(to->bias + c);
        const vpost post = v_post_of(&to->post);
        for (int j = 0; j < M; j++) {
            vfloat m[MAX_A], y[MAX_M];
            HG_UNROLL
            for (int i = 0; i < A; i++) m[i] = half[i][j];
            output_1d(m, y, A, M, S);
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

/* One dimension: out[i] = sum over y of g[i][y] * taps[y]. Where all points but 0, the first, and
 * infinity, the last, are pairs of opposite ones, their even parts are equal, their odd parts
 * opposite. */
HG_INLINE void filter_1d(double (*g)[MAX_R], double (*taps)[NR], double (*out)[NR], int A, int R,
                         int S)
{
    const bool opposite = S == 1 && A % 2 == 0;
    for (int i = 0; !opposite && i < A; i++)
        for (int k = 0; k < NR; k++) {
            out[i][k] = g[i][0] * taps[0][k];
            for (int y = 1; y < R; y++) out[i][k] += g[i][y] * taps[y][k];
        }
    if (!opposite) return;
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

/* Tiles of A pixels at stride S; of A products to M outputs; of filters of R taps. */
#define INPUTS(X) X(3, 1) X(4, 1) X(5, 1) X(5, 2) X(6, 1) X(8, 1) X(9, 2)

#define INPUT(a, s)                                                                                \
    static void inputs_##a##_##s(const float *const *pixel, size_t channels, float *v,             \
                                 size_t plane)                                                     \
    {                                                                                              \
        input_tile(pixel, channels, v, plane, a, s);                                               \
    }
INPUTS(INPUT)

#define OUTPUT(word, a, m, r, s, how)                                                              \
    static void outputs_##word(const float *product, size_t plane, const hg_winograd_out *to)      \
    {                                                                                              \
        output_tile(product, plane, to, a, m, s);                                                  \
    }
HG_WINOGRAD_CLASSES(OUTPUT)

#define FILTERS(word, a, m, r, s, how)                                                             \
    static void filters_##word(double(*g)[MAX_R], const float *filter, size_t step, size_t lanes,  \
                               float *u, size_t plane)                                             \
    {                                                                                              \
        filter_tile(g, filter, step, lanes, u, plane, a, r, s);                                    \
    }
HG_WINOGRAD_CLASSES(FILTERS)

#define UKERNELS(word, a, m, r, s, how)                                                            \
    const hg_winograd_ukernels HG_ROWS(winograd_##word) = {                                        \
        m, r, s, MR, filters_##word, inputs_##a##_##s, multiply, outputs_##word};
HG_WINOGRAD_CLASSES(UKERNELS)

#define ROW(word, a, m, r, s, how)                                                                 \
    {HG_ROW(conv2d, nhwc, "winograd_" #word),                                                      \
     .rev = 7,                                                                                     \
     .limits = {.kernel = {r, r}, .stride = {s, s}, .exactness = how},                             \
     .algorithm = &hg_conv2d_nhwc_winograd,                                                        \
     .tile = {MR, NR},                                                                             \
     .run.winograd = &HG_ROWS(winograd_##word)},
const hg_kernel HG_ROWS(conv2d_nhwc_winograd)[] = {HG_WINOGRAD_UNSTRIDED(ROW)
                                                       HG_WINOGRAD_STRIDED(ROW){.name = NULL}};
