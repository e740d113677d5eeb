/* The transform of filters, in plain C that each ISA's file compiles for itself. The including file
 * defines FILTER_NAME, FILTER_A and FILTER_R; they are undefined at the end. */

static void FILTER_NAME(double (*g)[HG_WINOGRAD_MAX_R], const float *filter, size_t step,
                        size_t lanes, float *u, size_t plane)
{
    enum { A = FILTER_A, R = FILTER_R };
    double taps[R * R][NR] = {{0}}, rows[R][NR];
    for (size_t k = 0; k < lanes; k++)
        for (int t = 0; t < R * R; t++) taps[t][k] = (double)filter[k * step + (size_t)t];
    for (int i = 0; i < A; i++) {
        for (int x = 0; x < R; x++)
            for (int k = 0; k < NR; k++) {
                double sum = g[i][0] * taps[x][k];
                for (int y = 1; y < R; y++) sum += g[i][y] * taps[y * R + x][k];
                rows[x][k] = sum;
            }
        for (int j = 0; j < A; j++, u += plane)
            for (int k = 0; k < NR; k++) {
                double sum = g[j][0] * rows[0][k];
                for (int x = 1; x < R; x++) sum += g[j][x] * rows[x][k];
                u[k] = (float)sum;
            }
    }
}

#undef FILTER_NAME
#undef FILTER_A
#undef FILTER_R
