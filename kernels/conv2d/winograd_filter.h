/* The transform of filters, in plain C that each ISA's file compiles for itself, NR filters side
 * by side. The including file defines FILTER_NAME, FILTER_1D, FILTER_A, FILTER_R and FILTER_S, the
 * stride; they are undefined at the end. */

/* One dimension: out[i] = sum over y of g[i][y] * taps[y]. At stride 1 by pairs of opposite points:
 * their even parts are equal, their odd parts opposite. The first point is 0, the last infinity. */
HG_INLINE void FILTER_1D(double (*g)[HG_WINOGRAD_MAX_R], double (*taps)[NR], double (*out)[NR])
{
    enum { A = FILTER_A, R = FILTER_R };
    for (int i = 0; FILTER_S != 1 && i < A; i++)
        for (int k = 0; k < NR; k++) {
            out[i][k] = g[i][0] * taps[0][k];
            for (int y = 1; y < R; y++) out[i][k] += g[i][y] * taps[y][k];
        }
    if (FILTER_S != 1) return;
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

static void FILTER_NAME(double (*g)[HG_WINOGRAD_MAX_R], const float *filter, size_t step,
                        size_t lanes, float *u, size_t plane)
{
    enum { A = FILTER_A, R = FILTER_R };
    float taps[R][R][NR] = {{{0}}};
    double wide[R][NR], columns[R][A][NR], out[A][NR];
    for (size_t k = 0; k < lanes; k++) {
        __builtin_prefetch(&filter[k * step + 64]);
        for (int t = 0; t < R * R; t++) taps[t / R][t % R][k] = filter[k * step + (size_t)t];
    }
    for (int x = 0; x < R; x++) {
        for (int y = 0; y < R; y++)
            for (int k = 0; k < NR; k++) wide[y][k] = (double)taps[y][x][k];
        FILTER_1D(g, wide, columns[x]);
    }
    for (int i = 0; i < A; i++) {
        for (int x = 0; x < R; x++)
            for (int k = 0; k < NR; k++) wide[x][k] = columns[x][i][k];
        FILTER_1D(g, wide, out);
        for (int j = 0; j < A; j++, u += plane)
            for (int k = 0; k < NR; k++) u[k] = (float)out[j][k];
    }
}

#undef FILTER_NAME
#undef FILTER_1D
#undef FILTER_A
#undef FILTER_R
#undef FILTER_S
