/* The two transforms of one F(m x m, 3x3). winograd_transform.h defines TILE_M and the names
 * TILE_INPUT, TILE_OUTPUT and their one-dimensional forms TILE_INPUT_1D(d, o), TILE_OUTPUT_1D(m,
 * y); all are undefined at the end. Contracts: hg_winograd_steps. */

static void TILE_INPUT(const float *const *pixel, size_t channels, float *v, size_t plane)
{
    enum { A = TILE_M + 2 };
    for (size_t c = 0; c < channels; c += VL) {
        vec half[A][A]; /* VL channels per vector; lives in L1 */
        const size_t n_left = channels - c;
        for (int i = 0; i < A; i++) {
            const float *const *row = pixel + i * A;
            vec d[A];
            if (n_left >= VL)
                HG_UNROLL for (int j = 0; j < A; j++) d[j] = load(row[j] + c);
            else
                HG_UNROLL for (int j = 0; j < A; j++) d[j] = load_tail(row[j] + c, n_left);
            TILE_INPUT_1D(d, half[i]);
        }
        for (int j = 0; j < A; j++) {
            vec d[A], o[A];
            HG_UNROLL for (int i = 0; i < A; i++) d[i] = half[i][j];
            TILE_INPUT_1D(d, o);
            HG_UNROLL for (int i = 0; i < A; i++) store(v + (size_t)(i * A + j) * plane + c, o[i]);
        }
    }
}

static void TILE_OUTPUT(const float *product, size_t plane, const hg_winograd_out *to)
{
    enum { A = TILE_M + 2, M = TILE_M };
    for (size_t c = 0; c < to->channels; c += VL) {
        vec half[A][M];
        for (int i = 0; i < A; i++) {
            vec m[A];
            HG_UNROLL for (int j = 0; j < A; j++) m[j] =
                load(product + (size_t)(i * A + j) * plane + c);
            TILE_OUTPUT_1D(m, half[i]);
        }
        const size_t n_left = to->channels - c;
        const vec vbias = load(to->bias + c);
        for (int j = 0; j < M; j++) {
            vec m[A], y[M];
            HG_UNROLL for (int i = 0; i < A; i++) m[i] = half[i][j];
            TILE_OUTPUT_1D(m, y);
            HG_UNROLL for (int i = 0; i < M; i++)
            {
                float *out = to->out[i * M + j];
                if (!out) continue;
                vec vy = add(y[i], vbias);
                if (to->residual) {
                    const float *added = to->residual[i * M + j] + c;
                    vy = add(vy, n_left >= VL ? load(added) : load_tail(added, n_left));
                }
                vy = post(vy, to);
                if (n_left >= VL)
                    store(out + c, vy);
                else
                    store_tail(out + c, vy, n_left);
            }
        }
    }
}

#undef TILE_M
#undef TILE_INPUT
#undef TILE_OUTPUT
#undef TILE_INPUT_1D
#undef TILE_OUTPUT_1D
